// The conversation's lines on the page: by day, by author, each drawn once and then only changed where it differs.
import { element, portrait } from "./dom.js";
import { fromHtml, fromText, isEmoji } from "./rich.js";

const GROUP_MS = 300000;
const NEAR_END = 60;
const DAY_MS = 86400000;

/** What a line's foot says; a line that waits for its first try is on its way. */
function stateOf(line, readId) {
  if (line.state === "waiting") return line.isLate ? "waiting" : "sending";
  if (line.state) return line.state;
  if (line.sender !== "guest") return "";
  return readId >= line.id ? "read" : "sent";
}

const dayOf = (line) => new Date(line.at).setHours(0, 0, 0, 0);

function isGroup(one, other) {
  return Boolean(one && other) && one.sender === other.sender && one.author?.name === other.author?.name
    && dayOf(one) === dayOf(other) && Math.abs(other.at - one.at) < GROUP_MS;
}

/** `place` is the element that gets the lines, `scroller` the one that scrolls; `why(code)` an error in words;
 * `on` has retry(clientId), drop(clientId), failed(why) and files(node, attachments), which draws a line's files. */
export class Lines {
  #nodes = new Map();
  #isAtEnd = true;
  #top = 0;
  #size;
  #end = new AbortController();

  constructor({ place, scroller, texts, lang, why, on }) {
    Object.assign(this, { place, scroller, texts, why, on });
    // The site's language, in the visitor's own form of it: 13:00 or 1 pm.
    const locale = navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
    this.time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.date = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    this.days = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    scroller.addEventListener("scroll", () => this.#noteEnd(), { signal: this.#end.signal });
    // What grows or shrinks below a reader at the end, an image or a phone's keyboard, leaves them there.
    const observer = new ResizeObserver(() => { if (this.#isAtEnd) this.toEnd(); });
    observer.observe(place);
    observer.observe(scroller);
    this.#end.signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Others draw here from now on. */
  end() { this.#end.abort(); }

  get isAtEnd() { return this.#isAtEnd; }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#noteEnd();
  }

  #noteEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END;
    const size = `${scrollHeight} ${clientHeight}`;
    // Browsers tell of a scroll to the end only after more may have come below it, and go up by themselves where there is more
    // room: just going up within the same room leaves the end.
    if (isNear || (scrollTop < this.#top && size === this.#size)) this.#isAtEnd = isNear;
    this.#top = scrollTop;
    this.#size = size;
    if (this.#isAtEnd) this.on.end?.();
  }

  /** Draw these lines, the server's and those on their way to it, in order. `readId`: up to where the guest's are read;
   * `around()` changes what stands above them, and the reader stays where they are all the same. */
  render(lines, readId, around) {
    const keep = this.#hold();
    around();
    const dated = lines.map((line) => ({ ...line, at: line.created_at ? Date.parse(line.created_at) : line.at }));
    const wanted = new Map();
    dated.forEach((line, index) => {
      const before = dated[index - 1];
      if (!before || dayOf(before) !== dayOf(line)) {
        const day = this.#nodes.get(dayOf(line)) ?? element("p", { className: "day" });
        // At midnight, today becomes yesterday.
        if (day.textContent !== this.#day(line)) day.textContent = this.#day(line);
        wanted.set(dayOf(line), day);
      }
      const node = this.#nodes.get(line.client_id) ?? this.#make(line);
      node.classList.toggle("more", isGroup(before, line));
      node.classList.toggle("last", !isGroup(line, dated[index + 1]));
      this.#change(node, line, readId);
      wanted.set(line.client_id, node);
    });
    this.#place(wanted);
    keep();
  }

  /** What moves the lines as little as it can: a node that stands right is not touched. */
  #place(wanted) {
    for (const [key, node] of this.#nodes) if (!wanted.has(key)) node.remove();
    let next = this.place.firstChild;
    for (const node of wanted.values()) {
      if (node === next) next = next.nextSibling;
      else this.place.insertBefore(node, next);
    }
    this.#nodes = wanted;
  }

  /** Remember what the reader sees; the function given back puts it there again. */
  #hold() {
    if (this.#isAtEnd) return () => this.toEnd();
    const top = this.scroller.getBoundingClientRect().top;
    // The text alone: a day goes on to its first line, and a name to the first of its group.
    const seen = [...this.place.querySelectorAll(".text")].find((node) => node.getBoundingClientRect().bottom > top);
    const was = seen?.getBoundingClientRect().top;
    return () => { if (seen?.isConnected) this.scroller.scrollTop += seen.getBoundingClientRect().top - was; };
  }

  #day(line) {
    const ago = Math.round((dayOf(line) - new Date().setHours(0, 0, 0, 0)) / DAY_MS);
    return ago > -2 ? this.days.format(ago, "day") : this.date.format(line.at);
  }

  #make(line) {
    const isGuest = line.sender === "guest";
    const name = isGuest ? this.texts.you : line.author?.name ?? "";
    const node = element("article", { className: line.sender },
      element("span", { className: isGuest ? "author spoken" : "author", textContent: name }),
      element("div", { className: line.html ? "text html" : "text" }, ...(line.html ? fromHtml(line.html) : fromText(line.text))),
      element("div", { className: "foot" }));
    if (!isGuest && line.sender !== "system") node.prepend(portrait(name, line.author?.avatar));
    node.classList.toggle("emoji", isEmoji(line.text));
    return node;
  }

  #change(node, line, readId) {
    const state = stateOf(line, readId);
    const foot = `${state} ${line.reason ?? line.cause ?? ""}`;
    const files = line.attachments ?? [];
    const text = node.querySelector(".text");
    const ids = files.map(({ id }) => id).join();
    if ((node.dataset.files ?? "") !== ids) {
      node.dataset.files = ids;
      this.on.files(text, files);
    }
    text.classList.toggle("bare", files.length > 0 && !line.text);
    if (node.dataset.foot === foot) return;
    node.dataset.foot = foot;
    for (const name of ["sending", "waiting", "failed"]) node.classList.toggle(name, state === name);
    node.lastChild.replaceChildren(...(state === "failed" ? this.#failure(line)
      : [element("time", { textContent: this.time.format(line.at) }),
        element("span", { textContent: this.#inWords(state, line) })]));
  }

  #failure({ client_id: clientId, reason }) {
    const button = (text, run) => {
      const made = element("button", { type: "button", textContent: text });
      made.addEventListener("click", () => run(clientId));
      return made;
    };
    const why = this.why(reason, "failed");
    this.on.failed(why);
    // There is nothing left to send of files that are gone.
    const retry = reason === "files_gone" ? [] : [button(this.texts.retry, this.on.retry)];
    return [element("span", { textContent: why }), ...retry, button(this.texts.drop, this.on.drop)];
  }

  /** Without a connection there is no more to say; otherwise why a line waits. */
  #inWords(state, { cause }) {
    const isRefused = state === "waiting" && cause && cause !== "unreachable";
    return isRefused ? this.why(cause, "later") : this.texts.state[state] ?? "";
  }
}
