// ReplyX loader: draws the launcher on the host page, and at the first click the frame. It keeps the guest's id and
// unsent lines in this page's own storage for the frame, whose own storage browsers partition or block.
(() => {
  const settings = "__REPLYX_SETTINGS__";
  const PROTOCOL = 1;
  const PREFIX = "replyx.";
  const READY_MS = 15000;
  const script = document.currentScript;
  const warn = (text) => console.error(`[ReplyX] ${text}`);

  if (window.ReplyX) return void window.ReplyX.stay();
  if (!script) return void warn("Load the snippet as it was given: <script async src=...>.");
  if (settings.error) return void warn(settings.error);

  const origin = new URL(script.src).origin;
  const { siteToken, assistantId } = script.dataset;
  const name = siteToken ? `site_token=${encodeURIComponent(siteToken)}`
    : assistantId ? `assistant_id=${encodeURIComponent(assistantId)}` : "";
  const frameUrl = settings.frame || (name && `/frame?${name}`);
  if (!frameUrl) return void warn("The snippet names no site. Add ?site_token=... to its address, or data-site-token.");

  const WORDS = "__REPLYX_TEXTS__";
  const lang = [settings.lang, document.documentElement.lang, navigator.language]
    .map((tag) => tag?.toLowerCase().split("-")[0]).find((tag) => Object.hasOwn(WORDS, tag)) ?? "en";
  const texts = { ...WORDS[lang], open: settings.open[lang] };

  const STYLE = `
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483647; width: 56px; height: 56px; padding: 0;
      border: 0; border-radius: 50%; background: #1f5eff; color: #fff; cursor: pointer;
      box-shadow: 0 4px 16px rgb(0 0 0 / .25); display: grid; place-items: center; }
    button:focus-visible { outline: 3px solid #fff; outline-offset: -6px; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
      stroke-linejoin: round; }
    iframe { position: fixed; right: 20px; bottom: 88px; z-index: 2147483646; width: 380px; height: min(620px, 100vh - 108px);
      border: 0; border-radius: 16px; box-shadow: 0 8px 40px rgb(0 0 0 / .25); background: #fff; color-scheme: normal; }
    p { position: fixed; right: 20px; bottom: 88px; z-index: 2147483646; margin: 0; padding: 10px 14px; border-radius: 10px;
      box-sizing: border-box; max-width: min(340px, 100vw - 40px);
      background: #8f1d1d; color: #fff; font: 15px/1.4 system-ui, sans-serif; }
    [hidden] { display: none; }
    iframe.loading { visibility: hidden; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100%; height: 100dvh; border-radius: 0; z-index: 2147483647; }
      button[aria-expanded="true"] { display: none; }
    }`;
  const ICONS = {
    open: "M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12Z",
    close: "M6 6l12 12M18 6 6 18",
  };

  const memory = new Map();
  const storage = {
    // Blocked or full storage must not stop a visitor from writing: then the page itself remembers.
    all() {
      const found = Object.fromEntries(memory);
      try {
        for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) found[key] = localStorage.getItem(key);
      } catch { /* blocked */ }
      return found;
    },
    set(key, value) {
      memory.set(key, value);
      try { localStorage.setItem(key, value); } catch { /* blocked or full */ }
    },
    remove(key) {
      memory.delete(key);
      try { localStorage.removeItem(key); } catch { /* blocked */ }
    },
  };

  // The frame's own policy decides who may embed it; this only says so before a frame stays empty.
  const isForeign = settings.domains && location.origin !== origin && !settings.domains.some((domain) => {
    const [name, port] = domain.split(":");
    return location.protocol.startsWith("http") && `.${location.hostname}`.endsWith(`.${name}`)
      && (port ?? (/^(localhost|127\.0\.0\.1)$/.test(name) ? location.port : "")) === location.port;
  });
  if (isForeign) warn(`${location.host || location.href} is not among the site's domains: ${settings.domains.join(", ")}. `
    + "Add it with: replyx site set-domains");

  let host, button, icon, frame, notice, timer;

  function element(tag, attributes) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function draw() {
    host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    button = element("button", { type: "button" });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    icon = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.append(icon);
    button.append(svg);
    button.addEventListener("click", () => (isOpen() ? close() : open()));
    root.append(button);
    document.body.append(host);
    show(false);
    // Lines of an earlier page that were never acknowledged go out without a click.
    if (Object.keys(storage.all()).some((key) => /^replyx\.\d+\.outbox\./.test(key))) load(true);
  }

  /** A page that swaps its body takes the launcher away and runs the snippet again. */
  function stay() {
    if (host && !host.isConnected) document.body.append(host);
  }

  const isOpen = () => button.getAttribute("aria-expanded") === "true";

  function show(opened) {
    button.setAttribute("aria-expanded", String(opened));
    button.setAttribute("aria-label", opened ? texts.close : texts.open);
    icon.setAttribute("d", opened ? ICONS.close : ICONS.open);
  }

  function open() {
    notice?.remove();
    if (isForeign) return void say(texts.foreign);
    show(true);
    if (frame) {
      frame.hidden = false;
      tell({ type: "shown" });
    } else load(false);
  }

  function load(hidden) {
    if (isForeign) return;
    frame = element("iframe", { src: `${origin}${frameUrl}&lang=${lang}`, title: texts.title, class: "loading", allow: "clipboard-write" });
    frame.hidden = hidden;
    // A frame that never reports drawn must not leave an empty corner.
    timer = setTimeout(fail, READY_MS);
    button.before(frame);
  }

  function say(text) {
    notice = element("p", { role: "alert" });
    notice.textContent = text;
    button.before(notice);
  }

  function close() {
    show(false);
    if (frame) frame.hidden = true;
    tell({ type: "hidden" });
    button.focus();
  }

  function fail() {
    frame.remove();
    frame = null;
    if (isOpen()) say(texts.failed);
    show(false);
    warn(`The frame ${origin}${frameUrl} did not load. Is ReplyX up, and this page's address among the site's domains?`);
  }

  function tell(message) {
    frame?.contentWindow?.postMessage({ replyx: PROTOCOL, ...message }, origin);
  }

  const isOurs = (key) => typeof key === "string" && key.startsWith(PREFIX);
  const hear = {
    ready() { tell({ type: "hello", stored: storage.all(), lang }); },
    drawn() {
      clearTimeout(timer);
      frame.classList.remove("loading");
      tell({ type: isOpen() ? "shown" : "hidden" });
    },
    save({ key, value, id }) {
      if (isOurs(key)) storage.set(key, String(value));
      tell({ type: "saved", id, value });
    },
    // The first of two tabs decides.
    claim({ key, value, id }) { hear.save({ key, value: storage.all()[key] ?? value, id }); },
    remove({ key }) { if (isOurs(key)) storage.remove(key); },
    close,
  };

  function receive(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !event.data?.replyx) return;
    if (Object.hasOwn(hear, event.data.type)) hear[event.data.type](event.data);
  }

  function destroy() {
    clearTimeout(timer);
    window.removeEventListener("message", receive);
    document.removeEventListener("DOMContentLoaded", draw);
    host?.remove();
    delete window.ReplyX;
  }

  window.addEventListener("message", receive);
  window.ReplyX = { destroy, stay };
  if (document.body) draw(); else document.addEventListener("DOMContentLoaded", draw, { once: true });
})();
