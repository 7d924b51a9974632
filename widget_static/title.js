// A count before the host page's title, by turns, while nobody looks at the page.
const FLASH_MS = 1500;

export const isWatched = () => !document.hidden && document.hasFocus();

export class Title {
  #count = 0;
  #timer;
  #theirs;
  #ours;

  constructor(signal) {
    for (const [target, type] of [[window, "focus"], [document, "visibilitychange"]]) {
      target.addEventListener(type, () => { if (isWatched()) this.calm(); }, { signal });
    }
    signal.addEventListener("abort", () => this.calm());
  }

  /** One more line that nobody has looked at. */
  flash() {
    if (isWatched()) return;
    this.#count += 1;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#turn(), FLASH_MS);
    this.#giveBack();
    this.#turn();
  }

  calm() {
    clearInterval(this.#timer);
    this.#count = 0;
    this.#giveBack();
  }

  // The page may have set another title meanwhile: that one is the page's, from then on.
  #giveBack() {
    if (this.#ours !== undefined && document.title === this.#ours) document.title = this.#theirs;
    this.#ours = undefined;
  }

  #turn() {
    if (isWatched()) this.calm();
    else if (this.#ours !== undefined) this.#giveBack();
    else {
      this.#theirs = document.title;
      document.title = `(${this.#count}) ${this.#theirs}`;
      this.#ours = document.title;
    }
  }
}
