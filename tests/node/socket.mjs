// How the widget's Socket.IO client connects, loses its connection and comes back: node --test socket.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GREETING, CONNECT_MS, ALIVE_MS, clock, socket, wires, heard, until, said, hears, reached, connected, nothingFollows, refuseUpgrades } from "./wires.mjs";

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
  refuseUpgrades(true);
  socket.connect();
  await hears("failed", { message: "transport close" });
  refuseUpgrades(false);
  const real = globalThis.WebSocket;
  globalThis.WebSocket = class { constructor() { throw new DOMException("no", "SecurityError"); } };
  clock.tick(1000);
  globalThis.WebSocket = real;
  assert.deepEqual(said("failed")[1], ["failed", { message: "SecurityError" }]);
  clock.tick(2000);
  await connected(1);
});
