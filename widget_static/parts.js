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

/** `panel` is handed to each part; `failed()` is called when one can't be loaded, and the next use tries again. */
export class Parts {
  #started = {};

  constructor(panel, failed) { Object.assign(this, { panel, failed }); }

  has(name) { return name in this.#started; }

  /** Load the part `name` unless it is there, then call `run` with it. */
  async use(name, run) {
    this.#started[name] ??= this.#start(name);
    let part;
    try {
      part = await this.#started[name];
    } catch {
      delete this.#started[name];
      this.failed();
      return;
    }
    run(part);
  }

  async #start(name) {
    const [{ start }] = await Promise.all([later(name), styled(LARGE.includes(name) ? name : "more")]);
    return start(this.panel);
  }
}
