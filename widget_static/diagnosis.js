// What happened on the way to the server, for the support: into the clipboard, or shown where the browser keeps that from us.
import { copy } from "./clipboard.js";
import { $, element } from "./dom.js";
import { overlay } from "./overlay.js";

const COPIED_MS = 5000;

export function start({ settings: { texts, version }, page, chat }) {
  let timer;

  function say(text) {
    $("copied").textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { $("copied").textContent = ""; }, COPIED_MS);
  }

  function offer(text) {
    const box = element("textarea", { value: text, rows: 10, readOnly: true });
    box.setAttribute("aria-label", texts.diagnostics);
    overlay({ title: texts.diagnostics, close: texts.done }, element("p", { textContent: texts.byHand }), box);
    box.focus();
    box.select();
    box.scrollTop = 0;
  }

  return {
    async open() {
      const facts = [["Version", version], ["Server", location.origin], ["Page", page], ["Browser", navigator.userAgent],
        ["State", chat.connection.state], ["Messages waiting", chat.outbox.entries.length]];
      const text = chat.diagnostics.text(facts);
      if (await copy(text)) say(texts.copied);
      else offer(text);
    },
  };
}
