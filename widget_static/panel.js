// The open panel: joins the chat, what the visitor sees of it, and the host page.
import { Attaching } from "./attaching.js";
import { Chat, UP } from "./chat.js";
import { News } from "./news.js";
import { Parts } from "./parts.js";
import { View } from "./view.js";

const DRAFT = "draft";
const OFFLINE = ["menu", "diagnosis"];
const STOCK_MS = 3000;

/** The public name that the page's address repeats. */
function named() {
  const query = new URLSearchParams(location.search);
  return query.has("site_token") ? { site_token: query.get("site_token") } : { assistant_id: Number(query.get("assistant_id")) };
}

/** What every part of the panel works with: settings, stored, page, bridge, parts, view, chat. */
export class Panel {
  parts = new Parts(this);
  #news = new News();
  #files; // the ways by which they come, where the site takes any
  #forms; // the part, where the site asks something or says when it answers
  #isShown;
  #isTuned; // the tones were asked for

  constructor(settings) {
    this.settings = settings;
    this.#isShown = settings.kind === "page";
  }

  /** `Host` is what stands between us and the host page: Bridge, or Page where there is none. */
  async open(Host) {
    const { settings } = this;
    this.bridge = new Host({ site: settings.site, name: named(), texts: settings.texts, onVisibility: (...how) => this.#onVisibility(...how), on: this.#onHost });
    const { page, stored, link, inline, isTrial } = await this.bridge.hello();
    Object.assign(this, { page, stored, inline });
    document.body.classList.toggle("inline", Boolean(inline));
    if (link) settings.texts.errors.unauthorized = settings.texts.oldLink;
    this.view = new View({ settings, on: this.#onVisitor });
    this.view.composer.restore(stored[DRAFT]);
    this.chat = new Chat({ origin: location.origin, name: named(), link, lang: settings.lang, stored, storage: this.bridge,
      isSeen: () => this.isSeen, on: this.#onChat });
    if (settings.features.files) this.#files = new Attaching(this);
    document.addEventListener("visibilitychange", () => this.#tellUnread());
    // WebKit gives a frame of another origin no focus before the visitor has done something in it: their first key does.
    document.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
      if (target === document.body && /^(\S|Dead)$/u.test(key) && !ctrlKey && !metaKey && !altKey) this.#focus();
    });
    this.#render();
    // Who only passes the launcher with the mouse needs no connection.
    if (this.#isShown || isTrial || !this.chat.isNew || this.chat.outbox.entries.length) this.chat.open();
    const { forms, hours, reply_time: replyTime } = settings;
    if (forms.prechat || forms.offline || !hours.open || hours.closes_at || replyTime) {
      await this.parts.use("forms", (part) => { this.#forms = part; });
    }
    this.bridge.drawn({ title: settings.texts.title, close: settings.texts.close });
  }

  /** Whether the visitor has the lines before them. */
  get isSeen() { return this.#isShown && document.visibilityState === "visible"; }

  #onVisitor = {
    close: () => this.bridge.close(),
    send: (text) => this.#submit(text),
    input: () => {
      this.chat.typing.say(true);
      // It has to be there before their next click or key. What does not come now is asked for again with the first tone.
      if (this.#isTuned || !UP.has(this.chat.connection.state)) return;
      this.#isTuned = true;
      if (this.settings.features.sound) this.parts.keep("sound");
    },
    keep: (draft) => (draft ? this.bridge.save(DRAFT, draft) : this.bridge.remove(DRAFT)),
    retry: (clientId) => this.chat.outbox.retry(clientId),
    drop: (clientId) => this.chat.outbox.drop(clientId),
    earlier: () => this.chat.loadEarlier().catch((error) => this.view.tell(error.code)),
    person: () => this.#askPerson(),
    files: (node, files) => this.parts.use("attachments", (part) => part.draw(node, files)),
    menu: () => this.parts.use("menu", (part) => part.toggle()),
    emoji: () => this.parts.use("emoji", (part) => part.toggle()),
  };

  #onChat = {
    change: () => this.#render(),
    state: (state, error) => {
      this.view.showState(state, error?.code);
      this.bridge.state(state);
      if (!UP.has(state)) return;
      this.view.untell("unreachable");
      this.#files?.part?.wake();
      this.#stock();
    },
    typing: (isTyping) => this.view.showTyping(isTyping),
    restart: () => this.bridge.reload(),
    error: ({ code, message, fields }) => this.bridge.error(code, fields ? `${message} ${JSON.stringify(fields)}` : message),
  };

  #onHost = {
    identify: (profile) => this.chat.setProfile(profile),
    send: (text) => this.#say(String(text).trim()),
    reset: () => this.#reset(),
  };

  /** False when there is nothing to send, or it waits for its files. */
  #submit(text) {
    if (this.#files?.part?.holds(() => this.view.composer.submit())) return false;
    return this.#say(text, this.#files?.part?.take());
  }

  #say(text, attachments) {
    if (!text && !attachments) return false;
    this.chat.send(text, { ...this.#forms?.answers, attachments });
    return true;
  }

  #render() {
    const { chat: { dialog, outbox, past }, view, parts, settings } = this;
    const shown = past ?? dialog;
    view.render(shown, past ? [] : outbox.entries, Boolean(past));
    this.#tellNews(this.#news.take(dialog, outbox.entries));
    this.#tellUnread();
    this.#forms?.render();
    if (!shown.view) return;
    if (settings.mail) parts.use("contact", (part) => part.render());
    if (settings.features.rating && (shown.view.status === "closed" || parts.has("rating"))) parts.use("rating", (part) => part.render());
  }

  #tellNews(lines) {
    for (const line of lines) this.bridge.message(line);
    const others = lines.filter((line) => line.sender !== "guest");
    if (!others.length) return;
    this.view.announce(others);
    if (this.settings.features.sound && !(this.isSeen && document.hasFocus())) this.parts.use("sound", (part) => part.play());
  }

  #tellUnread() {
    this.#news.tellUnread(this.chat.dialog, this.isSeen, (count, preview) => this.bridge.unread(count, preview));
  }

  /** Before the first line there is no dialog to hand over: the wish itself begins one. */
  #askPerson() {
    this.chat.requestHandoff().catch((error) => this.view.tell(error.code));
    if (!this.chat.dialog.view) this.#say(this.settings.texts.panel.ask);
  }

  #onVisibility(isShown, isQuiet) {
    this.#isShown = isShown;
    // The host page may show us before we are there.
    if (!this.chat) return;
    this.#tellUnread();
    if (!isShown) return;
    this.chat.open();
    this.#stock();
    this.#forms?.render();
    // Nobody has asked for it here: the visitor may be writing elsewhere.
    if (!this.inline && !isQuiet) this.#focus("enter");
    if (this.chat.dialog.view) this.chat.markRead();
  }

  /** Where the visitor writes; `how` the view's own fields get it. */
  #focus(how = "focus") { if (!this.#forms?.focus()) this.view[how](); }

  /** What tells how the network is can't be fetched without one. Not before the guest has had what they came for. */
  #stock() {
    if (!this.#isShown || !UP.has(this.chat.connection.state)) return;
    const idle = window.requestIdleCallback ?? setTimeout;
    setTimeout(() => idle(() => { for (const name of OFFLINE) this.parts.keep(name); }), STOCK_MS);
  }

  /** Forget who the guest is and what they wrote, here and in the host page's storage. */
  #reset() {
    const { chat, view, bridge, stored } = this;
    chat.connection.close();
    view.composer.clear();
    this.#files?.part?.take();
    for (const { client_id: clientId } of chat.outbox.entries) chat.outbox.drop(clientId);
    for (const key of new Set([...Object.keys(stored), "guest_id", "person", DRAFT, "form"])) bridge.remove(key);
    bridge.reload();
  }
}
