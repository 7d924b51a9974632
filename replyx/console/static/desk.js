// What a signed-in manager has before them: the dialogs that are known, which of them are listed, and the open one.
import { computed, signal } from "@preact/signals";
import { Connection, RequestError } from "replyx/connection.js";
import { managerCredentials } from "replyx/credentials.js";
import { Diagnostics } from "replyx/diagnostics.js";
import { Outboxes } from "./outboxes.js";
import { layDown, takeUp } from "./reply.js";
import { Thread } from "./thread.js";

const PAGE = 50;
const MOST_WAITING = 100;
const PREVIEW = 200;
const MOST_KNOWN = 500;

export const VIEWS = {
  open: (dialog) => dialog.status === "open",
  waiting: (dialog) => dialog.status === "open" && dialog.handler === "waiting",
  mine: (dialog, me) => dialog.status === "open" && dialog.manager_id === me.id,
  closed: (dialog) => dialog.status === "closed",
  all: () => true,
};

export class Desk {
  dialogs = signal(new Map());
  view = signal("open");
  // The list is whole down to this id of a last line: undefined before the first page, null when there is no more.
  floor = signal(undefined);
  state = signal("connecting");
  failure = signal(null);
  thread = signal(null);
  place = signal(""); // the page beside the list where no dialog is open: `#/delivery`, `#/site/3/look` in the address
  refreshes = signal(0);
  diagnostics = new Diagnostics();
  changes = signal(0); // counts what threads and outboxes change, for the components that show them
  #onEnd;
  #connection;
  #isClosed = false;
  #isStale = true;
  #clock = 0;
  #changedAt = new Map();

