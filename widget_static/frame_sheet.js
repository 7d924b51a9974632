// How the frame stands on the host page: over it beside the launcher, over the whole of a small screen, or in an element of it.

export const SMALL = "(max-width:480px),(max-height:480px) and (pointer:coarse)";

/** `look` is the site's. */
export function frameSheet({ corner, offset_x: x, offset_y: y, theme = "auto" }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`iframe{position:fixed;z-index:2147483646;${corner}:${x}px;bottom:${y + 68}px;width:380px;`
    + `max-width:calc(100vw - ${x * 2}px);height:min(620px,100vh - ${y + 88}px);border:0;outline:1px solid #0000;border-radius:16px;`
    + `box-shadow:0 8px 40px #0004,0 0 0 1px #8884;background:Canvas;color-scheme:${theme === "auto" ? "light dark" : theme}}`
    + "[hidden]{display:none!important}.loading{visibility:hidden}"
    // An open panel's launcher is a cross alone; it pulses until there is a panel, on small screens too.
    + "[aria-expanded=true]{font-size:0;gap:0}[aria-busy=true]:before{animation:busy .5s infinite alternate}@keyframes busy{to{opacity:.3}}"
    + '[aria-expanded=true]:before{clip-path:path("M7 5l7 7 7-7 2 2-7 7 7 7-2 2-7-7-7 7-2-2 7-7-7-7z")}'
    + "@media (max-height:560px){iframe{bottom:8px;height:calc(100vh - 16px);z-index:2147483647}}"
    + `@media ${SMALL}{iframe{inset:0;width:100%;max-width:none;height:100dvh;border-radius:0;z-index:2147483647}}`
    + `@media (max-height:560px),${SMALL}{[aria-expanded=true][aria-busy=false]{visibility:hidden}}@media print{:host{display:none!important}}`);
  return sheet;
}
