// The page "Delivery": how each site's messages fared, why some did not, and what the owner can do.
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { copy } from "replyx/clipboard.js";
import { Alert, html, lang, texts, why } from "./ui.js";

const { delivery: words } = texts;
// From here on, messages over HTTP are no accident of a few visitors' networks.
const MANY = 5;
const LARGE_SHARE = 0.2;

export function Delivery({ desk }) {
  const days = useSignal(1);
  const sites = useSignal(null);
  const failure = useSignal(null);
  useEffect(() => {
    let isWanted = true;
    desk.request("delivery_list", { days: days.value }).then((answer) => {
      if (!isWanted) return;
      sites.value = answer.sites;
      failure.value = null;
    }, (error) => { if (isWanted) failure.value = error; });
    return () => { isWanted = false; };
  }, [days.value, desk.refreshes.value]);
  return html`<main class="page">
    <header><a class="back" href="#" aria-label=${texts.back}>‹</a><h1>${words.title}</h1></header>
    <p class="help">${words.intro}</p>
    <fieldset class="views">
      <legend class="spoken">${words.period}</legend>
      ${Object.entries(words.days).map(([count, name]) => html`<label key=${count}>
        <input type="radio" name="days" checked=${days.value === Number(count)}
          onChange=${() => { days.value = Number(count); }} /><span>${name}</span></label>`)}
    </fieldset>
    <${Alert}>${failure.value && why(failure.value)}<//>
    ${sites.value ? html`<${Sites} sites=${sites.value} />` : !failure.value && html`<p class="empty">${texts.loading}</p>`}
    <${Own} desk=${desk} />
  </main>`;
}

function Sites({ sites }) {
  if (sites.every((site) => !total(site) && !reasons(site).length)) return html`<p class="empty">${words.empty}</p>`;
  return html`<table>
      <caption class="spoken">${words.title}</caption>
      <thead><tr>${words.columns.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
      <tbody>${sites.map((site) => html`<${Row} key=${site.site.id} site=${site} />`)}</tbody>
    </table>
    ${sites.map((site) => html`<${Reasons} key=${site.site.id} site=${site} />`)}`;
}

const total = (site) => site.socket + site.http;
const number = (count) => count.toLocaleString(lang);
const share = (site) => (site.http / total(site)).toLocaleString(lang, { style: "percent" });

const Row = ({ site }) => html`<tr>
  <th scope="row">${site.site.name}</th>
  <td>${number(total(site))}</td>
  <td>${number(site.socket)}</td>
  <td>${number(site.http)}${site.http > 0 && html`${" "}<small>${share(site)}</small>`}</td>
  <td>${number(site.retried)}</td>
</tr>`;

function Reasons({ site }) {
  const rows = reasons(site);
  return rows.length > 0 && html`<section>
    <h2>${site.site.name}</h2>
    <ul role="list" class="reasons">${rows.map(([count, [what, advice]]) => html`<li key=${what}>
      <b>${count}</b><p>${what}<small>${advice}</small></p></li>`)}</ul>
  </section>`;
}

/** [how many, [what happened, what to do]], the reasons of both transports together. */
function reasons(site) {
  const isSlow = site.http >= MANY && site.http / total(site) >= LARGE_SHARE;
  return [
    ...isSlow ? [[share(site), words.slow]] : [],
    ...byCode(site.failed, words.failed),
    ...byCode(site.refused, words.refused),
    ...site.duplicates ? [[number(site.duplicates), words.duplicates]] : [],
  ];
}

function byCode(rows, named) {
  const counts = new Map();
  for (const { code, count } of rows) counts.set(code, (counts.get(code) ?? 0) + count);
  return [...counts].map(([code, count]) => [number(count), named[code] ?? [code, ""]]);
}

/** What this very browser met, to be sent to who helps. */
function Own({ desk }) {
  const said = useSignal("");
  const byHand = useSignal("");
  const take = async () => {
    const { version } = document.body.dataset;
    const text = desk.diagnostics.text([["Version", version], ["Server", location.origin],
      ["Browser", navigator.userAgent], ["State", desk.state.value]]);
    const isCopied = await copy(text);
    said.value = isCopied ? words.copied : words.byHand;
    byHand.value = isCopied ? "" : text;
  };
  return html`<section>
    <h2>${words.own}</h2>
    <p class="help">${words.ownHelp}</p>
    <button class="plain" type="button" onClick=${take}>${words.copy}</button>
    <p class="help" role="status">${said}</p>
    ${byHand.value && html`<textarea readonly rows="10" aria-label=${words.own} value=${byHand.value} />`}
  </section>`;
}
