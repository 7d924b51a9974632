// The widget's Socket.IO client against a server that does as each test says: node --test socket.mjs. Time is the test's own.
import "./delivery/browser.mjs";
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, mock, test } from "node:test";
import { WebSocketServer } from "ws";

const { Socket } = await import(process.env.SOCKET ?? "../../widget_static/socket.js");

const GREETING = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const CONNECT_MS = 8000;
const ALIVE_MS = 45000;

let clock, server, socket, wires, heard, refusesUpgrade;

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
async function until(isSo, what = isSo) {
  for (let turn = 0; turn < 20000; turn += 1) {
    const found = isSo();
    if (found) return found;
    await new Promise(setImmediate);
  }
  throw new Error(`never: ${what}; heard ${JSON.stringify(heard)}`);
}

/** What the socket said, from the first call on. */
const said = (kind) => heard.filter(([name]) => name === kind);
const hears = (...entry) => until(() => heard.some((one) => JSON.stringify(one) === JSON.stringify(entry)), JSON.stringify(entry));

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

async function reached(number = 1) { return until(() => wires[number - 1], `connection ${number}`); }

/** A connection that is up: the server's end of it. */
async function connected(number = 1) {
  if (number === 1) socket.connect();
  const wire = await reached(number);
  wire.send(GREETING);
  await until(() => wire.got.length, "auth");
  wire.send('40{"sid":"b"}');
  await until(() => said("connect").length === number, "connected");
  return wire;
}

/** All that waits to happen, happens; nothing may come of it. */
async function nothingFollows() {
  const before = [wires.length, heard.length];
  clock.tick(10 * ALIVE_MS);
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  assert.deepEqual([wires.length, heard.length], before);
}

test("it greets, says who it is, answers pings with what they carry, and hears events", async () => {
  const wire = await connected();
  assert.equal(wire.url, "/socket.io/?EIO=4&transport=websocket");
  assert.deepEqual(wire.got, ['40{"guest_id":"g"}']);
  for (const packet of ["2", "2probe", "6", "3", '42["message",{"text":"hé\\u2028\\n[42]"}]', '4217["asks for an ack"]']) wire.send(packet);
  await hears("event", "asks for an ack", undefined);
  await hears("event", "message", { text: "hé\u2028\n[42]" });
  await until(() => wire.got.length === 3);
  assert.deepEqual(wire.got.slice(1), ["3", "3probe"]);
  assert.equal(socket.connected, true);
});

test("a giant packet is a packet", async () => {
  const wire = await connected();
  const text = "x".repeat(5_000_000);
  wire.send(`42["message",{"text":"${text}"}]`);
  await until(() => said("event").length);
  assert.equal(said("event")[0][2].text.length, text.length);
});

test("an event that comes before the connection is answered is not lost", async () => {
  socket.connect();
  const wire = await reached();
  wire.send(GREETING);
  wire.send('42["message",1]');
  await hears("event", "message", 1);
});

test("silence for longer than the server's two times is a lost connection", async () => {
  const wire = await connected();
  clock.tick(ALIVE_MS - 1);
  wire.send("2");
  await until(() => wire.got.includes("3"));
  clock.tick(ALIVE_MS - 1);
  assert.deepEqual(said("disconnect"), []);
  clock.tick(1);
  assert.deepEqual(said("disconnect"), [["disconnect", "ping timeout"]]);
  clock.tick(1000);
  await connected(2);
});

test("a handler's own mistake does not look like a dead connection", async () => {
  const wire = await connected();
  clock.tick(ALIVE_MS - 1);
  socket.on.event = () => { throw new Error("the caller's"); };
  process.setUncaughtExceptionCaptureCallback((error) => heard.push(["thrown", error.message]));
  wire.send('42["message",1]');
  await hears("thrown", "the caller's");
  process.setUncaughtExceptionCaptureCallback(null);
  clock.tick(ALIVE_MS - 1);
  assert.deepEqual(said("disconnect"), []);
});

