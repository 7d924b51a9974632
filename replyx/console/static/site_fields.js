// The form fields of a site's settings: each shows and changes the value at one path, and says why it was refused.
import { useId } from "preact/hooks";
import { html, texts } from "./ui.js";

/** What is wrong at a path, in words. */
export function errorAt(site, path) {
  const said = site.errorAt(path);
  // What stands in a list has the list's words.
  const names = path.split("/").filter((key) => !/^\d+$/.test(key));
  // Two settings may have one name and other bounds.
  const name = [names.slice(-2).join("/"), names.at(-1)].find((key) => Object.hasOwn(texts.site.errors, key));
  return said && (name ? texts.site.errors[name] : said);
}

function Labelled({ site, path, label, hint, error, children }) {
  const id = useId();
  const wrong = error ?? errorAt(site, path);
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": described, "aria-invalid": wrong ? "true" : undefined })}
    ${hint && html`<small id="${id}-hint">${hint}</small>`}
    ${wrong && html`<small id="${id}-wrong" class="wrong">${wrong}</small>`}
  </div>`;
}

export const TextField = ({ site, path, label, hint, onChange, ...input }) => html`<${Labelled} ...${{ site, path, label, hint }}>
  ${(props) => html`<input ...${props} ...${input} value=${site.at(path) ?? ""}
    onInput=${({ target }) => (onChange ?? ((value) => site.set(path, value)))(target.value)} />`}
<//>`;

export const NumberField = ({ site, path, ...rest }) => html`<${TextField} ...${{ site, path, ...rest }} type="number" step="1"
  onChange=${(value) => site.set(path, value === "" || !Number.isFinite(Number(value)) ? value : Number(value))} />`;

export const AreaField = ({ site, path, label, hint, error, value, onChange, ...area }) => html`<${Labelled}
    ...${{ site, path, label, hint, error }}>
  ${(props) => html`<textarea ...${props} ...${area} value=${value ?? site.at(path) ?? ""}
    onInput=${({ target }) => (onChange ?? ((text) => site.set(path, text)))(target.value)} />`}
<//>`;

/** `options` are [value, name] pairs. */
export const SelectField = ({ site, path, label, hint, options, onChange }) => html`<${Labelled} ...${{ site, path, label, hint }}>
  ${(props) => html`<select ...${props} value=${site.at(path) ?? ""}
      onChange=${({ target }) => (onChange ?? ((value) => site.set(path, value)))(target.value)}>
    ${options.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
  </select>`}
<//>`;

export function CheckField({ site, path, label, hint }) {
  const id = useId();
  return html`<div class="check">
    <label class="switch"><input type="checkbox" checked=${site.at(path)} aria-describedby=${hint && id}
      onChange=${({ target }) => site.set(path, target.checked)} /> ${label}</label>
    ${hint && html`<small id=${id}>${hint}</small>`}
  </div>`;
}

/** A few values of which all are seen; `options` are [value, name] pairs. */
export function RadioField({ site, path, label, options }) {
  const name = useId();
  return html`<fieldset class="choices">
    <legend>${label}</legend>
    <div class="segments">${options.map(([value, text]) => html`<label key=${value}>
      <input type="radio" name=${name} checked=${site.at(path) === value} onChange=${() => site.set(path, value)} />
      <span>${text}</span></label>`)}</div>
  </fieldset>`;
}
