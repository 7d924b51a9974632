// The visitor's chat in this tab, from page to page: how it is is noted, and goes on where the next page begins.

export class Tab {
  constructor(host) {
    this.host = host;
    // What comes back from the browser's cache has not seen the pages since.
    window.addEventListener("pageshow", ({ persisted }) => { if (persisted && this.#was) this.note(); }, { signal: host.signal });
  }

  get #was() { return this.host.keep.get(this.host.keep.mark); }

  note() { if (!this.host.isInline) this.host.keep.note(this.host.isOpen); }

  /** Go on where the visitor was on the page before, or tell what waits for them. The page's own commands have run. */
  resume() {
    const { host } = this;
    const { keep, isInline, isForeign, small, settings: { proactive } } = host;
    if (isInline || isForeign) return;
    const was = this.#was;
    // Lines that were never acknowledged go out without a click; who chats in this tab hears the answers on all of its pages.
    if (was || keep.has(/outbox/)) host.prepare();
    // Over the whole of a small screen it would hide the page that they went to.
    if (was === "open" && !host.isUsed && !small.matches) {
      host.isQuiet = true;
      host.open();
    }
    if (was) this.note();
    else if (proactive || keep.guestKey) host.show((signs) => signs.meet());
  }
}
