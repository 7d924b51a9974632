// The form in front of the guest's first line: what the site asks, or, while nobody is there, a message to leave.
import { element } from "./dom.js";
import { fromText } from "./rich.js";

const MANY = 5; // more answers than this to choose from are a list
const LONGEST = 10000;
const LONGEST_ANSWER = 500;
// Stricter than browsers are: what the server doesn't take for an address would be left out there without a word.
const ADDRESS = /^(?!\.)(?!.*\.[.@])[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$/;
const AUTOCOMPLETE = { name: "name", email: "email" };
const MESSAGE = "message";

// Once the keyboard has taken its part of the screen.
window.visualViewport?.addEventListener("resize", () => {
  if (document.activeElement?.closest("#ask")) document.activeElement.scrollIntoView({ block: "nearest" });
});

/** One question with its label and the line that says what is wrong. `value` of it is text, or true for a ticked consent. */
class Field {
  constructor({ field, value, texts, onInput }) {
    Object.assign(this, { field, texts, onInput, id: `form-${field.name}` });
    this.why = element("p", { id: `${this.id}-why`, className: "why", hidden: true });
    this.node = this.#draw();
    for (const control of this.controls) {
      control.setAttribute("aria-describedby", this.why.id);
      control.addEventListener("input", () => { this.check(false); onInput(); });
    }
    if (value) this.#set(value);
  }

  get controls() { return [...this.node.querySelectorAll("input, select, textarea")]; }

  get value() {
    const { kind } = this.field;
    const [first] = this.controls;
    if (kind === "consent") return first.checked || undefined;
    const chosen = first.type === "radio" ? this.controls.find((radio) => radio.checked) : first;
    return chosen?.value.trim() || undefined;
  }

  #set(value) {
    const { controls: [first] } = this;
    if (this.field.kind === "consent") first.checked = value === true;
    else if (first.type === "radio") for (const radio of this.controls) radio.checked = radio.value === value;
    else first.value = value;
  }

  #draw() {
    const { kind, choices = [] } = this.field;
    if (kind === "consent") return this.#drawConsent();
    if (kind === "choice" && choices.length <= MANY) return this.#drawRadios(choices);
    const label = element("label", { htmlFor: this.id }, ...this.#label());
    return element("div", { className: "field" }, label, this.#control(kind, choices), this.why);
  }

  #label() {
    const { label, required } = this.field;
    return required ? [label] : [label, " ", element("span", { className: "optional", textContent: this.texts.optional })];
  }

  #control(kind, choices) {
    const { id, field: { required } } = this;
    if (kind === MESSAGE) return element("textarea", { id, required, rows: 4, maxLength: LONGEST });
    if (kind === "choice") {
      const options = choices.map((choice) => element("option", { value: choice, textContent: choice }));
      return element("select", { id, required }, element("option", { value: "", textContent: this.texts.choose }), ...options);
    }
    const made = element("input", { id, required, type: "text", autocomplete: AUTOCOMPLETE[kind] ?? "off", maxLength: LONGEST_ANSWER });
    // An address reads from left to right in every language.
    return kind === "email" ? Object.assign(made, { type: "email", dir: "ltr", maxLength: 254 }) : made;
  }

  #drawRadios(choices) {
    const { id, field: { required } } = this;
    const rows = choices.map((choice) => element("label", { className: "row" },
      element("input", { type: "radio", name: id, value: choice, required }), element("span", {}, choice)));
    return element("fieldset", { className: "field" }, element("legend", {}, ...this.#label()), ...rows, this.why);
  }

  #drawConsent() {
    const { id, field: { label, required } } = this;
    const text = element("label", { htmlFor: id }, ...fromText(label), ...this.#label().slice(1));
    return element("div", { className: "field" },
      element("div", { className: "row" }, element("input", { id, type: "checkbox", required }), text), this.why);
  }

  /** What is wrong with the answer, in words; "" when nothing is. */
  #wrong() {
    const { field: { kind, required }, texts, value } = this;
    if (value === undefined) {
      if (this.controls[0].validity.badInput) return texts.badEmail;
      if (!required) return "";
      return { consent: texts.noConsent, choice: texts.unchosen, email: texts.noEmail }[kind] ?? texts.missing;
    }
    if (kind === "email" && !(this.controls[0].validity.valid && ADDRESS.test(value))) return texts.badEmail;
    return "";
  }

  /** Whether the answer will do. What is wrong is said only if `isAsked`; said before, it goes as soon as it is right. */
  check(isAsked) {
    const wrong = this.#wrong();
    if (wrong && !isAsked && this.why.hidden) return false;
    this.why.textContent = wrong;
    this.why.hidden = !wrong;
    for (const control of this.controls) control.setAttribute("aria-invalid", String(Boolean(wrong)));
    return !wrong;
  }

  focus() { (this.controls.find((control) => control.checked) ?? this.controls[0]).focus(); }
}

/**
 * `fields` as the site's settings have them; `isOffline` adds the message itself; `about` says when somebody answers or is back.
 * `values` are from before a reload; `save(values)` keeps them; `submit(values, text)` ends the form.
 */
export class Form {
  #fields;

  constructor({ place, isOffline, fields, about, hasMail, texts, values, save, submit }) {
    const onInput = () => save(this.#values());
    this.#fields = fields.map((field) => new Field({ field, value: values[field.name], texts, onInput }));
    if (isOffline) {
      // No field of the site's can have this name: a slug has no dot.
      const field = { name: ".message", kind: MESSAGE, label: texts.message, required: true };
      this.message = new Field({ field, value: values[field.name], texts, onInput });
      this.#fields.push(this.message);
    }
    const asksEmail = fields.some(({ kind }) => kind === "email");
    const intro = [about, isOffline && hasMail && asksEmail && texts.byMail].filter(Boolean);
    this.node = element("form", { id: "ask", noValidate: true, tabIndex: -1 },
      element("h2", { id: "ask-title", textContent: isOffline ? texts.offlineTitle : texts.prechatTitle }),
      ...intro.map((text) => element("p", { className: "intro", textContent: text })),
      ...this.#fields.map(({ node }) => node),
      element("button", { type: "submit", textContent: isOffline ? texts.leave : texts.start }));
    this.node.setAttribute("aria-labelledby", "ask-title");
    this.node.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(submit); });
    place.append(this.node);
  }

  /** Where there is no mouse, the focus in a field would bring up the keyboard unasked. */
  focus() {
    if (matchMedia("(pointer: coarse)").matches) this.node.focus({ preventScroll: true });
    else this.#fields[0].focus();
  }

  #values() {
    return Object.fromEntries(this.#fields.map((field) => [field.field.name, field.value]).filter(([, value]) => value !== undefined));
  }

  #submit(submit) {
    const wrong = this.#fields.filter((field) => !field.check(true));
    if (wrong.length) { wrong[0].focus(); return; }
    const { [".message"]: text, ...values } = this.#values();
    submit(values, text);
  }
}
