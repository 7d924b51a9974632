// ReplyX loader: draws the launcher on the host page, nothing else. Its other half, host.js, is fetched at the first sign that
// somebody wants to chat. Every page of every site pays for what is in here: keep it small.
(() => {
  const settings = "__REPLYX_SETTINGS__";
  const { look, proactive } = settings;
  const script = document.currentScript;
  const warn = (...what) => console.error("[ReplyX]", ...what);

  // The commands of a page that did not wait for us; or the loader itself, when the snippet is there twice, or is run again
  // by a page that has replaced its body.
  const early = window.ReplyX;
  if (early?.stay) return void (early.stay() || warn("The snippet is on this page twice."));
  if (!script) return void warn("Load the snippet as it was given.");
  const { siteToken, assistantId, lang, inline } = script.dataset;
  if (!(settings.frame || siteToken || assistantId)) return void warn(settings.error || "The snippet names no site.");

  const origin = new URL(script.src).origin;
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const sheet = new CSSStyleSheet();
  const queue = [];
  let half, timer, isGone;
  let path = origin + settings.base + "/host.js";

  // The icon is a shape in the text's colour; where the visitor's system sets the colours, the border is seen. `!important` in here is stronger than any rule of the page, and leaves custom
  // properties alone.
  sheet.replaceSync(":host{all:initial!important}:host([hidden]){display:none!important}"
    + `button{position:fixed;z-index:2147483647;${look.corner}:${look.offset_x}px;bottom:${look.offset_y}px;`
    + "display:flex;align-items:center;gap:8px;height:56px;padding:0 14px;border:1px solid #0000;border-radius:28px;"
    + `background:var(--rx-accent,${look.color});color:var(--rx-accent-text,${look.ink});`
    + "font:16px system-ui;cursor:pointer;box-shadow:0 4px 16px #0004}"
    + "button:focus-visible{outline:3px solid;outline-offset:-6px}"
    + 'button:before{content:"";width:28px;height:28px;background:currentColor;forced-color-adjust:none;'
    + `clip-path:path("${look.icon}")}`);
  root.adoptedStyleSheets = [sheet];
  root.append(button);
  button.textContent = look.label;
  const code = [lang, settings.lang, document.documentElement.lang, navigator.language, "en"]
    .map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => settings.open[tag]);
  button.setAttribute("aria-label", `${look.label} ${settings.open[code]}`.trim());

  /** Put the launcher on the page; true if it was not there. */
  const stay = () => {
    try {
      return !isGone && !host.isConnected && !(inline ? document.querySelector(inline) : document.body)?.append(host);
    } catch (error) { warn(error); }
  };

  /** Fetch the other half; it takes over the queue, and with it all commands. After a failure the next call tries again, at
   * another address: browsers keep failed imports, see whatwg/html#6768. */
  const load = () => {
    half ||= import(path).then((module) => {
      button.textContent = look.label;
      if (!isGone) module.start(context);
    }).catch((error) => {
      half = 0;
      path += "?";
      button.textContent = "⚠";
      warn(error);
    });
  };

  const api = {
    stay,
    show() { host.hidden = false; stay(); },
    hide() { host.hidden = true; },
    push(...commands) {
      for (const command of commands) try { api[command[0]](...command.slice(1)); } catch (error) { warn(command, error); }
    },
    destroy() {
      queue.push(["destroy"]);
      clearTimeout(timer);
      observer.disconnect();
      isGone = true;
      host.remove();
      if (window.ReplyX == api) delete window.ReplyX;
    },
  };
  for (const name of ["open", "toggle", "send", "reset", "prepare"]) {
    api[name] = (...args) => {
      queue.push([name, ...args]);
      load();
    };
  }
  // Who only listens, or says who the visitor is, does not want to chat yet.
  for (const name of ["close", "identify", "setAttributes", "on", "off"]) api[name] = (...args) => void queue.push([name, ...args]);
  const context = { settings, origin, options: script.dataset, code, host, root, button, queue, warn, stay };

  button.addEventListener("click", api.toggle);
  for (const type of ["pointerenter", "focus", "touchstart"]) button.addEventListener(type, api.prepare, { passive: true });
  // A page that replaces its body takes the launcher along: then its size becomes nothing.
  const observer = new ResizeObserver(stay);
  observer.observe(button);
  document.addEventListener("DOMContentLoaded", stay);
  stay();
  // Lines of an earlier page to send, a dialog that may have news, a greeting that is due.
  (window.requestIdleCallback || setTimeout)(() => {
    try { if (/replyx\.\d+\.(g|o)/.test(Object.keys(localStorage))) load(); } catch { /* blocked */ }
  });
  // "#replyx-test=": the console has opened this page.
  if (inline || /#replyx-t/.test(location.hash)) load();
  if (proactive) timer = setTimeout(load, Math.min(...proactive.map(({ after }) => after)) * 1000);
  window.ReplyX = api;
  api.push(...[].concat(early || []));
})();
