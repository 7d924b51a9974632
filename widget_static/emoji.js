// Emoji to pick from, by mouse or keys. They are the system's own characters: no pictures are loaded.
import { $, element } from "./dom.js";

const ROW = 8;
const EMOJI = [..."😀😄😁😂🤣😊😉😍😘😜🤔🤨😐🙄😏😴😕😟😢😭😤😡😱😳🥺🤗🤭🤫🤩🥳😎🤓👍👎👌✌🤞🤝👏🙏💪👋👀✅❌❗❓💯🔥🎉🎁🌟💡⏰📎📦💬🚀☕🍕🌹😇💔🧡💙💚"];

export function start({ view, settings: { texts } }) { return new Emoji(view.composer, texts.panel.emoji); }

class Emoji {
  #button = $("emoji");
  #box = element("div", { id: "emoji-box", hidden: true });

  constructor(composer, name) {
    this.composer = composer;
    const box = this.#box;
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", name);
    box.append(...EMOJI.map((emoji, at) => {
      const made = element("button", { type: "button", textContent: emoji, tabIndex: at ? -1 : 0 });
      made.addEventListener("click", () => this.#choose(emoji));
      return made;
    }));
    box.addEventListener("keydown", (event) => this.#press(event));
    // A press on the button must not take the focus out of the box: it would close, and the click open it again.
    this.#button.addEventListener("mousedown", (event) => event.preventDefault());
    box.addEventListener("focusout", ({ relatedTarget }) => { if (!box.contains(relatedTarget)) this.#show(false); });
    $("form").before(box);
  }

  toggle() {
    this.#show(this.#box.hidden);
    if (this.#box.hidden) this.#button.focus();
    else this.#box.firstChild.focus();
  }

  #show(isShown) {
    this.#box.hidden = !isShown;
    this.#button.setAttribute("aria-expanded", String(isShown));
  }

  #choose(emoji) {
    this.composer.insert(emoji);
    this.composer.focus();
  }

  #press(event) {
    const buttons = [...this.#box.children];
    const at = buttons.indexOf(document.activeElement);
    const ahead = getComputedStyle(this.#box).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + ahead, ArrowLeft: at - ahead, ArrowDown: at + ROW, ArrowUp: at - ROW, Home: 0,
      End: buttons.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      buttons[to]?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.toggle();
    }
  }
}
