// What the console hears when it has opened a page of the site to see whether the chat works there. It goes over the server: a
// window that the page could reach would be one that the page could send elsewhere.

const KEY = location.hash.split("=")[1];

/** Gives `report(step, detail)`: `loader`, `frame`, a connection's `state`, or `failed` with the reason; what a policy has blocked goes out by
 * itself. */
export function trial({ origin, warn, isForeign, signal }) {
  const blocked = new Set();
  let sent = Promise.resolve();
  async function tell(body) {
    try {
      const answer = await fetch(`${origin}/api/manager/trial`, { method: "POST", credentials: "omit", keepalive: true, signal,
        headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: KEY, ...body }) });
      if (!answer.ok) warn("This test is over. Begin another from the console's install page.");
    } catch (error) { warn(error); }
  }
  function report(step, detail = {}) {
    if (step === "state") {
      if (detail.state === "refused") report("failed", { reason: detail.state });
      else if (detail.state === "online" || detail.state === "polling") report("online");
    } else {
      sent = sent.then(() => tell({ step, ...detail }));
    }
  }
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective: directive, blockedURI }) => {
    // What can't be told would be blocked again, without an end.
    if (!blockedURI.startsWith(origin) || blocked.has(directive)) return;
    blocked.add(directive);
    report("failed", { reason: "policy", directive });
  }, { signal });
  report("loader");
  if (isForeign) report("failed", { reason: "foreign" });
  return report;
}
