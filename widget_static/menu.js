// The menu behind the header's button, as WAI-ARIA has it: arrows move, Escape and a choice close it, and the focus returns.
import { $, element } from "./dom.js";

const SILENT = "silent";

/** `panel` is what every part works with: settings, page, stored, bridge, chat, view, parts. */
export function start(panel) { return new Menu(panel); }

class Menu {
  #button = $("menu");
  #list = element("div", { id: "menu-items", hidden: true });

  constructor(panel) {
    this.panel = panel;
    const button = this.#button;
    const list = this.#list;
    list.setAttribute("role", "menu");
    list.setAttribute("aria-labelledby", "menu");
    button.setAttribute("aria-controls", "menu-items");
    button.after(list);
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

  toggle() { this.#show(this.#list.hidden); }

  get #items() { return [...this.#list.children]; }

  /** What can be done at this moment. */
  #draw() {
    const { settings: { texts, features }, chat, parts } = this.panel;
    const { panel } = texts;
    const open = (name) => () => parts.use(name, (part) => part.open());
    const items = [[panel.history, open("history")]];
    if (features.transcript && chat.shown.view) items.push([panel.transcript, open("transcript")]);
    items.push([texts.copy, open("diagnosis")]);
    this.#list.replaceChildren(...items.map(([text, run]) => item("menuitem", text, run)));
    if (features.sound) this.#list.prepend(this.#sound(panel.sound));
  }

  #sound(text) {
    const { stored, bridge } = this.panel;
    const made = item("menuitemcheckbox", text, () => {
      if (SILENT in stored) { delete stored[SILENT]; bridge.remove(SILENT); }
      else bridge.save(SILENT, stored[SILENT] = "yes");
    });
    made.setAttribute("aria-checked", String(!(SILENT in stored)));
    return made;
  }

  #show(isShown) {
    if (!isShown) {
      this.#button.focus();
      this.#hide();
      return;
    }
    if (this.#list.hidden) this.#draw();
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
    } else if (event.key === "Escape" || event.key === "Tab") this.#show(false);
  }
}

function item(role, text, run) {
  const made = element("button", { type: "button", tabIndex: -1, textContent: text });
  made.setAttribute("role", role);
  made.addEventListener("click", run);
  return made;
}
