// Typing, both ways: said at most every few seconds, and shown no longer than somebody may pause.
const SAID_EVERY_MS = 3000;
const SHOWN_MS = 6000;

/** `send(isTyping)` tells the server; `show(isTyping)` tells the reader. */
export class Typing {
  #saidAt = 0;
  #pauses;
  #hides;

  constructor({ send, show }) { Object.assign(this, { send, show }); }

  /** We type, or have stopped; a pause stops by itself. */
  say(isTyping) {
    clearTimeout(this.#pauses);
    if (isTyping) this.#pauses = setTimeout(() => this.say(false), SHOWN_MS);
    if (isTyping ? Date.now() - this.#saidAt < SAID_EVERY_MS : !this.#saidAt) return;
    this.#saidAt = isTyping ? Date.now() : 0;
    this.send(isTyping);
  }

  /** The other side types, or has stopped; its silence stops it too. */
  hear(isTyping) {
    clearTimeout(this.#hides);
    this.show(isTyping);
    if (isTyping) this.#hides = setTimeout(() => this.show(false), SHOWN_MS);
  }
}
