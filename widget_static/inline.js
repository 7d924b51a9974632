// The panel in an element of the page, without a launcher.

/** Open it when it comes into view, and keep it there when the page replaces its parts. */
export function stand(host) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{display:block!important;height:100%!important}"
    + "iframe{position:static;width:100%;max-width:none;height:100%;min-height:320px;border-radius:0;box-shadow:none}");
  host.root.adoptedStyleSheets.push(sheet);
  const seen = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) host.open(); });
  const size = new ResizeObserver(host.stay);
  for (const observer of [seen, size]) {
    observer.observe(host.host);
    host.signal.addEventListener("abort", () => observer.disconnect());
  }
}
