// Tabs of one browser that claim the same key at once: node claim.mjs locks|none. Each tab sees what another wrote only later, as
// browsers' processes do. Prints what each was told, and what is stored. The time is the test's own: a machine that stands still for
// a moment must not change who came first.
import { mock } from "node:test";
import { claim } from "../../widget_static/claim.js";

mock.timers.enable({ apis: ["setTimeout"] });
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const pass = async (ms) => {
  for (let at = 0; at < ms; at += 1) {
    await new Promise((resolve) => { setImmediate(resolve); });
    mock.timers.tick(1);
  }
};

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
const claims = tabs.map(async (tab, at) => { await sleep(at * SEEN_MS / 4); return tab.claim(); });
await pass(20 * SEEN_MS);
claims.push(tabs[0].claim());
await pass(20 * SEEN_MS);
const told = await Promise.all(claims);
console.log(JSON.stringify([...new Set([...told, ...tabs.map((tab) => tab.read("guest_id"))])]));
