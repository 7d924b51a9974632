// The loader's other half: the frame with the panel in it, what the host page keeps for it, and the JavaScript API. Fetched
// when somebody shows interest. The loader that a browser has kept may be older: `context` keeps its names.
import { isAllowed } from "./domains.js";
import { SMALL, frameSheet } from "./frame_sheet.js";
import { Keep } from "./keep.js";
import { later } from "./later.js";

const PROTOCOL = 2;
const READY_MS = 15000;
const EVENTS = ["ready", "open", "close", "message", "unread", "error"];

/** Take over from the loader: run what is in its queue, and then each command as it comes. */
export function start(context) {
  const host = new Host(context);
  const run = ([name, ...args]) => {
    // A page may hold on to a method of what it has destroyed.
    if (host.signal.aborted) return;
    try { host[name](...args); } catch (error) { context.warn(name, error); }
  };
  context.queue.push = run;
  context.queue.splice(0).forEach(run);
}

class Host {
  isOpen = false;
  #end = new AbortController();
  #frame;
  #timer;
  #drawn; // the frame's window, once it can be used; one that moves in the page gets another
  #wasReady = false;
  #later = []; // for the frame, once it is drawn
  #profile;
  #listeners = new Map(EVENTS.map((name) => [name, new Set()]));
  #count = 0;
  #parts = {}; // promises of what is fetched at its first use
  #shutLabel = "";

  constructor(context) {
    Object.assign(this, context);
    const { settings, options, button } = context;
    const { signal } = this.#end;
    this.label = button.getAttribute("aria-label");
    this.keep = new Keep(settings.site);
    this.root.adoptedStyleSheets.push(frameSheet(settings.look, options.inline));
    this.small = matchMedia(SMALL);
    this.small.addEventListener("change", () => this.#fit(), { signal });
    window.addEventListener("message", (event) => this.#receive(event), { signal });
    button.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.close(); }, { signal });
    if (location.hash.startsWith("#replyx-test=")) this.#try();
    if (options.inline) {
      button.hidden = true;
      this.#use("inline", ({ stand }) => stand(this));
    }
    // Lines of an earlier page that were never acknowledged go out without a click.
    else if (this.keep.has(".outbox.")) this.prepare();
    else if (this.keep.has(".guest_id")) this.#show((signs) => signs.ask(Object.fromEntries(this.#query)));
    if (settings.proactive && !options.inline) this.#show((signs) => signs.remind(settings.proactive));
  }

