// A visitor's tab: the widget's own chat on a host page's storage, loaded again and again.
import "./browser.mjs";
import { Chat } from "../../../widget_static/chat.js";
import { guestCredentials } from "../../../widget_static/credentials.js";
import { isSame, record, sleep, currentIds } from "./tools.mjs";

const OUTBOX = /^outbox\.(.*)$/;

/** `storage` is a Map that outlives a page, shared by the tabs of one visitor. */
export class Tab {
  #written = 0;
  #seen = new Set();
  #page;

  constructor({ url, direct, name, storage, client, random, counts }) {
    Object.assign(this, { url, direct, name, storage, client, random, counts });
    this.load();
  }

  /** A new page on what the storage holds; the one before it is gone, with all that it had begun. */
  load() {
    if (this.#page) {
      this.#page.isGone = true;
      this.chat.connection.close();
    }
    const page = this.#page = { isGone: false };
    const chat = this.chat = new Chat({
      origin: this.url, name: this.name, stored: Object.fromEntries(this.storage), storage: this.#host(page), isSeen: () => true,
      on: { change: () => { if (!page.isGone) this.#look(); }, state() {}, typing() {}, restart: () => this.load() },
    });
    const ask = chat.connection.request.bind(chat.connection);
    chat.connection.request = async (event, payload) => {
      const isLine = Boolean(payload?.client_id ?? payload?.message);
      if (isLine) this.counts.posts += 1;
      const answer = page.isGone ? new Promise(() => {}) : await ask(event, payload).catch((error) => error);
      if (page.isGone) await new Promise(() => {});
      if (isLine && answer.duplicate) this.counts.duplicates += 1;
      if (isLine && answer instanceof Error) this.counts.failed += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    chat.open();
  }

  write() {
    const text = `${this.client} line ${this.#written += 1}`;
    this.chat.send(text);
    record("wrote", { client: this.client, client_id: this.chat.outbox.entries.at(-1).client_id, text });
  }

  /** Whether nothing waits to be sent. */
  get isIdle() { return ![...this.storage.keys()].some((key) => OUTBOX.test(key)) && this.chat.outbox.entries.length === 0; }

  get ids() { return this.chat.dialog.lines.map((line) => line.id); }

  async isUpToDate() {
    while (this.chat.dialog.hasEarlier) await this.chat.loadEarlier();
    const credentials = guestCredentials(this.name, { guest_id: this.storage.get("guest_id") });
    return this.chat.dialog.view && isSame(this.ids, await currentIds(this.direct, credentials));
  }

  end() {
    const outbox = [...this.storage].filter(([key]) => OUTBOX.test(key)).map(([, value]) => JSON.parse(value));
    const { dialog } = this.chat;
    const lines = dialog.lines.map(({ id, client_id }) => ({ id, client_id }));
    record("view", { client: this.client, dialog_id: dialog.id ?? null, lines });
    record("outbox", { client: this.client, held: outbox.map(({ client_id, reason }) => ({ client_id, reason: reason ?? null })) });
    this.chat.connection.close();
  }

  /** The loader's end of the bridge, without the frame between. */
  #host(page) {
    const take = async (key, value) => {
      if (!page.isGone) this.storage.set(key, value);
      await sleep(20 * this.random());
      return value;
    };
    return {
      save: take,
      claim: (key, value) => take(key, this.storage.get(key) ?? value),
      remove: (key) => {
        if (page.isGone) return;
        const clientId = OUTBOX.exec(key)?.[1];
        const line = this.chat.dialog.lines.find((stored) => stored.client_id === clientId);
        if (clientId) record("acked", { client: this.client, client_id: clientId, message_id: line?.id ?? null });
        this.storage.delete(key);
      },
    };
  }

  #look() {
    for (const { id, dialog_id: dialogId, client_id: clientId, text } of this.chat.dialog.lines) {
      const key = `${id} ${clientId}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      record("saw", { client: this.client, message_id: id, dialog_id: dialogId, client_id: clientId, text });
    }
  }
}
