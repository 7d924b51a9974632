// What the guest thought of a closed chat: one to five stars, a comment if they like.
import { $, element } from "./dom.js";

const STARS = [1, 2, 3, 4, 5];
const LONGEST = 1000;

export function start({ settings: { texts }, chat, view }) { return new Rating(texts, chat, view); }

class Rating {
  #place = $("rating");
  #shown; // what is drawn: the dialog's id, and whether it is rated

  constructor(texts, chat, view) { Object.assign(this, { texts: texts.panel, chat, view }); }

  /** As the dialog on the screen has it: the question while it is closed and not rated, then the thanks. */
  render() {
    const { id, status, rating } = this.chat.shown.view;
    const wanted = status === "closed" ? `${id} ${rating ?? ""}` : "";
    if (wanted === this.#shown) return;
    const wasAsked = this.#shown === `${id} `;
    this.#shown = wanted;
    this.#place.hidden = !wanted || (Boolean(rating) && !wasAsked);
    this.#place.replaceChildren(...(rating ? [this.#thanks()] : this.#question()));
    if (rating && wasAsked) this.view.focus();
  }

  #thanks() {
    const made = element("p", { textContent: this.texts.thanks });
    made.setAttribute("role", "status");
    return made;
  }

  #question() {
    const group = element("fieldset", {}, element("legend", { textContent: this.texts.rate }), ...STARS.map((star) => this.#star(star)));
    const comment = element("textarea", { rows: 2, maxLength: LONGEST, placeholder: this.texts.comment, ariaLabel: this.texts.comment });
    const rest = element("div", { hidden: true }, comment,
      element("button", { type: "submit", className: "main", textContent: this.texts.rateDone }));
    const form = element("form", {}, group, rest);
    // Choosing is not sending: with the arrow keys every star on the way is chosen.
    group.addEventListener("change", () => { rest.hidden = false; });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(new FormData(form).get("star"), comment.value); });
    return [form];
  }

  #star(star) {
    const words = this.texts["star" + star];
    const input = element("input", { type: "radio", name: "star", value: star, className: "spoken", required: true });
    input.setAttribute("aria-label", `${star}: ${words}`);
    const shape = element("span", { title: words });
    shape.ariaHidden = "true";
    return element("label", {}, input, shape);
  }

  #send(star, comment) {
    this.chat.rate(Number(star), comment.trim() || undefined).catch((error) => this.view.tell(error.code));
  }
}
