// A server that does as each test says, for the widget's Socket.IO client, which is made anew for each. Time is the test's own.
import "./delivery/browser.mjs";
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, mock } from "node:test";
import { WebSocketServer } from "ws";

const { Socket } = await import(process.env.SOCKET ?? "../../widget_static/socket.js");

export const GREETING = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
export const CONNECT_MS = 8000;
export const ALIVE_MS = 45000;

export let clock, socket, wires, heard;
let server, refusesUpgrade;

/** Timers that fire when the test says. */
class Clock {
  #real = [globalThis.setTimeout, globalThis.clearTimeout];
  #now = 0;
  #last = 0;
  #timers = new Map();
  waits = []; // all that was asked for

  constructor() {
    globalThis.setTimeout = (run, ms = 0) => {
      this.waits.push(ms);
      // As browsers do: what is too long fires at once.
      this.#timers.set(this.#last += 1, { run, at: this.#now + (ms > 2 ** 31 - 1 ? 1 : ms) });
      return this.#last;
    };
    globalThis.clearTimeout = (id) => this.#timers.delete(id);
  }

  tick(ms) {
    const end = this.#now + ms;
    for (;;) {
      const [due] = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at);
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = due[1].at;
      due[1].run();
    }
    this.#now = end;
  }

  giveBack() { [globalThis.setTimeout, globalThis.clearTimeout] = this.#real; }
}

/** Resolves once it is so: by turns of the loop, as time stands still. */
export async function until(isSo, what = isSo) {
  for (let turn = 0; turn < 20000; turn += 1) {
    const found = isSo();
    if (found) return found;
    await new Promise(setImmediate);
  }
  throw new Error(`never: ${what}; heard ${JSON.stringify(heard)}`);
}

/** What the socket said, from the first call on. */
export const said = (kind) => heard.filter(([name]) => name === kind);
export const hears = (...entry) => until(() => heard.some((one) => JSON.stringify(one) === JSON.stringify(entry)), JSON.stringify(entry));

beforeEach(async () => {
  clock = new Clock();
  mock.method(Math, "random", () => 0.5);
  wires = [];
  heard = [];
  refusesUpgrade = false;
  server = new WebSocketServer({ port: 0, verifyClient: () => !refusesUpgrade });
  server.on("connection", (wire, request) => {
    const made = { wire, url: request.url, got: [], send: (packet) => wire.send(packet) };
    wire.on("message", (data) => made.got.push(`${data}`));
    wires.push(made);
  });
  await once(server, "listening");
  socket = new Socket(`http://127.0.0.1:${server.address().port}`, { guest_id: "g" }, {
    connect: () => heard.push(["connect"]),
    disconnect: (reason) => heard.push(["disconnect", reason]),
    failed: (error) => heard.push(["failed", error]),
    event: (name, data) => heard.push(["event", name, data]),
  });
});

afterEach(() => {
  socket.disconnect();
  for (const { wire } of wires) wire.terminate();
  server.close();
  clock.giveBack();
  mock.restoreAll();
});

/** From here on in this test, connections are refused or let in. */
export function refuseUpgrades(refuses) { refusesUpgrade = refuses; }

export async function reached(number = 1) { return until(() => wires[number - 1], `connection ${number}`); }

/** A connection that is up: the server's end of it. */
export async function connected(number = 1) {
  if (number === 1) socket.connect();
  const wire = await reached(number);
  wire.send(GREETING);
  await until(() => wire.got.length, "auth");
  wire.send('40{"sid":"b"}');
  await until(() => said("connect").length === number, "connected");
  return wire;
}

/** All that waits to happen, happens; nothing may come of it. */
export async function nothingFollows() {
  const before = [wires.length, heard.length];
  clock.tick(10 * ALIVE_MS);
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  assert.deepEqual([wires.length, heard.length], before);
}
