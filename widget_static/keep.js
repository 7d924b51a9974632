// What the host page's own storage keeps for the frame, whose storage browsers partition or block.
import { claim } from "./claim.js";

const PREFIX = "replyx.";

/** What ends in `.tab` is not for other tabs. */
const placeOf = (key) => (key.endsWith(".tab") ? sessionStorage : localStorage);

/** `site` is the site's id, or undefined where the snippet alone does not tell it: then all sites of the page are meant. */
export class Keep {
  // Blocked or full storage must not stop a visitor from writing: then the page itself remembers.
  #memory = new Map();
  #ours;

  constructor(site) { this.#ours = new RegExp(`^replyx\\.${site ?? "\\d+"}\\.`); }

  all() {
    const found = Object.fromEntries(this.#memory);
    try {
      for (const storage of [localStorage, sessionStorage]) {
        for (const key of Object.keys(storage)) if (key.startsWith(PREFIX)) found[key] = storage.getItem(key);
      }
    } catch { /* blocked */ }
    return found;
  }

  get(key) { return this.all()[key]; }

  set(key, value) {
    if (!key?.startsWith(PREFIX)) return;
    this.#memory.set(key, value);
    try { placeOf(key).setItem(key, value); } catch { /* blocked or full */ }
  }

  /** Store it unless another tab has: resolves with what counts. */
  claim(key, value) { return claim(key, value, (name) => this.get(name), (name, own) => this.set(name, own)); }

  remove(key) {
    if (!key?.startsWith(PREFIX)) return;
    this.#memory.delete(key);
    try { placeOf(key).removeItem(key); } catch { /* blocked */ }
  }

  /** The key of the guest's id; none where two sites on one page have one, and the snippet does not tell which is meant. */
  get guestKey() {
    const [key, ...others] = this.keys.filter((name) => name.endsWith(".guest_id"));
    return others.length ? undefined : key;
  }

  /** Where this tab remembers that the guest has used the chat. */
  get mark() { return this.guestKey?.replace("guest_id", "used.tab"); }

  get keys() { return Object.keys(this.all()).filter((key) => this.#ours.test(key)); }
}
