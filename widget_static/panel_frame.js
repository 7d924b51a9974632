// The panel's frame on the host page: begun by the loader or made here, spoken to once it can be used, given up where it does not come.
const PROTOCOL = 2;
const READY_MS = 15000;
// What has loaded and says nothing is not ours: a gateway's page, the browser's own.
const SILENT_MS = 1500;

/** `begun` is the loader's frame, or undefined. `hear` has a handler for each kind of message that it may send beside `ready`. */
export class PanelFrame {
  element;
  #begun;
  #timer;
  #isHeard;
  #drawn; // its window, once it can be used; one that moves in the page gets another
  #waiting = []; // for the panel, once it is drawn

  constructor(host, begun, hear) {
    Object.assign(this, { host, hear });
    this.#begun = begun;
    addEventListener("message", (event) => this.#receive(event), { signal: host.signal });
    host.signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** The public name of the site, as the frame's address has it. */
  get query() {
    const { settings, options: { siteToken, assistantId } } = this.host;
    return new URLSearchParams(settings.frame?.split("?")[1]
      ?? (siteToken ? { site_token: siteToken } : { assistant_id: assistantId }));
  }

  get isDrawn() { return this.#drawn && this.#drawn === this.element?.contentWindow; }

  /** Load the panel where nobody sees it. */
  load() {
    // A page may take away what it did not put there.
    if (this.element?.parentNode) return;
    const { query, host: { origin, code, button, isOpen } } = this;
    query.set("asked", "");
    query.set("lang", code);
    this.element = this.#begun?.parentNode ? this.#begun : Object.assign(document.createElement("iframe"),
      { src: `${origin}/frame?${query}`, allow: "autoplay; clipboard-write" });
    Object.assign(this.element, { className: "loading", hidden: !isOpen, onload: () => this.#loaded() });
    this.#isHeard = false;
    this.#expect(READY_MS);
    if (this.element.isLoaded) this.#loaded();
    if (!this.element.parentNode) button.before(this.element);
    this.busy();
  }

  /** An open panel that can't be used yet is seen on the launcher alone. */
  busy() { this.host.button.setAttribute("aria-busy", this.host.isOpen && !this.isDrawn); }

  /** Something is in it. A panel repeats its `ready` until somebody listens; but that of the version before, which gets another try. */
  #loaded() { if (this.element && !this.#isHeard) this.#expect(SILENT_MS, () => { if (this.#begun) this.again(); else this.host.fail(); }); }

  /** Make another: it is to begin anew. */
  again() {
    this.element.remove();
    this.#begun = undefined;
    this.load();
  }

  drop() {
    clearTimeout(this.#timer);
    this.#begun?.remove();
    this.element?.remove();
    this.#begun = this.element = undefined;
  }

  tell(message) { this.element?.contentWindow?.postMessage({ replyx: PROTOCOL, ...message }, this.host.origin); }

  /** Tell it when it is drawn. */
  deliver(message) { if (this.isDrawn) this.tell(message); else this.#waiting.push(message); }

  forget() { this.#waiting = []; }

  // A frame that never reports drawn must not leave an empty corner.
  #expect(ms, otherwise = () => this.host.fail()) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(otherwise, ms);
  }

  /** Whether this is a message of the panel's. */
  says({ source, origin, data }) {
    return this.element && source === this.element.contentWindow && origin === this.host.origin && data?.replyx;
  }

  #receive(event) {
    if (!this.says(event)) return;
    const { data } = event;
    try {
      if (data.type === "ready") this.#greet();
      if (data.type === "drawn") this.#open();
      if (Object.hasOwn(this.hear, data.type)) this.hear[data.type](data);
      if (this.isDrawn) for (const message of this.#waiting.splice(0)) this.tell(message);
    } catch (error) {
      this.host.warn(error);
    }
  }

  #greet() {
    const { keep, code, isInline, isTrial } = this.host;
    this.#drawn = undefined;
    this.#isHeard = true;
    this.#expect(READY_MS);
    this.busy();
    this.tell({ type: "hello", stored: keep.all(), lang: code, inline: isInline, isTrial });
  }

  #open() {
    clearTimeout(this.#timer);
    this.#drawn = this.element.contentWindow;
    this.element.className = "";
    this.busy();
  }
}
