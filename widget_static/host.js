// The loader's other half: the frame with the panel in it, what the host page keeps for it, and the JavaScript API. Fetched
// when somebody shows interest. The loader that a browser has kept may be older: `context` keeps its names.
import { isAllowed } from "./domains.js";
import { SMALL, frameSheet } from "./frame_sheet.js";
import { Keep } from "./keep.js";
import { later } from "./later.js";
import { PanelFrame } from "./panel_frame.js";

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
  // Of the visitor's chat on the page before, what they have missed, a greeting.
  const { keep, settings, isInline, isForeign } = host;
  if (!isInline && !isForeign && (keep.has(/guest_id|outbox/) || settings.proactive)) host.show((signs) => signs.resume());
}

class Host {
  isOpen = false;
  isUsed = false; // the visitor has chatted on this page, or the page has its own idea of it
  isQuiet; // nobody has asked for the panel here: the visitor may be writing elsewhere
  #end = new AbortController();
  #wasReady = false;
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
    this.isInline = this.isQuiet = options.inline !== undefined;
    this.keep = new Keep(settings.site);
    this.root.adoptedStyleSheets.push(frameSheet(settings.look));
    this.small = matchMedia(SMALL);
    this.small.addEventListener("change", () => this.#fit(), { signal });
    this.panel = new PanelFrame(this, context.frame, this.#hear);
    context.frame = true; // the loader is to begin none from here on
    if (this.isForeign) this.panel.drop();
    button.textContent = settings.look.label;
    button.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.close(); }, { signal });
    // The console has opened this page to see whether the chat works on it.
    this.isTrial = location.hash.startsWith("#replyx-test=");
    if (this.isTrial) this.#use("trial", ({ trial }) => trial(this));
    if (this.isInline) {
      button.hidden = true;
      this.#use("inline", ({ stand }) => stand(this));
    }
  }

  note() { if (!this.isInline) this.keep.note(this.isOpen); }

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

  /** Say in the browser's console what the page can do about it. */
  async #advise(...about) {
    const advise = await this.#use("advice", (module) => module.advise);
    advise?.(this.warn, ...about);
  }

  /** Do something with what stands outside of the panel; resolves with that, or nothing where it does not come. */
  async show(run) {
    const signs = await this.#use("signs", ({ Signs }) => new Signs(this, this.signal));
    try { await (signs && run(signs)); } catch (error) { this.warn(error); }
    return signs;
  }

  // The frame's own policy decides who may embed it; this only says so before a frame stays empty.
  get isForeign() {
    const { domains } = this.settings;
    return domains && location.origin !== this.origin && !isAllowed(location, domains);
  }

  get signal() { return this.#end.signal; }

  /** Load the panel where nobody sees it. */
  prepare() { if (!this.isForeign) this.panel.load(); }

  /** The frame that the loader has begun has loaded something. */
  loaded() { this.panel.loaded(); }

  open() {
    this.isUsed = true;
    if (this.isForeign) return void this.show((signs) => signs.sayForeign());
    if (this.isOpen) return;
    this.prepare();
    this.#turn(true);
    if (this.panel.isDrawn && !this.isQuiet) this.panel.element.focus();
    this.#emit("open");
  }

  close() {
    this.isUsed = true;
    if (!this.isOpen || this.isInline) return;
    this.isQuiet = false;
    const hadFocus = this.root.activeElement;
    this.#turn(false);
    if (hadFocus) this.button.focus();
    this.#emit("close");
  }

  toggle() { if (this.isOpen) this.close(); else this.open(); }

  /** Write a line for the visitor. It is kept until the panel is there. */
  send(text) {
    this.isUsed = true;
    this.prepare();
    this.panel.deliver({ type: "send", text: `${text ?? ""}` });
  }

  /** Say who the visitor is. The panel hears it when it is there, and again whenever it begins anew. */
  identify(profile) {
    const isFit = Object.values(profile?.attributes ?? {}).every((value) => /string|number|boolean/.test(typeof value));
    if (typeof profile !== "object" || !isFit) this.#advise("profile");
    // What no message can hold must not stand in the way of those to come.
    this.#profile = structuredClone({ ...this.#profile, ...profile });
    if (this.panel.isDrawn) this.panel.tell({ type: "identify", profile: this.#profile });
  }

  setAttributes(attributes) {
    this.identify(typeof attributes === "object" && { attributes: { ...this.#profile?.attributes, ...attributes } });
  }

  /** The visitor is another one from here on. */
  reset() {
    for (const key of this.keep.keys) this.keep.remove(key);
    this.#profile = undefined;
    this.panel.forget();
    this.unread(0);
    if (this.panel.element) this.panel.deliver({ type: "reset" });
  }

  on(name, listener) {
    if (this.#listeners.has(name) && typeof listener === "function") this.#listeners.get(name).add(listener);
    else this.#advise("event", name, EVENTS);
  }

  off(name, listener) { this.#listeners.get(name)?.delete(listener); }

  destroy() {
    this.keep.remove(this.keep.mark);
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
    this.note();
    const { element, isDrawn } = this.panel;
    if (element) element.hidden = !opened;
    this.button.setAttribute("aria-busy", opened && !isDrawn);
    if (isDrawn) this.panel.tell({ type: opened ? "shown" : "hidden", isQuiet: this.isQuiet });
    this.#fit();
    if (this.#parts.signs) this.show((signs) => signs.clear());
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
    if (count || this.#parts.signs) this.show((signs) => signs.unread(this.#count, preview));
    this.#emit("unread", { count });
  }

  /** The panel over the whole of a small screen has needs of its own. */
  async #fit() {
    if (this.isInline || !(this.#parts.phone || (this.isOpen && this.small.matches))) return;
    const phone = await this.#use("phone", ({ Phone }) => new Phone(this.signal));
    phone?.fit(this.panel.element, this.isOpen && this.small.matches);
  }

  /** The panel does not come. */
  async fail() {
    const wasOpen = this.isOpen;
    this.panel.drop();
    this.#advise("frame", this.origin);
    this.#emit("error", { code: "unreachable", message: "The chat did not load." });
    if (!wasOpen) return;
    this.#turn(false);
    // The words come from the same server.
    if (!await this.show((signs) => signs.say("failed"))) this.button.textContent = "⚠";
  }

  // All kinds that a frame may send beside `ready`. One of the version before sends neither labels with `drawn`, nor the last four.
  #hear = {
    drawn: ({ title = "Chat", close = "Close chat" }) => {
      this.panel.element.title = title;
      if (!this.#parts.signs) this.button.textContent = this.settings.look.label;
      this.#shutLabel = close;
      this.#turn(this.isOpen);
      if (this.isOpen && !this.isQuiet) this.panel.element.focus();
      if (this.#profile) this.panel.tell({ type: "identify", profile: this.#profile });
      if (!this.#wasReady) this.#emit("ready");
      this.#wasReady = true;
    },
    save: ({ key, value, id }) => {
      this.keep.set(`${key}`, `${value}`);
      this.panel.tell({ type: "saved", id, value });
    },
    claim: async ({ key, value, id }) => {
      const stored = await this.keep.claim(`${key}`, `${value}`);
      this.note();
      this.panel.tell({ type: "saved", id, value: stored });
    },
    remove: ({ key }) => this.keep.remove(`${key}`),
    close: () => this.close(),
    // A frame that reloads itself while the server is away stays a page of the browser's own for good.
    gone: () => this.panel.again(),
    unread: ({ count, preview }) => this.unread(this.isOpen ? 0 : count, preview),
    message: ({ message }) => {
      if (message.sender !== "guest" && (document.hidden || !document.hasFocus())) this.show(({ title }) => title.flash());
      this.#emit("message", { message });
    },
    // Who the page says its visitor is was refused: nobody but the site's owner can mend that.
    error: ({ code, message }) => {
      this.warn("identify:", message);
      this.#emit("error", { code, message });
    },
  };
}
