// What the widget's Socket.IO client makes of packets, good and bad, and its acks: node --test socket_packets.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GREETING, ALIVE_MS, clock, socket, heard, until, said, hears, reached, connected } from "./wires.mjs";

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
