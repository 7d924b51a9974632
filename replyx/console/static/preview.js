// The widget as it will look with what is being edited: the real panel in a frame, and the launcher.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Launcher } from "./launcher.js";
import { html, texts } from "./ui.js";

const { preview: words } = texts.site;
const PROTOCOL = 2;
const COLOR = /^#[0-9a-f]{6}$/;
const SMALLEST = 0;
const LARGEST = 200;
const PLAIN = "#1f5eff";

const bounded = (value) => Math.min(LARGEST, Math.max(SMALLEST, Number(value) || 0));

/** What is typed at this moment may be no value yet. */
function drawable(look) {
  return { ...look, color: COLOR.test(look.color) ? look.color : PLAIN, offset_x: bounded(look.offset_x),
    offset_y: bounded(look.offset_y), variables: Object.fromEntries(Object.entries(look.variables).filter(([, value]) => value)) };
}

/** The form to leave a message has the message itself, and may have no more. */
const formOf = (name, { fields }) => name === "offline" || fields.length ? fields : null;

/** The panel's settings, as its page has them, of what is being edited. What is left out stays as the page has it. */
function settingsOf(draft, saved, theme, tab, form) {
  const { settings } = draft;
  return {
    look: { ...drawable(settings.look), theme }, greeting: settings.greeting, proactive: settings.proactive,
    assistant: { name: draft.assistant_name, avatar: saved.assistant.avatar }, reply_time: settings.reply_time,
    forms: tab === "forms" ? { prechat: null, offline: null, [form]: formOf(form, settings[form]) }
      : { prechat: null, offline: null },
  };
}

export function Preview({ site, tab }) {
  const frame = useRef();
  const theme = useSignal("light");
  const form = useSignal("prechat");
  const draft = site.draft.value;
  const look = drawable(draft.settings.look);
  const tell = () => frame.current?.contentWindow.postMessage({ replyx: PROTOCOL, type: "preview",
    settings: settingsOf(site.draft.value, site.saved.value, theme.value, tab, form.value) }, location.origin);
  const said = useRef();
  said.current = tell;
  useEffect(tell);
  useEffect(() => {
    // The panel says when it is there to listen.
    const hear = ({ source, origin, data }) => {
      if (source === frame.current?.contentWindow && origin === location.origin && data?.replyx) said.current();
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, []);
  return html`<aside class="sample" aria-label=${words.title}>
    <header>
      <h2>${words.title}</h2>
      <${Switch} name="theme" label=${words.theme} value=${theme} options=${words.themes} />
      ${tab === "forms" && html`<${Switch} name="form" label=${words.form} value=${form} options=${words.forms} />`}
    </header>
    <div class="stage" data-theme=${theme.value}>
      <iframe ref=${frame} title=${words.frame} src="/preview?site_token=${site.saved.value.site_token}" onLoad=${tell} />
      <div class="corner"><${Launcher} look=${look} /></div>
    </div>
    <p class="help">${words.help}</p>
  </aside>`;
}

const Switch = ({ name, label, value, options }) => html`<fieldset class="views">
  <legend class="spoken">${label}</legend>
  ${Object.entries(options).map(([option, text]) => html`<label key=${option}>
    <input type="radio" name=${name} checked=${value.value === option} onChange=${() => { value.value = option; }} />
    <span>${text}</span></label>`)}
</fieldset>`;
