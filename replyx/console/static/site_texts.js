// The page "Language and texts": which language the widget speaks, and the site's own words in place of its lines.
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { changed } from "./paths.js";
import { AreaField, SelectField } from "./site_fields.js";
import { Alert, html, lang as own, texts } from "./ui.js";

const { lines: words } = texts.site;
// Each in its own language: who looks for it can read it.
const LANGS = { en: "English", ru: "Русский", de: "Deutsch", fr: "Français", es: "Español", pt: "Português", tr: "Türkçe",
  ar: "العربية" };
const RIGHT_TO_LEFT = new Set(["ar"]);
const LONGEST = 500;
const BRACES = /\{\w+\}/g;
// Said where no site is known, and so none whose words they could be.
const FIXED = new Set(["host.unknown", "host.unknownText"]);

/** A language's lines as [key, text], as the widget has them. */
async function linesOf(lang) {
  const answer = await fetch(import.meta.resolve(`replyx/texts/${lang}.json`));
  if (!answer.ok) throw new Error(`${lang}: ${answer.status}`);
  return Object.entries(await answer.json()).flatMap(([key, line]) => typeof line === "string" ? [[key, line]]
    : Object.entries(line).map(([name, text]) => [`${key}.${name}`, text])).filter(([key]) => !FIXED.has(key));
}

export function Lines({ site }) {
  const setting = site.at("settings/lang");
  const lang = useSignal(setting === "auto" ? own : setting);
  const { lines } = site;
  const sought = useSignal("");
  const hasFailed = useSignal(false);
  useEffect(() => {
    let isWanted = true;
    hasFailed.value = false;
    linesOf(lang.value).then((found) => { if (isWanted) lines.value = { lang: lang.value, lines: found }; }, () => { if (isWanted) hasFailed.value = true; });
    return () => { isWanted = false; };
  }, [lang.value]);
  const changes = Object.keys(site.at(`settings/texts/${lang.value}`) ?? {}).length;
  return html`
    <${SelectField} site=${site} path="settings/lang" label=${words.lang} hint=${words.langHint}
      options=${[["auto", words.auto], ...Object.entries(LANGS)]} />
    <h3>${words.own}</h3>
    <p class="help">${words.ownHint}</p>
    <div class="pair">
      <div class="field"><label for="lines-lang">${words.of}</label>
        <select id="lines-lang" value=${lang.value} onChange=${({ target }) => { lang.value = target.value; }}>
          ${Object.entries(LANGS).map(([code, name]) => html`<option key=${code} value=${code}>${name}</option>`)}
        </select></div>
      <div class="field"><label for="lines-search">${words.search}</label>
        <input id="lines-search" type="search" value=${sought.value} onInput=${({ target }) => { sought.value = target.value; }} /></div>
    </div>
    <p class="help" role="status">${words.changed(changes)}</p>
    <${Alert}>${hasFailed.value && words.notLoaded}<//>
    ${lines.value && !hasFailed.value && html`<${List} site=${site} ...${lines.value} sought=${sought.value} />`}`;
}

function List({ site, lang, lines, sought }) {
  const mine = site.at(`settings/texts/${lang}`) ?? {};
  const wanted = sought.trim().toLowerCase();
  const found = lines.filter(([key, line]) => `${key}\n${line}\n${mine[key] ?? ""}`.toLowerCase().includes(wanted));
  const lost = (key, line) => (line.match(BRACES) ?? []).filter((place) => mine[key] && !mine[key].includes(place));
  const put = (key, text) => {
    const own = changed(mine, key, text || undefined);
    site.set(`settings/texts/${lang}`, Object.keys(own).length ? own : undefined);
  };
  return html`<div class="lines" lang=${lang} dir=${RIGHT_TO_LEFT.has(lang) ? "rtl" : "ltr"}>
    ${found.map(([key, line]) => html`<${AreaField} key="${lang} ${key}" site=${site} path="settings/texts/${lang}/${key}" label=${line}
      placeholder=${line} rows=${line.length > 60 ? 2 : 1} maxlength=${LONGEST} value=${mine[key] ?? ""}
      hint=${lost(key, line).length > 0 && words.lost(lost(key, line).join(", "))}
      onChange=${(text) => put(key, text)} />`)}
    ${!found.length && html`<p class="empty">${words.nothing}</p>`}
  </div>`;
}
