// What the host page shows and says outside of the panel: a count on the launcher, lines beside it, a title that changes, and
// why there is no chat. Fetched when there is something of it.
import { Bubble } from "./bubble.js";
import { guestCredentials } from "./credentials.js";
import { Title } from "./title.js";

const WORDS = "__REPLYX_TEXTS__";
const ASK_MS = 15000;

export class Signs {
  #notice;

  constructor(host, signal) {
    Object.assign(this, { host, signal, words: WORDS[host.code] ?? WORDS.en, title: new Title(signal) });
    this.#style(host.settings.look);
    this.bubble = new Bubble({ root: host.root, dismiss: this.words.dismiss, onOpen: () => host.open() });
    this.badge = Object.assign(document.createElement("i"), { hidden: true });
    this.badge.setAttribute("aria-hidden", true);
    host.button.append(this.badge);
  }

  #style({ corner, offset_x: x, offset_y: y, theme = "auto", variables = {} }) {
    // `--rx-` properties of the host page come before the owner's, and those before our own.
    const own = (name, value) => `var(${name},${variables[name] ?? value})`;
    const sheet = new CSSStyleSheet();
    // The browser's own pair of colours follows the scheme, light or dark.
    sheet.replaceSync(`p,div{position:fixed;z-index:2147483646;${corner}:${x}px;bottom:${y + 68}px;box-sizing:border-box;margin:0;`
      + `max-width:min(340px,100vw - ${x * 2}px);border-radius:12px;font:15px/1.4 ${own("--rx-font", "system-ui")};`
      + "box-shadow:0 4px 24px #0004,0 0 0 1px #8884;outline:1px solid #0000}p{padding:10px 14px;background:#8f1d1d;color:#fff}"
      + `div{color-scheme:${theme === "auto" ? "light dark" : theme};display:flex;align-items:start;`
      + `background:${own("--rx-background", "Canvas")};color:${own("--rx-text", "CanvasText")}}div:empty{opacity:0;outline:0}b{display:block}`
      + "div button{all:unset;cursor:pointer;padding:10px 14px;overflow-wrap:anywhere;max-height:7em;overflow:hidden}"
      + "div button:before{content:none}div button+button{padding:10px 14px 10px 2px;font-size:20px;line-height:1}"
      + "div button:focus-visible{outline:2px solid;outline-offset:-4px;border-radius:12px}"
      + "i{position:absolute;top:-4px;right:-4px;min-width:22px;box-sizing:border-box;padding:0 6px;border-radius:11px;"
      + "background:#c31d1d;color:#fff;font:600 13px/22px system-ui;text-align:center}");
    this.host.root.adoptedStyleSheets.push(sheet);
  }

  unread(count, preview) {
    const { host, badge } = this;
    const number = count > 99 ? "99+" : `${count}`;
    badge.hidden = !count || host.isOpen;
    badge.textContent = number;
    // Not in brackets: what stands in those is no part of a label, and the number can be seen.
    host.name(badge.hidden ? "" : `, ${number}`);
    if (badge.hidden) this.clear();
    else if (preview) this.bubble.show({ ...preview, key: `${number} ${preview.author ?? ""} ${preview.text}` });
  }

  clear() {
    this.bubble.clear();
    this.#notice?.remove();
  }

  /** Tell a visitor who does not chat in this tab what waits for them. */
  meet() {
    const { proactive } = this.host.settings;
    if (proactive) this.remind(proactive);
    return this.#ask();
  }

  /** Ask what the guest has missed, as long as there is no panel that would know. */
  async #ask() {
    const { host } = this;
    const { guestKey } = host.keep;
    if (!guestKey || host.panel.element?.isConnected) return;
    const { base, headers } = guestCredentials(Object.fromEntries(host.panel.query), { guest_id: host.keep.get(guestKey) });
    const asked = await fetch(`${host.origin}${base}/unread`, { headers, signal: AbortSignal.timeout(ASK_MS) });
    const { unread = 0, message } = await asked.json();
    if (unread && !host.panel.element?.isConnected) host.unread(unread, message && { author: message.author?.name, text: message.text });
  }

  /** Show the owner's messages, each after its seconds, everywhere or on some pages: one after the other. */
  remind(rules) {
    const { host, bubble, signal } = this;
    const waiting = rules.filter(({ text }) => !bubble.isDismissed(text));
    let { href } = location;
    let since = 0;
    const look = () => {
      if (host.isUsed || bubble.isUnwanted) waiting.length = 0;
      // A page that changes its address itself begins anew for the rules that name one.
      if (href !== location.href) { href = location.href; since = performance.now(); }
      if (host.isOpen || bubble.isShown) return;
      const due = waiting.findIndex(({ after = 0, url = "" }) => href.includes(url)
        && performance.now() - (url ? since : 0) >= after * 1000);
      if (due >= 0) bubble.show({ text: waiting.splice(due, 1)[0].text });
      if (!waiting.length) clearInterval(timer);
    };
    const timer = setInterval(look, 1000);
    signal.addEventListener("abort", () => clearInterval(timer));
    look();
  }

  /** Say it to the visitor, and to the site's owner what to do. */
  sayForeign() {
    const { domains } = this.host.settings;
    this.host.warn(`${location.host || location.href} is not among the site's domains: ${domains.join(", ")}. `
      + "Add it in the console, or give all of them to: replyx site set-domains");
    this.say("foreign");
  }

  /** Say why there is no chat, in the words of this name. */
  say(name) {
    this.clear();
    this.#notice = document.createElement("p");
    this.#notice.setAttribute("role", "alert");
    this.host.root.append(this.#notice);
    this.#notice.textContent = this.words[name];
  }
}
