// A menu behind a button, as WAI-ARIA has it: arrows move, Escape and a choice close it, and the focus returns.

export class Menu {
  #button;
  #list;

  /** `list` is the element with the items, hidden at first; what an item does is its own click's matter. */
  constructor(button, list) {
    this.#button = button;
    this.#list = list;
    button.addEventListener("click", () => this.#show(list.hidden));
    // A press on the button must not take the focus out of the menu: it would close, and the click open it again.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      this.#show(true);
      if (event.key === "ArrowUp") this.#items.at(-1).focus();
    });
    list.addEventListener("keydown", (event) => this.#press(event));
    // Before the item's own click: what that opens may take the focus on.
    list.addEventListener("click", () => this.#show(false), { capture: true });
    list.addEventListener("focusout", ({ relatedTarget }) => {
      if (!list.contains(relatedTarget) && relatedTarget !== button) this.#hide();
    });
  }

  get #items() { return [...this.#list.querySelectorAll("[role=menuitem]")]; }

  #show(isShown) {
    if (!isShown) {
      this.#button.focus();
      this.#hide();
      return;
    }
    this.#list.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#items[0].focus();
  }

  #hide() {
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  #press(event) {
    const items = this.#items;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0,
      End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[to].focus();
    } else if (event.key === "Escape") this.#show(false);
  }
}
