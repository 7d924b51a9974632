// What a manager is writing in a dialog, a text and its files, until they go to the outbox together.
import { signal } from "@preact/signals";
import { Uploads } from "replyx/upload.js";
import { managerCredentials } from "replyx/credentials.js";
import { uuid } from "replyx/uuid.js";
import { texts } from "./ui.js";

// By manager and dialog. They outlive the session: who has to sign in again finds what they had written.
const replies = new Map();

const keyOf = (desk, dialogId) => `${desk.me.value.id}.${dialogId}`;
const repliesOf = (desk) => [...replies].filter(([key]) => key.startsWith(keyOf(desk, ""))).map(([, reply]) => reply);

export const replyTo = (desk, dialogId) => replies.get(keyOf(desk, dialogId)) ?? new Reply(desk, dialogId);

/** A manager has signed in again: what they had written goes on from this desk. */
export function takeUp(desk) { for (const reply of repliesOf(desk)) reply.takeUp(desk); }

/** Nothing goes out any more, and nothing holds on to this desk. */
export function layDown(desk) { for (const reply of repliesOf(desk)) reply.layDown(); }

class Reply {
  said = signal(""); // what there is to say of the files
  onReady; // the composer, where it is shown, sends what waited for its files; otherwise it goes from here
  #text = "";
  #desk;
  #isHeld = false;

  constructor(desk, dialogId) {
    Object.assign(this, { dialogId, key: keyOf(desk, dialogId) });
    this.#desk = desk;
    this.uploads = new Uploads({ url: `/api/manager/files?dialog_id=${dialogId}`, headers: managerCredentials.headers,
      prepare: async () => {}, onChange: () => this.#change() });
  }

  get text() { return this.#text; }
  set text(text) { this.#text = text; this.#keep(); }

  takeUp(desk) {
    this.#desk = desk;
    this.uploads.resume();
    this.#change();
  }

  layDown() {
    this.#desk = undefined;
    this.uploads.pause();
  }

  /** True when the reply is on its way; false while its files are not: it goes by itself once they are. */
  send(text) {
    const { items } = this.uploads;
    if (!text && !items.length) return false;
    this.#isHeld = items.some(({ state }) => state !== "done");
    if (this.#isHeld) {
      this.said.value = texts.files[items.some(({ state }) => state === "failed") ? "stuck" : "held"];
      return false;
    }
    this.said.value = "";
    this.text = "";
    this.#desk.outboxes.of(this.dialogId).add(text, uuid(), items.length ? { attachments: this.uploads.take() } : undefined);
    return true;
  }

  #change() {
    this.#keep();
    if (!this.#desk) return;
    this.#desk.redraw();
    const { items } = this.uploads;
    if (!this.#isHeld || !items.length || items.some(({ state }) => state !== "done")) return;
    this.#isHeld = false;
    if (this.onReady) this.onReady();
    else this.send(this.text.trim());
  }

  #keep() {
    if (this.text || this.uploads.items.length) replies.set(this.key, this);
    else replies.delete(this.key);
  }
}
