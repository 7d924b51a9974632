// The chat panel: the chat on its page, with the host page behind it.
import { Bridge } from "./bridge.js";
import { Chat } from "./chat.js";
import { copy } from "./diagnostics.js";
import { textsFor } from "./texts.js";
import { View } from "./view.js";

let isShown = true;
const bridge = new Bridge({ site: document.body.dataset.site, onVisibility: (shown) => { isShown = shown; onVisibility(); } });
const { lang, page, stored } = await bridge.hello();

const query = new URLSearchParams(location.search);
const name = query.has("site_token") ? { site_token: query.get("site_token") }
  : { assistant_id: Number(query.get("assistant_id")) };

const view = new View({
  lang, texts: textsFor(lang),
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
  origin: location.origin, name, stored, storage: bridge,
  isSeen: () => isShown && document.visibilityState === "visible",
  on: {
    change: render,
    state: (state, error) => view.showState(state, error?.code),
    typing: (isTyping) => view.showTyping(isTyping),
    restart: () => location.reload(),
  },
});

function render() {
  view.render(chat.dialog, chat.outbox.entries);
}

async function copyDiagnostics() {
  const facts = [["Version", document.body.dataset.version], ["Server", location.origin], ["Page", page],
    ["Browser", navigator.userAgent], ["State", chat.connection.state], ["Messages waiting", chat.outbox.entries.length]];
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
