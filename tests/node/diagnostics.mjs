// The widget's own diagnostics: what is counted, when it is reported, and what the record holds.
import assert from "node:assert/strict";
import { Diagnostics } from "../../widget_static/diagnostics.js";

let time = Date.UTC(2026, 0, 31, 9, 30);
Date.now = () => time;

const line = (clientId, dialogId = 7) => ({ dialog_id: dialogId, text: "my secret", client_id: clientId });
const answer = { ok: true, dialog_id: 7 };

// A message counts once for each failure, however often it is tried; what the server refused it has counted itself.
const diagnostics = new Diagnostics();
for (let count = 0; count < 5; count += 1) diagnostics.failed("http", "unreachable", "message_post", line("one"));
diagnostics.failed("socket", "no_ack", "message_post", line("two"));
diagnostics.failed("http", "rate_limited", "message_post", line("three"));
diagnostics.failed("http", "unreachable", "sync", { dialog_id: 7 });
for (let count = 0; count < 3; count += 1) diagnostics.notOpened("timeout");
for (const id of ["one", "two", "three", "four"]) diagnostics.passed("http", line(id), answer);
assert.equal(diagnostics.take({}, { ok: true }), null, "no dialog is known");
assert.equal(diagnostics.take({}, { dialog: { id: 8 } })?.failures.length, 1);
assert.equal(diagnostics.take(line("four"), answer), null, "at most one report in 30 s");
time += 30000;
const report = diagnostics.take(line("four"), answer);
assert.deepEqual(report, { dialog_id: 7, retried: 3, failures: [
  { transport: "http", code: "unreachable", count: 1 }, { transport: "socket", code: "no_ack", count: 1 }] });

// What did not arrive goes again, with what has come since.
diagnostics.giveBack(report);
diagnostics.opened();
diagnostics.notOpened("timeout");
time += 30000;
assert.deepEqual(diagnostics.take(line("five"), answer), { dialog_id: 7, retried: 3, failures: [
  ...report.failures, { transport: "socket", code: "no_socket", count: 1 }] });
time += 30000;
assert.equal(diagnostics.take(line("six"), answer), null, "nothing to tell");

// A report is as long as the server takes it; the record is bounded, and holds neither texts nor ids.
for (let count = 0; count < 5000; count += 1) diagnostics.failed("http", "unreachable", "message_post", line(`many ${count}`));
assert.deepEqual(diagnostics.take(line("seven"), answer).failures, [{ transport: "http", code: "unreachable", count: 1000 }]);
for (let count = 0; count < 500; count += 1) diagnostics.note("state", { code: `state ${count}` });
const text = diagnostics.text([["State", "online"]]);
assert.equal(text.split("\n").filter((entry) => entry.startsWith("2026-01-31T")).length, 100);
assert.match(text, /^State: online$/m);
assert.match(text, /4 over HTTP, 3 of them by another try/);
for (const secret of ["my secret", "one", "many"]) assert.equal(text.includes(`${secret} `), false);
const repeated = new Diagnostics();
for (let count = 0; count < 9; count += 1) repeated.failed("http", "unreachable", "sync", {});
assert.match(repeated.text([]), /request failed http sync unreachable \(9 times, the last /);
