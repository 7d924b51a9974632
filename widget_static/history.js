// The guest's earlier dialogs: a list to choose from, and the one that is being read.
import { $, element } from "./dom.js";
import { overlay } from "./overlay.js";
import { fill } from "./texts.js";

export function start({ settings: { texts, lang }, chat, view }) { return new History(texts, lang, chat, view); }

class History {
  #dialog;
  #list;
  #more;

  constructor(texts, lang, chat, view) {
    Object.assign(this, { texts: texts.panel, done: texts.done, chat, view });
    this.date = new Intl.DateTimeFormat(lang, { dateStyle: "medium" });
    this.bar = element("div", { id: "past", hidden: true });
    this.back = element("button", { type: "button", className: "link", textContent: this.texts.back });
    this.back.addEventListener("click", () => this.#read(chat.dialog.id));
    this.bar.append(element("p"), this.back);
    $("form").before(this.bar);
  }

  open() {
    this.#list = element("ul");
    this.#more = element("button", { type: "button", className: "link", textContent: this.texts.moreHistory, hidden: true });
    this.#dialog = overlay({ title: this.texts.history, close: this.done, className: "list" }, this.#list, this.#more);
    this.#load();
  }

  async #load(cursor) {
    let page;
    try {
      page = await this.chat.history(cursor);
    } catch (error) {
      this.#dialog.close();
      this.view.tell(error.code);
      return;
    }
    const earlier = page.dialogs.filter(({ id }) => id !== this.chat.dialog.id || this.chat.past);
    const first = this.#list.children.length;
    this.#list.append(...earlier.map((dialog) => element("li", {}, this.#entry(dialog))));
    if (!this.#list.children.length && !page.cursor) this.#list.append(element("li", { textContent: this.texts.noHistory }));
    this.#more.hidden = !page.cursor;
    this.#more.onclick = () => this.#load(page.cursor);
    this.#list.children[first]?.querySelector("button")?.focus();
  }

  #entry({ id, created_at: at, last_message: last }) {
    const made = element("button", { type: "button" }, element("time", { textContent: this.date.format(new Date(at)) }),
      element("bdi", { textContent: last?.text ?? "" }));
    made.addEventListener("click", () => { this.#dialog.close(); this.#read(id); });
    return made;
  }

  async #read(id) {
    try {
      await this.chat.openDialog(id);
    } catch (error) {
      this.view.tell(error.code);
      return;
    }
    const { past } = this.chat;
    this.bar.hidden = !past;
    if (past) {
      this.bar.firstChild.textContent = fill(this.texts.past, { date: this.date.format(new Date(past.view.created_at)) });
      this.back.focus();
    } else this.view.focus();
  }
}
