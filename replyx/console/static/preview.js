// The widget as it will look with what is being edited: the real panel in a frame, and the launcher.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Launcher } from "./launcher.js";
import { changed } from "./paths.js";
import { html, texts } from "./ui.js";
import { isVariable } from "./variables.js";

const { preview: words } = texts.site;
const PROTOCOL = 2;
const COLOR = /^#[0-9a-f]{6}$/;
const LARGEST = 200;
// The launcher's height, and its shadow's.
const LAUNCHER = 72;
const DAYS = 7;

const isOffset = (value) => Number.isInteger(value) && value >= 0 && value <= LARGEST;

/** What is typed at this moment may be no value yet, and would be refused: then it is what was saved. */
function drawable(look, saved) {
  const pick = (name, isValid) => isValid(look[name]) ? look[name] : saved[name];
  return { ...look, color: pick("color", (value) => COLOR.test(value)), offset_x: pick("offset_x", isOffset),
    offset_y: pick("offset_y", isOffset),
    variables: Object.fromEntries(Object.entries(look.variables).filter(([name, value]) => isVariable(name, value))) };
}

/** The form to leave a message has the message itself, and may have no more. */
const formOf = (name, { on, fields }, isEdited) => (on || isEdited) && (name === "offline" || fields.length) ? fields : null;

/** The hours out of which the panel is shown: it is back at the next start, as a clock here would have it. */
function closed(hours) {
  const now = new Date();
  for (let day = 1; hours && day <= DAYS; day += 1) {
    const [start] = hours.week[(now.getDay() + 6 + day) % DAYS].map(([from]) => from).filter(Boolean).sort();
    if (start) return { open: false, opens_at: new Date(now.getFullYear(), now.getMonth(), now.getDate() + day, ...start.split(":")).toISOString() };
  }
  return { open: false, opens_at: null };
}

/** The panel's settings, as its page has them, of what is being edited. What is left out stays as the page has it. */
function settingsOf({ draft, saved, look, theme, view, tab }) {
  const { settings } = draft;
  const form = view !== "chat" && formOf(view, settings[view], tab === "forms");
  return {
    look: { ...look, theme }, greeting: settings.greeting, proactive: settings.proactive,
    assistant: { name: draft.assistant_name, avatar: saved.assistant.avatar }, reply_time: settings.reply_time,
    hours: view === "offline" ? closed(settings.hours) : { open: true, opens_at: null },
    forms: { prechat: null, offline: null, ...form && { [view]: form } },
  };
}

/** A language's lines as the panel has them, in groups, with the site's own in their places. */
function textsOf({ lang, lines }, draft) {
  const own = draft.settings.texts[lang] ?? {};
  return lines.reduce((all, [key, line]) => changed(all, key.replace(".", "/"), own[key] || line), {});
}

export function Preview({ site, tab }) {
  const frame = useRef();
  const theme = useSignal("light");
  const draft = site.draft.value;
  const saved = site.saved.value;
  const { prechat, offline } = draft.settings;
  const shown = site.view.value || (tab !== "forms" ? "chat" : offline.on && !prechat.on ? "offline" : "prechat");
  // What was being edited there is not what the next page is about.
  useEffect(() => () => { if (tab === "forms") site.view.value = ""; }, [tab]);
  const look = drawable(draft.settings.look, saved.settings.look);
  const isPartial = JSON.stringify(look) !== JSON.stringify(draft.settings.look);
  const lines = tab === "texts" ? site.lines.value : null;
  const tell = () => frame.current?.contentWindow.postMessage({ replyx: PROTOCOL, type: "preview",
    settings: { ...settingsOf({ draft, saved, look, theme: theme.value, view: shown, tab }), ...lines && { texts: textsOf(lines, draft) } } },
  location.origin);
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
      <${Switch} name="theme" label=${words.theme} value=${theme.value} options=${words.themes} onChange=${(name) => { theme.value = name; }} />
      <${Switch} name="shown" label=${words.view} value=${shown} options=${words.views} onChange=${(name) => { site.view.value = name; }} />
    </header>
    <div class="stage" data-theme=${theme.value}>
      <iframe ref=${frame} title=${words.frame} src="/preview?site_token=${saved.site_token}${lines ? `&asked&lang=${lines.lang}` : ""}" onLoad=${tell} />
      <div class="corner" style=${{ height: `${look.offset_y + LAUNCHER}px` }}><${Launcher} look=${look} /></div>
    </div>
    <p class="help">${words.help}${isPartial && ` ${words.isPartial}`}</p>
  </aside>`;
}

const Switch = ({ name, label, value, options, onChange }) => html`<fieldset class="views">
  <legend class="spoken">${label}</legend>
  ${Object.entries(options).map(([option, text]) => html`<label key=${option}>
    <input type="radio" name=${name} checked=${value === option} onChange=${() => onChange(option)} />
    <span>${text}</span></label>`)}
</fieldset>`;
