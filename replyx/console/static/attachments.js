// The files of a message in the thread, and those of the reply that is being written.
import { useRef } from "preact/hooks";
import { sizeIn } from "replyx/sizes.js";
import { LARGEST, MOST } from "replyx/upload.js";
import { html, lang, texts, why } from "./ui.js";

const { files: words } = texts;

/** A message's files: pictures in place, all else to be saved. Their addresses are the server's, signed. */
export const Files = ({ files }) => html`<ul class="files" role="list">${files.map((file) => html`<li key=${file.id}>
  ${file.type.startsWith("image/") ? html`<a class="picture" href=${file.url} target="_blank" rel="noopener">
      <img src=${file.url} alt=${file.name} width=${file.width} height=${file.height} /></a>`
    : html`<a class="file" href=${file.url} target="_blank" rel="noopener" download=${file.name}>
      <span class="name" dir="auto">${file.name}</span><small>${sizeIn(lang, file.size)}</small></a>`}</li>`)}</ul>`;

/** Attach what was chosen, pasted or dropped. */
export function attach({ uploads, said }, files) {
  const refused = [];
  for (const file of files) {
    const code = uploads.items.length >= MOST ? "too_many" : file.size > LARGEST ? "too_large" : !file.size ? "empty" : "";
    if (code) refused.push(words.errors[code](file.name, MOST));
    else uploads.add(file);
  }
  said.value = refused;
}

const whyFailed = ({ name, code }) => Object.hasOwn(words.errors, code) ? words.errors[code](name, MOST) : `${name}: ${why({ code })}`;

/** What is attached to the reply, with progress, and a way back from each. What may go later goes by itself; what failed will not. */
export function Attached({ thread }) {
  thread.desk.changes.value;
  const { uploads, said } = thread.reply;
  const { items } = uploads;
  const lines = [...new Set([said.value].flat())];
  const drop = (item) => { uploads.remove(item); said.value = ""; };
  return html`${items.length > 0 && html`<ul class="attached" role="list" aria-label=${words.list}>${items.map((item) => html`<li
      key=${item.key} class=${item.state}>
    <span class="name" dir="auto">${item.name}</span><small>${sizeIn(lang, item.size)}</small>
    ${["sending", "waiting"].includes(item.state) && html`<progress max="1" value=${item.progress} aria-label=${item.name} />`}
    ${item.code && html`<small class="wrong">${whyFailed(item)}</small>`}
    <button type="button" class="drop" aria-label="${texts.site.remove}: ${item.name}" onClick=${() => drop(item)}>×</button></li>`)}</ul>`}
    <div class="files-said" role="status">${lines.length > 1 ? html`<ul>${lines.map((line) => html`<li key=${line}>${line}</li>`)}</ul>` : lines}</div>`;
}

export function AttachButton({ reply }) {
  const input = useRef();
  const choose = ({ target }) => { attach(reply, [...target.files]); target.value = ""; };
  return html`<input ref=${input} type="file" multiple hidden onChange=${choose} />
    <button class="attach" type="button" aria-label=${words.attach} title=${words.attach} onClick=${() => input.current.click()}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path
        d="M21 11.5 12.5 20a5 5 0 0 1-7-7L14 4.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.7 1.7 0 0 1-2.3-2.4l7.8-7.7" /></svg>
    </button>`;
}
