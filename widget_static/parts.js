// Parts of the panel that are loaded at their first use: a module with `start(panel)` each, and one style sheet for all but the
// large ones.
import { $, element } from "./dom.js";
import { later } from "./later.js";

const LARGE = ["attach", "forms"];
const sheets = {};

function styled(name) {
  sheets[name] ??= new Promise((resolve) => {
    const link = element("link", { rel: "stylesheet", href: new URL(`${name}.css`, $("sheet").href).href });
    // Without it a part is plain, and works.
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
  return sheets[name];
}

/** `panel` is handed to each part. What can't be loaded is said, and the next use tries again. */
export class Parts {
  #started = {};

  constructor(panel) { this.panel = panel; }

  has(name) { return name in this.#started; }

  /** Load the part `name` unless it is there, then call `run` with it. */
  async use(name, run) {
    let part;
    try {
      part = await this.#get(name);
    } catch {
      this.panel.view.tell("unreachable");
      return;
    }
    run(part);
  }

  /** Have the part at hand, if it can be had, for when there is no way to the server. */
  keep(name) { this.#get(name).catch(() => {}); }

  #get(name) {
    this.#started[name] ??= this.#start(name).catch((error) => {
      delete this.#started[name];
      throw error;
    });
    return this.#started[name];
  }

  async #start(name) {
    const [{ start }] = await Promise.all([later(name), styled(LARGE.includes(name) ? name : "more")]);
    this.panel.view.untell("unreachable");
    return start(this.panel);
  }
}
