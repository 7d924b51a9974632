// The page "Install": what goes into the site's pages, where they may be, and whether it works there.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { isEnter } from "replyx/dom.js";
import { domainIn, isDomain } from "./address.js";
import { CopyBox } from "./copying.js";
import { Check } from "./install_check.js";
import { TextField, errorAt } from "./site_fields.js";
import { html, texts } from "./ui.js";

const { install: words } = texts.site;

export function Install({ desk, site }) {
  const { snippet, csp, site_token: token } = site.saved.value;
  return html`
    <${TextField} site=${site} path="name" label=${words.name} maxlength="200" />
    <${Domains} site=${site} />
    <section><h3>${words.snippet}</h3>
      <p class="help">${words.snippetHint}</p>
      <${CopyBox} label=${words.snippet} text=${snippet} />
      ${Object.entries(words.notes).map(([name, [title, ...lines]]) => html`<details key=${name}><summary>${title}</summary>
        ${lines.map((line) => html`<p key=${line}>${line}</p>`)}</details>`)}
    </section>
    <section><h3>${words.check}</h3><${Check} desk=${desk} site=${site} /></section>
    <section id="policy"><h3>${words.csp}</h3>
      <p class="help">${words.cspHint}</p>
      <${CopyBox} label=${words.csp} text=${linesOf(csp)} />
    </section>
    <section><h3>${words.link}</h3>
      <p class="help">${words.linkHint}</p>
      <${CopyBox} label=${words.link} text=${`${new URL(/src="([^"]+)"/.exec(snippet)[1]).origin}/chat?site_token=${token}`} />
    </section>`;
}

const linesOf = (csp) => [csp].flat().join("\n");

function Domains({ site }) {
  const list = site.at("domains");
  const box = useRef();
  const field = useRef();
  const typed = useSignal("");
  const refused = useSignal("");
  const said = useSignal("");
  // A new domain is typed here first: saving the page takes it along.
  const add = () => {
    const domain = domainIn(typed.value);
    const isTaken = isDomain(domain);
    refused.value = isTaken ? "" : words.noDomain(typed.value.trim());
    said.value = isTaken && domain !== typed.value.trim() ? words.taken(domain) : "";
    if (isTaken) typed.value = "";
    if (isTaken && !list.includes(domain)) site.set("domains", [...list, domain]);
    field.current.focus();
  };
  const press = (event) => { if (isEnter(event) && typed.value.trim()) { event.preventDefault(); add(); } };
  const remove = (domain) => {
    site.set("domains", list.filter((other) => other !== domain));
    field.current.focus();
  };
  const wrong = refused.value || (!list.length && errorAt(site, "domains"));
  useEffect(() => { if (wrong) box.current.scrollIntoView({ block: "nearest" }); }, [wrong]);
  return html`<section ref=${box}><h3 id="domains">${words.domains}</h3>
    <p class="help">${words.domainsHint}</p>
    <ul class="domains" role="list" aria-labelledby="domains">${list.map((domain, index) => {
      const error = errorAt(site, `domains/${index}`);
      return html`<li key=${domain}><code>${domain}</code><button class="plain" type="button" aria-label="${texts.site.remove}: ${domain}"
        data-wrong=${error && domain} aria-describedby=${error && `domain-${index}`}
        onClick=${() => remove(domain)}>${texts.site.remove}</button>
        ${error && html`<small class="wrong" id="domain-${index}">${error}</small>`}</li>`;
    })}</ul>
    ${!list.length && html`<p class="wrong">${words.noDomains}</p>`}
    <div class="line">
      <input ref=${field} aria-label=${words.newDomain} placeholder="shop.example" spellcheck="false" maxlength="300"
        aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong && "domains-wrong"} value=${typed.value}
        onInput=${({ target }) => { typed.value = target.value; refused.value = ""; }} onKeyDown=${press} />
      <button class="plain" type="button" onClick=${add}>${words.add}</button>
    </div>
    ${wrong && html`<p class="wrong" id="domains-wrong" role="alert">${wrong}</p>`}
    <p class="help" role="status">${said}</p>
  </section>`;
}
