// What the console hears when it has opened a page of the site to see whether the chat works there.

/** Gives `report(step, detail)`: `loader`, `frame`, a connection's `state`, or `failed` with the reason; what a policy has blocked goes out by
 * itself. The page that has opened this one hears it only if it is ReplyX's own. */
export function trial({ origin, warn, isForeign, signal }) {
  function report(step, detail = {}) {
    if (step === "state") {
      if (detail.state === "refused") report("failed", { reason: detail.state });
      else if (detail.state === "online" || detail.state === "polling") report("online", detail);
      return;
    }
    if (window.opener) window.opener.postMessage({ replyx: 2, type: "tested", step, detail }, origin);
    else warn("Open this page from the console's install page to test the chat on it.");
  }
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (blockedURI.startsWith(origin)) report("failed", { reason: "policy", directive: effectiveDirective, blocked: blockedURI });
  }, { signal });
  report("loader");
  if (isForeign) report("failed", { reason: "foreign", page: location.origin });
  return report;
}
