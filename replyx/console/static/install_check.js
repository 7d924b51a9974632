// "Test it now": the address of a page, and what was seen of the chat there.
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { isEnter } from "replyx/dom.js";
import { isAllowed } from "replyx/domains.js";
import { addressOf, domainOf } from "./address.js";
import { STEPS, Trial } from "./trial.js";
import { html, texts, why } from "./ui.js";

const { check: words } = texts.site;

export function Check({ desk, site }) {
  const id = useId();
  const box = useRef();
  const trial = useMemo(() => new Trial(site.id), [site]);
  useEffect(() => () => trial.end(), [trial]);
  const [first] = site.saved.value.domains;
  const typed = useSignal(first ? addressOf(first)?.href ?? "" : "");
  const wrong = useSignal("");
  const begin = async () => {
    const url = addressOf(typed.value);
    try {
      wrong.value = !url ? words.noAddress : await trial.begin(url) ? "" : words.blocked;
    } catch (error) {
      wrong.value = why(error);
    }
    if (wrong.value) box.current?.focus();
  };
  const press = (event) => { if (isEnter(event)) { event.preventDefault(); begin(); } };
  return html`<p class="help">${words.hint}</p>
    <div class="field"><label for=${id}>${words.address}</label>
      <div class="line">
        <input ref=${box} id=${id} type="url" value=${typed.value} spellcheck="false" aria-describedby="${id}-wrong"
          aria-invalid=${wrong.value ? "true" : undefined} onInput=${({ target }) => { typed.value = target.value; }} onKeyDown=${press} />
        <button class="plain" type="button" onClick=${begin}>${words.begin}</button>
      </div>
      <small id="${id}-wrong" class="wrong" role="alert">${wrong}</small>
    </div>
    ${trial.state.value && html`<${Seen} desk=${desk} site=${site} state=${trial.state.value} />`}`;
}

function Seen({ desk, site, state: { steps, failure, origin, isOver } }) {
  const next = STEPS.find((step) => !steps[step]);
  const stuck = failure?.reason === "silent" ? "unheard" : "failed";
  const stateOf = (step) => steps[step] ? "done" : failure && step === next ? stuck : step === next && !isOver ? "waiting" : "";
  const box = useRef();
  // The verdict may come below what is seen of the page; the focus stays where it is.
  useEffect(() => { box.current.scrollIntoView({ block: "nearest" }); }, [isOver, origin]);
  return html`<div ref=${box} role="status" class="seen">
    <p>${words.on(origin)}</p>
    <ol role="list">${STEPS.map((step) => html`<li key=${step} class=${stateOf(step)}>${words.steps[step]}${" "}
      ${stateOf(step) && html`<span>${words.states[stateOf(step)]}</span>`}</li>`)}</ol>
    ${isOver && !failure && html`<p><strong>${words.works}</strong></p>`}
    ${failure && html`<${Failure} failure=${failure} origin=${origin} />`}
  </div>
  ${failure?.reason === "foreign" && origin !== "null" && html`<${AddDomain} desk=${desk} site=${site} origin=${origin} />`}`;
}

function Failure({ failure: { reason, directive }, origin }) {
  const [what, ...advice] = words.failures[Object.hasOwn(words.failures, reason) ? reason : "other"];
  return html`<p><strong>${reason === "policy" ? `${what} ${directive}` : reason === "foreign" ? `${what} ${origin}` : what}</strong></p>
    <ol class="causes">${advice.map((line) => html`<li key=${line.csp ?? line}>${line.csp ?? line}
      ${line.csp && html` <button class="plain" type="button" onClick=${toPolicy}>${words.toPolicy}</button>`}</li>`)}</ol>`;
}

/** To the lines for a site's policy, further down on this page. */
function toPolicy() {
  const place = document.getElementById("policy");
  place.scrollIntoView();
  place.querySelector("pre").focus({ preventScroll: true });
}

function AddDomain({ desk, site, origin }) {
  const domain = domainOf(origin);
  if (isAllowed(new URL(origin), site.saved.value.domains)) return html`<p role="status">${words.added(domain)}</p>`;
  const add = async () => {
    site.set("domains", [...new Set([...site.at("domains"), domain])]);
    if (await site.save("install")) desk.renameSite(site.saved.value);
  };
  return html`<button class="plain" type="button" onClick=${add}>${words.addDomain(domain)}</button>`;
}
