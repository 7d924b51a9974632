// The dialog that is open: its lines, the reply being written, who types, and what the manager does with it.
import { signal } from "@preact/signals";
import { Dialog, catchUp } from "replyx/dialog.js";
import { Typing } from "replyx/typing.js";
import { replyTo } from "./reply.js";

export class Thread {
  dialog = new Dialog();
  isTyping = signal(false);
  failure = signal(null); // {action, error}
  #isLoaded = false;
  #isActing = false;
  #isClosed = false;
  typing = new Typing({
    send: (isTyping) => this.#sayTyping(isTyping),
    show: (isTyping) => { this.isTyping.value = isTyping; },
  });

  constructor(desk, id) {
    Object.assign(this, { desk, id, outbox: desk.outboxes.of(id), reply: replyTo(desk, id) });
    this.dialog.view = desk.dialogs.value.get(id) ?? null;
  }

  open() { this.#tell("open", () => this.refresh()); }

  close() {
    this.#isClosed = true;
    this.typing.say(false);
    this.typing.hear(false);
  }

  /** The stored lines, then those on their way. */
  get lines() {
    const { lines } = this.dialog;
    return [...lines, ...this.outbox.entries.filter((entry) => !lines.some((line) => line.client_id === entry.client_id))];
  }

  async refresh() {
    try {
      if (this.#isLoaded) await catchUp({ isOnline: this.desk.isOnline, request: this.desk.request }, this.dialog);
      else await this.#load();
    } catch (error) {
      if (error.retry || error.code === "unauthorized") throw error;
      this.failure.value = { action: "open", error };
      return;
    }
    if (this.failure.value?.action === "open") this.failure.value = null;
    const ids = new Set(this.dialog.lines.map((line) => line.client_id));
    for (const { client_id } of this.outbox.entries) if (ids.has(client_id)) this.outbox.drop(client_id);
    this.#draw();
  }

  async #load() {
    const { gap } = this.dialog;
    const page = await this.desk.request("message_list", { dialog_id: this.id });
    this.dialog.show(page.dialog, page.messages, page.more, gap);
    this.dialog.hasEarlier = page.more;
    this.#isLoaded = true;
  }

  #draw() {
    this.#markRead();
    this.desk.redraw();
  }

  async #tell(action, run) {
    try { await run(); } catch (error) { this.failure.value = { action, error }; }
  }

  earlier() {
    return this.#tell("open", async () => {
      const before = this.dialog.lines[0].id;
      const page = await this.desk.request("message_list", { dialog_id: this.id, before });
      this.dialog.addEarlier(page.messages, page.more);
      this.desk.redraw();
    });
  }

  /** `takeover`, `release`, `close` or `reopen`. */
  async act(action) {
    if (this.#isActing) return;
    this.#isActing = true;
    this.failure.value = null;
    await this.#tell(action, async () => this.#update(await this.desk.request(action, { dialog_id: this.id })));
    this.#isActing = false;
    // A refusal means that we saw an older state.
    if (this.failure.value) this.#fetch().then((answer) => this.#update(answer), () => {});
  }

  #fetch() { return this.desk.request("dialog_get", { dialog_id: this.id }); }

  #update({ dialog }) {
    this.dialog.update(dialog);
    this.desk.put(dialog);
    this.#draw();
  }

  /** True when the reply is on its way; false when there is none, or it waits for its files. */
  send(text) {
    if (!this.reply.send(text)) return false;
    this.typing.say(false);
    return true;
  }

  addOwn(message) {
    if (message.dialog_id !== this.id) return;
    this.dialog.add(message, false);
    this.#draw();
  }

  onState() { this.dialog.lose(); }

  onEvent(event, data) {
    if ((data.dialog?.id ?? data.message?.dialog_id ?? data.dialog_id) !== this.id) return;
    if (event === "dialog") this.dialog.update(data.dialog);
    else if (event === "message") this.#addLine(data.message);
    else if (event === "read") this.dialog.markRead(data.sender, data.message_id);
    else if (data.sender === "guest") this.typing.hear(event === "typing_start");
    this.#draw();
  }

  #addLine(message) {
    if (this.dialog.add(message, true) && message.sender === "guest") this.typing.hear(false);
  }

  #sayTyping(isTyping) {
    if (this.desk.isOnline) this.desk.request("typing", { dialog_id: this.id, typing: isTyping }).catch(() => {});
  }

  #markRead() {
    const last = this.dialog.lines.findLast((line) => line.sender === "guest");
    const isSeen = !this.#isClosed && document.visibilityState === "visible";
    if (!last || !isSeen || last.id <= this.dialog.view.manager_read_id) return;
    this.dialog.markRead("manager", last.id);
    this.desk.markRead(this.id, "manager", last.id);
    this.desk.request("read", { dialog_id: this.id, message_id: last.id }).catch(() => {});
  }
}
