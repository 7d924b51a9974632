// The open panel: joins the chat, what the visitor sees of it, and the host page.
import { Chat } from "./chat.js";
import { News } from "./news.js";
import { Parts } from "./parts.js";
import { View } from "./view.js";

const DRAFT = "draft";

/** The public name that the page's address repeats. */
function named() {
  const query = new URLSearchParams(location.search);
  return query.has("site_token") ? { site_token: query.get("site_token") } : { assistant_id: Number(query.get("assistant_id")) };
}

/** What every part of the panel works with: settings, stored, page, bridge, parts, view, chat. */
export class Panel {
  parts = new Parts(this, () => this.view.tell("unreachable"));
  #news = new News();
  #isShown;

  constructor(settings) {
    this.settings = settings;
    this.#isShown = settings.kind === "page";
  }

  /** `Host` is what stands between us and the host page: Bridge, or Page where there is none. */
  async open(Host) {
    const { settings } = this;
    this.bridge = new Host({ site: settings.site, onVisibility: (isShown) => this.#onVisibility(isShown), on: this.#onHost });
    const { page, stored, link, inline } = await this.bridge.hello();
    Object.assign(this, { page, stored });
    document.body.classList.toggle("inline", Boolean(inline));
    if (link) settings.texts.errors.unauthorized = settings.texts.oldLink;
    this.view = new View({ settings, on: this.#onVisitor });
    this.view.composer.restore(stored[DRAFT]);
    this.chat = new Chat({ origin: location.origin, name: named(), link, lang: settings.lang, stored, storage: this.bridge,
      isSeen: () => this.isSeen, on: this.#onChat });
    document.addEventListener("visibilitychange", () => this.#tellUnread());
    this.#render();
    this.chat.open();
    this.bridge.drawn({ title: settings.texts.title, close: settings.texts.close });
  }

  /** Whether the visitor has the lines before them. */
  get isSeen() { return this.#isShown && document.visibilityState === "visible"; }

  #onVisitor = {
    close: () => this.bridge.close(),
    send: (text) => this.#send(text),
    input: () => this.chat.typing.say(true),
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
    },
    typing: (isTyping) => this.view.showTyping(isTyping),
    restart: () => location.reload(),
    error: (error) => this.bridge.error(error.code, error.message),
  };

  #onHost = {
    identify: (profile) => this.chat.setProfile(profile),
    send: (text) => this.#send(String(text).trim()),
    reset: () => this.#reset(),
  };

  /** False when there is nothing to send. */
  #send(text) {
    if (text) this.chat.send(text);
    return Boolean(text);
  }

  #render() {
    const { chat: { dialog, outbox, past }, view, parts, settings } = this;
    const shown = past ?? dialog;
    view.render(shown, past ? [] : outbox.entries, Boolean(past));
    this.#tellNews(this.#news.take(dialog, outbox.entries));
    this.#tellUnread();
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
    if (!this.chat.dialog.view) this.chat.send(this.settings.texts.panel.ask);
  }

  #onVisibility(isShown) {
    this.#isShown = isShown;
    // The host page may show us before we are there.
    if (!this.chat) return;
    this.#tellUnread();
    if (!isShown) return;
    this.view.enter();
    if (this.chat.dialog.view) this.chat.markRead();
  }

  /** Forget who the guest is and what they wrote, here and in the host page's storage. */
  #reset() {
    const { chat, view, bridge, stored } = this;
    chat.connection.close();
    view.composer.clear();
    for (const { client_id: clientId } of chat.outbox.entries) chat.outbox.drop(clientId);
    for (const key of new Set([...Object.keys(stored), "guest_id", DRAFT])) bridge.remove(key);
    location.reload();
  }
}
