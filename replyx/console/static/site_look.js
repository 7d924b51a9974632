// The pages of what visitors see at first: the launcher and the panel's look, what greets them, and what they may use.
import { useSignal } from "@preact/signals";
import { channels, contrast } from "replyx/contrast.js";
import { Avatar } from "./avatar.js";
import { ink } from "./launcher.js";
import { AreaField, CheckField, NumberField, RadioField, TextField, errorAt } from "./site_fields.js";
import { html, texts } from "./ui.js";
import { hint, wrongIn } from "./variables.js";

const { site: words } = texts;
const MOST_PROACTIVE = 5;
const COLOR = /^#[0-9a-f]{6}$/;
// WCAG AA, for text and for shapes.
const READABLE = 4.5;
const VISIBLE = 3;
const WHITE = [255, 255, 255];

const pairs = (names) => Object.entries(names);

export const Look = ({ site }) => html`
  <${TextField} site=${site} path="assistant_name" label=${words.look.assistant} hint=${words.look.assistantHint} maxlength="200" />
  <${Avatar} label=${words.look.avatar} url=${site.saved.value.assistant.avatar} name=${site.at("assistant_name")}
    assistantId=${site.saved.value.assistant.id}
    onDone=${(avatar) => { site.saved.value = { ...site.saved.value, assistant: { ...site.saved.value.assistant, avatar } }; }} />
  <${Color} site=${site} />
  <${RadioField} site=${site} path="settings/look/theme" label=${words.look.theme} options=${pairs(words.look.themes)} />
  <${RadioField} site=${site} path="settings/look/icon" label=${words.look.icon} options=${pairs(words.look.icons)} />
  <${TextField} site=${site} path="settings/look/label" label=${words.look.label} hint=${words.look.labelHint} maxlength="30" />
  <${RadioField} site=${site} path="settings/look/corner" label=${words.look.corner} options=${pairs(words.look.corners)} />
  <div class="pair">
    <${NumberField} site=${site} path="settings/look/offset_x" label=${words.look.offsetX} min="0" max="200" />
    <${NumberField} site=${site} path="settings/look/offset_y" label=${words.look.offsetY} min="0" max="200" />
  </div>
  <${Variables} site=${site} />`;

function Color({ site }) {
  const path = "settings/look/color";
  const color = site.at(path);
  const pick = ({ target }) => site.set(path, target.value);
  return html`<div class="color">
    <input type="color" aria-label=${words.look.pick} value=${COLOR.test(color) ? color : "#000000"} onInput=${pick} />
    <${TextField} site=${site} path=${path} label=${words.look.color} maxlength="7" spellcheck="false"
      hint=${COLOR.test(color) ? contrastInWords(color, site.at("settings/look/variables")) : undefined}
      onChange=${(text) => site.set(path, text.trim().toLowerCase())} />
  </div>`;
}

function contrastInWords(color, variables) {
  const onIt = contrast(channels(color), channels(ink(color, variables)));
  const onPage = contrast(channels(color), WHITE);
  if (onIt < READABLE) return words.look.hardToRead(onIt.toFixed(1));
  if (onPage < VISIBLE) return words.look.hardToSee(onPage.toFixed(1));
  return words.look.readable(onIt.toFixed(1));
}

/** The sheet's lines as {name: value}: what is no such line is sent as it is, to be refused by name. */
function parse(text) {
  return Object.fromEntries(text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [name, ...value] = line.split(":");
    return [name.trim(), value.join(":").trim().replace(/;$/, "").trim()];
  }));
}

const sheetOf = (variables) => Object.entries(variables).map(([name, value]) => `${name}: ${value};`).join("\n");

function Variables({ site }) {
  const path = "settings/look/variables";
  const stored = sheetOf(site.at(path));
  const text = useSignal(stored);
  // Discarded, or changed by the server: what is typed has the same meaning as what is stored.
  if (sheetOf(parse(text.value)) !== stored) text.value = stored;
  const names = text.value.split("\n").map((line) => line.split(":")[0].trim());
  const wrong = names.flatMap((name, index) => name && site.errorAt(`${path}/${name}`)
    ? [wrongIn(index + 1, name)] : []);
  return html`<${AreaField} site=${site} path=${path} label=${words.look.variables} hint=${hint} rows="4"
    spellcheck="false" placeholder="--rx-radius: 8px;" value=${text.value} error=${wrong.length ? wrong.join(" ") : undefined}
    onChange=${(typed) => { text.value = typed; site.set(path, parse(typed)); }} />`;
}

export function Greeting({ site }) {
  const path = "settings/proactive";
  const rules = site.at(path);
  const put = (list) => site.set(path, list);
  return html`
    <${AreaField} site=${site} path="settings/greeting" label=${words.greeting.greeting} hint=${words.greeting.greetingHint}
      maxlength="500" rows="3" />
    <h3>${words.greeting.proactive}</h3>
    <p class="help">${words.greeting.proactiveHint}</p>
    ${rules.map((rule, index) => html`<fieldset class="card" key=${index}>
      <legend>${words.greeting.rule(index + 1)}</legend>
      <${AreaField} site=${site} path="${path}/${index}/text" label=${words.greeting.text} maxlength="300" rows="2" />
      <div class="pair">
        <${NumberField} site=${site} path="${path}/${index}/after" label=${words.greeting.after} min="0" max="3600" />
        <${TextField} site=${site} path="${path}/${index}/url" label=${words.greeting.url} hint=${words.greeting.urlHint}
          maxlength="300" />
      </div>
      <button class="plain" type="button" onClick=${() => put(rules.filter((other) => other !== rule))}>${words.remove}</button>
    </fieldset>`)}
    ${rules.length < MOST_PROACTIVE && html`<button class="plain add" type="button"
      onClick=${() => put([...rules, { text: "", after: 30, url: "" }])}>${words.greeting.add}</button>`}`;
}

export const Features = ({ site }) => html`<p class="help">${words.features.intro}</p>
  ${Object.entries(words.features.switches).map(([name, [label, hint]]) => html`<${CheckField} key=${name} site=${site}
    path="settings/${name}" label=${label} hint=${hint} />`)}
  ${errorAt(site, "settings") && html`<p class="wrong">${errorAt(site, "settings")}</p>`}`;
