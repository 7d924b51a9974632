// The pages "Site": what an owner chooses for a site's widget, a page for each kind of things, and how to install it.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Identity } from "./site_identity.js";
import { Features, Greeting, Look } from "./site_look.js";
import { Forms } from "./site_forms.js";
import { Hours } from "./site_hours.js";
import { Install } from "./site_install.js";
import { Lines } from "./site_texts.js";
import { Preview } from "./preview.js";
import { flat } from "./paths.js";
import { TABS, hasUnsaved, siteOf } from "./site.js";
import { Alert, html, texts, why } from "./ui.js";

const { site: words } = texts;
const PAGES = { look: Look, greeting: Greeting, forms: Forms, hours: Hours, features: Features, texts: Lines, install: Install,
  identity: Identity };
const WRONG = '[aria-invalid="true"], [data-wrong]';
const WITH_PREVIEW = ["look", "greeting", "forms", "hours", "texts"];

/** `#/site`, `#/site/3` or `#/site/3/hours`. */
export function SiteView({ desk }) {
  const [, id, asked] = desk.place.value.split("/");
  const { id: siteId } = desk.sites.value.find((site) => String(site.id) === id) ?? desk.sites.value[0] ?? {};
  if (!siteId) return html`<main class="page"><${Head} /><p class="empty">${words.none}</p></main>`;
  const tab = Object.hasOwn(PAGES, asked ?? "") ? asked : "look";
  return html`<${Settings} key=${siteId} desk=${desk} site=${siteOf(desk, siteId)} tab=${tab} />`;
}

const Head = ({ children }) => html`<header>
  <a class="back" href="#" aria-label=${texts.back}>‹</a><h1>${words.heading}</h1>${children}
</header>`;

function Settings({ desk, site, tab }) {
  useEffect(() => { site.load(); }, [desk.refreshes.value]);
  useEffect(() => {
    const keep = (event) => { if (hasUnsaved(desk)) event.preventDefault(); };
    window.addEventListener("beforeunload", keep);
    return () => window.removeEventListener("beforeunload", keep);
  }, []);
  const hasPreview = WITH_PREVIEW.includes(tab);
  return html`<main class=${hasPreview ? "page site with-preview" : "page site"}>
    <${Head}><${Chooser} desk=${desk} site=${site} tab=${tab} /><//>
    <${Tabs} site=${site} tab=${tab} />
    ${site.draft.value ? html`<${Page} key=${tab} desk=${desk} site=${site} tab=${tab} />`
      : site.failure.value ? html`<${Alert}>${why(site.failure.value, words.failures)}<//>`
      : html`<p class="empty">${texts.loading}</p>`}
    ${site.draft.value && hasPreview && html`<${Preview} key=${site.id} site=${site} tab=${tab} />`}
  </main>`;
}

function Chooser({ desk, site, tab }) {
  const sites = desk.sites.value;
  if (sites.length < 2) return null;
  const choose = ({ target }) => { location.hash = `#/site/${target.value}/${tab}`; };
  return html`<select class="chooser" aria-label=${words.chooser} value=${String(site.id)} onChange=${choose}>
    ${sites.map(({ id, name }) => html`<option key=${id} value=${String(id)}>${name}</option>`)}
  </select>`;
}

function Tabs({ site, tab }) {
  const bar = useRef();
  // On a phone they are wider than the screen.
  useEffect(() => bar.current.querySelector("[aria-current]").scrollIntoView({ inline: "center", block: "nearest" }), [tab]);
  return html`<nav class="tabs" ref=${bar} aria-label=${words.heading}>
  ${Object.keys(TABS).map((name) => html`<a key=${name} href="#/site/${site.id}/${name}"
    aria-current=${name === tab ? "page" : undefined}>${words.tabs[name]}
    ${site.draft.value && site.isDirty(name) && html`<span class="unsaved" role="img" aria-label=${words.unsaved}>•</span>`}</a>`)}
  </nav>`;
}

function Page({ desk, site, tab }) {
  const Fields = PAGES[tab];
  const box = useRef();
  const wrong = useSignal("");
  // What is corrected is named no longer.
  useEffect(() => { wrong.value = [...new Set([...box.current.querySelectorAll(WRONG)].map(nameOf))].join("; "); }, [site.errors.value]);
  const save = async (event) => {
    event.preventDefault();
    const { currentTarget: form } = event;
    if (await site.save(tab)) { desk.renameSite(site.saved.value); return; }
    requestAnimationFrame(() => form.querySelector(WRONG)?.focus());
  };
  // What became of saving a page is said only until it is left.
  useEffect(() => () => {
    if (site.state.value === "saved") site.state.value = "";
    site.failure.value = null;
  }, []);
  return html`<form ref=${box} class="settings" noValidate onSubmit=${save} aria-label=${words.tabs[tab]}>
    <h2>${words.tabs[tab]}</h2>
    <${Fields} desk=${desk} site=${site} />
    ${TABS[tab].length > 0 ? html`<${SaveBar} site=${site} tab=${tab} wrong=${wrong.value} />`
      : html`<${Alert}>${site.failure.value && why(site.failure.value)}<//>`}
  </form>`;
}

/** What the server says, where no field on the page stands for it. */
const inWords = ({ fields }) => Object.values(flat(fields ?? {})).join(" ");

/** What a field is called, with the group that it is in. */
function nameOf(field) {
  const name = field.dataset.wrong ?? field.getAttribute("aria-label");
  return name ?? [field.closest("fieldset")?.querySelector("legend").textContent, field.labels[0].textContent].filter(Boolean).join(": ");
}

function SaveBar({ site, tab, wrong }) {
  const isDirty = site.isDirty(tab);
  const state = site.state.value;
  const failure = site.failure.value;
  return html`<footer class="save">
    <${Alert}>${failure && [why(failure, words.failures), failure.code === "invalid" && (wrong ? words.correct(wrong) : inWords(failure))]
      .filter(Boolean).join(" ")}<//>
    <button class="primary" type="submit" aria-busy=${state === "saving"}>${words.save}</button>
    ${isDirty && html`<button class="plain" type="button" onClick=${() => site.discard(tab)}>${words.discard}</button>`}
    <p role="status">${isDirty ? words.unsaved : state === "saved" ? words.saved : ""}</p>
  </footer>`;
}
