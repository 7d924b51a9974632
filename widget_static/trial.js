// What the console hears when it has opened a page of the site to see whether the chat works there. It goes over the server: a
// window that the page could reach would be one that the page could send elsewhere.

const KEY = location.hash.split("=")[1];

/** Load the panel, and report each step: `loader`, `frame`, `online`, or `failed` with the reason; what a policy has blocked is among them. */
export function trial(host) {
  const { origin, warn, isForeign, signal } = host;
  const blocked = new Set();
  let sent = Promise.resolve();
  async function tell(body) {
    try {
      const answer = await fetch(`${origin}/api/manager/trial`, { method: "POST", credentials: "omit", keepalive: true, signal,
        headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: KEY, ...body }) });
      if (!answer.ok) warn("This test is over. Begin another from the console's install page.");
    } catch {
      // A policy that lets the loader in lets this out. That the answer is no script is nobody's concern.
      await import(`${origin}/api/manager/trial/told?${new URLSearchParams({ key: KEY, ...body })}`).catch(() => {});
    }
  }
  function report(step, detail) { sent = sent.then(() => tell({ step, ...detail })); }
  const steps = {
    drawn: () => report("frame"),
    state({ state }) {
      if (state === "refused") report("failed", { reason: state });
      else if (state === "online" || state === "polling") report("online");
    },
  };
  window.addEventListener("message", (event) => {
    if (host.panel.says(event) && Object.hasOwn(steps, event.data.type)) steps[event.data.type](event.data);
  }, { signal });
  host.call("on", "error", ({ code }) => { if (code === "unreachable") report("failed", { reason: "timeout" }); });
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective: directive, blockedURI }) => {
    // What can't be told would be blocked again, without an end.
    if (!blockedURI.startsWith(origin) || blocked.has(directive)) return;
    blocked.add(directive);
    report("failed", { reason: "policy", directive });
  }, { signal });
  report("loader", { snippet: `${host.panel.query}` });
  if (isForeign) report("failed", { reason: "foreign" });
  host.prepare();
}