  /** What `make` gives for the module `name`, which is fetched at its first use; nothing where it can't be, or we are gone. */
  async #use(name, make) {
    this.#parts[name] ??= later(name).then(make);
    try {
      const part = await this.#parts[name];
      return this.signal.aborted ? undefined : part;
    } catch (error) {
      delete this.#parts[name];
      this.warn(error);
    }
  }

  /** Do something with what stands outside of the panel. */
  async #show(run) {
    const signs = await this.#use("signs", ({ Signs }) => new Signs(this, this.signal));
    try { await (signs && run(signs)); } catch (error) { this.warn(error); }
  }

  /** The console has opened this page to see whether the chat works on it. */
  async #try() {
    this.tested = await this.#use("trial", ({ trial }) => trial(this));
    this.prepare();
  }

  // The frame's own policy decides who may embed it; this only says so before a frame stays empty.
  get isForeign() {
    const { domains } = this.settings;
    return domains && location.origin !== this.origin && !isAllowed(location, domains);
  }

  get signal() { return this.#end.signal; }

  get hasFrame() { return Boolean(this.#frame?.isConnected); }

  get #isDrawn() { return this.#drawn && this.#drawn === this.#frame?.contentWindow; }

  /** The public name of the site, as the frame's address has it. */
  get #query() {
    const { siteToken, assistantId } = this.options;
    return new URLSearchParams(this.settings.frame?.split("?")[1]
      ?? (siteToken ? { site_token: siteToken } : { assistant_id: assistantId }));
  }

  /** Load the panel where nobody sees it. */
  prepare() {
    // A page may take away what it did not put there.
    if (this.#frame?.parentNode || this.isForeign) return;
    clearTimeout(this.#timer);
    const query = this.#query;
    query.set("lang", this.options.lang ?? document.documentElement.lang);
    if (this.options.lang) query.set("asked", "");
    this.#frame = Object.assign(document.createElement("iframe"), { src: `${this.origin}/frame?${query}`,
      className: "loading", hidden: !this.isOpen, allow: "autoplay; clipboard-write" });
    // A frame that never reports drawn must not leave an empty corner.
    this.#timer = setTimeout(() => this.#fail(), READY_MS);
    this.button.before(this.#frame);
  }

  open() {
    if (this.isForeign) return void this.#show((signs) => signs.sayForeign());
    if (this.isOpen) return;
    this.prepare();
    this.#frame.hidden = false;
    this.#turn(true);
    if (this.#isDrawn) this.#frame.focus();
    this.#emit("open");
  }

  close() {
    if (!this.isOpen || this.options.inline) return;
    const hadFocus = this.root.activeElement;
    this.#turn(false);
    if (this.#frame) this.#frame.hidden = true;
    if (hadFocus) this.button.focus();
    this.#emit("close");
  }

  toggle() { if (this.isOpen) this.close(); else this.open(); }

  /** Write a line for the visitor. It is kept until the panel is there. */
  send(text) {
    this.prepare();
    this.#deliver({ type: "send", text: `${text ?? ""}` });
  }

  /** Say who the visitor is. The panel hears it when it is there, and again whenever it begins anew. */
  identify(profile) {
    // What no message can hold must not stand in the way of those to come.
    this.#profile = structuredClone({ ...this.#profile, ...profile });
    if (this.#isDrawn) this.#tell({ type: "identify", profile: this.#profile });
  }

  setAttributes(attributes) { this.identify({ attributes: { ...this.#profile?.attributes, ...attributes } }); }

  /** The visitor is another one from here on. */
  reset() {
    for (const key of this.keep.keys) this.keep.remove(key);
    this.#profile = undefined;
    this.#later = [];
    this.unread(0);
    if (this.#frame) this.#deliver({ type: "reset" });
  }

  on(name, listener) {
    if (!this.#listeners.has(name)) throw new TypeError(`There is no event "${name}", but ${EVENTS}.`);
    if (typeof listener !== "function") throw new TypeError("A listener is a function.");
    this.#listeners.get(name).add(listener);
  }

  off(name, listener) { this.#listeners.get(name)?.delete(listener); }

  destroy() {
    clearTimeout(this.#timer);
    this.#end.abort();
  }

  #emit(name, detail = {}) {
    for (const listener of [...this.#listeners.get(name)]) {
      try { listener(detail); } catch (error) { this.warn(error); }
    }
  }

  #turn(opened) {
    this.isOpen = opened;
    this.button.setAttribute("aria-expanded", opened);
    this.name("");
    if (this.#isDrawn) this.#tell({ type: opened ? "shown" : "hidden" });
    this.#fit();
    if (this.#parts.signs) this.#show((signs) => signs.clear());
    if (opened) this.unread(0);
  }

  /** Name the launcher by what a click does, with `more` behind it while the panel is closed. */
  name(more) {
    this.button.setAttribute("aria-label", this.isOpen && this.#shutLabel || this.label + more);
  }

  unread(count, preview) {
    const isNews = count !== this.#count || preview;
    this.#count = count;
    if (!isNews) return;
    if (count || this.#parts.signs) this.#show((signs) => signs.unread(this.#count, preview));
    this.#emit("unread", { count });
  }

  /** The panel over the whole of a small screen has needs of its own. */
  async #fit() {
    if (this.options.inline || !(this.#parts.phone || (this.isOpen && this.small.matches))) return;
    const phone = await this.#use("phone", ({ Phone }) => new Phone(this.signal));
    phone?.fit(this.#frame, this.isOpen && this.small.matches);
  }

  #fail() {
    const wasOpen = this.isOpen;
    this.#frame.remove();
    this.#frame = undefined;
    if (wasOpen) {
      this.#turn(false);
      this.#show((signs) => signs.say("failed"));
    }
    this.warn(`${this.origin}/frame did not load. Is ReplyX up, and this page's address among the site's domains?`);
    this.tested?.("failed", { reason: "timeout" });
    this.#emit("error", { code: "unreachable", message: "The chat did not load." });
  }

  #tell(message) { this.#frame?.contentWindow?.postMessage({ replyx: PROTOCOL, ...message }, this.origin); }

  #deliver(message) { if (this.#isDrawn) this.#tell(message); else this.#later.push(message); }

  #receive({ source, origin, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.origin || !data?.replyx) return;
    try {
      if (Object.hasOwn(this.#hear, data.type)) this.#hear[data.type](data);
    } catch (error) {
      this.warn(error);
    }
  }

  // All kinds that a frame may send. One of the version before sends neither labels with `drawn`, nor the last five.
  #hear = {
    ready: () => {
      this.#drawn = undefined;
      this.#tell({ type: "hello", stored: this.keep.all(), lang: this.code, inline: this.options.inline !== undefined,
        isTrial: Boolean(this.tested) });
    },
    drawn: ({ title = "Chat", close = "Close chat" }) => {
      clearTimeout(this.#timer);
      this.#drawn = this.#frame.contentWindow;
      Object.assign(this.#frame, { title, className: "" });
      this.#shutLabel = close;
      // Nobody has asked for a panel that is a part of the page: the visitor may be writing elsewhere.
      if (this.isOpen && !this.options.inline) this.#frame.focus();
      this.#turn(this.isOpen);
      if (this.#profile) this.#tell({ type: "identify", profile: this.#profile });
      for (const message of this.#later.splice(0)) this.#tell(message);
      this.tested?.("frame", {});
      if (!this.#wasReady) this.#emit("ready");
      this.#wasReady = true;
    },
    save: ({ key, value, id }) => {
      this.keep.set(`${key}`, `${value}`);
      this.#tell({ type: "saved", id, value });
    },
    claim: async ({ key, value, id }) => {
      const stored = await this.keep.claim(`${key}`, `${value}`);
      this.#tell({ type: "saved", id, value: stored });
    },
    remove: ({ key }) => this.keep.remove(`${key}`),
    close: () => this.close(),
    // It is to begin anew. A frame that reloads itself while the server is away stays a page of the browser's own for good.
    gone: () => {
      this.#frame.remove();
      this.prepare();
    },
    unread: ({ count, preview }) => this.unread(this.isOpen ? 0 : count, preview),
    message: ({ message }) => {
      if (message.sender !== "guest" && (document.hidden || !document.hasFocus())) this.#show(({ title }) => title.flash());
      this.#emit("message", { message });
    },
    // Who the page says its visitor is was refused: nobody but the site's owner can mend that.
    error: ({ code, message }) => {
      this.warn("identify:", message);
      this.#emit("error", { code, message });
    },
    state: ({ state }) => this.tested?.("state", { state }),
  };
}
