// The chat panel: the chat on its page, with the host page behind it, or on a page of its own.
import { Bridge } from "./bridge.js";
import { Chat } from "./chat.js";
import { $ } from "./dom.js";
import { show } from "./look.js";
import { News } from "./news.js";
import { Parts } from "./parts.js";
import { View } from "./view.js";

const DRAFT = "draft";
const settings = JSON.parse($("settings").textContent);
const { site, kind, mail, lang, texts, features } = settings;
document.body.dataset.kind = kind;
show(settings.look);
if (kind === "preview") (await import("./preview.js")).start({ settings, show, View });
else await open();

async function open() {
  let isShown = kind === "page";
  const isSeen = () => isShown && document.visibilityState === "visible";
  const news = new News();
  const make = kind === "page" ? (await import("./page.js")).Page : Bridge;
  const bridge = new make({ site, onVisibility, on: { identify, send, reset } });
  const { page, stored, link } = await bridge.hello();
  if (link) texts.errors.unauthorized = texts.oldLink;

  const query = new URLSearchParams(location.search);
  const name = query.has("site_token") ? { site_token: query.get("site_token") }
    : { assistant_id: Number(query.get("assistant_id")) };
  const panel = { settings, page, stored, bridge };
  const parts = new Parts(panel, () => view.tell("unreachable"));

  const view = new View({
    settings,
    on: {
      close: () => bridge.close(),
      send: (text) => Boolean(text) && (chat.send(text), true),
      input: () => chat.typing.say(true),
      keep: (draft) => (draft ? bridge.save(DRAFT, draft) : bridge.remove(DRAFT)),
      retry: (clientId) => chat.outbox.retry(clientId),
      drop: (clientId) => chat.outbox.drop(clientId),
      earlier: () => chat.loadEarlier().catch((error) => view.tell(error.code)),
      person: askPerson,
      files: (node, files) => parts.use("attachments", (part) => part.draw(node, files)),
      menu: () => parts.use("menu", (part) => part.toggle()),
      emoji: () => parts.use("emoji", (part) => part.toggle()),
    },
  });
  view.composer.restore(stored[DRAFT]);

  const chat = new Chat({
    origin: location.origin, name, link, lang, stored, storage: bridge, isSeen,
    on: {
      change: render,
      state: (state, error) => { view.showState(state, error?.code); bridge.state(state); },
      typing: (isTyping) => view.showTyping(isTyping),
      restart: () => location.reload(),
      error: (error) => bridge.error?.(error.code, error.message),
    },
  });
  Object.assign(panel, { chat, view, parts });

  function render() {
    const { dialog, outbox, past } = chat;
    view.render(past ?? dialog, past ? [] : outbox.entries, Boolean(past));
    const fresh = news.take(dialog, outbox.entries);
    for (const line of fresh) bridge.message?.(line);
    const others = fresh.filter((line) => line.sender !== "guest");
    if (others.length) {
      view.announce(others);
      if (features.sound && !(isSeen() && document.hasFocus())) parts.use("sound", (part) => part.play());
    }
    tellUnread();
    if (!dialog.view) return;
    if (mail) parts.use("contact", (part) => part.render());
    if (features.rating && ((past ?? dialog).view.status === "closed" || parts.has("rating"))) parts.use("rating", (part) => part.render());
  }

  function tellUnread() {
    news.tellUnread(chat.dialog, isSeen(), (count, preview) => bridge.unread?.(count, preview));
  }

  /** Before the first line there is no dialog to hand over: the wish itself begins one. */
  function askPerson() {
    chat.requestHandoff().catch((error) => view.tell(error.code));
    if (!chat.dialog.view) chat.send(texts.panel.ask);
  }

  function onVisibility(shown) {
    isShown = shown;
    tellUnread();
    if (!isShown) return;
    view.enter();
    if (chat.dialog.view) chat.markRead();
  }

  function identify(profile) {
    chat.setProfile(profile);
  }

  function send(text) {
    if (typeof text === "string" && text.trim()) chat.send(text.trim());
  }

  /** Forget who the guest is and what they wrote, here and in the host page's storage. */
  function reset() {
    chat.connection.close();
    view.composer.restore("");
    for (const { client_id: clientId } of chat.outbox.entries) chat.outbox.drop(clientId);
    for (const key of new Set([...Object.keys(stored), "guest_id", DRAFT])) bridge.remove(key);
    location.reload();
  }

  document.addEventListener("visibilitychange", tellUnread);
  render();
  chat.open();
  bridge.drawn({ title: texts.title, close: texts.close });
}
