// ReplyX loader: draws the launcher on the host page, nothing else. Its other half, host.js, is fetched at the first sign that
// somebody wants to chat. Every page of every site pays for what is in here: keep it small.
(() => {
  const settings = "__REPLYX_SETTINGS__";
  const script = document.currentScript;
  const warn = (...what) => console.error("[ReplyX]", ...what);

  // The commands of a page that did not wait for us; or the loader itself, when the snippet is there twice, or is run again
  // by a page that has replaced its body.
  const early = window.ReplyX;
  if (early?.stay) return early.stay() || warn("The snippet is on this page twice.");
  if (!script) return warn("Copy the snippet as it is.");
  const { siteToken, assistantId, lang, inline } = script.dataset;
  if (!(settings.frame || siteToken || assistantId)) return warn(settings.error);

  const origin = new URL(script.src).origin;
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const sheet = new CSSStyleSheet();
  const queue = [];
  let half, timer, isGone;
  let path = origin + settings.base + "/host.js";

  sheet.replaceSync(settings.sheet);
  root.adoptedStyleSheets = [sheet];
  root.append(button);
  button.textContent = settings.look.label;
  const code = [lang, settings.lang, document.documentElement.lang, ...navigator.languages, "en"]
    .map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => settings.open[tag]);
  button.setAttribute("aria-label", settings.open[code]);

  /** Put the launcher on the page; true if it was not there. */
  const stay = () => {
    try {
      return !isGone && !host.isConnected && !(inline ? document.querySelector(inline) : document.body)?.append(host);
    } catch (error) { warn(error); }
  };

  /** Fetch the other half; it takes over the queue, and with it all commands. After a failure the next call tries again, at
   * another address: browsers keep failed imports, see whatwg/html#6768. */
  const load = () => {
    half ||= import(path).then((module) => { if (!isGone) module.start(context); }).catch((error) => {
      // A panel that nobody has answered does not ask for long.
      half = context.frame = context.frame?.remove();
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
      for (const command of commands) {
        const [name, ...args] = [].concat(command);
        // Objects have more than their own.
        if (api[name]?.call) api[name](...args); else warn(command, "is none of", Object.keys(api));
      }
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
  for (const name of ["open", "toggle", "send", "prepare"]) {
    api[name] = (...args) => {
      queue.push([name, ...args]);
      // The panel comes beside the other half, which looks at the page's address more closely.
      if (!half && settings.domains?.some((domain) => ("." + location.hostname).endsWith("." + domain))) {
        button.before(context.frame = Object.assign(document.createElement("iframe"), { hidden: true,
          src: origin + settings.frame + "&asked&lang=" + code, allow: "autoplay; clipboard-write",
          onload() { this.isLoaded = true; } }));
      }
      load();
    };
  }
  // Who only listens, or says who the visitor is, does not want to chat yet; what there is to forget has been fetched for.
  for (const name of ["close", "reset", "identify", "setAttributes", "on", "off"]) api[name] = (...args) => { queue.push([name, ...args]); };
  const context = { settings, origin, options: script.dataset, code, host, button, queue, warn, stay };

  button.onclick = api.toggle;
  button.onpointerenter = button.onfocus = api.prepare;
  // A page that replaces its body takes the launcher along: then its size becomes nothing.
  const observer = new ResizeObserver(stay);
  observer.observe(button);
  addEventListener("DOMContentLoaded", stay);
  stay();
  // Lines of an earlier page to send, a dialog that may have news, a greeting that is due.
  (window.requestIdleCallback || setTimeout)(() => {
    try { if (/replyx\.\d/.test(Object.keys(localStorage))) load(); } catch { /* blocked */ }
  });
  // "#replyx-test=": the console has opened this page.
  if (inline || /#replyx-t/.test(location.hash)) load();
  if (settings.due >= 0) timer = setTimeout(load, settings.due * 1000);
  window.ReplyX = api;
  api.push(...[].concat(early || []));
})();
