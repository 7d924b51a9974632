// What the guest thought of a closed chat: one to five stars, a comment if they like.
import { $, element } from "./dom.js";

const STARS = [1, 2, 3, 4, 5];
const LONGEST = 1000;

export function start({ settings: { texts }, chat, view }) { return new Rating(texts, chat, view); }

class Rating {
  #place = $("rating");
  #shown; // what is drawn: the dialog's id, and whether it is rated
  #rated; // the dialog whose stars are chosen here: they may change, and have a comment
  #sending = Promise.resolve();

  constructor(texts, chat, view) { Object.assign(this, { texts: texts.panel, chat, view }); }

  /** As the dialog on the screen has it: the question while it is closed and not rated, then the thanks. */
  render() {
    const { id, status, rating } = this.chat.shown.view;
    const wanted = status === "closed" ? `${id} ${rating ?? ""}` : "";
    if (wanted === this.#shown || (wanted && id === this.#rated)) return;
    const wasAsked = this.#shown === `${id} `;
    this.#shown = wanted;
    this.#rated = undefined;
    this.#place.hidden = !wanted || (Boolean(rating) && !wasAsked);
    this.#place.replaceChildren(...(rating ? [this.#thanks(this.texts.thanks)] : [this.#question(id)]));
    if (rating && wasAsked) this.view.focus();
  }

  #thanks(textContent) {
    const made = element("p", { textContent });
    made.setAttribute("role", "status");
    return made;
  }

  #question(id) {
    const group = element("fieldset", {}, element("legend", { textContent: this.texts.rate }), ...STARS.map((star) => this.#star(star)));
    const thanks = this.#thanks("");
    const comment = element("textarea", { rows: 2, maxLength: LONGEST, placeholder: this.texts.comment, ariaLabel: this.texts.comment });
    const rest = element("div", { hidden: true }, comment,
      element("button", { type: "submit", className: "main", textContent: this.texts.rateDone }));
    const form = element("form", {}, group, thanks, rest);
    let isByKeys = false;
    let sent;
    const send = async (text) => {
      const star = new FormData(form).get("star");
      if (!star || (star === sent && !text)) return;
      sent = star;
      if (!await this.#send(id, Number(star), text)) sent = undefined;
      else if (thanks.isConnected) thanks.textContent = this.texts.thanks;
    };
    group.addEventListener("keydown", () => { isByKeys = true; });
    group.addEventListener("pointerdown", () => { isByKeys = false; });
    // With the arrow keys every star on the way is chosen: what is meant is known when the group is left.
    group.addEventListener("change", () => { rest.hidden = false; if (!isByKeys) send(); });
    group.addEventListener("focusout", ({ relatedTarget }) => { if (!group.contains(relatedTarget)) send(); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await send(comment.value.trim() || undefined);
      if (sent) this.#end(id);
    });
    return form;
  }

  #star(star) {
    const words = this.texts["star" + star];
    const input = element("input", { type: "radio", name: "star", value: star, className: "spoken", required: true });
    input.setAttribute("aria-label", `${star}: ${words}`);
    const shape = element("span", { title: words });
    shape.ariaHidden = "true";
    return element("label", {}, input, shape);
  }

  /** Whether the server has it. One goes after the other: the last one counts. */
  #send(id, star, text) {
    this.#rated = id;
    this.#sending = this.#sending.then(async () => {
      // The guest may have gone on to another chat.
      if (this.chat.shown.id !== id) return false;
      try {
        await this.chat.rate(star, text);
        return true;
      } catch (error) {
        this.view.tell(error.code);
        return false;
      }
    });
    return this.#sending;
  }

  #end(id) {
    if (this.#rated === id) this.#rated = undefined;
    this.render();
  }
}
