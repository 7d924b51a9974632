// The chat as a page of its own: does for it, in this browser, what the loader on a site's page does for the frame.
import { claim } from "./claim.js";
import { guestOf, isToGoOn } from "./mailed.js";

const LINK = "replyx.link";
// One that waits for an answer: whether it is to be opened here.
const ASKED = "replyx.asked";
const GUEST_ID = "guest_id";

const quietly = (run) => { try { return run(); } catch { return null; } }; // storage that is blocked or full

/** What ends in `.tab` is not for other tabs. */
const placeOf = (key) => (key.endsWith(".tab") ? sessionStorage : localStorage);

/** The same interface as Bridge. `hello` gives the credential of a mail's link too, where the page was opened by one. */
export class Page {
  #prefix;

  constructor({ site, name, texts, onVisibility }) {
    Object.assign(this, { site, name, texts, onVisibility });
    // Another link opened over this one changes the fragment alone.
    window.addEventListener("hashchange", () => location.reload());
  }

  async hello() {
    const link = await this.#link();
    // What one guest has written and not sent is not the next one's.
    this.#prefix = this.#prefixOf(link);
    const all = quietly(() => [...Object.entries(localStorage), ...Object.entries(sessionStorage)]) ?? [];
    const ours = all.filter(([key]) => key.startsWith(this.#prefix));
    const stored = Object.fromEntries(ours.map(([key, value]) => [key.slice(this.#prefix.length), value]));
    return { page: location.origin, stored, link };
  }

  #prefixOf(link) { return `replyx.page.${this.site}.${guestOf(link) ?? ""}.`; }

  /** The credential that counts in this tab, if any. It lives as long as the tab, which others may use after. */
  async #link() {
    const { site } = this;
    const kept = quietly(() => sessionStorage.getItem(LINK + site));
    const given = this.#given();
    if (!given) return kept;
    const isOpened = await this.#isToOpen(given, kept);
    quietly(() => sessionStorage.removeItem(ASKED + site));
    if (!isOpened) return kept;
    quietly(() => sessionStorage.setItem(LINK + site, given));
    return given;
  }

  /** The link by which the page was opened, also after a reload that comes before an answer. It leaves the address bar and the history. */
  #given() {
    const given = new URLSearchParams(location.hash.slice(1)).get("link");
    if (!given) return quietly(() => sessionStorage.getItem(ASKED + this.site));
    quietly(() => sessionStorage.setItem(ASKED + this.site, given));
    history.replaceState(null, "", location.pathname + location.search);
    return given;
  }

  async #isToOpen(given, kept) {
    if (given === kept) return true;
    const id = quietly(() => localStorage.getItem(this.#prefixOf() + GUEST_ID));
    const own = kept ? { guest_link: kept } : id && { guest_id: id };
    return isToGoOn({ name: this.name, link: given, own, texts: this.texts });
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
