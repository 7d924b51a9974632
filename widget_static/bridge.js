// The frame's end of the protocol with the loader: the loader keeps things in the host page's storage for us.
const PROTOCOL = 1;
const PREFIX = "replyx.";
const SAVE_MS = 1000;

/**
 * `site` keeps the keys of two sites on one host page apart. `onVisibility(shown)` is called when the panel opens or closes.
 */
export class Bridge {
  #origin = "*"; // until the loader has spoken: `ready` alone goes out before, and it holds no secret
  #prefix;
  #saves = new Map();
  #nextSave = 1;

  constructor({ site, onVisibility }) {
    this.#prefix = `${PREFIX}${site}.`;
    this.onVisibility = onVisibility;
  }

  /** Report ready; resolves with the host page's origin, and what it has stored, by our keys. */
  hello() {
    return new Promise((resolve) => {
      window.addEventListener("message", (event) => this.#receive(event, resolve));
      this.#tell({ type: "ready" });
    });
  }

  /** Resolves when the host page has stored it, or when it has not answered for a second. */
  save(key, value) { return this.#store("save", key, value); }

  /** Store it unless another tab has stored a value there already; resolves with the value that counts. */
  claim(key, value) { return this.#store("claim", key, value); }

  #store(type, key, value) {
    const id = this.#nextSave++;
    return new Promise((resolve) => {
      this.#saves.set(id, resolve);
      setTimeout(() => this.#saved(id, value), SAVE_MS);
      this.#tell({ type, key: this.#prefix + key, value, id });
    });
  }

  remove(key) { this.#tell({ type: "remove", key: this.#prefix + key }); }

  /** The panel can be used: the loader shows it. */
  drawn() { this.#tell({ type: "drawn" }); }

  close() { this.#tell({ type: "close" }); }

  #tell(message) { window.parent.postMessage({ replyx: PROTOCOL, ...message }, this.#origin); }

  #saved(id, value) {
    this.#saves.get(id)?.(value);
    this.#saves.delete(id);
  }

  // The browser lets only the site's domains embed this page (frame-ancestors), so our parent is one of them.
  #receive(event, resolve) {
    if (event.source !== window.parent || !event.data?.replyx) return;
    if (this.#origin !== "*" && event.origin !== this.#origin) return;
    const { type, stored = {}, id, value } = event.data;
    if (type === "hello") {
      this.#origin = event.origin;
      const ours = Object.entries(stored).filter(([key]) => key.startsWith(this.#prefix));
      resolve({ page: event.origin, stored: Object.fromEntries(ours.map(([key, value]) => [key.slice(this.#prefix.length), value])) });
    } else if (type === "saved") this.#saved(id, value);
    else if (type === "shown" || type === "hidden") this.onVisibility(type === "shown");
  }
}
