// What happened on the way to the server: kept for a person to copy, and counted for the site's owner. It holds our own words
// and the server's codes; never a text, a token, or who somebody is.

const MOST_ENTRIES = 100;
// The same again, this near to the end of the list, is counted there.
const NEAR = 8;
const REPORT_MS = 30000;
const MOST_COUNTED = 1000;
const MOST_WAITING = 200;
// The server counts its refusals itself.
const ONLY_WE_KNOW = new Set(["unreachable", "no_ack"]);

const utc = (at) => `${new Date(at).toISOString().slice(0, 19)}Z`;
const clientIdOf = (payload) => payload.client_id ?? payload.message?.client_id;

export class Diagnostics {
  #entries = []; // {at, what, transport, event, code, times, last}
  #sent = { socket: 0, http: 0, again: 0 };
  #transport;
  #hasNoSocket = false;
  #troubled = new Map(); // client_id of a message that is not through: the failures counted for it
  #waiting = new Map(); // what is to be reported, by dialog; 0 until one is known
  #reportedAt = -Infinity;

  /** Remember that something happened. */
  note(what, { transport = "", event = "", code = "" } = {}) {
    const at = Date.now();
    const same = this.#entries.slice(-NEAR).find((entry) => entry.what === what && entry.transport === transport
      && entry.event === event && entry.code === code);
    if (same) Object.assign(same, { times: same.times + 1, last: at });
    else this.#entries.push({ at, what, transport, event, code, times: 1, last: at });
    this.#entries.splice(0, this.#entries.length - MOST_ENTRIES);
  }

  opened() {
    this.#hasNoSocket = false;
    this.note("connected", { transport: "socket" });
  }

  /** A socket could not be opened: counted once for each time without one, however often it is tried. */
  notOpened(code) {
    this.note("connecting failed", { transport: "socket", code });
    if (!this.#hasNoSocket) this.#count(0, "socket no_socket");
    this.#hasNoSocket = true;
  }

  failed(transport, code, event, payload) {
    this.note("request failed", { transport, event, code });
    const clientId = clientIdOf(payload);
    if (!clientId) return;
    const met = this.#troubled.get(clientId) ?? new Set();
    bound(this.#troubled.set(clientId, met));
    const failure = `${transport} ${code}`;
    if (ONLY_WE_KNOW.has(code) && !met.has(failure)) this.#count(payload.dialog_id ?? 0, failure);
    met.add(failure);
  }

  passed(transport, payload, answer) {
    if (transport !== this.#transport) this.note("requests go by", { transport });
    this.#transport = transport;
    const clientId = clientIdOf(payload);
    if (!clientId) return;
    this.#sent[transport] += 1;
    if (!this.#troubled.delete(clientId)) return;
    this.#sent.again += 1;
    this.#count(dialogOf(payload, answer) ?? 0, "again");
  }

  /** After a success: what is to be reported with its dialog, or null. Give it back when the report does not arrive. */
  take(payload, answer) {
    const id = dialogOf(payload, answer);
    if (!id || !(this.#waiting.has(id) || this.#waiting.has(0)) || Date.now() - this.#reportedAt < REPORT_MS) return null;
    this.#reportedAt = Date.now();
    const counts = new Map(this.#waiting.get(id));
    for (const [key, count] of this.#waiting.get(0) ?? []) counts.set(key, (counts.get(key) ?? 0) + count);
    this.#waiting.delete(id);
    this.#waiting.delete(0);
    const retried = Math.min(counts.get("again") ?? 0, MOST_COUNTED);
    counts.delete("again");
    const failures = [...counts].map(([key, count]) => {
      const [transport, code] = key.split(" ");
      return { transport, code, count: Math.min(count, MOST_COUNTED) };
    });
    return { dialog_id: id, failures, retried };
  }

  giveBack({ dialog_id: id, failures, retried }) {
    for (const { transport, code, count } of failures) this.#count(id, `${transport} ${code}`, count);
    if (retried) this.#count(id, "again", retried);
  }

  #count(dialogId, key, count = 1) {
    const counts = this.#waiting.get(dialogId) ?? new Map();
    counts.set(key, (counts.get(key) ?? 0) + count);
    bound(this.#waiting.set(dialogId, counts));
  }

  /** All of it as text for the support; `facts` are [name, value] pairs for its head. */
  text(facts) {
    const { socket, http, again } = this.#sent;
    const head = [...facts, ["Written", utc(Date.now())],
      ["Messages sent since the page was loaded", `${socket} by socket, ${http} over HTTP, ${again} of them by another try`]];
    return ["ReplyX diagnostics. No message texts, names or secrets.", ...head.map(([name, value]) => `${name}: ${value}`), "",
      ...this.#entries.map(line)].join("\n");
  }
}

function line({ at, what, transport, event, code, times, last }) {
  const words = [utc(at), what, transport, event, code].filter(Boolean).join(" ");
  return times > 1 ? `${words} (${times} times, the last ${utc(last)})` : words;
}

function dialogOf(payload, answer) { return answer.dialog_id ?? answer.dialog?.id ?? payload.dialog_id; }

/** Forget the oldest of what nobody came back for. */
function bound(map) { if (map.size > MOST_WAITING) map.delete(map.keys().next().value); }