  constructor({ manager, sites, mail }, onEnd) {
    this.me = signal(manager);
    this.mail = signal(mail);
    this.sites = signal(sites);
    this.#onEnd = onEnd;
    this.rows = computed(() => [...this.dialogs.value.values()]
      .filter((row) => VIEWS[this.view.value](row, manager) && row.last_message_id >= (this.floor.value ?? 0))
      .sort((a, b) => b.last_message_id - a.last_message_id));
    this.waiting = computed(() => [...this.dialogs.value.values()].filter(VIEWS.waiting).length);
    this.outboxes = new Outboxes(manager.id, {
      send: (dialogId, entry) => this.#post(dialogId, entry), onChange: this.redraw, diagnostics: this.diagnostics,
    });
    this.#connection = new Connection({
      origin: location.origin, credentials: managerCredentials, refresh: () => this.#refresh(),
      onEvent: (event, data) => this.#onEvent(event, data), onState: (state, error) => this.#onState(state, error),
      diagnostics: this.diagnostics,
    });
  }

  open() {
    this.outboxes.restore();
    takeUp(this);
    window.addEventListener("hashchange", this.#followHash);
    this.#followHash();
    this.#connection.open();
    // Where a socket is blocked, it takes seconds until the connection gives it up; the list need not wait for that.
    this.#tell(() => this.#firstPage());
  }

  close() {
    this.#isClosed = true;
    window.removeEventListener("hashchange", this.#followHash);
    this.thread.value?.close();
    layDown(this);
    this.#connection.close();
  }

  get isOnline() { return this.#connection.isOnline; }

  /** Run an action. Rejects with RequestError; when the session has ended, the desk ends too. */
  request = async (event, payload) => {
    // What a closed desk still wants to send must not go out under the name of the next manager.
    if (this.#isClosed) throw new RequestError({ code: "unauthorized" });
    try {
      return await this.#connection.request(event, payload);
    } catch (error) {
      if (error.code === "unauthorized") this.#onEnd(error);
      throw error;
    }
  };

  redraw = () => { this.changes.value += 1; };

  /** The open dialog is in the address: a reload keeps it, and a phone's Back leaves it. */
  #followHash = () => {
    this.place.value = location.hash.startsWith("#/") ? location.hash.slice(2) : "";
    const id = Number(location.hash.slice(1)) || null;
    if (id === (this.thread.value?.id ?? null)) return;
    this.thread.value?.close();
    this.thread.value = id && new Thread(this, id);
    this.thread.value?.open();
  };

  /** A site as its settings have it. */
  renameSite({ id, name }) { this.sites.value = this.sites.value.map((site) => (site.id === id ? { ...site, name } : site)); }

  // The list

  async show(view) {
    this.view.value = view;
    this.floor.value = undefined;
    await this.#tell(() => this.#firstPage());
  }

  more() {
    return this.#tell(async () => { 
      const view = this.view.value;
      const floor = await this.#load(view, this.floor.value, PAGE);
      if (this.view.value === view) this.floor.value = floor;
    });
  }

  async #tell(run) {
    this.failure.value = null;
    try { await run(); } catch (error) { this.failure.value = error; }
  }

  async #refresh() {
    const { manager, sites, mail } = await this.request("session_get");
    // Another tab may have signed in as somebody else: the cookie is theirs now.
    if (manager.id !== this.me.value.id) {
      this.close();
      location.reload();
      return;
    }
    this.me.value = manager;
    this.sites.value = sites;
    this.mail.value = mail;
    if (this.#isStale) this.outboxes.pump();
    // The title counts who waits, whatever is listed.
    if (this.view.value !== "waiting") await this.#load("waiting", undefined, MOST_WAITING);
    await this.#firstPage();
    this.failure.value = null;
    await this.thread.value?.refresh();
    this.refreshes.value += 1;
    this.#forget();
  }

  /** A console stays open for weeks: what is not shown and waits for nothing is known again when it is asked for. */
  #forget() {
    const isKept = (row) => this.rows.value.includes(row) || VIEWS.waiting(row) || row.id === this.thread.value?.id;
    this.outboxes.forget(this.thread.value?.id);
    if (this.dialogs.value.size <= MOST_KNOWN) return;
    this.dialogs.value = new Map([...this.dialogs.value].filter(([, row]) => isKept(row)));
    for (const id of this.#changedAt.keys()) if (!this.dialogs.value.has(id)) this.#changedAt.delete(id);
  }

  async #firstPage() {
    const view = this.view.value;
    const floor = await this.#load(view, undefined, PAGE);
    if (this.view.value !== view) return;
    if (this.#isStale || this.floor.value === undefined) this.floor.value = floor;
    this.#isStale = false;
  }

  /** Take over a page of the server's list; what we know better from events since we asked stays. */
  async #load(view, cursor, limit) {
    const since = this.#clock;
    const page = await this.request("dialog_list", { view, cursor, limit });
    const isOld = (id) => !(this.#changedAt.get(id) > since);
    const known = new Map(this.dialogs.value);
    for (const row of known.values()) {
      const isInPage = row.last_message_id < (cursor ?? Infinity) && row.last_message_id >= (page.cursor ?? 0);
      if (isInPage && VIEWS[view](row, this.me.value) && isOld(row.id)) known.delete(row.id);
    }
    for (const row of page.dialogs) if (isOld(row.id)) known.set(row.id, row);
    this.dialogs.value = known;
    return page.cursor;
  }

  /** A dialog as the server has it now. */
  put(row) {
    this.#changedAt.set(row.id, this.#clock += 1);
    this.dialogs.value = new Map(this.dialogs.value).set(row.id, row);
  }

  #onState(state, error) {
    this.state.value = state;
    this.#isStale = true;
    this.thread.value?.onState();
    if (state === "refused") this.#onEnd(error);
  }

  #onEvent(event, data) {
    if (event === "dialog") this.put(data.dialog);
    if (event === "message") this.#addLine(data.message);
    if (event === "read") this.markRead(data.dialog_id, data.sender, data.message_id);
    this.thread.value?.onEvent(event, data);
  }

  #addLine({ id, dialog_id, sender, author, text, attachments, created_at }) {
    const row = this.dialogs.value.get(dialog_id);
    if (!row) { this.#fetch(dialog_id); return; }
    if (id <= row.last_message_id) return;
    // Who writes has read what is above: the server moves the marks in the same way.
    const marks = { guest: { last_guest_message_id: id, guest_read_id: id }, manager: { manager_read_id: id } }[sender];
    const summary = (text || attachments.map(({ name }) => name).join(", ")).slice(0, PREVIEW);
    this.put({ ...row, ...marks, last_message_id: id, last_message: { sender, author: author?.name, text: summary, created_at } });
  }

  /** A dialog that was below the pages we have. If this fails, the next refresh brings it. */
  async #fetch(dialogId) {
    try { this.put((await this.request("dialog_get", { dialog_id: dialogId })).dialog); } catch { /* see above */ }
  }

  markRead(dialogId, sender, messageId) {
    const row = this.dialogs.value.get(dialogId);
    const mark = `${sender}_read_id`;
    if (row && messageId > row[mark]) this.put({ ...row, [mark]: messageId });
  }

  async #post(dialogId, { text, client_id, more }) {
    const payload = { dialog_id: dialogId, text, client_id, attachments: more?.attachments?.map(({ id }) => id) };
    const { message } = await this.request("message_post", payload);
    this.#addLine(message);
    this.thread.value?.addOwn(message);
  }
}
