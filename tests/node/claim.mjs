// Tabs of one browser that claim the same key at once: node claim.mjs locks|none. Each tab sees what another wrote only later, as
// browsers' processes do. Prints what each was told, and what is stored.
import { setTimeout as sleep } from "node:timers/promises";
import { claim } from "../../widget_static/claim.js";

const SEEN_MS = 20;
let last = Promise.resolve();
const locks = { request(name, options, run) { return last = last.then(run); } };
globalThis.navigator = process.argv[2] === "locks" ? { locks } : {};

class Tab {
  #own = new Map();

  constructor(name, others) { Object.assign(this, { name, others }); }

  read = (key) => this.#own.get(key);

  write = (key, value) => {
    this.#own.set(key, value);
    setTimeout(() => { for (const tab of this.others) tab.#own.set(key, value); }, SEEN_MS);
  };

  claim() { return claim("guest_id", this.name, this.read, this.write); }
}

const tabs = [];
for (const name of ["first", "second", "third"]) tabs.push(new Tab(name, tabs));
const told = await Promise.all(tabs.map(async (tab, at) => { await sleep(at * SEEN_MS / 4); return tab.claim(); }));
await sleep(2 * SEEN_MS);
told.push(await tabs[0].claim());
console.log(JSON.stringify([...new Set([...told, ...tabs.map((tab) => tab.read("guest_id"))])]));
