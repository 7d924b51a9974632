// The letters that were given up, for the owner: whom they were for, why they did not go, and one more try.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { givenUp, sendAgain } from "./session.js";
import { Alert, When, html, texts, why } from "./ui.js";

export function Letters({ onClose }) {
  const panel = useRef();
  const letters = useSignal(null);
  const failure = useSignal("");
  const tell = async (run) => {
    failure.value = "";
    try { await run(); } catch (error) { failure.value = why(error); }
  };
  useEffect(() => {
    panel.current.showModal();
    tell(async () => { letters.value = await givenUp(); });
  }, []);
  const again = (letter) => tell(async () => {
    await sendAgain(letter.id);
    letters.value = letters.value.filter((other) => other !== letter);
    panel.current.querySelector("button").focus();
  });
  return html`<dialog ref=${panel} aria-labelledby="letters" onClose=${onClose}>
    <header>
      <h2 id="letters">${texts.letters}</h2>
      <button type="button" aria-label=${texts.closePanel} onClick=${() => panel.current.close()}>×</button>
    </header>
    <${Alert}>${failure.value}<//>
    ${letters.value?.length === 0 && html`<p role="status">${texts.noLetters}</p>`}
    <ul class="letters" role="list">
      ${letters.value?.map((letter) => html`<li key=${letter.id}><${Letter} letter=${letter} onAgain=${() => again(letter)}
        onLeave=${() => panel.current.close()} /></li>`)}
    </ul>
  </dialog>`;
}

function Letter({ letter, onAgain, onLeave }) {
  const [code, number] = letter.error.split(" ");
  return html`<p><strong>${texts.letterFor(letter.manager_name)}</strong>, <${When} at=${letter.dead_at} /><br />
      ${texts.letterErrors[code] ?? letter.error}${number && ` (${number})`}<br />
      <a href="#${letter.dialog_id}" onClick=${onLeave}>${texts.guest(letter.guest_id)}, ${letter.site_name}</a></p>
    <button type="button" onClick=${onAgain}>${texts.again}</button>`;
}
