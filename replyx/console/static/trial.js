// A test of the chat on a page of the site: opens it, and asks the server what the widget there has told.
import { signal } from "@preact/signals";
import { beginTrial, trialOf } from "./session.js";

const ASK_MS = 500;
// Without a word from the page for so long, none will come.
const SILENT_MS = 15000;
// What the widget says in turn when all is well.
export const STEPS = ["loader", "frame", "online"];

/** `state` is {steps: {step: true}, failure: null or {reason, ...}, origin, isOver}; null before the first test. */
export class Trial {
  state = signal(null);
  #timer;
  #run = 0; // counts tests: what is heard of an earlier one is for nobody

  constructor(siteId) { this.siteId = siteId; }

  /** Call it at a click: only then may a page open another. False when the browser forbids that all the same. Rejects with RequestError. */
  async begin(url) {
    this.end();
    const run = this.#run;
    // Opened empty, it is ours until it is sent on: whom it opens must not be able to send us elsewhere.
    const opened = window.open("", "_blank");
    if (!opened) return false;
    opened.opener = null;
    this.state.value = { steps: {}, failure: null, origin: url.origin, isOver: false };
    try {
      const key = await beginTrial(this.siteId);
      const address = new URL(url);
      address.hash = `replyx-test=${key}`;
      opened.location.replace(address);
      if (run === this.#run) this.#listen(key, run, 0, Date.now());
    } catch (error) {
      opened.close();
      // Another test runs, and this one's trouble is nobody's.
      if (run !== this.#run) return true;
      this.state.value = null;
      throw error;
    }
    return true;
  }

  end() {
    clearTimeout(this.#timer);
    this.#run += 1;
  }

  #listen(key, run, count, since) {
    this.#timer = setTimeout(async () => {
      // A failed request tells nothing of the page.
      const reports = await trialOf(this.siteId, key).catch(() => []);
      if (run !== this.#run) return;
      const isNews = reports.length > count;
      if (isNews) this.#take(reports);
      if (this.state.value.isOver) return;
      const heard = isNews ? Date.now() : since;
      if (Date.now() - heard > SILENT_MS) this.#finish({ reason: count ? "timeout" : "silent" });
      else this.#listen(key, run, Math.max(count, reports.length), heard);
    }, ASK_MS);
  }

  #take(reports) {
    // Who says a later step has done those before it.
    const last = Math.max(...reports.map(({ step }) => STEPS.indexOf(step)));
    const steps = Object.fromEntries(STEPS.slice(0, last + 1).map((name) => [name, true]));
    this.state.value = { ...this.state.value, steps, origin: reports.at(-1).origin || this.state.value.origin };
    const failure = reports.find(({ step }) => step === "failed");
    // A policy may block several things, and each needs its line.
    const directives = new Set(reports.map(({ directive }) => directive).filter(Boolean));
    if (failure || steps[STEPS.at(-1)]) this.#finish(failure ? { ...failure, directive: [...directives].join(", ") } : null);
  }

  #finish(failure) { this.state.value = { ...this.state.value, failure, isOver: true }; }
}
