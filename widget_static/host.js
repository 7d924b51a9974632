// The loader's other half: the frame with the panel in it, what the host page keeps for it, and the JavaScript API. Fetched
// when somebody shows interest. The loader that a browser has kept may be older: `context` keeps its names.
import { isAllowed } from "./domains.js";
import { SMALL, frameSheet } from "./frame_sheet.js";
import { Keep } from "./keep.js";
import { later } from "./later.js";
import { PanelFrame } from "./panel_frame.js";
import { Tab } from "./tab.js";

/** Take over from the loader: run what is in its queue, and then each command as it comes. */
export function start(context) {
  const host = new Host(context);
  const run = ([name, ...args]) => {
    // A page may hold on to a method of what it has destroyed.
    if (host.signal.aborted) return;
    try { if (host[name]) host[name](...args); else host.call(name, ...args); } catch (error) { context.warn(name, error); }
  };
  context.queue.push = run;
  // Who saw nothing come has clicked again.
  context.queue.splice(0).forEach(([name, ...args]) => run([name === "toggle" ? "open" : name, ...args]));
  host.tab.resume();
}

class Host {
  isOpen = false;
  isUsed = false; // the visitor has chatted on this page, or the page has its own idea of it
  profile; // what the page says of its visitor
  isQuiet; // nobody has asked for the panel here: the visitor may be writing elsewhere
  #end = new AbortController();
  #wasReady = false;
  #count = 0;
  #parts = {}; // promises of what is fetched at its first use
  #shutLabel = "";

