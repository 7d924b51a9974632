// The files of the message that is being written: what the visitor sees of them until it is sent.
import { $, element } from "./dom.js";
import { sizeIn } from "./sizes.js";
import { fill } from "./texts.js";
import { LARGEST, MOST, Uploads, refusal } from "./upload.js";

// The server forgets a file that no message came for after a day.
const KEEP_MS = 23 * 3600 * 1000;

export function start(panel) { return new Attach(panel); }

/** One file with its size, picture, progress and buttons. */
class Chip {
  #preview; // an address that must be given back
  #drawn;

  constructor({ item, texts, lang, why, on }) {
    Object.assign(this, { item, texts, why, on });
    const { name, size, key } = item;
    this.bar = element("progress", { max: 1 });
    this.bar.setAttribute("aria-label", name);
    this.note = element("span", { className: "note", id: `file-${key}-note` });
    this.retry = element("button", { type: "button", className: "again", textContent: texts.again });
    this.drop = element("button", { type: "button", className: "drop", textContent: "×" });
    this.retry.setAttribute("aria-label", fill(texts.againNamed, { name }));
    this.retry.addEventListener("click", () => on.retry(item));
    this.drop.addEventListener("click", () => on.remove(item));
    this.node = element("li", {}, this.#picture(), element("span", { className: "name", textContent: name, dir: "auto" }),
      element("span", { className: "size", textContent: sizeIn(lang, size) }), this.bar, this.note, this.retry, this.drop);
  }

