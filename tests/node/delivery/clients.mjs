// The storm's clients: node clients.mjs OPTIONS. They write until the standard input says that there is calm, settle, and
// leave what they wrote, saw and hold as lines of JSON on the standard output.
import { randomUUID } from "node:crypto";
import { guestCredentials } from "../../../widget_static/credentials.js";
import { PlainGuest, PlainManager } from "./plain.mjs";
import { Tab } from "./visitor.mjs";
import { chance, record, sleep } from "./tools.mjs";

const options = JSON.parse(process.argv[2]);
const { url, direct, site, keys, settle, seed } = options;
const random = chance(seed);
const counts = { posts: 0, failed: 0, duplicates: 0, reloads: 0, closed: 0 };
const names = [{ site_token: site.site_token }, { assistant_id: site.assistant_id }];
const transports = [["websocket"], ["polling"], ["polling", "websocket"]];
const either = (list) => list[Math.floor(random() * list.length)];

/** Every third visitor has two tabs on one storage. */
function visitor(number) {
  const storage = new Map();
  return Array.from({ length: number % 3 ? 1 : 2 }, (_, tab) => new Tab({
    url, direct, name: names[number % 2], storage, client: `visitor ${number} tab ${tab}`, random, counts }));
}

function plain(Kind, client, credentials, number) {
  return new Kind({ url, direct, credentials, client, random, counts, newClientIds: options.newClientIds,
    transports: transports[number % 3] });
}

const numbered = (count, make) => Array.from({ length: count }, (_, number) => make(number));
const tabs = numbered(options.visitors, visitor).flat();
const guests = numbered(options.plain, (number) => plain(
  PlainGuest, `plain guest ${number}`, guestCredentials(names[number % 2], { guest_id: randomUUID() }), number));
const managers = numbered(keys.length, (number) => plain(PlainManager, `manager ${number}`, {
  auth: { api_key: keys[number] }, headers: { Authorization: `Bearer ${keys[number]}` }, base: "/api/manager" }, number));
const everybody = [...tabs, ...guests, ...managers];
let isCalm = false;
const calmed = new Promise((resolve) => process.stdin.once("data", () => { isCalm = true; resolve(); }));
const pause = (ms) => Promise.race([sleep(ms), calmed]);

async function writes(client) {
  while (!isCalm) {
    await pause(2000 * random());
    for (let lines = either([1, 1, 1, 3]); lines; lines -= 1) client.write();
  }
}

async function reloads(tab) {
  for (;;) {
    await pause(3000 + 9000 * random());
    if (isCalm) return;
    counts.reloads += 1;
    tab.load();
  }
}

/** What the browser itself tells a page about its network and its window. */
async function pageEvents() {
  while (!isCalm) {
    await pause(2000 + 4000 * random());
    if (random() < 0.5) window.dispatchEvent(new Event("focus"));
    else {
      window.dispatchEvent(new Event("offline"));
      await pause(1000 * random());
      window.dispatchEvent(new Event("online"));
    }
  }
}

let last = null; // the client that we last had to wait for

/** Whether `holds` came true for every client before the time is over. */
async function all(clients, holds, deadline) {
  for (const client of clients) {
    while (!await Promise.resolve(holds(client)).catch(() => false)) {
      last = `${client.client}, ${holds.name}`;
      if (Date.now() > deadline) return false;
      await sleep(200);
    }
  }
  return true;
}

// A reload mends a view: every other tab must keep its own in step without one.
const reloaded = tabs.filter((_, number) => number % 2);
await Promise.all([...[...tabs, ...guests].map(writes), ...reloaded.map(reloads), pageEvents()]);
for (const manager of managers) manager.isQuiet = true;
const calm = Date.now();
const sent = (client) => client.isIdle;
const upToDate = (client) => client.isUpToDate();
const isSettled = await all(everybody, sent, calm + settle * 1000) && await all(everybody, upToDate, calm + settle * 1000);
for (const client of everybody) client.end();
record("done", { settled: isSettled, settle_ms: Date.now() - calm, last, clients: everybody.length, ...counts });
process.exit(0);
