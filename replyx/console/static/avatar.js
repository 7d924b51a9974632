// A person's picture: how it is shown, and how it is changed.
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { uploadAvatar } from "./session.js";
import { Alert, html, texts, why } from "./ui.js";

const { avatar: words } = texts;
// The name stands beside it, so it says nothing to a reader.
export const Portrait = ({ url, name }) => html`<span class="portrait" aria-hidden="true">${url
  ? html`<img src=${url} alt="" />` : [...(name ?? "").trim()][0]?.toUpperCase() ?? ""}</span>`;

/** Without an `assistantId` it is the manager's own. `onDone(url)` when the server has it. */
export function Avatar({ label, url, name, assistantId, onDone }) {
  const file = useRef();
  const failure = useSignal("");
  const state = useSignal("");
  const choose = async ({ target }) => {
    const [picture] = target.files;
    // The same file can be chosen again.
    target.value = "";
    if (!picture) return;
    failure.value = "";
    state.value = "sending";
    try {
      onDone(await uploadAvatar(picture, assistantId));
      state.value = "done";
    } catch (error) {
      state.value = "";
      failure.value = why(error, words.errors);
    }
  };
  return html`<div class="field avatar">
    <span class="label">${label}</span>
    <div class="line">
      <${Portrait} url=${url} name=${name} />
      <input ref=${file} class="spoken" type="file" accept="image/png,image/jpeg,image/webp,image/gif" tabindex="-1"
        aria-hidden="true" onChange=${choose} />
      <button class="plain" type="button" aria-label="${label}: ${url ? words.replace : words.choose}"
        onClick=${() => file.current.click()}>${url ? words.replace : words.choose}</button>
      <p role="status" class="help">${words.states[state.value] ?? ""}</p>
    </div>
    <small>${words.hint}</small>
    <${Alert}>${failure.value}<//>
  </div>`;
}
