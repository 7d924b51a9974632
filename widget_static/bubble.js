// The line beside the launcher, and what the visitor has dismissed in this session.
const DISMISSED = "replyx.dismissed";
const MOST_DISMISSED = 20;

/** A click on the line opens the chat. It is a status for screen readers, so its place is there before it says something. */
export class Bubble {
  #place = document.createElement("div");
  #key;
  #dismissed = [];

  constructor({ root, dismiss, onOpen }) {
    Object.assign(this, { dismiss, onOpen });
    this.#place.className = "bubble";
    this.#place.setAttribute("role", "status");
    root.append(this.#place);
    try { this.#dismissed = JSON.parse(sessionStorage.getItem(DISMISSED)) ?? []; } catch { /* blocked */ }
  }

  /** Who has dismissed one in this session is not spoken to again in it. */
  get isUnwanted() { return this.#dismissed.length > 0; }

  get isShown() { return this.#place.hasChildNodes(); }

  /** Show `text`, unless it was dismissed in this session. `key` tells it from the same words at another time. */
  show({ author, text, key = text }) {
    if (this.isDismissed(key) || (this.isShown && key === this.#key)) return;
    this.#key = key;
    const line = this.#button("", () => { this.#dismiss(); this.onOpen(); });
    if (author) line.append(Object.assign(document.createElement("b"), { textContent: author }));
    line.append(text);
    const away = this.#button("×", () => this.#dismiss());
    away.setAttribute("aria-label", this.dismiss);
    this.#place.replaceChildren(line, away);
  }

  clear() { this.#place.replaceChildren(); }

  isDismissed(key) { return this.#dismissed.includes(key); }

  // The visitor has clicked, so the session's storage may be used.
  #dismiss() {
    this.clear();
    this.#dismissed = [...this.#dismissed, this.#key].slice(-MOST_DISMISSED);
    try { sessionStorage.setItem(DISMISSED, JSON.stringify(this.#dismissed)); } catch { /* blocked */ }
  }

  #button(text, onClick) {
    const made = document.createElement("button");
    made.type = "button";
    made.dir = "auto";
    made.append(text);
    made.addEventListener("click", onClick);
    return made;
  }
}
