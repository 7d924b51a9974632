// A test of the chat on a page of the site: opens it, and hears what the widget there reports.
import { signal } from "@preact/signals";
import { isAllowed } from "replyx/domains.js";

const PROTOCOL = 2;
const HASH = "#replyx-test";
// Without a word from the page for so long, none will come.
const SILENT_MS = 15000;
// What the widget says in turn when all is well.
export const STEPS = ["loader", "frame", "online"];
const LOCAL = ["localhost", "127.0.0.1"];

/** The address to open, from what was typed; null where it is none of a web page. */
export function addressOf(typed) {
  const text = typed.trim();
  let url;
  try { url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`); } catch { return null; }
  return /^https?:$/.test(url.protocol) ? url : null;
}

/** How an origin is written in a list of domains. */
export function domainOf(origin) {
  const { hostname, host } = new URL(origin);
  return LOCAL.includes(hostname) ? hostname : host;
}

/** `state` is {steps: {step: true}, failure: null or {reason, ...}, origin, isOver}; null before the first test. */
export class Trial {
  state = signal(null);
  #opened;
  #timer;

  constructor(domains) { this.domains = domains; }

  /** Call it at a click: only then may a page open another. False when the browser forbids that all the same. */
  begin(url) {
    this.end();
    const address = new URL(url);
    address.hash = HASH;
    this.#opened = window.open(address, "_blank");
    if (!this.#opened) return false;
    this.state.value = { steps: {}, failure: null, origin: url.origin, isOver: false };
    window.addEventListener("message", this.#hear);
    this.#wait();
    return true;
  }

  end() {
    clearTimeout(this.#timer);
    window.removeEventListener("message", this.#hear);
    this.#opened = undefined;
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish({ reason: this.#silence() }), SILENT_MS);
  }

  /** A page may cut off who opened it: then its window looks closed to us. */
  #silence() {
    if (Object.keys(this.state.value.steps).length) return "timeout";
    return this.#opened.closed ? "closed" : "silent";
  }

  #hear = ({ source, origin, data }) => {
    if (source !== this.#opened || data?.replyx !== PROTOCOL || data.type !== "tested") return;
    const detail = Object(data.detail);
    this.state.value = { ...this.state.value, origin };
    if (origin !== location.origin && !isAllowed(new URL(origin), this.domains())) this.#finish({ reason: "foreign" });
    else if (data.step === "failed") this.#finish({ reason: String(detail.reason), directive: String(detail.directive ?? "") });
    else if (data.step === "online" && !["online", "polling"].includes(detail.state)) return;
    else if (STEPS.includes(data.step)) this.#pass(data.step);
  };

  #pass(step) {
    // Who says a later step has done those before it.
    const done = STEPS.slice(0, STEPS.indexOf(step) + 1).map((name) => [name, true]);
    this.state.value = { ...this.state.value, steps: { ...this.state.value.steps, ...Object.fromEntries(done) } };
    if (step === STEPS.at(-1)) this.#finish(null);
    else this.#wait();
  }

  #finish(failure) {
    clearTimeout(this.#timer);
    this.state.value = { ...this.state.value, failure, isOver: true };
  }
}