  #picture() {
    const { file, name } = this.item;
    if (!file?.type.startsWith("image/")) return this.#ending(name);
    this.#preview = URL.createObjectURL(file);
    const image = element("img", { src: this.#preview, alt: "" });
    // Not every browser can show every picture.
    image.addEventListener("error", () => image.replaceWith(this.#ending(name)));
    return image;
  }

  #ending(name) {
    const made = element("span", { className: "kind", textContent: name.split(".").at(-1).slice(0, 4) });
    made.setAttribute("aria-hidden", "true");
    return made;
  }

  render() {
    const { state, progress, code } = this.item;
    this.bar.value = progress;
    const drawn = `${state} ${code}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const isFinal = state === "done" || state === "failed";
    this.node.className = state;
    this.bar.hidden = isFinal;
    this.note.textContent = code ? this.why(this.item) : "";
    this.retry.hidden = !code || state === "sending" || state === "done";
    this.drop.setAttribute("aria-label", fill(isFinal ? this.texts.remove : this.texts.cancel, { name: this.item.name }));
  }

  end() {
    if (this.#preview) URL.revokeObjectURL(this.#preview);
    this.node.remove();
  }
}

class Attach {
  #chips = new Map();
  #send; // a message that waits for its files
  #kept;
  #since; // when the server got the oldest of what is kept
  onKeep; // called with what a reload needs, or nothing

  constructor({ settings: { texts, lang }, chat, view }) {
    Object.assign(this, { lang, view, texts: texts.files, errors: { ...texts.errors, ...texts.fileErrors } });
    this.accept = $("form").querySelector("[type=file]").accept;
    this.list = element("ul", { id: "attached", hidden: true });
    this.list.setAttribute("aria-label", this.texts.list);
    this.why = element("div", { id: "attach-why" });
    this.why.setAttribute("role", "alert");
    this.said = element("p", { className: "spoken" });
    this.said.setAttribute("role", "status");
    this.overlay = element("div", { id: "drop", hidden: true }, element("p", { textContent: this.texts.drop }));
    $("asides").append(this.list, this.why, this.said);
    document.body.append(this.overlay);
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) this.showDrop(false); });
    const { origin, credentials: { base, headers } } = chat.connection;
    // A file belongs to the guest who sent it: another tab may have been first to say who that is.
    const prepare = () => chat.claimGuestId();
    this.uploads = new Uploads({ url: `${origin + base}/files`, headers, prepare, onChange: () => this.#render() });
  }

  add(files) {
    const refused = [];
    for (const file of files) {
      const code = this.uploads.items.length >= MOST ? "too_many" : refusal(file, this.accept);
      if (code) refused.push(this.#inWords({ name: file.name, code }));
      else this.uploads.add(file);
    }
    const lines = [...new Set(refused)];
    this.why.replaceChildren(...lines.length > 1 ? [element("ul", {}, ...lines.map((line) => element("li", {}, line)))] : lines);
    this.view.focus();
  }

  /** Take up what the server had before a reload; what it had not is gone with the page, and that is said. */
  restore(kept) {
    let done, lost, at;
    try { ({ done, lost, at } = JSON.parse(kept)); } catch { return; }
    const isKept = Date.now() - at < KEEP_MS;
    if (isKept) this.#since = at;
    if (isKept) for (const stored of done) this.uploads.restore(stored);
    const names = [...lost, ...(isKept ? [] : done.map(({ name }) => name))];
    if (names.length) this.why.textContent = fill(this.texts.lost, { names: names.join(", ") });
    this.#render();
  }

  /** True while files are on their way, or won't go: the message that they belong to waits; `send` is called once they are there. */
  holds(send) {
    const { items } = this.uploads;
    if (items.every(({ state }) => state === "done")) return false;
    const failed = items.find(({ state }) => state === "failed");
    this.#send = failed ? null : send;
    this.why.textContent = failed ? fill(this.texts.stuck, failed) : this.texts.held;
    return true;
  }

  /** What the server has of the files, which go with the message; nothing where there are none. */
  take() {
    this.why.textContent = "";
    const files = this.uploads.take();
    return files.length ? files : undefined;
  }

  wake() { this.uploads.wake(); }

  showDrop(isShown) { this.overlay.hidden = !isShown; }

  #render() {
    const { items } = this.uploads;
    for (const [key, chip] of this.#chips) if (!items.some((item) => item.key === key)) { chip.end(); this.#chips.delete(key); }
    for (const item of items) {
      if (!this.#chips.has(item.key)) this.#draw(item);
      this.#chips.get(item.key).render();
    }
    this.list.hidden = !items.length;
    this.#say(items);
    this.#keep(items);
    if (this.#send && items.every(({ state }) => state === "done")) this.#release();
  }

  #draw(item) {
    const on = {
      retry: () => this.uploads.retry(item),
      remove: () => { this.uploads.remove(item); this.why.textContent = ""; this.view.focus(); },
    };
    const chip = new Chip({ item, lang: this.lang, texts: this.texts, why: (of) => this.#inWords(of), on });
    this.#chips.set(item.key, chip);
    this.list.append(chip.node);
  }

  /** What has become of the files, once each and for readers only: their chips show it. */
  #say(items) {
    for (const item of items) {
      const now = `${item.state} ${item.code ?? ""}`;
      if (item.said === now) continue;
      item.said = now;
      if (item.state === "done") this.said.textContent = fill(this.texts.attached, item);
      else if (item.code && item.state !== "sending") this.said.textContent = this.#inWords(item);
    }
  }

  #inWords({ name, code, seconds }) {
    const why = Object.hasOwn(this.errors, code) ? this.errors[code] : this.errors.internal;
    return fill(why, { name, seconds: seconds ?? "", most: MOST, largest: sizeIn(this.lang, LARGEST) });
  }

  /** Keep for a reload what the server has, and what will be lost then: the browser gives a file out to one page alone. */
  #keep(items) {
    const done = items.filter(({ state }) => state === "done").map(({ stored }) => stored);
    const lost = items.filter(({ state }) => state !== "done").map(({ name }) => name);
    const kept = `${done.map(({ id }) => id)} ${lost}`;
    if (kept === this.#kept) return;
    this.#kept = kept;
    this.#since = done.length ? this.#since ?? Date.now() : undefined;
    this.onKeep?.(items.length && JSON.stringify({ done, lost, at: this.#since }));
  }

  #release() {
    const send = this.#send;
    this.#send = null;
    this.why.textContent = "";
    send();
  }
}
