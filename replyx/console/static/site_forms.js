// The page "Forms": what visitors are asked before a chat, and when nobody is there.
import { useSignal } from "@preact/signals";
import { AreaField, CheckField, SelectField, TextField } from "./site_fields.js";
import { html, texts } from "./ui.js";

const { forms: words } = texts.site;
const MOST_FIELDS = 8;
const KINDS = Object.entries(words.kinds);
// What a form asks first: without an address nobody can be answered who has left.
const FIRST = { prechat: ["name", "email"], offline: ["email", "name"] };

export const Forms = ({ site }) => ["prechat", "offline"].map((name) => html`<section key=${name} onFocusIn=${() => { site.view.value = name; }}
    onInput=${() => { site.view.value = name; }}>
  <h3>${words[name]}</h3>
  <p class="help">${words[`${name}Hint`]}</p>
  <${CheckField} site=${site} path="settings/${name}/on" label=${words.on[name]} />
  ${name === "offline" && html`<p class="caution" role="status">${site.at("settings/offline/on") && !site.at("settings/hours")
    && html`${words.noHours} <a href="#/site/${site.id}/hours">${words.setHours}</a>`}</p>`}
  ${name === "prechat" && html`<p class="caution" role="status">${site.at("settings/prechat/on")
    && !site.at("settings/prechat/fields").length && words.noFields}</p>`}
  <${List} site=${site} path="settings/${name}/fields" title=${words[name]} first=${FIRST[name]} />
</section>`);

/** A name that no other field has: answers are stored under it. */
function nameFor(kind, list) {
  const taken = new Set(list.map((field) => field.name));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? kind : `${kind}_${count}`;
    if (!taken.has(name)) return name;
  }
}

function added(list, first) {
  const kind = first.find((wanted) => !list.some((field) => field.kind === wanted)) ?? "text";
  return [...list, { name: nameFor(kind, list), kind, label: words.labels[kind], required: kind !== "text", choices: [] }];
}

/** Another kind brings its own name; and its own label, where nobody has written one. Of the same kind again, nothing changes. */
function turned(field, kind, list) {
  if (kind === field.kind) return field;
  const isOurs = !field.label || field.label === words.labels[field.kind];
  return { ...field, kind, name: nameFor(kind, list.filter((other) => other !== field)), label: isOurs ? words.labels[kind] ?? "" : field.label,
    choices: kind === "choice" ? field.choices : [] };
}

function List({ site, path, title, first }) {
  const list = site.at(path);
  const put = (fields) => site.set(path, fields);
  const move = (event, index, by) => {
    const box = event.currentTarget.closest(".fields");
    const moved = [...list];
    moved.splice(index + by, 0, ...moved.splice(index, 1));
    put(moved);
    // The buttons stay with their places; the focus goes along with the field.
    requestAnimationFrame(() => {
      const buttons = [...box.children[index + by].querySelectorAll(".move")];
      (by < 0 ? buttons : buttons.reverse()).find((button) => !button.disabled)?.focus();
    });
  };
  const remove = (event, field) => {
    const section = event.currentTarget.closest("section");
    put(list.filter((other) => other !== field));
    requestAnimationFrame(() => section.querySelector(".add")?.focus());
  };
  return html`<div class="fields">${list.map((field, index) => html`<fieldset class="card" key=${index}>
      <legend>${words.field(index + 1)}</legend>
      <${Field} site=${site} path="${path}/${index}" field=${field} list=${list} />
      <div class="tools">
        <button class="plain move" type="button" disabled=${index === 0} aria-label=${words.up(index + 1)}
          onClick=${(event) => move(event, index, -1)}>↑</button>
        <button class="plain move" type="button" disabled=${index === list.length - 1} aria-label=${words.down(index + 1)}
          onClick=${(event) => move(event, index, 1)}>↓</button>
        <button class="plain" type="button" aria-label=${words.removeField(index + 1)}
          onClick=${(event) => remove(event, field)}>${texts.site.remove}</button>
      </div>
    </fieldset>`)}</div>
    ${list.length < MOST_FIELDS && html`<button class="plain add" type="button" aria-label="${words.add}: ${title}"
      onClick=${() => put(added(list, first))}>${words.add}</button>`}`;
}

function Field({ site, path, field, list }) {
  const choose = (kind) => site.set(path, turned(field, kind, list));
  return html`<div class="pair">
      <${SelectField} site=${site} path="${path}/kind" label=${words.kind} options=${KINDS} onChange=${choose} />
      <${TextField} site=${site} path="${path}/label" label=${field.kind === "consent" ? words.consent : words.label} maxlength="200" />
    </div>
    ${field.kind === "choice" && html`<${Choices} site=${site} path="${path}/choices" />`}
    <${CheckField} site=${site} path="${path}/required" label=${words.required} />`;
}

const choicesIn = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function Choices({ site, path }) {
  const stored = site.at(path);
  const text = useSignal(stored.join("\n"));
  // An empty line that is being written is no choice yet.
  if (choicesIn(text.value).join("\n") !== stored.join("\n")) text.value = stored.join("\n");
  return html`<${AreaField} site=${site} path=${path} label=${words.choices} hint=${words.choicesHint} rows="3" value=${text.value}
    onChange=${(typed) => { text.value = typed; site.set(path, choicesIn(typed)); }} />`;
}