for (const [what, packets] of [
  ["never speaks", []],
  ["greets and never answers", [GREETING]],
  ["sends noops for ever", ["6", "6"]],
  ["answers without greeting", ['40{"sid":"b"}']],
]) {
  test(`a server that ${what} is given up after eight seconds, once`, async () => {
    socket.connect();
    const wire = await reached();
    for (const packet of packets) {
      clock.tick(CONNECT_MS / 4);
      wire.send(packet);
      for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    }
    clock.tick(CONNECT_MS - packets.length * CONNECT_MS / 4 - 1);
    assert.deepEqual(heard, []);
    clock.tick(1);
    assert.deepEqual(heard, [["failed", { message: "timeout" }]]);
    assert.equal(socket.connected, false);
  });
}

for (const packet of ["", "4", "5", "7", "45", "hello", '42{"no":"list"}', "42[1]", "42[", "42", '43["no id"]', "431", '431{"a":1}',
  '451-["binary",{"_placeholder":true,"num":0}]', '42/admin,["other namespace"]', `42${"[".repeat(100000)}`, Buffer.from('42["message",1]')]) {
  test(`not a packet of this client: ${JSON.stringify(packet).slice(0, 40)}`, async () => {
    const wire = await connected();
    wire.send(packet);
    await hears("disconnect", "parse error");
    assert.deepEqual(said("event"), []);
    clock.tick(1000);
    await connected(2);
  });
}

for (const greeting of ["0", "0{}", "0null", '0{"pingInterval":"25000","pingTimeout":"20000"}', "0[25000]", "0{"]) {
  test(`not a greeting: ${greeting}`, async () => {
    socket.connect();
    (await reached()).send(greeting);
    await hears("failed", { message: "parse error" });
  });
}

test("a greeting with times beyond any timer is none that ends at once", async () => {
  socket.connect();
  const wire = await reached();
  wire.send('0{"pingInterval":1e300,"pingTimeout":1e300}');
  await until(() => wire.got.length);
  wire.send('40{"sid":"b"}');
  await hears("connect");
  clock.tick(10 * ALIVE_MS);
  assert.deepEqual(said("disconnect"), []);
});

test("what is said twice counts once", async () => {
  const wire = await connected();
  for (const packet of [GREETING, '40{"sid":"c"}', '44{"message":"too late"}', "2"]) wire.send(packet);
  await until(() => wire.got.includes("3"));
  assert.equal(wire.got.length, 2);
  assert.deepEqual(heard, [["connect"]]);
});

test("a refused connect hands on the server's reason, and is not tried again by itself", async () => {
  socket.connect();
  const wire = await reached();
  wire.send(GREETING);
  wire.send('44{"message":"no","data":{"error":{"code":"unauthorized"}}}');
  await hears("failed", { message: "no", data: { error: { code: "unauthorized" } } });
  await nothingFollows();
  socket.connect();
  (await reached(2)).send("44");
  await hears("failed", { message: "refused" });
});

for (const [packet, reason] of [["1", "transport close"], ["41", "io server disconnect"]]) {
  for (const isConnected of [true, false]) {
    test(`after ${packet} ${isConnected ? "" : "before it is connected "}it comes back by itself`, async () => {
      if (isConnected) (await connected()).send(packet);
      else { socket.connect(); (await reached()).send(packet); }
      await (isConnected ? hears("disconnect", reason) : hears("failed", { message: reason }));
      clock.tick(999);
      assert.equal(wires.length, 1);
      clock.tick(1);
      await reached(2);
    });
  }
}

test("acks go to those who asked; what is late, unknown, or of a connection before goes to nobody", async () => {
  const wire = await connected();
  const [first, second] = [socket.ask("a", { n: 1 }, 5000), socket.ask("b", undefined, 8000)];
  await until(() => wire.got.length === 3);
  assert.deepEqual(wire.got.slice(1), ['420["a",{"n":1}]', '421["b",null]']);
  wire.send('431[{"ok":true},"more"]');
  assert.deepEqual(await second, { ok: true });
  clock.tick(5000);
  await assert.rejects(first, /no ack/);
  for (const packet of ['430["late"]', '431["twice"]', '4399["unknown"]', "2"]) wire.send(packet);
  await until(() => wire.got.includes("3"));
  const pending = socket.ask("c", {}, 8000);
  wire.wire.terminate();
  await assert.rejects(pending, /disconnected/);
  await hears("disconnect", "transport close");
  clock.tick(1000);
  const next = await connected(2);
  const later = socket.ask("d", {}, 8000);
  await until(() => next.got.length === 2);
  assert.equal(next.got[1], '423["d",{}]');
  next.send('432["for the one before"]');
  next.send('433["ours"]');
  assert.equal(await later, "ours");
});

