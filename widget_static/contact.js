// The line that offers to mail answers: closed until the guest asks for it, and never in the way of the chat.

import { fill } from "./texts.js";

const place = document.getElementById("contact");

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** `errors` has the words for each code. `save(email)` resolves when the server has it, and rejects with a RequestError. */
export class Contact {
  #texts;
  #errors;
  #drawn;
  #isAsking = false;

  constructor({ texts, errors, save }) {
    this.#texts = texts;
    this.#errors = errors;
    this.save = save;
    place.setAttribute("aria-label", texts.label);
    // What is said stands by itself: the buttons beside it need not be read out.
    place.append(element("p"), element("div"));
    place.firstChild.setAttribute("role", "status");
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#isAsking) return;
      event.stopPropagation();
      this.#ask(false);
    });
  }

  /** Show where the dialog's answers go; nothing before there is a dialog. */
  render(view) {
    place.hidden = !view;
    if (!view || this.#isAsking || this.#drawn === view.email) return;
    this.#drawn = view.email;
    this.#draw();
  }

  #draw() {
    const { offer, change, goes } = this.#texts;
    const button = element("button", { type: "button", className: "link", textContent: this.#drawn ? change : offer });
    button.addEventListener("click", () => this.#ask(true));
    place.firstChild.textContent = this.#drawn ? fill(goes, { email: this.#drawn }) : "";
    place.lastChild.replaceChildren(button);
  }

  #ask(isAsking) {
    this.#isAsking = isAsking;
    if (isAsking) {
      place.firstChild.textContent = "";
      place.lastChild.replaceChildren(this.#form());
    } else this.#draw();
    place.querySelector("input, button").focus();
  }

  #form() {
    const { email, save, cancel } = this.#texts;
    const box = element("input", { id: "email", type: "email", required: true, maxLength: 254, autocomplete: "email",
      value: this.#drawn ?? "" });
    const leave = element("button", { type: "button", className: "link", textContent: cancel });
    leave.addEventListener("click", () => this.#ask(false));
    const why = element("p");
    why.setAttribute("role", "alert");
    const form = element("form", {}, element("label", { htmlFor: "email", textContent: email }), box,
      element("button", { type: "submit", className: "save", textContent: save }), leave, why);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(box.value.trim(), why); });
    return form;
  }

  async #send(email, why) {
    why.textContent = "";
    try {
      this.#drawn = (await this.save(email)).email;
      this.#ask(false);
    } catch (error) {
      why.textContent = this.#errors[error.code] ?? this.#errors.internal;
    }
  }
}
