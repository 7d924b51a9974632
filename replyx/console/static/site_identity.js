// The page "Identity": the secret that the site's own server signs its visitors' identities with.
import { useSignal } from "@preact/signals";
import { CopyBox } from "./copying.js";
import { EXAMPLES } from "./identity_examples.js";
import { makeSecret } from "./session.js";
import { Alert, html, texts, why } from "./ui.js";

const { identity: words } = texts.site;
const HOUR = 3600;

export function Identity({ site }) {
  const hasSecret = site.saved.value.has_identity_secret;
  const isAsking = useSignal(false);
  const secret = useSignal("");
  const failure = useSignal("");
  const make = async () => {
    isAsking.value = false;
    failure.value = "";
    try {
      secret.value = await makeSecret(site.id);
      site.saved.value = { ...site.saved.value, has_identity_secret: true };
    } catch (error) {
      failure.value = why(error);
    }
  };
  const begin = () => { if (hasSecret) isAsking.value = true; else make(); };
  return html`<p class="help">${words.intro}</p>
    <p role="status">${hasSecret ? words.isSet : words.isNotSet}</p>
    ${secret.value && html`<p><strong>${words.once}</strong></p><${CopyBox} label=${words.secret} text=${secret.value} />`}
    ${isAsking.value ? html`<div class="card" role="group" aria-label=${words.replace}>
        <p>${words.warning}</p>
        <div class="tools">
          <button class="plain danger" type="button" onClick=${make}>${words.replaceNow}</button>
          <button class="plain" type="button" onClick=${() => { isAsking.value = false; }}>${words.cancel}</button>
        </div>
      </div>` : html`<button class="plain" type="button" onClick=${begin}>${hasSecret ? words.replace : words.make}</button>`}
    <${Alert}>${failure.value}<//>
    <section><h3>${words.how}</h3>
      <p class="help">${words.howHint}</p>
      ${Object.entries(EXAMPLES).map(([name, code]) => html`<details key=${name}><summary>${name}</summary>
        <${CopyBox} label=${name} text=${code} /></details>`)}
      <h3>${words.page}</h3>
      <p class="help">${words.pageHint}</p>
      <${CopyBox} label=${words.page} text=${onPage()} />
    </section>`;
}

// As the site's server would write it into a page at this moment.
const onPage = () => `window.ReplyX = window.ReplyX || [];
ReplyX.push(["identify", {
  user_id: "42", name: "Ann Lee", email: "ann@shop.example",
  exp: ${Math.floor(Date.now() / 1000) + HOUR}, signature: "…"
}]);`;
