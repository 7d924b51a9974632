// A client that others would write: socket.io-client, HTTP beside it, and a retry of its own with the same client_id.
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";
import { isSame, record, sleep, currentIds } from "./tools.mjs";

const ACK_MS = 3000;
const LIST_MS = 2500;
const RETRY = new Set(["rate_limited", "internal", "storage_unavailable"]);

class Client {
  queue = [];
  isEnded = false;
  #connections = 0;
  #written = 0;
  #isPumping = false;

  constructor({ url, direct, credentials, transports, client, random, counts, newClientIds }) {
    Object.assign(this, { url, direct, credentials, client, random, counts, newClientIds });
    this.socket = io(url, {
      auth: credentials.auth, transports, forceNew: true, timeout: ACK_MS, reconnectionDelay: 200, reconnectionDelayMax: 2000,
    });
    this.socket.on("connect", () => { this.#connections += 1; this.connected(); });
    this.socket.on("connect_error", (error) => { if (error.data) setTimeout(() => this.socket.connect(), 500); });
    this.socket.on("disconnect", (reason) => { if (reason === "io server disconnect") this.socket.connect(); });
    this.socket.on("message", ({ message }) => { this.#saw(message, this.#connections); this.heard(message); });
  }

  connected() {}

  write(place) {
    const line = { client_id: randomUUID(), text: `${this.client} line ${this.#written += 1}`, ...place };
    record("wrote", { client: this.client, client_id: line.client_id, text: line.text });
    this.queue.push(line);
    this.#pump();
  }

  get isIdle() { return this.queue.length === 0; }

  /** An action over the socket, then over HTTP. Throws when no answer came or a later try may help. */
  async ask(event, route, payload) {
    let answer;
    if (this.socket.connected) {
      answer = await this.socket.timeout(ACK_MS).emitWithAck(event, payload).catch(() => null);
      // A silent connection would cost every line this wait, until a ping goes missing.
      if (!answer) this.socket.io.engine?.close();
    }
    answer ??= await this.#overHttp(route, payload);
    // What has no `ok` is not the server's: a gateway's own error.
    if (!answer?.ok && (answer?.ok !== false || RETRY.has(answer.error.code))) throw new Error("try again");
    return answer;
  }

  async #overHttp([method, path], { dialog_id: _, ...payload }) {
    const options = { method, headers: { ...this.credentials.headers }, signal: AbortSignal.timeout(ACK_MS) };
    let query = "";
    if (method === "GET") query = `?${new URLSearchParams(payload)}`;
    else Object.assign(options, { body: JSON.stringify(payload) }).headers["Content-Type"] = "application/json";
    return (await fetch(this.url + this.credentials.base + path + query, options)).json();
  }

  async #pump() {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.queue.length && !this.isEnded) {
      try {
        await this.#sendOne(this.queue[0]);
        this.queue.shift();
      } catch {
        this.counts.failed += 1;
        await sleep(100 + 500 * this.random());
        if (this.newClientIds) this.queue[0].client_id = randomUUID();
      }
    }
    this.#isPumping = false;
  }

  async #sendOne(line) {
    this.counts.posts += 1;
    const answer = await this.post(line);
    if (answer.duplicate) this.counts.duplicates += 1;
    const facts = { client: this.client, client_id: line.client_id };
    // A manager's, whose dialog was closed meanwhile; a guest's would have opened it again.
    if (answer.error?.code === "conflict" && line.dialog_id) { record("let go", facts); return; }
    if (!answer.ok) { record("refused", { ...facts, code: answer.error.code }); return; }
    record("acked", { ...facts, message_id: answer.message.id });
    this.#saw(answer.message);
    this.took(answer);
  }

  took() {}

  #saw({ id, dialog_id, client_id, text }, connection) {
    record("saw", { client: this.client, message_id: id, dialog_id, client_id, text, connection });
  }

  end() {
    this.isEnded = true;
    record("outbox", { client: this.client, held: this.queue.map(({ client_id }) => ({ client_id, reason: null })) });
    this.socket.disconnect();
  }
}

export class PlainGuest extends Client {
  dialogId = null;
  lines = new Map();
  #caughtUpTo = 0;

  constructor(options) {
    super(options);
    this.beat = setInterval(() => this.#catchUp(), LIST_MS);
  }

  connected() { this.#catchUp(); }

  heard(message) { this.lines.set(message.id, message.client_id); }

  took(answer) {
    this.dialogId = answer.dialog?.id ?? answer.dialog_id;
    this.heard(answer.message);
  }

  post({ text, client_id }) {
    if (!this.dialogId) return this.ask("dialog_open", ["POST", "/dialogs"], { message: { text, client_id } });
    const payload = { dialog_id: this.dialogId, text, client_id };
    return this.ask("message_post", ["POST", `/dialogs/${this.dialogId}/messages`], payload);
  }

  get ids() { return [...this.lines.keys()].sort((a, b) => a - b); }

  async isUpToDate() {
    return this.dialogId && isSame(this.ids, await currentIds(this.direct, this.credentials));
  }

  end() {
    clearInterval(this.beat);
    const lines = this.ids.map((id) => ({ id, client_id: this.lines.get(id) }));
    record("view", { client: this.client, dialog_id: this.dialogId, lines });
    super.end();
  }

  async #catchUp() {
    if (!this.dialogId) return;
    const route = ["GET", `/dialogs/${this.dialogId}/messages`];
    try {
      for (let more = true; more;) {
        const page = await this.ask("message_list", route, { dialog_id: this.dialogId, after: this.#caughtUpTo, limit: 200 });
        for (const message of page.messages) this.heard(message);
        this.#caughtUpTo = Math.max(this.#caughtUpTo, page.messages.at(-1)?.id ?? 0);
        more = page.more;
      }
    } catch { /* the next beat */ }
  }
}

/** A manager's program: it answers some of the guests' lines, and closes a dialog now and then. */
export class PlainManager extends Client {
  isQuiet = false;

  heard({ sender, dialog_id: id }) {
    if (sender !== "guest" || this.isQuiet) return;
    if (this.random() < 0.4) this.write({ dialog_id: id });
    if (this.random() < 0.03) this.#close(id);
  }

  async #close(id) {
    const answer = await this.ask("close", ["POST", `/dialogs/${id}/close`], { dialog_id: id }).catch(() => null);
    if (answer?.ok) this.counts.closed += 1;
  }

  post(line) { return this.ask("message_post", ["POST", `/dialogs/${line.dialog_id}/messages`], line); }

  async isUpToDate() { return true; }
}
