// Files on their way to the server, one after the other. Nothing here draws.
import { RETRY } from "./retry.js";

export const LARGEST = 10 * 1024 * 1024;
export const MOST = 10;
const LONGEST_NAME = 200;
// Not a byte on its way for so long: the connection is dead.
const STALL_MS = 30000;
// The server has all of it, and looks into it: until it gets to that, and for that, it takes its time.
const ANSWER_MS = 60000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
// A message waits for its files, but not for a limit by the day.
const LONGEST_ASKED_S = 3600;

const endingOf = (name) => (name.includes(".") ? name.split(".").at(-1).toLowerCase() : "");

/** Why a file can't be sent, before it is: `too_large`, `empty`, `kind`; nothing when it can. `accept` is a file input's. */
export function refusal({ name, size, type }, accept) {
  if (!accept.split(",").some((kind) => kind === type || kind === `.${endingOf(name)}`)) return "kind";
  if (!size) return "empty";
  return size > LARGEST ? "too_large" : undefined;
}

/** A name as the server takes it: whole characters only, its ending kept. */
function wireName(name) {
  const ending = name.includes(".") ? `.${endingOf(name)}` : "";
  const whole = [...(name.toWellFormed?.() ?? name)].join("");
  return whole.length > LONGEST_NAME ? whole.slice(0, LONGEST_NAME - ending.length) + ending : whole;
}

/** The server's answer, or an error in its shape. What a gateway between says counts only where it is about the size. */
function read(request) {
  let answer;
  try { answer = JSON.parse(request.responseText); } catch { /* not our server's */ }
  if (answer?.ok && answer.file) return answer;
  if (answer?.error?.code) return answer;
  return { error: { code: request.status === 413 ? "too_large" : "unreachable" } };
}

/**
 * `url`, which may have a query, and `headers` are where and as whom, `prepare()` resolves when that is settled; `onChange()`
 * is called whenever an item has changed.
 *
 * An item is {key, file, name, size, type, state, progress 0..1, code, seconds, stored}: `waiting` (with a `code` once a try has
 * failed: it is tried again by itself, after `seconds` where the server asked for time), `sending`, `done` with what the
 * server has as `stored`, or `failed` for good because of `code`: the server's, or `day` where it asks for too much time.
 */
export class Uploads {
  items = [];
  #request;
  #timer;
  #attempts = 0;
  #nextKey = 1;
  #isPaused = false;

  constructor({ url, headers, prepare, onChange }) {
    Object.assign(this, { url, headers, prepare });
    this.onChange = () => {
      // The window holds on to us only as long as there is something to send.
      window.removeEventListener("online", this.wake);
      if (this.items.length && !this.#isPaused) window.addEventListener("online", this.wake);
      onChange();
    };
  }

  add(file) {
    const { name, size, type } = file;
    this.items.push({ key: this.#nextKey++, file, name, size, type, state: "waiting", progress: 0 });
    this.onChange();
    this.#pump();
  }

  /** Take up what the server has from before this page was loaded. */
  restore(stored) {
    const { name, size, type } = stored;
    this.items.push({ key: this.#nextKey++, name, size, type, state: "done", progress: 1, stored });
    this.onChange();
  }

  /** There may be a way to the server again. Where the server itself asked for time, that is no reason to ask before. */
  wake = () => {
    if (this.items.some(({ state, code }) => state === "waiting" && code === "unreachable")) this.#pumpNow();
  };

  /** Nobody is there any more in whose name these may go. */
  pause() {
    this.#isPaused = true;
    this.#request?.abort();
    this.onChange();
  }

  /** They are back. */
  resume() {
    this.#isPaused = false;
    for (const item of this.items) if (item.code === "unauthorized") Object.assign(item, { state: "waiting", code: undefined });
    this.onChange();
    this.#pumpNow();
  }

  retry(item) {
    Object.assign(item, { state: "waiting", code: undefined });
    this.onChange();
    this.#pumpNow();
  }

  /** Cancel it, or forget it. */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    if (item.state === "sending") this.#request?.abort();
    this.onChange();
  }

  /** What the server has of all items, which go with this. */
  take() {
    const taken = this.items.map((item) => item.stored);
    this.items = [];
    this.onChange();
    return taken;
  }

  #pumpNow() {
    this.#attempts = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump();
  }

  async #pump() {
    const item = this.items.find(({ state }) => state === "waiting");
    if (!item || this.#request || this.#timer || this.#isPaused) return;
    Object.assign(item, { state: "sending", progress: 0 });
    this.#request = new XMLHttpRequest();
    this.onChange();
    const answer = await this.#send(item);
    this.#request = undefined;
    if (this.items.includes(item)) this.#settle(item, answer);
    this.#pump();
  }

  /** The server's answer to one file, or an error in its shape. */
  async #send(item) {
    // A file that was moved or changed since it was chosen fails like a network would, and would be tried for ever.
    try { await item.file.slice(0, 1).arrayBuffer(); } catch { return { error: { code: "unreadable" } }; }
    await this.prepare();
    const request = this.#request;
    if (this.#isPaused) return { error: { code: "unreachable" } };
    if (!this.items.includes(item)) return {};
    return new Promise((resolve) => {
      let stall;
      const moved = (ms = STALL_MS) => { clearTimeout(stall); stall = setTimeout(() => request.abort(), ms); };
      request.open("POST", `${this.url}${this.url.includes("?") ? "&" : "?"}name=${encodeURIComponent(wireName(item.name))}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      for (const [header, value] of Object.entries(this.headers)) request.setRequestHeader(header, value);
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        moved();
        item.progress = total ? loaded / total : 0;
        this.onChange();
      });
      request.upload.addEventListener("load", () => moved(ANSWER_MS));
      request.addEventListener("loadend", () => { clearTimeout(stall); resolve(read(request)); });
      moved();
      request.send(item.file);
    });
  }

  #settle(item, { file, error }) {
    if (file) {
      this.#attempts = 0;
      Object.assign(item, { state: "done", progress: 1, code: undefined, stored: file });
    } else if (error.retry_after > LONGEST_ASKED_S) {
      Object.assign(item, { state: "failed", progress: 0, code: "day" });
    } else if (RETRY.has(error.code)) {
      Object.assign(item, { state: "waiting", progress: 0, code: error.code, seconds: error.retry_after });
      this.#later(error.retry_after);
    } else Object.assign(item, { state: "failed", progress: 0, code: error.code });
    this.onChange();
  }

  #later(seconds) {
    const backOff = Math.min(FIRST_WAIT_MS * 2 ** this.#attempts, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    this.#timer = setTimeout(() => { this.#timer = undefined; this.#pump(); }, seconds ? seconds * 1000 : backOff);
  }
}
