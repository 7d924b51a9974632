// The chat panel: the chat on its page, with the host page behind it, or on a page of its own.
import { Bridge } from "./bridge.js";
import { Chat } from "./chat.js";
import { Contact } from "./contact.js";
import { copy } from "./diagnostics.js";
import { Page } from "./page.js";
import { View } from "./view.js";

let isShown = true;
const { site, kind, mail, version, lang, texts } = JSON.parse(document.getElementById("settings").textContent);
document.body.dataset.kind = kind;
const bridge = new (kind === "page" ? Page : Bridge)({ site, onVisibility: (shown) => { isShown = shown; onVisibility(); } });
const { page, stored, link } = await bridge.hello();

const query = new URLSearchParams(location.search);
const name = query.has("site_token") ? { site_token: query.get("site_token") }
  : { assistant_id: Number(query.get("assistant_id")) };

if (link) texts.errors.unauthorized = texts.oldLink;
const view = new View({
  texts,
  on: {
    close: () => bridge.close(),
    send: (text) => chat.send(text),
    input: () => chat.typing.say(true),
    retry: (clientId) => chat.outbox.retry(clientId),
    drop: (clientId) => chat.outbox.drop(clientId),
    earlier: () => chat.loadEarlier().catch((error) => view.tell(error.code)),
    diagnostics: () => copyDiagnostics(),
  },
});

const chat = new Chat({
  origin: location.origin, name, link, stored, storage: bridge,
  isSeen: () => isShown && document.visibilityState === "visible",
  on: {
    change: render,
    state: (state, error) => view.showState(state, error?.code),
    typing: (isTyping) => view.showTyping(isTyping),
    restart: () => location.reload(),
  },
});

const contact = mail && new Contact({ texts: texts.contact, errors: { ...texts.errors, ...texts.contactErrors },
  save: (email) => chat.saveContact(email, lang) });

function render() {
  view.render(chat.dialog, chat.outbox.entries);
  if (contact) contact.render(chat.dialog.view);
}

async function copyDiagnostics() {
  const facts = [["Version", version], ["Server", location.origin], ["Page", page], ["Browser", navigator.userAgent],
    ["State", chat.connection.state], ["Messages waiting", chat.outbox.entries.length]];
  const text = chat.diagnostics.text(facts);
  if (await copy(text)) view.showCopied();
  else view.offerToCopy(text);
}

function onVisibility() {
  if (!isShown) return;
  view.focus();
  if (chat.dialog.view) chat.markRead();
}

render();
chat.open();
bridge.drawn();
