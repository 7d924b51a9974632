// What the guest has written and the server has not acknowledged yet: kept until it has, sent one after the other.

const FILES_GONE = "files_gone";
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;

/** The entry's files that the server says it has no longer, by their places. */
const goneOf = ({ more }, { fields }) => (more?.attachments ?? []).filter((_, place) => (
  fields?.attachments?.[place]?.[0] === "This file is gone."));

/** Files of which the name alone is left. */
const names = (files) => files.map(({ id, name, size }) => ({ id, name, size, type: "" }));

/** The id of the entry that keeps what is gone of another one: the same in each tab, and after a reload. */
const restOf = (clientId) => (parseInt(clientId[0], 16) ^ 8).toString(16) + clientId.slice(1);

/**
 * `send(entry)` resolves at the server's ack and rejects with a RequestError; `save(key, value)` resolves once the entry is
 * stored; `remove(key)`; `onChange()` is called whenever an entry's state has changed; `note(what, {code})` keeps a record.
 *
 * An entry is {client_id, text, more, state, reason, isLate, cause}: `waiting` (to be sent, `isLate` once a try has failed, and the
 * code of why), `sending`, or `failed`: refused for good, with the reason's code, until the guest sends it again or drops it. `more` is what goes with the
 * line, {form, attachments}, and waits as long as it does. Files that the server has deleted meanwhile stay behind as an entry
 * of their own, failed with the reason `files_gone`.
 */
export class Outbox {
  entries = [];
  #timer;
  #attempts = 0;
  #cause; // the code of the last failure, until something gets through
  #isPumping = false;
  // When the server itself asked for time, or failed: a way to it that opens again is no reason to ask before.
  #notBefore = 0;

  constructor({ send, save, remove, onChange, note }) {
    Object.assign(this, { send, save, remove, onChange, note });
  }

  /** Take up what an earlier page left behind, oldest first. */
  restore(stored) {
    for (const value of stored) {
      try {
        const { client_id, text, at, reason, more } = JSON.parse(value);
        if (typeof client_id !== "string" || typeof text !== "string") continue;
        if (this.entries.some((entry) => entry.client_id === client_id)) continue;
        this.entries.push({ client_id, text, at, reason, more, state: reason ? "failed" : "waiting" });
      } catch { /* not ours */ }
    }
    this.entries.sort((a, b) => a.at - b.at);
  }

  /** Store a line, then send it when those before it are acknowledged. */
  async add(line, clientId, more) {
    // NUL and half of a surrogate pair would be refused for good.
    const text = (line.toWellFormed?.() ?? line).replaceAll("\0", "");
    const isLate = this.#attempts > 0;
    const entry = { client_id: clientId, text, more, at: Date.now(), state: "waiting", isLate, cause: this.#cause };
    this.entries.push(entry);
    this.onChange();
    await this.#store(entry);
    this.pump();
  }

  retry(clientId) {
    const entry = this.#find(clientId);
    if (!entry) return;
    Object.assign(entry, { state: "waiting", reason: undefined, isLate: this.#attempts > 0, cause: this.#cause });
    this.onChange();
    this.#store(entry);
    this.pump();
  }

  /** Forget an entry: it was acknowledged, it came back from the server, or the guest dropped it. */
  drop(clientId) {
    this.entries = this.entries.filter((entry) => entry.client_id !== clientId);
    this.remove(clientId);
    this.onChange();
  }

  /** Send what waits, now. Safe to call at any time: whenever the server was heard. */
  async pump() {
    if (this.#isPumping || Date.now() < this.#notBefore) return;
    clearTimeout(this.#timer);
    this.#isPumping = true;
    try {
      for (let entry = this.#next(); entry; entry = this.#next()) if (!await this.#sendOne(entry)) break;
    } finally {
      this.#isPumping = false;
    }
  }

  #find(clientId) { return this.entries.find((entry) => entry.client_id === clientId); }

  #next() { return this.entries.find((entry) => entry.state === "waiting"); }

  #store({ client_id, text, at, reason, more }) {
    return this.save(client_id, JSON.stringify({ client_id, text, at, reason, more }));
  }

  /** True when the queue may go on. */
  async #sendOne(entry) {
    entry.state = "sending";
    this.onChange();
    try {
      await this.send(entry);
      this.#attempts = 0;
      this.#cause = undefined;
      this.drop(entry.client_id);
      return true;
    } catch (error) {
      if (error.retry) {
        entry.state = "waiting";
        entry.reason = undefined;
        this.note("message waits for another try", { code: error.code });
        this.#later(error);
      } else this.#refuse(entry, error);
      this.onChange();
      return !error.retry;
    }
  }

  #refuse(entry, error) {
    const { more } = entry;
    const gone = goneOf(entry, error);
    const kept = more?.attachments?.filter((file) => !gone.includes(file));
    if (gone.length && (entry.text || kept.length)) {
      this.note("message goes without files", { code: FILES_GONE });
      const rest = { client_id: restOf(entry.client_id), text: "", at: entry.at, more: { attachments: names(gone) } };
      if (!this.#find(rest.client_id)) this.entries.push(Object.assign(rest, { state: "failed", reason: FILES_GONE }));
      this.#store(rest);
      Object.assign(entry, { state: "waiting", more: { ...more, attachments: kept.length ? kept : undefined } });
    } else {
      const reason = gone.length ? FILES_GONE : error.code ?? "internal";
      Object.assign(entry, { state: "failed", reason, more: gone.length ? { ...more, attachments: names(gone) } : more });
      this.note("message not sent", { code: reason });
    }
    this.#store(entry);
  }

  #later({ code, retryAfter }) {
    this.#cause = code;
    for (const entry of this.entries) if (entry.state === "waiting") Object.assign(entry, { isLate: true, cause: code });
    const backOff = Math.min(FIRST_WAIT_MS * 2 ** this.#attempts, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
    const wait = retryAfter ? retryAfter * 1000 : backOff;
    this.#attempts += 1;
    this.#notBefore = code === "unreachable" ? 0 : Date.now() + wait;
    this.#timer = setTimeout(() => { this.#notBefore = 0; this.pump(); }, wait);
  }
}
