// The page "Hours": when somebody is there to answer, and how soon.
import { useId } from "preact/hooks";
import { SelectField, TextField, errorAt } from "./site_fields.js";
import { html, lang, texts } from "./ui.js";

const { hours: words } = texts.site;
const PATH = "settings/hours";
const WEEKDAYS = 5;
const MOST_SPANS = 10;
const NINE_TO_FIVE = ["09:00", "17:00"];
// 1 January 2024 was a Monday.
const DAYS = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day))
  .toLocaleDateString(lang, { weekday: "long", timeZone: "UTC" }));
const zones = () => Intl.supportedValuesOf?.("timeZone") ?? [];

const first = () => ({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  week: DAYS.map((_, day) => (day < WEEKDAYS ? [NINE_TO_FIVE] : [])) });

export function Hours({ site }) {
  const isSet = site.at(PATH) !== null;
  const options = [["", words.noReplyTime], ...Object.entries(words.replyTimes)];
  return html`
    <label class="switch"><input type="checkbox" checked=${isSet}
      onChange=${({ target }) => site.set(PATH, target.checked ? first() : null)} /> ${words.on}</label>
    <p class="help">${words.hint}</p>
    ${isSet && html`<${Week} site=${site} />`}
    <${SelectField} site=${site} path="settings/reply_time" label=${words.replyTime} hint=${words.replyTimeHint} options=${options}
      onChange=${(value) => site.set("settings/reply_time", value || null)} />`;
}

function Week({ site }) {
  const id = useId();
  const week = site.at(`${PATH}/week`);
  const put = (day, spans) => site.set(`${PATH}/week/${day}`, spans);
  const copy = () => site.set(`${PATH}/week`, week.map((spans, day) => (day < WEEKDAYS ? week[0] : spans)));
  return html`<${TextField} site=${site} path="${PATH}/zone" label=${words.zone} list=${id} spellcheck="false" maxlength="60" />
    <datalist id=${id}>${zones().map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
    <div class="week">${week.map((spans, day) => html`<${Day} key=${day} name=${DAYS[day]} spans=${spans}
      wrong=${errorAt(site, `${PATH}/week/${day}`)} onChange=${(changed) => put(day, changed)} />`)}</div>
    <p class="help">${words.nights}</p>
    <button class="plain" type="button" onClick=${copy}>${words.copy}</button>`;
}

function Day({ name, spans, wrong, onChange }) {
  const id = useId();
  const change = (index, end, value) => onChange(spans.map((span, other) => other !== index ? span
    : end === 0 ? [value, span[1]] : [span[0], value]));
  // A clock in a browser knows no 24:00; an end at 00:00 is the same.
  const clock = (span, index, end) => html`<input type="time" value=${span[end] === "24:00" ? "00:00" : span[end]} required
    aria-label="${name}: ${end ? words.until(index + 1) : words.from(index + 1)}" aria-invalid=${wrong ? "true" : undefined}
    aria-describedby=${wrong && id} onInput=${({ target }) => change(index, end, target.value)} />`;
  return html`<fieldset class="day">
    <legend>${name}</legend>
    <div class="spans">
    ${!spans.length && html`<p class="help">${words.closed}</p>`}
    ${spans.map((span, index) => html`<div class="span" key=${index}>
      ${clock(span, index, 0)}<span aria-hidden="true">–</span>${clock(span, index, 1)}
      <button class="plain" type="button" aria-label="${name}: ${words.remove(index + 1)}"
        onClick=${() => onChange(spans.filter((_, other) => other !== index))}>×</button>
    </div>`)}
    ${spans.length < MOST_SPANS && html`<button class="plain" type="button" aria-label="${name}: ${words.add}"
      onClick=${() => onChange([...spans, spans.length ? ["", ""] : NINE_TO_FIVE])}>+</button>`}
    </div>
    ${wrong && html`<small id=${id} class="wrong">${wrong}</small>`}
  </fieldset>`;
}
