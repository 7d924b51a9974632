// The chat panel: the chat on its page, with the host page behind it, or on a page of its own.
import { Attaching } from "./attaching.js";
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
      send: submit,
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
      state: (state, error) => view.showState(state, error?.code),
      typing: (isTyping) => view.showTyping(isTyping),
      restart: () => location.reload(),
      error: (error) => bridge.error?.(error.code, error.message),
    },
  });
  Object.assign(panel, { chat, view, parts });
  const files = features.files ? new Attaching(panel) : null;
  let asking; // the part of forms and hours, where the site has any

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
    asking?.render();
    if (!dialog.view) return;
    if (mail) parts.use("contact", (part) => part.render());
    if (features.rating && ((past ?? dialog).view.status === "closed" || parts.has("rating"))) parts.use("rating", (part) => part.render());
  }

  function tellUnread() {
    news.tellUnread(chat.dialog, isSeen(), (count, preview) => bridge.unread?.(count, preview));
  }

  /** False when there is nothing to send, or it waits for its files. */
  function submit(text) {
    if (files?.part?.holds(() => view.composer.submit())) return false;
    const attachments = files?.part?.take();
    if (!text && !attachments) return false;
    say(text, attachments);
    return true;
  }

  function say(text, attachments) {
    chat.send(text, { form: asking?.answers, attachments });
  }

  /** Before the first line there is no dialog to hand over: the wish itself begins one. */
  function askPerson() {
    chat.requestHandoff().catch((error) => view.tell(error.code));
    if (!chat.dialog.view) say(texts.panel.ask);
  }

  function onVisibility(shown) {
    isShown = shown;
    tellUnread();
    if (!isShown) return;
    if (!asking?.focus()) view.enter();
    if (chat.dialog.view) chat.markRead();
  }

  function identify(profile) {
    chat.setProfile(profile);
  }

  function send(text) {
    if (typeof text === "string" && text.trim()) say(text.trim());
  }

  /** Forget who the guest is and what they wrote, here and in the host page's storage. */
  function reset() {
    chat.connection.close();
    view.composer.restore("");
    files?.part?.take();
    for (const { client_id: clientId } of chat.outbox.entries) chat.outbox.drop(clientId);
    for (const key of new Set([...Object.keys(stored), "guest_id", DRAFT, "form"])) bridge.remove(key);
    location.reload();
  }

  document.addEventListener("visibilitychange", tellUnread);
  render();
  chat.open();
  const { forms: { prechat, offline }, hours, reply_time: replyTime } = settings;
  if (prechat || offline || !hours.open || replyTime) await parts.use("forms", (part) => { asking = part; });
  bridge.drawn({ title: texts.title, close: texts.close });
}
