// The line that offers to mail answers: closed until the guest asks for it, and never in the way of the chat.
import { $, element } from "./dom.js";
import { fill } from "./texts.js";

export function start({ settings: { texts, lang }, chat }) { return new Contact(texts, chat, lang); }

class Contact {
  #place = $("contact");
  #texts;
  #errors;
  #drawn;
  #isAsking = false;

  constructor(texts, chat, lang) {
    Object.assign(this, { chat, lang });
    this.#texts = texts.contact;
    // The line's own words for an error go before the chat's.
    this.#errors = { ...texts.errors, ...texts.contactErrors };
    this.#place.setAttribute("aria-label", texts.contact.label);
    // What is said stands by itself: the buttons beside it need not be read out.
    this.#place.append(element("p"), element("div"));
    this.#place.firstChild.setAttribute("role", "status");
    this.#place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#isAsking) return;
      event.stopPropagation();
      this.#ask(false);
    });
  }

  /** Show where the dialog's answers go; nothing before there is a dialog. */
  render() {
    const { view } = this.chat.dialog;
    // Nobody answers in a closed one.
    this.#place.hidden = view?.status !== "open";
    if (!view || this.#isAsking || this.#drawn === view.email) return;
    this.#drawn = view.email;
    this.#draw();
  }

  #draw() {
    const { offer, change, goes } = this.#texts;
    const button = element("button", { type: "button", className: "link", textContent: this.#drawn ? change : offer });
    button.addEventListener("click", () => this.#ask(true));
    this.#place.firstChild.textContent = this.#drawn ? fill(goes, { email: this.#drawn }) : "";
    this.#place.lastChild.replaceChildren(button);
  }

  #ask(isAsking) {
    this.#isAsking = isAsking;
    if (isAsking) {
      this.#place.firstChild.textContent = "";
      this.#place.lastChild.replaceChildren(this.#form());
    } else this.#draw();
    this.#place.querySelector("input, button").focus();
  }

  #form() {
    const { email, save, cancel } = this.#texts;
    const box = element("input", { id: "email", type: "email", dir: "ltr", required: true, maxLength: 254, autocomplete: "email",
      value: this.#drawn ?? "" });
    const leave = element("button", { type: "button", className: "link", textContent: cancel });
    leave.addEventListener("click", () => this.#ask(false));
    const why = element("p", { className: "wrong" });
    why.setAttribute("role", "alert");
    const form = element("form", {}, element("label", { htmlFor: "email", textContent: email }), box,
      element("button", { type: "submit", className: "main", textContent: save }), leave, why);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(box.value.trim(), why); });
    return form;
  }

  async #send(email, why) {
    why.textContent = "";
    try {
      this.#drawn = (await this.chat.saveContact(email, this.lang)).email;
      this.#ask(false);
    } catch (error) {
      why.textContent = this.#errors[error.code] ?? this.#errors.internal;
    }
  }
}
