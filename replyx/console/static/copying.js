// Text to be taken along: shown as it is, with a button that copies it.
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { copy } from "replyx/clipboard.js";
import { html, texts } from "./ui.js";

const { copying: words } = texts;

/** `label` names it for readers, and the button too. */
export function CopyBox({ label, text }) {
  const box = useRef();
  const said = useSignal("");
  const take = async () => {
    said.value = "";
    const isCopied = await copy(text);
    if (!isCopied) getSelection().selectAllChildren(box.current);
    said.value = isCopied ? words.copied : words.byHand;
  };
  return html`<div class="copying">
    <pre tabindex="0" role="group" aria-label=${label}><code ref=${box}>${text}</code></pre>
    <button class="plain" type="button" aria-label="${words.copy}: ${label}" onClick=${take}>${words.copy}</button>
    <p class="help" role="status">${said}</p>
  </div>`;
}
