// Where the guest writes: grows with the text, sends with Enter, and keeps a draft.
import { $, isEnter } from "./dom.js";

const LONGEST = 10000;
const TALLEST = 140;
const KEEP_MS = 100;

/** `on` has send(text), input(), tooLong(length, longest), and keep(text), called when the draft has changed; "" for none. */
export class Composer {
  #on;
  #kept = "";
  #timer;

  constructor(on) {
    this.#on = on;
    const box = $("text");
    $("form").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    box.addEventListener("keydown", (event) => {
      if (isEnter(event)) { event.preventDefault(); this.submit(); }
    });
    box.addEventListener("input", () => {
      this.#grow();
      this.#keepSoon();
      on.input();
    });
    // A closed panel has no width to grow by, and a turned screen has another.
    window.addEventListener("resize", () => this.#grow());
    // Who clicks a link of the page turns away from us first, and a frame that goes is not listened to.
    box.addEventListener("blur", () => this.#keep());
    window.addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => this.#keep());
    // Before a reload of the host page, while that still listens.
    window.addEventListener("beforeunload", () => this.#keep());
  }

  focus() { $("text").focus({ preventScroll: true }); }

  /** Take up the draft of an earlier page. */
  restore(draft) {
    if (!draft || $("text").value) return;
    $("text").value = this.#kept = draft;
    this.#grow();
  }

  /** Put text where the cursor is. */
  insert(text) {
    $("text").setRangeText(text, $("text").selectionStart, $("text").selectionEnd, "end");
    $("text").dispatchEvent(new Event("input"));
  }

  submit() {
    const text = $("text").value.trim();
    const length = [...text].length;
    if (length > LONGEST) {
      this.#on.tooLong(length, LONGEST);
      return;
    }
    // Attached files go without a text too: whether there is anything to send is for `send` to say.
    if (!this.#on.send(text)) return;
    this.clear();
    this.focus();
  }

  clear() {
    $("text").value = "";
    this.#grow();
    this.#keep();
  }

  #grow() {
    $("text").style.height = "auto";
    $("text").style.height = `${Math.min($("text").scrollHeight + 2, TALLEST)}px`;
  }

  #keepSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), KEEP_MS);
  }

  #keep() {
    clearTimeout(this.#timer);
    if (this.#kept === $("text").value) return;
    this.#kept = $("text").value;
    this.#on.keep(this.#kept);
  }
}
