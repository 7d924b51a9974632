// What the console hears when it has opened a page of the site to see whether the chat works there.

/** Load the panel, and report each step: `loader`, `frame`, `online`, or `failed` with the reason. The page that has opened this one hears
 * it only if it is ReplyX's own. */
export function trial(host) {
  const { origin, warn, isForeign, signal } = host;
  function report(step, detail = {}) {
    if (window.opener) window.opener.postMessage({ replyx: 2, type: "tested", step, detail }, origin);
    else warn("Open this page from the console's install page to test the chat on it.");
  }
  const steps = {
    drawn: () => report("frame"),
    state({ state }) {
      if (state === "refused") report("failed", { reason: state });
      else if (state === "online" || state === "polling") report("online", { state });
    },
  };
  window.addEventListener("message", (event) => {
    if (host.panel.says(event) && Object.hasOwn(steps, event.data.type)) steps[event.data.type](event.data);
  }, { signal });
  host.on("error", ({ code }) => { if (code === "unreachable") report("failed", { reason: "timeout" }); });
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (blockedURI.startsWith(origin)) report("failed", { reason: "policy", directive: effectiveDirective, blocked: blockedURI });
  }, { signal });
  report("loader");
  if (isForeign) report("failed", { reason: "foreign", page: location.origin });
  host.prepare();
}