test("what can't be asked is refused at once, and leaves no timer", async () => {
  await assert.rejects(socket.ask("a", {}, 8000), /disconnected/);
  socket.connect();
  await assert.rejects(socket.ask("a", {}, 8000), /disconnected/);
  (await reached()).wire.terminate();
  await hears("failed", { message: "transport close" });
  clock.tick(1000);
  const wire = await reached(2);
  wire.send(GREETING);
  wire.send("40");
  await hears("connect");
  const circle = {};
  circle.self = circle;
  await assert.rejects(socket.ask("a", circle, 8000), TypeError);
  socket.disconnect();
  await assert.rejects(socket.ask("a", {}, 8000), /disconnected/);
  await nothingFollows();
});

test("tries grow apart up to five seconds, by chance between half and half more, and begin anew once connected", async () => {
  const waits = [];
  const dropped = async (number, chance) => {
    Math.random.mock.mockImplementation(() => chance);
    (await reached(number)).wire.terminate();
    await until(() => heard.length === number);
    waits.push(clock.waits.at(-1));
    clock.tick(waits.at(-1));
  };
  socket.connect();
  for (const [number, chance] of [[1, 0.5], [2, 0.5], [3, 0.5], [4, 0.5], [5, 0], [6, 0.75]]) await dropped(number, chance);
  assert.deepEqual(waits, [1000, 2000, 4000, 5000, 2500, 6250]);
  const wire = await reached(7);
  wire.send(GREETING);
  wire.send("40");
  await hears("connect");
  wire.wire.terminate();
  await hears("disconnect", "transport close");
  assert.equal(clock.waits.at(-1), 1250);
});

test("auth goes with each connecting as it is then", async () => {
  const wire = await connected();
  socket.auth.more = 1;
  wire.wire.terminate();
  await hears("disconnect", "transport close");
  clock.tick(1000);
  assert.deepEqual((await connected(2)).got, ['40{"guest_id":"g","more":1}']);
});

test("cut is a loss that comes back; without a connection it is nothing", async () => {
  socket.cut();
  await nothingFollows();
  await connected();
  const pending = socket.ask("a", {}, 8000);
  socket.cut();
  await assert.rejects(pending, /disconnected/);
  assert.deepEqual(said("disconnect"), [["disconnect", "forced close"]]);
  socket.cut();
  clock.tick(1000);
  await connected(2);
});

for (const [state, reach] of [["connecting", () => socket.connect()], ["greeted", async () => { socket.connect(); (await reached()).send(GREETING); await until(() => wires[0].got.length); }],
  ["connected", connected], ["waiting for the next try", async () => { (await connected()).wire.terminate(); await hears("disconnect", "transport close"); }]]) {
  test(`disconnected while ${state} it is over, and nothing is left`, async () => {
    await reach();
    const before = heard.length;
    socket.disconnect();
    assert.equal(socket.connected, false);
    await nothingFollows();
    assert.equal(heard.length, before);
  });
}

test("a server that takes no WebSocket is tried again; a policy that throws too", async () => {
  refusesUpgrade = true;
  socket.connect();
  await hears("failed", { message: "transport close" });
  refusesUpgrade = false;
  const real = globalThis.WebSocket;
  globalThis.WebSocket = class { constructor() { throw new DOMException("no", "SecurityError"); } };
  clock.tick(1000);
  globalThis.WebSocket = real;
  assert.deepEqual(said("failed")[1], ["failed", { message: "SecurityError" }]);
  clock.tick(2000);
  await connected(1);
});
