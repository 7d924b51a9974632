// A guest's chat without its page: joins the connection, the outbox and the dialog, and keeps them in step.
import { Connection } from "./connection.js";
import { guestCredentials } from "./credentials.js";
import { Diagnostics } from "./diagnostics.js";
import { Dialog, catchUp } from "./dialog.js";
import { Introduction } from "./introduction.js";
import { Outbox } from "./outbox.js";
import { Typing } from "./typing.js";
import { UUID, uuid } from "./uuid.js";
import { Wish } from "./wish.js";

const GUEST_ID = "guest_id";
const OUTBOX = "outbox.";
/** The states of the connection in which requests come through. */
export const UP = new Set(["online", "polling"]);

/**
 * `name` is {site_token} or {assistant_id}; `link` the credential from a mail, which stands for the guest's id. `stored` is what the host page keeps for us, by our keys; `storage` changes it:
 * save(key, value), claim(key, value), which gives the value that counts, both resolved once it is stored, and remove(key).
 * `isSeen()` says whether the guest has the lines before them. `on` has the handlers: change() when there is something new
 * to draw, state(state, error) of the connection, typing(isTyping) of the other side, restart(): the guest has another
 * id, begin anew with what is stored, and may have error(error): the server refused who the page says the guest is. `lang` is
 * the language in which the guest gets mails.
 */
export class Chat {
  dialog = new Dialog();
  diagnostics = new Diagnostics();
  isNew; // there is no dialog of this guest's, for all we know
  past = null; // an earlier dialog, while the guest reads it
  #guestId;
  #isKnown;

