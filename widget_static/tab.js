// The visitor's chat in this tab, from page to page: how it is is noted, and goes on where the next page begins.

export class Tab {
  isDue; // the panel opens by itself when it comes
  #pause; // before the last try

  constructor(host) {
    this.host = host;
    // What comes back from the browser's cache has not seen the pages since.
    addEventListener("pageshow", ({ persisted }) => { if (persisted && this.#was) this.note(); }, { signal: host.signal });
  }

  get #was() { return this.host.keep.get(this.host.keep.mark); }

  /** How the chat is in this tab. Before the guest has written, nothing is stored. */
  note() {
    const { keep, isInline, isOpen } = this.host;
    if (!isInline) keep.set(keep.mark, isOpen || this.isDue ? "open" : "closed");
  }

  /** What was to open by itself is not to any more. */
  rest() {
    const was = this.isDue;
    this.isDue = false;
    if (was) this.note();
  }

  /** Go on where the visitor was on the page before, or tell what waits for them. The page's own commands have run. */
  resume() {
    const { host } = this;
    const { keep, isInline, isForeign, small, settings: { proactive } } = host;
    if (isInline || isForeign) return;
    const was = this.#was;
    // Over the whole of a small screen it would hide the page that they went to.
    this.isDue = was === "open" && !host.isUsed && !small.matches;
    // Lines that were never acknowledged go out without a click; who chats in this tab hears the answers on all of its pages.
    if (was || /outbox/.test(keep.keys)) {
      this.#pause = 2500;
      addEventListener("online", () => host.prepare(), { signal: host.signal });
      host.prepare();
    }
    if (was) this.note();
    else if (proactive || keep.guestKey) host.show((signs) => signs.meet());
  }

  /** The panel has not come: what nobody has clicked for is asked for again some times, after longer and longer pauses. */
  again() { if (this.#pause < 3e5) setTimeout(() => this.host.prepare(), this.#pause *= 2); }
}