  constructor(context) {
    Object.assign(this, context);
    const { settings, options, host, button } = context;
    const { signal } = this.#end;
    this.root = host.shadowRoot;
    this.label = button.getAttribute("aria-label");
    this.isInline = this.isQuiet = Boolean(options.inline);
    this.keep = new Keep(settings.site);
    this.tab = new Tab(this);
    this.root.adoptedStyleSheets.push(frameSheet(settings.look));
    this.small = matchMedia(SMALL);
    this.small.addEventListener("change", () => this.#fit(), { signal });
    this.panel = new PanelFrame(this, context.frame, this.#hear);
    if (this.isForeign) this.panel.drop();
    this.caption = new Text(settings.look.label);
    button.replaceChildren(this.caption);
    button.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.close(); }, { signal });
    // The console has opened this page to see whether the chat works on it.
    this.isTrial = location.hash.startsWith("#replyx-test=");
    if (this.isTrial) this.#use("trial", ({ trial }) => trial(this));
    if (this.isInline) {
      button.hidden = true;
      this.#use("inline", ({ stand }) => stand(this));
    }
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

  /** Say in the browser's console what the page can do about it. */
  async advise(...about) {
    const advise = await this.#use("advice", (module) => module.advise);
    advise?.(this.warn, ...about);
  }

  /** Do something with what stands outside of the panel; resolves with that, or nothing where it does not come. */
  async show(run) {
    const signs = await this.#use("signs", ({ Signs }) => new Signs(this, this.signal));
    try { await (signs && run(signs)); } catch (error) { this.warn(error); }
    return signs;
  }

  /** Run a command that few pages have: on, off, identify, setAttributes. They keep their order while that part is on its way. */
  async call(name, ...args) {
    const api = await this.#use("api", ({ Api }) => new Api(this));
    try { api?.[name](...args); } catch (error) { this.warn(name, error); }
  }

  /** The same for what is nobody's business where the page has used none of them. */
  #tell(...what) { if (this.#parts.api) this.call(...what); }

  // The frame's own policy decides who may embed it; this only says so before a frame stays empty.
  get isForeign() {
    const { domains } = this.settings;
    return domains && location.origin !== this.origin && !isAllowed(location, domains);
  }

  get signal() { return this.#end.signal; }

  /** Load the panel where nobody sees it. */
  prepare() { if (!this.isForeign && !this.signal.aborted) this.panel.load(); }

  open() {
    this.isUsed = true;
    if (this.isForeign) return void this.show((signs) => signs.sayForeign());
    if (this.isOpen) return;
    this.prepare();
    this.#turn(true);
    this.tab.note();
    if (this.panel.isDrawn && !this.isQuiet) this.panel.element.focus();
    this.#tell("emit", "open");
  }

  close() {
    this.isUsed = true;
    this.tab.rest();
    if (!this.isOpen || this.isInline) return;
    const hadFocus = this.root.activeElement;
    this.#turn(false);
    this.tab.note();
    if (hadFocus) this.button.focus();
    this.#tell("emit", "close");
  }

  toggle() { if (this.isOpen) this.close(); else this.open(); }

  /** Write a line for the visitor. It is kept until the panel is there. */
  send(text) {
    this.isUsed = true;
    this.prepare();
    this.panel.deliver({ type: "send", text: `${text ?? ""}` });
  }

  /** The visitor is another one from here on. */
  reset() {
    for (const key of this.keep.keys) this.keep.remove(key);
    this.#tell("forget");
    this.panel.forget();
    this.unread(0);
    if (this.panel.element) this.panel.deliver({ type: "reset" });
  }

  destroy() {
    this.keep.remove(this.keep.mark);
    this.#end.abort();
  }

  #turn(opened) {
    this.isOpen = opened;
    // What opened by itself is closed; the next time somebody asks for it.
    if (!opened) this.isQuiet = this.isInline;
    this.button.setAttribute("aria-expanded", opened);
    this.name("");
    if (this.panel.element) this.panel.element.hidden = !opened;
    this.panel.busy();
    this.#tellShown();
    this.#fit();
    if (this.#parts.signs) this.show((signs) => signs.clear());
    if (opened) this.unread(0);
  }

  #tellShown() { if (this.panel.isDrawn) this.panel.tell({ type: this.isOpen ? "shown" : "hidden", isQuiet: this.isQuiet }); }

  /** Name the launcher by what a click does, with `more` behind it while the panel is closed. */
  name(more) {
    this.button.setAttribute("aria-label", this.isOpen && this.#shutLabel || this.label + more);
  }

  unread(count, preview) {
    if (count === this.#count && !preview) return;
    this.#count = count;
    if (count || this.#parts.signs) this.show((signs) => signs.unread(this.#count, preview));
    this.#tell("emit", "unread", { count });
  }

  /** The panel over the whole of a small screen has needs of its own. */
  async #fit() {
    if (this.isInline || !(this.#parts.phone || (this.isOpen && this.small.matches))) return;
    const phone = await this.#use("phone", ({ Phone }) => new Phone(this.signal));
    phone?.fit(this.panel.element, this.isOpen && this.small.matches);
  }

  /** The panel does not come. */
  async fail() {
    this.panel.drop();
    this.advise("frame", this.origin);
    this.#tell("emit", "error", { code: "unreachable", message: "The chat did not load." });
    this.tab.again();
    if (!this.isOpen) return;
    this.#turn(false);
    // The words come from the same server.
    this.caption.data = "⚠";
    if (await this.show((signs) => signs.say("failed"))) this.caption.data = this.settings.look.label;
  }

  // All kinds that a frame may send beside `ready`. One of the version before sends neither labels with `drawn`, nor the last four.
  #hear = {
    drawn: ({ title = "Chat", close = "Close chat" }) => {
      this.panel.element.title = title;
      this.caption.data = this.settings.look.label;
      this.#shutLabel = close;
      if (this.isOpen) {
        this.name("");
        this.#tellShown();
        this.#fit();
        if (!this.isQuiet) this.panel.element.focus();
      } else if (this.tab.isDue) {
        this.isQuiet = true;
        this.open();
      }
      if (this.profile) this.panel.tell({ type: "identify", profile: this.profile });
      if (!this.#wasReady) this.#tell("emit", "ready");
      this.#wasReady = true;
    },
    save: ({ key, value, id }) => {
      this.keep.set(`${key}`, `${value}`);
      this.panel.tell({ type: "saved", id, value });
    },
    claim: async ({ key, value, id }) => {
      const stored = await this.keep.claim(`${key}`, `${value}`);
      this.tab.note();
      this.panel.tell({ type: "saved", id, value: stored });
    },
    remove: ({ key }) => this.keep.remove(`${key}`),
    close: () => this.close(),
    // A frame that reloads itself while the server is away stays a page of the browser's own for good.
    gone: () => this.panel.again(),
    unread: ({ count, preview }) => this.unread(this.isOpen || this.tab.isDue ? 0 : count, preview),
    message: ({ message }) => {
      if (message.sender !== "guest" && (document.hidden || !document.hasFocus())) this.show(({ title }) => title.flash());
      this.#tell("emit", "message", { message });
    },
    error: (error) => this.call("refused", error),
  };
}