  constructor({ origin, name, link, lang, stored, storage, isSeen, on }) {
    Object.assign(this, { lang, storage, isSeen, on });
    const isStored = UUID.test(stored[GUEST_ID]);
    this.#isKnown = Boolean(link) || isStored;
    this.isNew = !this.#isKnown;
    this.#guestId = isStored ? stored[GUEST_ID] : uuid();
    // What is no guest id must not win the claim for ours.
    if (!isStored && GUEST_ID in stored) storage.remove(GUEST_ID);
    this.connection = new Connection({
      origin, diagnostics: this.diagnostics,
      credentials: guestCredentials(name, link ? { guest_link: link } : { guest_id: this.#guestId }),
      refresh: () => this.#refresh(),
      onEvent: (event, data) => this.#onEvent(event, data),
      onState: (state, error) => this.#onState(state, error),
    });
    this.outbox = new Outbox({
      save: (clientId, value) => storage.save(OUTBOX + clientId, value),
      remove: (clientId) => storage.remove(OUTBOX + clientId),
      onChange: on.change,
      send: (entry) => this.#post(entry),
      note: (what, more) => this.diagnostics.note(what, more),
    });
    this.introduction = new Introduction({
      send: (profile) => this.connection.request("guest_set", profile), onError: (error) => on.error?.(error) });
    this.wish = new Wish({ stored, storage, ask: () => this.#askForPerson() });
    this.typing = new Typing({ show: on.typing, send: (isTyping) => this.#sayTyping(isTyping) });
    this.outbox.restore(Object.entries(stored).filter(([key]) => key.startsWith(OUTBOX)).map(([, value]) => value));
  }

  /** Connect, once. */
  open() { this.connection.open(); }

  /** The dialog that is on the screen: an earlier one, or the guest's own of today. */
  get shown() { return this.past ?? this.dialog; }

  /** `more` may have `form`, a form's answers by the names of its fields, with `form_revision`, which form it was, and `attachments`, files as the server has them. */
  send(text, more) {
    this.typing.say(false);
    this.past = null;
    this.open();
    // It may leave long after this, from another page: what comes meanwhile is not read by it.
    const read_id = this.isSeen() ? this.dialog.lines.at(-1)?.id ?? 0 : this.dialog.view?.guest_read_id ?? 0;
    this.outbox.add(text, uuid(), { ...more, read_id });
  }

  /** Who the page says the guest is. Kept until there is a dialog: before, the server knows no guest. */
  setProfile(profile) {
    this.introduction.set(profile);
    if (UP.has(this.connection.state)) this.#settle();
  }

  /** Leave an address to mail answers to; resolves with the dialog. Rejects with RequestError. */
  async saveContact(email, lang) {
    const answer = await this.connection.request("contact", { dialog_id: this.dialog.id, email, lang });
    this.dialog.update(answer.dialog);
    return answer.dialog;
  }

  /** Ask for a person. Before there is a dialog it is remembered, and asked after the first line. Rejects with RequestError. */
  async requestHandoff() {
    this.wish.make();
    if (this.dialog.view) await this.wish.tell();
  }

  /** Rate the closed dialog that is on the screen, from 1 to 5. Rejects with RequestError. */
  async rate(rating, text) {
    const { shown } = this;
    shown.update((await this.connection.request("rate", { dialog_id: shown.id, rating, text })).dialog);
    this.on.change();
  }

  /** Have the dialog that is on the screen mailed. Rejects with RequestError. */
  async requestTranscript(email) {
    await this.connection.request("transcript_request", { dialog_id: this.shown.id, email, lang: this.lang });
  }

  /** A page of the guest's dialogs, the newest first: {dialogs, cursor}; null is the last cursor. Rejects with RequestError. */
  history(cursor) { return this.connection.request("history", { cursor: cursor ?? undefined }); }

  /** Show one of the guest's dialogs, an earlier one to read only. Rejects with RequestError. */
  async openDialog(id) {
    let past = null;
    if (id !== this.dialog.id) {
      const page = await this.connection.request("message_list", { dialog_id: id });
      past = new Dialog();
      past.show(page.dialog, page.messages, page.more, past.gap);
    }
    this.past = past;
    this.on.change();
    this.markRead();
  }

  /** Show the page of lines before the first one. Rejects with RequestError. */
  async loadEarlier() {
    const { shown } = this;
    const { id, lines: [first] } = shown;
    const page = await this.connection.request("message_list", { dialog_id: id, before: first.id });
    if (shown.id === id) shown.addEarlier(page.messages, page.more);
    this.on.change();
  }

  /** The guest looks at the lines: what others wrote is read. */
  markRead() {
    const { dialog } = this;
    const last = dialog.lines.findLast((line) => line.sender !== "guest");
    if (!last || this.past || !this.isSeen() || last.id <= dialog.view.guest_read_id) return;
    dialog.markRead("guest", last.id);
    this.connection.request("read", { dialog_id: dialog.id, message_id: last.id }).catch(() => {});
  }

  #onState(state, error) {
    this.on.state(state, error);
    this.dialog.lose();
    if (UP.has(state)) this.outbox.pump();
  }

  #sayTyping(isTyping) {
    if (!this.dialog.view || !this.connection.isOnline) return;
    this.connection.request("typing", { dialog_id: this.dialog.id, typing: isTyping }).catch(() => {});
  }

  /** The id is in the host page's storage before a line first reaches the server: a lost reply never loses the dialog. */
  async claimGuestId() {
    if (this.#isKnown) return;
    if (await this.storage.claim(GUEST_ID, this.#guestId) !== this.#guestId) {
      // Another tab of this guest was first: begin anew under its id. What is unsent lies in the outbox.
      this.on.restart();
      await new Promise(() => {});
    }
    this.#isKnown = true;
  }

  async #post({ text, client_id, more: { form, form_revision, attachments, read_id } = {} }) {
    await this.claimGuestId();
    const { dialog } = this;
    const message = { text, client_id, attachments: attachments?.map(({ id }) => id), read_id };
    // A form's answers have their place where a dialog begins.
    if (dialog.view && !form) {
      try {
        const answer = await this.connection.request("message_post", { dialog_id: dialog.id, ...message });
        if (answer.dialog_id === dialog.id) dialog.add(answer.message, false);
        else await this.#openDialog({});
        return;
      } catch (error) {
        if (error.code !== "not_found") throw error;
      }
    }
    await this.introduction.withProfile((profile) => this.#openDialog({ message, form, form_revision, profile, lang: this.lang }));
    this.#settle();
  }

  /** There is a way to the server: tell it who the guest is, and once there is a dialog, what waited for one. */
  #settle() {
    this.introduction.say(Boolean(this.dialog.view));
    if (this.dialog.view) this.wish.tell().catch(() => {});
  }

  async #askForPerson() {
    const { dialog } = this;
    const answer = await this.connection.request("handoff_request", { dialog_id: dialog.id });
    if (answer.dialog.id === dialog.id) {
      dialog.update(answer.dialog);
      this.on.change();
    } else this.#refreshQuietly();
  }

  async #openDialog(payload) {
    const { dialog } = this;
    const { gap } = dialog;
    const answer = await this.connection.request("dialog_open", payload);
    this.isNew = !answer.dialog;
    if (answer.dialog) dialog.show(answer.dialog, answer.messages, answer.more, gap);
    if (answer.message) dialog.add(answer.message, false);
  }

  async #refresh() {
    const { connection, dialog, outbox } = this;
    // A guest without a dialog has nothing to ask for; without a socket, only an answer shows that there is a way.
    if (!dialog.view && (this.#isKnown || !connection.isOnline)) await this.#openDialog({});
    // After a closed dialog another tab may have begun a new one: without a socket nobody would tell us.
    else if (dialog.view?.status === "closed") await this.#openDialog({});
    else if (dialog.view) await catchUp(connection, dialog);
    const stored = new Set(dialog.lines.map((line) => line.client_id));
    for (const { client_id } of outbox.entries.filter((entry) => stored.has(entry.client_id))) outbox.drop(client_id);
    // There is a way to the server: what failed for want of one does not wait longer.
    outbox.pump();
    this.#settle();
    this.on.change();
    this.markRead();
  }

  #onEvent(event, data) {
    const { dialog, typing } = this;
    if (event === "message") {
      if (data.message.dialog_id !== dialog.id) { this.#refreshQuietly(); return; }
      dialog.add(data.message, true);
      if (data.message.sender !== "guest") typing.hear(false);
      this.markRead();
    } else if (event === "dialog") {
      if (!dialog.view || (data.dialog.id > dialog.id)) { this.#refreshQuietly(); return; }
      dialog.update(data.dialog);
    } else if (event === "read" && data.dialog_id === dialog.id) dialog.markRead(data.sender, data.message_id);
    else if (event.startsWith("typing_") && data.dialog_id === dialog.id && data.sender !== "guest") {
      typing.hear(event === "typing_start");
    }
    this.on.change();
  }

  /** A dialog that another tab made, or a newer one: ask for it. */
  #refreshQuietly() {
    this.#isKnown = true;
    this.#openDialog({}).then(this.on.change, () => {});
  }
}
