// What the visitor sees round the conversation: names, states and buttons. User text goes in as text, never as HTML.
import { Composer } from "./composer.js";
import { $, element, portrait } from "./dom.js";
import { fromText } from "./rich.js";
import { Lines } from "./lines.js";
import { inWords } from "./news.js";
import { fill } from "./texts.js";

/**
 * `settings` are the page's. `on` has the handlers: close(), send(text), which gives false when there is nothing to send,
 * input(), keep(draft), retry(clientId), drop(clientId), earlier(), person(), files(node, attachments), menu(event) and
 * emoji(), which load what they show.
 */
export class View {
  #lines;
  #texts;
  #settings;

  constructor({ settings, on }) {
    this.on = on;
    this.composer = new Composer({ ...on, send: (text) => this.#send(text),
      tooLong: (length, longest) => this.notice(fill(this.#texts.tooLong, { length, longest })) });
    for (const [id, run] of Object.entries({ close: on.close, menu: on.menu, emoji: on.emoji, earlier: on.earlier,
      person: on.person, newer: () => { this.#lines.toEnd(); this.focus(); } })) $(id).addEventListener("click", run);
    // Escape in what lies over the chat closes that alone.
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.target.closest("[role=menu], [role=dialog], dialog")) on.close();
    });
    // A phone's keyboard that lies over the page, as on iOS, makes only this smaller; zooming does too.
    window.visualViewport?.addEventListener("resize", () => {
      if (visualViewport.scale > 1.01) return;
      document.body.style.height = `${visualViewport.height}px`;
      scrollTo(0, 0);
    });
    this.draw(settings);
  }

  /** Everything that follows from the settings. */
  draw(settings) {
    const { texts, lang, dir, features, greeting } = settings;
    this.#texts = texts;
    this.#settings = settings;
    Object.assign(document.documentElement, { lang, dir });
    document.title = texts.title;
    for (const [id, name] of Object.entries({ menu: "menu", close: "close", log: "log", text: "message", send: "send" })) {
      $(id).setAttribute("aria-label", texts[name]);
    }
    $("emoji").setAttribute("aria-label", texts.panel.emoji);
    $("emoji").hidden = !features.emoji;
    $("attach").setAttribute("aria-label", texts.files.attach);
    $("attach").hidden = !features.files;
    $("text").placeholder = texts.placeholder;
    $("earlier").textContent = texts.earlier;
    $("typing").lastChild.textContent = texts.typing;
    $("person").textContent = texts.panel.person;
    $("newer").textContent = texts.panel.newer;
    $("greeting").replaceChildren(...fromText(greeting || texts.greeting));
    $("log").replaceChildren();
    this.#lines?.end();
    this.#lines = new Lines({ place: $("log"), scroller: $("main"), texts, lang, why: (code, key) => this.#why(code, key),
      on: { files: this.on.files, failed: (why) => this.notice(why), end: () => this.#showNewer(false),
        retry: (id) => { this.#settle(); this.on.retry(id); }, drop: (id) => { this.#settle(); this.on.drop(id); } } });
    this.#showPerson(null);
  }

  focus() { this.composer.focus(); }

  /** The panel has been opened. Where there is no mouse, the focus in a text box would bring up the keyboard unasked. */
  enter() {
    if (matchMedia("(pointer: coarse)").matches) $("title").focus({ preventScroll: true });
    else this.focus();
  }

  notice(text) { $("notice").textContent = text; }

  #send(text) {
    this.notice("");
    const isSent = this.on.send(text);
    if (isSent) this.#lines.toEnd();
    return isSent;
  }

  /** The connection's state in words; `why` is an error's code when the state is `refused`. */
  showState(state, why) {
    document.body.dataset.state = state;
    $("state").textContent = state === "refused" ? this.#why(why) : this.#texts[state];
  }

  /** Say why something failed, by an error's code. */
  tell(code) { this.notice(this.#why(code)); }

  /** What was said with this code is over. */
  untell(code) { if ($("notice").textContent === this.#why(code)) this.notice(""); }

  #why(code, key) {
    const { errors } = this.#texts;
    const why = Object.hasOwn(errors, code) ? errors[code] : errors.internal;
    return key ? fill(this.#texts[key], { why }) : why;
  }

  showTyping(isTyping) {
    $("typing").hidden = !isTyping;
    if (this.#lines.isAtEnd) this.#lines.toEnd();
  }

  /** Draw a dialog's lines and what is still in the outbox; an earlier one is only read. */
  render(dialog, entries, isPast) {
    document.body.classList.toggle("past", isPast);
    const { lines, view, hasEarlier } = dialog;
    const stored = new Set(lines.map((line) => line.client_id));
    const unsent = entries.filter((entry) => !stored.has(entry.client_id)).map((entry) => ({ ...entry, ...entry.more, sender: "guest" }));
    this.#lines.render([...lines, ...unsent], view?.manager_read_id ?? 0, () => {
      if (!hasEarlier && document.activeElement === $("earlier")) $("log").focus({ preventScroll: true });
      $("earlier").hidden = !hasEarlier;
      $("welcome").hidden = hasEarlier;
    });
    this.#showPerson(view);
  }

  /** Lines of others that have just come: read out once, with a sign where the reader has scrolled away from the end. */
  announce(lines) {
    $("said").replaceChildren(...lines.map((line) => element("p", { textContent: `${line.author?.name ?? ""}: ${inWords(line)}` })));
    this.#showNewer(!this.#lines.isAtEnd);
  }

  #showNewer(isShown) {
    // The focus must not go with the button.
    if (!isShown && document.activeElement === $("newer")) this.focus();
    $("newer").hidden = !isShown;
  }

  /** The button that was used goes away with its line's failure: the focus must not go with it. */
  #settle() {
    this.notice("");
    this.focus();
  }

  /** Who answers, and the way to a person while none does. */
  #showPerson(view) {
    const { assistant } = this.#settings;
    const manager = view?.handler === "manager" && view.status === "open" ? view.manager ?? { name: this.#texts.someone } : null;
    const { name, avatar } = manager ?? assistant;
    if ($("who").dataset.who !== `${name} ${avatar}`) {
      $("who").dataset.who = `${name} ${avatar}`;
      $("title").textContent = name;
      $("who").replaceChildren(portrait(name, avatar));
      $("face").replaceChildren(portrait(assistant.name, assistant.avatar));
      $("by").textContent = assistant.name;
    }
    let text = "";
    if (view?.status === "closed") text = this.#texts.closed;
    else if (manager) text = fill(this.#texts.manager, { name: manager.name });
    else if (view?.handler === "waiting") text = this.#texts.waiting;
    if ($("handler").textContent !== text) $("handler").textContent = text;
    // The header shows it already.
    $("handler").classList.toggle("spoken", text === $("reply").textContent);
    const isAsked = Boolean(text);
    if (isAsked && document.activeElement === $("person")) this.focus();
    $("person").hidden = isAsked;
  }
}
