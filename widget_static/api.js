// What only some pages ask of the JavaScript API: to hear of what happens, and to say who the visitor is.
const EVENTS = ["ready", "open", "close", "message", "unread", "error"];

/** What of an object can travel as it is: its texts, numbers, true and false. */
const plain = (object) => Object.fromEntries(Object.entries(typeof object === "object" && object || {})
  .filter(([, value]) => /string|boolean/.test(typeof value) || Number.isFinite(value)));

export class Api {
  #listeners = new Map(EVENTS.map((name) => [name, new Set()]));

  constructor(host) { this.host = host; }

  on(name, listener) {
    if (this.#listeners.has(name) && typeof listener === "function") this.#listeners.get(name).add(listener);
    else this.host.advise("event", name, EVENTS);
  }

  off(name, listener) { this.#listeners.get(name)?.delete(listener); }

  emit(name, detail = {}) {
    for (const listener of [...this.#listeners.get(name)]) {
      try { listener(detail); } catch (error) { this.host.warn(error); }
    }
  }

  /** Say who the visitor is. The panel hears it when it is there, and again whenever it begins anew. */
  identify(profile) {
    const { host } = this;
    const attributes = plain(profile?.attributes);
    const isFit = typeof profile === "object" && Object.keys(attributes).length === Object.keys(profile?.attributes ?? {}).length;
    if (!isFit) host.advise("profile");
    // What no message can hold, or the server would refuse, must not take the rest along. A signature is good for all that it was
    // made with: who somebody is is replaced as a whole, attributes one by one.
    const { attributes: before, ...whoBefore } = host.profile ?? {};
    const who = Object.fromEntries(Object.entries(plain(profile)).filter(([, value]) => value !== ""));
    host.profile = { ...(Object.keys(who).length ? who : whoBefore), attributes: { ...before, ...attributes } };
    if (host.panel.isDrawn) host.panel.tell({ type: "identify", profile: host.profile });
  }

  setAttributes(attributes) { this.identify({ attributes }); }

  forget() { this.host.profile = undefined; }

  /** Who the page says its visitor is was refused: nobody but the site's owner can mend that. */
  refused({ code, message }) {
    this.forget();
    this.host.warn("identify:", message);
    this.emit("error", { code, message });
  }
}
