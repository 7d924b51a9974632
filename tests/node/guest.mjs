// The widget's chat as a page uses it beside writing: node guest.mjs URL NAME DESK; prints what came of each step as one line
// of JSON. DESK has the headers of a manager's own browser.
import assert from "node:assert/strict";
import "./delivery/browser.mjs";
import { Chat } from "../../widget_static/chat.js";
import { sleep } from "./delivery/tools.mjs";

const [url, name, desk] = process.argv.slice(2);
const ask = async (path, options = {}) => (await fetch(`${url}/api/manager${path}`, {
  headers: { ...JSON.parse(desk), "Content-Type": "application/json" }, ...options })).json();
const act = (id, action) => ask(`/dialogs/${id}/${action}`, { method: "POST", body: "{}" });
const seen = async (chat) => (await ask(`/dialogs/${chat.dialog.id}`)).dialog;
const never = "http://127.0.0.1:9";

async function until(condition, what) {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error(`${what} did not come true`);
}

/** A page on a host page's storage; `errors` are the codes that it was told of. */
function page(origin, storage = new Map()) {
  const errors = [];
  const chat = new Chat({
    origin, name: JSON.parse(name), stored: Object.fromEntries(storage), lang: "ru", isSeen: () => true,
    storage: { save: async (key, value) => { storage.set(key, value); }, remove: (key) => storage.delete(key),
      claim: async (key, value) => { storage.set(key, storage.get(key) ?? value); return storage.get(key); } },
    on: { change() {}, state() {}, typing() {}, restart() {}, error: (error) => errors.push(error.code) },
  });
  chat.open();
  return { chat, errors, storage };
}

const facts = {};

// What is filled in and asked for without a way to the server survives a reload, and goes with the first line.
const before = page(never);
before.chat.send("hello", { form: { who: "Gina", mail: "gina@mail.example" } });
await until(() => [...before.storage.keys()].some((key) => key.startsWith("outbox.")), "the stored line");
before.chat.connection.close();
const { chat, storage } = page(url, before.storage);
chat.setProfile({ user_id: "7", attributes: { plan: "free", visits: 1 } });
chat.setProfile({ attributes: { plan: "pro" } });
await chat.requestHandoff();
assert.equal(chat.wish.isOpen, true);
await until(() => chat.dialog.view && !chat.wish.isOpen && chat.outbox.entries.length === 0, "the first line");
facts.first = await seen(chat);
assert.deepEqual([...storage.keys()], ["guest_id"]);

// Once there is a dialog, the server hears at once.
chat.setProfile({ attributes: { visits: 2 } });
await until(async () => (await seen(chat)).guest.attributes.visits === 2, "the attribute");
const first = chat.dialog.id;
await act(first, "close");
await until(() => chat.dialog.view.status === "closed", "the close");
await chat.rate(4, "quick");
assert.equal(chat.dialog.view.rating, 4);
facts.rated = await seen(chat);
facts.transcript = await chat.requestTranscript("me@mail.example").catch((error) => error.code);

// Asking for a person opens it again; a form begins another dialog, the first is read as the past.
await chat.requestHandoff();
assert.equal(chat.dialog.view.status, "open");
await act(first, "close");
await until(() => chat.dialog.view.status === "closed", "the second close");
chat.send("a new matter", { form: { topic: "Order" } });
await until(() => chat.dialog.id !== first && chat.outbox.entries.length === 0, "the second dialog");
facts.history = (await chat.history()).dialogs.map((dialog) => dialog.id - first);
await chat.openDialog(first);
assert.deepEqual([chat.past.id, chat.shown.lines.map((line) => line.text)], [first, ["hello"]]);
await assert.rejects(chat.openDialog(10 ** 9), { code: "not_found" });
await chat.openDialog(chat.dialog.id);
assert.equal(chat.shown, chat.dialog);
await chat.openDialog(first);
chat.send("and another thing");
assert.equal(chat.past, null);
await until(() => chat.dialog.lines.length === 2, "the line after");
chat.connection.close();

// A line is not lost because the page's profile is refused; the page hears of it, once.
const refused = page(url);
refused.chat.setProfile({ user_id: "7", exp: 1, signature: "0".repeat(64) });
refused.chat.send("let me in");
await until(() => refused.chat.dialog.view && refused.chat.outbox.entries.length === 0, "the line of the refused");
refused.chat.setProfile({ user_id: "8", exp: 1, signature: "0".repeat(64) });
await until(() => refused.errors.length === 2, "the second refusal");
facts.errors = refused.errors;

// Before there is a dialog the page hears of a refusal already; what is not refused waits for the first line.
const early = page(url);
early.chat.setProfile({ user_id: "7", exp: 1, signature: "0".repeat(64) });
await until(() => early.errors.length === 1, "the early refusal");
early.chat.setProfile({ user_id: "7" });
assert.equal(early.chat.isNew, true);
early.chat.send("my first line");
await until(() => early.chat.dialog.view && early.chat.outbox.entries.length === 0, "the line of the early");
facts.early = early.errors;
facts.unsaid = await seen(early.chat);
early.chat.connection.close();
facts.refused = await seen(refused.chat);
console.log(JSON.stringify(facts));
process.exit(0);
