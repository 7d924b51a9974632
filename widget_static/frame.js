// The chat panel: joins the connection, the outbox, the dialog and the view.
import { Bridge } from "./bridge.js";
import { Connection } from "./connection.js";
import { Contact } from "./contact.js";
import { guestCredentials } from "./credentials.js";
import { Dialog, catchUp } from "./dialog.js";
import { Outbox } from "./outbox.js";
import { Page } from "./page.js";
import { textsFor } from "./texts.js";
import { Typing } from "./typing.js";
import { UUID, uuid } from "./uuid.js";
import { View } from "./view.js";

const GUEST_ID = "guest_id";
const OUTBOX = "outbox.";

let isShown = true;
const { kind, mail } = document.body.dataset;
const bridge = new (kind === "page" ? Page : Bridge)({ site: document.body.dataset.site, onVisibility: (shown) => { isShown = shown; onVisibility(); } });
const { lang, stored, link } = await bridge.hello();

let isKnown = Boolean(link) || UUID.test(stored[GUEST_ID]);
const guestId = isKnown ? stored[GUEST_ID] : uuid();
// What is no guest id must not win the claim for ours.
if (!isKnown && GUEST_ID in stored) bridge.remove(GUEST_ID);
const query = new URLSearchParams(location.search);
const name = query.has("site_token") ? { site_token: query.get("site_token") }
  : { assistant_id: Number(query.get("assistant_id")) };

const texts = textsFor(lang);
if (link) texts.errors.unauthorized = texts.oldLink;
const dialog = new Dialog();
const view = new View({
  lang, texts,
  on: {
    close: () => bridge.close(),
    send: (text) => send(text),
    input: () => typing.say(true),
    retry: (clientId) => outbox.retry(clientId),
    drop: (clientId) => outbox.drop(clientId),
    earlier: () => loadEarlier(),
  },
});

const connection = new Connection({
  origin: location.origin, refresh,
  credentials: guestCredentials(name, link ? { guest_link: link } : { guest_id: guestId }), onEvent,
  onState(state, error) {
    view.showState(state, error?.code);
    dialog.lose();
    if (state === "online" || state === "polling") outbox.pump();
  },
});

const outbox = new Outbox({
  save: (clientId, value) => bridge.save(OUTBOX + clientId, value),
  remove: (clientId) => bridge.remove(OUTBOX + clientId),
  onChange: render,
  send: post,
});

const typing = new Typing({
  show: (isTyping) => view.showTyping(isTyping),
  send(isTyping) {
    if (!dialog.view || !connection.isOnline) return;
    connection.request("typing", { dialog_id: dialog.id, typing: isTyping }).catch(() => {});
  },
});

const contact = mail === "yes" && new Contact({
  texts: texts.contact,
  async save(email) {
    const answer = await connection.request("contact", { dialog_id: dialog.id, email, lang });
    dialog.update(answer.dialog);
    return answer.dialog;
  },
});

function render() {
  view.render(dialog, outbox.entries);
  if (contact) contact.render(dialog.view);
}

function send(text) {
  typing.say(false);
  outbox.add(text, uuid());
}

/** The id is in the host page's storage before a line first reaches the server: a lost reply never loses the dialog. */
async function claimGuestId() {
  if (isKnown) return;
  if (await bridge.claim(GUEST_ID, guestId) !== guestId) {
    // Another tab of this guest was first: begin anew under its id. What is unsent lies in the outbox.
    location.reload();
    await new Promise(() => {});
  }
  isKnown = true;
}

async function post({ text, client_id }) {
  await claimGuestId();
  if (dialog.view) {
    try {
      const answer = await connection.request("message_post", { dialog_id: dialog.id, text, client_id });
      if (answer.dialog_id === dialog.id) dialog.add(answer.message, false);
      else await openDialog({});
      return;
    } catch (error) {
      if (error.code !== "not_found") throw error;
    }
  }
  await openDialog({ message: { text, client_id } });
}

async function openDialog(payload) {
  const { gap } = dialog;
  const answer = await connection.request("dialog_open", payload);
  if (answer.dialog) dialog.show(answer.dialog, answer.messages, answer.more, gap);
  if (answer.message) dialog.add(answer.message, false);
}

async function refresh() {
  // A guest without a dialog has nothing to ask for; without a socket, only an answer shows that there is a way.
  if (!dialog.view && (isKnown || !connection.isOnline)) await openDialog({});
  else if (dialog.view) await catchUp(connection, dialog);
  for (const { client_id } of outbox.entries.filter((entry) => isStored(entry))) outbox.drop(client_id);
  render();
  markRead();
}

const isStored = (entry) => dialog.lines.some((line) => line.client_id === entry.client_id);

async function loadEarlier() {
  const { id, lines: [first] } = dialog;
  try {
    const page = await connection.request("message_list", { dialog_id: id, before: first.id });
    if (dialog.id === id) dialog.addEarlier(page.messages, page.more);
    render();
  } catch (error) {
    view.tell(error.code);
  }
}

function onEvent(event, data) {
  if (event === "message") {
    if (data.message.dialog_id !== dialog.id) { refreshQuietly(); return; }
    dialog.add(data.message, true);
    if (data.message.sender !== "guest") typing.hear(false);
    markRead();
  } else if (event === "dialog") {
    if (!dialog.view || (data.dialog.id > dialog.id)) { refreshQuietly(); return; }
    dialog.update(data.dialog);
  } else if (event === "read" && data.dialog_id === dialog.id) dialog.markRead(data.sender, data.message_id);
  else if (event.startsWith("typing_") && data.dialog_id === dialog.id && data.sender !== "guest") {
    typing.hear(event === "typing_start");
  }
  render();
}

/** A dialog that another tab made, or a newer one: ask for it. */
function refreshQuietly() {
  isKnown = true;
  openDialog({}).then(render, () => {});
}

function markRead() {
  const last = dialog.lines.findLast((line) => line.sender !== "guest");
  if (!last || !isShown || document.visibilityState !== "visible" || last.id <= dialog.view.guest_read_id) return;
  dialog.markRead("guest", last.id);
  connection.request("read", { dialog_id: dialog.id, message_id: last.id }).catch(() => {});
}

function onVisibility() {
  if (!isShown) return;
  view.focus();
  if (dialog.view) markRead();
}

const waiting = Object.entries(stored).filter(([key]) => key.startsWith(OUTBOX)).map(([, value]) => value);
outbox.restore(waiting);
render();
connection.open();
bridge.drawn();
