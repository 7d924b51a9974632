// What the host page's own storage keeps for the frame, whose storage browsers partition or block.
const PREFIX = "replyx.";

/** `site` is the site's id, or undefined where the snippet alone does not tell it: then all sites of the page are meant. */
export class Keep {
  // Blocked or full storage must not stop a visitor from writing: then the page itself remembers.
  #memory = new Map();
  #ours;

  constructor(site) { this.#ours = new RegExp(`^replyx\\.${site ?? "\\d+"}\\.`); }

  all() {
    const found = Object.fromEntries(this.#memory);
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) found[key] = localStorage.getItem(key);
    } catch { /* blocked */ }
    return found;
  }

  set(key, value) {
    if (!key.startsWith(PREFIX)) return;
    this.#memory.set(key, value);
    try { localStorage.setItem(key, value); } catch { /* blocked or full */ }
  }

  remove(key) {
    if (!key.startsWith(PREFIX)) return;
    this.#memory.delete(key);
    try { localStorage.removeItem(key); } catch { /* blocked */ }
  }

  get keys() { return Object.keys(this.all()).filter((key) => this.#ours.test(key)); }

  /** Whether something is kept whose key has this in it. */
  has(part) { return this.keys.some((key) => key.includes(part)); }
}
