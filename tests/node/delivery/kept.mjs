// The widget's chat of one guest with lines that an earlier page kept: node kept.mjs URL NAME GUEST_ID ENTRIES. Once none of
// them waits, a line of JSON: the dialog's lines, what is left in the outbox, and what a reload would find there.
import "./browser.mjs";
import { Chat } from "../../../widget_static/chat.js";
import { Outbox } from "../../../widget_static/outbox.js";

const [url, name, guestId, entries] = process.argv.slice(2);
const nothing = () => {};
const stored = new Map([["guest_id", guestId], ...JSON.parse(entries).map((entry) => (
  [`outbox.${entry.client_id}`, JSON.stringify(entry)]))]);
const chat = new Chat({
  origin: url, name: JSON.parse(name), stored: Object.fromEntries(stored), isSeen: () => true,
  storage: { save: async (key, value) => stored.set(key, value), claim: async (key, value) => value, remove: (key) => stored.delete(key) },
  on: { change, state: nothing, typing: nothing, restart: nothing },
});

const inOrder = (list) => list.map(({ client_id, text, state, reason, more }) => ({ client_id, text, state, reason, more }))
  .sort((a, b) => (a.client_id < b.client_id ? -1 : 1));

function change() {
  if (!chat?.dialog.view || chat.outbox.entries.some(({ state }) => state !== "failed")) return;
  const again = new Outbox({ onChange: nothing });
  again.restore([...stored].filter(([key]) => key.startsWith("outbox.")).map(([, value]) => value));
  console.log(JSON.stringify({ lines: chat.dialog.lines, left: inOrder(chat.outbox.entries), again: inOrder(again.entries) }));
  process.exit();
}

chat.open();
