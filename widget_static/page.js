// The chat as a page of its own: does for it, in this browser, what the loader on a site's page does for the frame.
import { claim } from "./claim.js";

const LINK = "replyx.link";

const quietly = (run) => { try { return run(); } catch { return null; } }; // storage that is blocked or full

/** What ends in `.tab` is not for other tabs. */
const placeOf = (key) => (key.endsWith(".tab") ? sessionStorage : localStorage);

/** The same interface as Bridge. `hello` gives the credential of a mail's link too, where the page was opened by one. */
export class Page {
  #prefix;

  constructor({ site, onVisibility }) {
    Object.assign(this, { site, onVisibility });
    // Another link opened over this one changes the fragment alone.
    window.addEventListener("hashchange", () => location.reload());
  }

  async hello() {
    const link = this.#link();
    // A link's first part names its guest: what one has written and not sent is not the next one's.
    this.#prefix = `replyx.page.${this.site}.${link?.split(".")[0] ?? ""}.`;
    const all = quietly(() => [...Object.entries(localStorage), ...Object.entries(sessionStorage)]) ?? [];
    const ours = all.filter(([key]) => key.startsWith(this.#prefix));
    const stored = Object.fromEntries(ours.map(([key, value]) => [key.slice(this.#prefix.length), value]));
    return { page: location.origin, stored, link };
  }

  /** The credential leaves the address bar and the history; it lives as long as the tab, which others may use after. */
  #link() {
    const given = new URLSearchParams(location.hash.slice(1)).get("link");
    if (!given) return quietly(() => sessionStorage.getItem(LINK + this.site));
    history.replaceState(null, "", location.pathname + location.search);
    quietly(() => sessionStorage.setItem(LINK + this.site, given));
    return given;
  }

  async save(key, value) {
    quietly(() => placeOf(key).setItem(this.#prefix + key, value));
    return value;
  }

  claim(key, value) {
    return claim(key, value, (name) => quietly(() => localStorage.getItem(this.#prefix + name)) ?? undefined,
      (name, own) => this.save(name, own));
  }

  reload() { location.reload(); }

  remove(key) { quietly(() => placeOf(key).removeItem(this.#prefix + key)); }

  drawn() { this.onVisibility(true); }

  /** How many lines are unread stands where a page says things to those who look at another one: in its title. */
  unread(count) { document.title = document.title.replace(/^(\(\d+\) )?/, count ? `(${count}) ` : ""); }

  // There is no host page to tell.
  close() {}
  message() {}
  error() {}
  state() {}
}
