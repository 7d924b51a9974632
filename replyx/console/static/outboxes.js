// Replies that the server has not acknowledged lie in this browser, by dialog, under the manager who wrote them.
import { Outbox } from "replyx/outbox.js";

export class Outboxes {
  #all = new Map();
  #prefix;
  #send;
  #onChange;
  #diagnostics;

  /** `send(dialogId, entry)` posts a reply; the outboxes try again until it has not rejected. */
  constructor(managerId, { send, onChange, diagnostics }) {
    this.#prefix = `replyx.reply.${managerId}.`;
    this.#send = send;
    this.#onChange = onChange;
    this.#diagnostics = diagnostics;
  }

  of(dialogId) {
    if (!this.#all.has(dialogId)) {
      const key = (clientId) => `${this.#prefix}${dialogId}.${clientId}`;
      this.#all.set(dialogId, new Outbox({
        send: (entry) => this.#send(dialogId, entry),
        save: async (clientId, value) => { try { localStorage.setItem(key(clientId), value); } catch { /* full or off */ } },
        remove: (clientId) => { try { localStorage.removeItem(key(clientId)); } catch { /* off */ } },
        onChange: this.#onChange,
        note: (what, more) => this.#diagnostics.note(what, more),
      }));
    }
    return this.#all.get(dialogId);
  }

  hasUnsent(dialogId) { return this.#all.get(dialogId)?.entries.length > 0; }

  pump() { for (const outbox of this.#all.values()) outbox.pump(); }

  /** The empty ones go, but for that of the dialog which is shown. */
  forget(shownId) {
    for (const [id, outbox] of this.#all) if (!outbox.entries.length && id !== shownId) this.#all.delete(id);
  }

  restore() {
    const stored = new Map();
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix))) {
        const dialogId = Number(key.slice(this.#prefix.length).split(".")[0]);
        stored.set(dialogId, [...stored.get(dialogId) ?? [], localStorage.getItem(key)]);
      }
    } catch { /* off */ }
    for (const [dialogId, values] of stored) {
      const outbox = this.of(dialogId);
      outbox.restore(values);
      // The session's end stopped them; there is a new one.
      for (const entry of outbox.entries) if (entry.reason === "unauthorized") outbox.retry(entry.client_id);
    }
  }
}
