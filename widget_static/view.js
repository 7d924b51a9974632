// What the visitor sees: the page's elements and nothing else. User text goes in as text, never as HTML.

import { Menu } from "./menu.js";
import { fill } from "./texts.js";

const LONGEST = 10000;
const COPIED_MS = 5000;

const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** What a line's foot says; a line that waits for its first try is on its way. */
function stateOf(line, view) {
  if (line.state === "waiting") return line.isLate ? "waiting" : "sending";
  if (line.state) return line.state;
  if (line.sender !== "guest") return "";
  return view?.manager_read_id >= line.id ? "read" : "sent";
}

/** `on` has the handlers: close(), send(text), input(), retry(clientId), drop(clientId), earlier(), diagnostics(). */
export class View {
  #lines = new Map();
  #texts;
  #on;
  #copied;

  constructor({ texts, on }) {
    this.#texts = texts;
    this.#on = on;
    document.title = texts.title;
    $("title").textContent = texts.title;
    $("greeting").textContent = texts.greeting;
    $("close").setAttribute("aria-label", texts.close);
    $("log").setAttribute("aria-label", texts.log);
    $("text").setAttribute("aria-label", texts.message);
    $("text").placeholder = texts.placeholder;
    $("send").textContent = texts.send;
    $("typing").textContent = texts.typing;
    $("menu").setAttribute("aria-label", texts.menu);
    $("copy").textContent = texts.copy;
    $("by-hand-title").textContent = texts.diagnostics;
    $("by-hand-hint").textContent = texts.byHand;
    $("by-hand-close").textContent = texts.done;
    new Menu($("menu"), $("menu-items"));
    $("copy").addEventListener("click", on.diagnostics);
    $("close").addEventListener("click", on.close);
    $("form").addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    $("text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#submit(); }
    });
    $("text").addEventListener("input", () => { this.#grow(); on.input(); });
    // Escape in the menu or in a dialog closes that alone.
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.target.closest("[role=menu], dialog")) on.close();
    });
  }

  focus() { $("text").focus(); }

  #submit() {
    const text = $("text").value.trim();
    if (!text) return;
    const length = [...text].length;
    if (length > LONGEST) {
      $("notice").textContent = fill(this.#texts.tooLong, { length, longest: LONGEST });
      return;
    }
    $("notice").textContent = "";
    $("text").value = "";
    this.#grow();
    this.#on.send(text);
    this.focus();
  }

  #grow() {
    $("text").style.height = "auto";
    $("text").style.height = `${Math.min($("text").scrollHeight, 140)}px`;
  }

  /** The connection's state in words; `why` is an error's code when the state is `refused`. */
  showState(state, why) {
    document.body.dataset.state = state;
    $("state").textContent = state === "refused" ? this.#why(why) : this.#texts[state];
  }

  /** Say why something failed, by an error's code. */
  tell(code) { $("notice").textContent = this.#why(code); }

  #why(code) {
    return Object.hasOwn(this.#texts.errors, code) ? this.#texts.errors[code] : this.#texts.errors.internal;
  }

  showCopied() {
    $("copied").textContent = this.#texts.copied;
    clearTimeout(this.#copied);
    this.#copied = setTimeout(() => { $("copied").textContent = ""; }, COPIED_MS);
  }

  /** Where the browser keeps the clipboard from us. */
  offerToCopy(text) {
    $("copied").textContent = "";
    $("by-hand-text").value = text;
    $("by-hand").showModal();
    $("by-hand-text").select();
    $("by-hand-text").scrollTop = 0;
  }

  showTyping(isTyping) { $("typing").hidden = !isTyping; }

  /** Draw a dialog's lines and what is still in the outbox; only what changed is touched, so a reader hears it once. */
  render(dialog, entries) {
    const wasAtEnd = this.#isAtEnd();
    const wanted = [...dialog.lines.map((line) => ({ ...line, key: line.client_id })),
      ...entries.filter((entry) => !dialog.lines.some((line) => line.client_id === entry.client_id))
        .map((entry) => ({ ...entry, key: entry.client_id, sender: "guest" }))];
    const keys = new Set(wanted.map((line) => line.key));
    for (const [key, node] of this.#lines) if (!keys.has(key)) { node.remove(); this.#lines.delete(key); }
    let previous = null;
    for (const line of wanted) {
      const node = this.#lines.get(line.key) ?? this.#make(line);
      const place = previous ? previous.nextSibling : $("log").firstChild;
      if (node !== place) $("log").insertBefore(node, place);
      previous = node;
      this.#setFoot(node, line, dialog.view);
    }
    $("greeting").hidden = wanted.length > 0;
    this.#showEarlier(dialog.hasEarlier);
    this.#showHandler(dialog.view);
    if (wasAtEnd) this.#toEnd();
  }

  #isAtEnd() {
    const main = document.querySelector("main");
    return main.scrollHeight - main.scrollTop - main.clientHeight < 60;
  }

  #toEnd() {
    const main = document.querySelector("main");
    main.scrollTop = main.scrollHeight;
  }

  #make(line) {
    const node = element("article", line.sender);
    const author = line.sender === "guest" ? this.#texts.you : line.author?.name ?? "";
    const name = element("span", line.sender === "guest" ? "author spoken" : "author", author);
    const foot = element("div", "foot");
    // Inside the log; a reader would hear each step from "Sending" to "Read".
    foot.setAttribute("aria-live", "off");
    node.append(name, element("p", "text", line.text), foot);
    this.#lines.set(line.key, node);
    return node;
  }

  #setFoot(node, line, view) {
    const state = stateOf(line, view);
    const foot = `${state} ${line.reason ?? line.cause ?? ""}`;
    if (node.dataset.foot === foot) return;
    node.dataset.foot = foot;
    node.classList.toggle("failed", state === "failed");
    const time = element("time", "", this.#time(line.created_at));
    if (state === "failed") {
      const retry = element("button", "", this.#texts.retry);
      const drop = element("button", "", this.#texts.drop);
      retry.type = drop.type = "button";
      retry.addEventListener("click", () => { this.#settle(); this.#on.retry(line.client_id); });
      drop.addEventListener("click", () => { this.#settle(); this.#on.drop(line.client_id); });
      const why = fill(this.#texts.failed, { why: this.#why(line.reason) });
      node.lastChild.replaceChildren(element("span", "", why), retry, drop);
      $("notice").textContent = why;
    } else node.lastChild.replaceChildren(time, element("span", "", this.#inWords(state, line)));
  }

  /** Without a connection there is no more to say; otherwise why a line waits. */
  #inWords(state, { cause }) {
    const isRefused = state === "waiting" && cause && cause !== "unreachable";
    return isRefused ? fill(this.#texts.later, { why: this.#why(cause) }) : this.#texts.state[state] ?? "";
  }

  /** The button that was used goes away with its line's failure: the focus must not go with it. */
  #settle() {
    $("notice").textContent = "";
    this.focus();
  }

  #time(at) {
    return at ? new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  }

  #showEarlier(hasEarlier) {
    const button = document.querySelector("main > button");
    if (!hasEarlier) button?.remove();
    else if (!button) {
      const made = element("button", "earlier", this.#texts.earlier);
      made.type = "button";
      made.addEventListener("click", this.#on.earlier);
      $("log").before(made);
    }
  }

  #showHandler(view) {
    let text = "";
    if (view?.status === "closed") text = this.#texts.closed;
    else if (view?.handler === "manager") text = fill(this.#texts.manager, { name: view.manager?.name ?? this.#texts.someone });
    else if (view?.handler === "waiting") text = this.#texts.waiting;
    if ($("handler").textContent !== text) $("handler").textContent = text;
  }
}
