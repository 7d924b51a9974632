// Whether a form stands before the guest's first line, what became of it, and when somebody answers. For sites that say so.
import { $, element } from "./dom.js";
import { Form } from "./form.js";
import { judge, whenAnswered } from "./hours.js";
import { fill } from "./texts.js";

const KEY = "form";

/** What an earlier page kept: {values, isDone, revision}: of the form that was shown. */
function parsed(text) {
  try { return { values: {}, ...JSON.parse(text) }; } catch { return null; }
}

export function start(panel) { return new Forms(panel); }

/** `answers` go with the chat's first line. */
class Forms {
  #kept;
  #form;
  #kind; // of the form that is shown
  #isClockRight;
  #thanks = "";

  constructor({ settings, stored, bridge, chat, view }) {
    const { texts, hours } = settings;
    Object.assign(this, { settings, texts: texts.forms, waiting: texts.waiting, hours, bridge, chat, view });
    // By the visitor's clock, unless that contradicts the server's at once.
    this.#isClockRight = judge(hours).open === hours.open;
    this.#kept = KEY in stored ? parsed(stored[KEY]) : null;
    this.said = element("p", { id: "thanks", role: "status" });
    $("form-place").after(this.said);
    this.#tellWhen();
    this.render();
  }

  /** What goes with the line: the answers, and which form was shown, as {form, form_revision}. */
  get answers() {
    const { values, isDone, revision } = this.#kept ?? {};
    return isDone ? { form: values, form_revision: revision } : undefined;
  }

  /** Closed without a form for it, the site asks what it asks in its hours: consent, for one, must not depend on the clock. */
  get #asked() {
    const { hours, settings: { forms } } = this;
    if (!hours.open && forms.offline) return "offline";
    return forms.prechat ? "prechat" : null;
  }

  /** Whoever has a dialog, a line under way, or a text begun, is past the form. What is filled in stays as it is. */
  get #wanted() {
    const { dialog, outbox, isNew } = this.chat;
    if (this.answers || !isNew || dialog.view || outbox.entries.length || $("text").value) return null;
    return (Object.keys(this.#kept?.values ?? {}).length && this.#kind) || this.#asked;
  }

  /** Show or hide the form as the chat and the clock stand. */
  render() {
    if (this.chat.dialog.view) this.#finish();
    if (this.#isClockRight && judge(this.settings.hours).open !== this.hours.open) {
      this.hours = judge(this.settings.hours);
      this.#tellWhen();
    }
    const kind = this.#wanted;
    if (kind === (this.#kind ?? null)) return;
    if (this.#kind) this.#hide(kind);
    this.#kind = kind;
    if (kind) this.#show(kind);
  }

  /** Say when somebody answers; out of hours nobody does soon. */
  #tellWhen() {
    const { settings: { texts, lang, reply_time }, hours, waiting } = this;
    this.about = whenAnswered({ hours, reply_time }, this.texts, lang);
    texts.waiting = hours.open ? waiting : this.about || this.texts.offlineTitle;
    $("reply").textContent = this.about;
  }

  /** True if the form has taken the focus. */
  focus() {
    this.#form?.focus();
    return Boolean(this.#form);
  }

  #show(kind) {
    $("form-place").hidden = false;
    document.body.classList.add("asking");
    this.#form = new Form({
      place: $("form-place"), isOffline: kind === "offline", fields: this.settings.forms[kind], about: this.about,
      hasMail: this.settings.mail, texts: this.texts, values: this.#valuesFor(kind),
      save: (values) => this.#keep({ values }),
      submit: (values, text) => this.#submit(values, text),
    });
  }

  /** What was begun on an earlier page. A tick is for the words that stood beside it: other words need their own. */
  #valuesFor(kind) {
    const { values = {}, revision } = this.#kept ?? {};
    if (revision === this.settings.revisions[kind]) return values;
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== true));
  }

  #hide(next) {
    this.#form = null;
    document.body.classList.remove("asking");
    $("form-place").hidden = true;
    $("form-place").replaceChildren();
    if (!next) this.view.enter();
  }

  #keep(kept) {
    this.#kept = { ...kept, revision: this.settings.revisions[this.#kind] };
    return this.bridge.save(KEY, JSON.stringify(this.#kept));
  }

  async #submit(values, text) {
    if (this.answers) return;
    // The answers are kept before the line is: a reload between the two must not part them.
    await this.#keep({ values, isDone: true });
    if (text) {
      this.#thanks = this.#thank(values);
      this.chat.send(text, this.answers);
    }
    this.render();
  }

  #thank(values) {
    const address = this.settings.forms.offline.filter(({ kind }) => kind === "email").map(({ name }) => values[name]).find(Boolean);
    return this.settings.mail && address ? fill(this.texts.thanksByMail, { email: address }) : this.texts.thanks;
  }

  /** The server has the answers, with the first line. */
  #finish() {
    if (this.#kept) this.bridge.remove(KEY);
    this.#kept = null;
    if (this.chat.dialog.lines.some(({ sender }) => sender !== "guest")) this.#thanks = "";
    if (this.said.textContent !== this.#thanks) this.said.textContent = this.#thanks;
  }
}
