// The frame's end of the protocol with its host page: the page keeps things in its storage for us, shows and hides us, and
// hears what its API tells. The other end is host.js, or the loader of the version before.
const PROTOCOL = 2;
const PREFIX = "replyx.";
const READY_MS = 50;
const SLOWEST_READY_MS = 1000;
const ALONE_MS = 15000;
const SAVE_MS = 1000;
// Two tabs that each go on with a value of their own would be two guests: a busy page gets its time.
const CLAIM_MS = 5000;

/**
 * `site` keeps the keys of two sites on one host page apart. `onVisibility(shown, isQuiet)` is called when the panel opens or closes,
 * quietly where nobody has asked for it; `on` has what the page's API asks for: identify(profile), send(text), reset().
 */
export class Bridge {
  #origin = "*"; // until the host page has spoken: `ready` alone goes out before, and it holds no secret
  #prefix;
  #version; // the host page's
  #saves = new Map();
  #nextSave = 1;
  #greeted;

  constructor({ site, onVisibility, on }) {
    this.#prefix = `${PREFIX}${site}.`;
    Object.assign(this, { onVisibility, on });
  }

  /** Report ready; resolves with the host page's origin, what it has stored, by our keys, whether the panel stands in an
   * element of the page, where nothing closes it, and whether it is only to be tried. */
  hello() {
    return new Promise((resolve) => {
      window.addEventListener("message", (event) => this.#receive(event));
      let timer;
      // We may be there before whoever is to answer; after a while nobody is.
      const say = (pause, left) => {
        this.#tell({ type: "ready" });
        if (left > 0) timer = setTimeout(say, pause, Math.min(pause * 2, SLOWEST_READY_MS), left - pause);
      };
      this.#greeted = (found) => { clearTimeout(timer); resolve(found); };
      say(READY_MS, ALONE_MS);
    });
  }

  /** Resolves when the host page has stored it, or when it has not answered for a second. */
  save(key, value) { return this.#store("save", key, value, SAVE_MS); }

  /** Store it unless another tab has stored a value there already; resolves with the value that counts. */
  claim(key, value) { return this.#store("claim", key, value, CLAIM_MS); }

  #store(type, key, value, ms) {
    const id = this.#nextSave++;
    return new Promise((resolve) => {
      this.#saves.set(id, resolve);
      setTimeout(() => this.#saved(id, value), ms);
      this.#tell({ type, key: this.#prefix + key, value, id });
    });
  }

  remove(key) { this.#tell({ type: "remove", key: this.#prefix + key }); }

  /** The panel can be used: the host page shows it, under these labels. */
  drawn({ title, close } = {}) { this.#tell({ type: "drawn", title, close }); }

  close() { this.#tell({ type: "close" }); }

  /** Begin anew: the host page puts another frame in our place, and gives it up where it does not come. */
  reload() {
    if (this.#version > 1) this.#tell({ type: "gone" });
    else location.reload();
  }

  /** How many lines the guest has not seen, and the newest of them: {author, text} or null. */
  unread(count, preview) { this.#tell({ type: "unread", count, preview }); }

  message(message) { this.#tell({ type: "message", message }); }

  error(code, message) { this.#tell({ type: "error", code, message }); }

  /** How the connection is; the page that tests itself wants to know. */
  state(state) { this.#tell({ type: "state", state }); }

  #tell(message) { window.parent.postMessage({ replyx: PROTOCOL, ...message }, this.#origin); }

  #saved(id, value) {
    this.#saves.get(id)?.(value);
    this.#saves.delete(id);
  }

  // The browser lets only the site's domains embed this page (frame-ancestors), so our parent is one of them.
  #receive({ source, origin, data }) {
    if (source !== window.parent || !data?.replyx || (this.#origin !== "*" && origin !== this.#origin)) return;
    this.#version = data.replyx;
    if (Object.hasOwn(this.#hear, data.type)) this.#hear[data.type](data, origin);
  }

  // All kinds that a host page may send. A loader of the version before knows the first four.
  #hear = {
    hello: ({ stored = {}, inline = false, isTrial = false }, origin) => {
      this.#origin = origin;
      const ours = Object.entries(stored).filter(([key]) => key.startsWith(this.#prefix));
      this.#greeted({ page: origin, inline, isTrial,
        stored: Object.fromEntries(ours.map(([key, value]) => [key.slice(this.#prefix.length), value])) });
    },
    saved: ({ id, value }) => this.#saved(id, value),
    shown: ({ isQuiet }) => this.onVisibility(true, isQuiet),
    hidden: () => this.onVisibility(false),
    identify: ({ profile }) => this.on.identify(profile),
    send: ({ text }) => this.on.send(text),
    reset: () => this.on.reset(),
  };
}
