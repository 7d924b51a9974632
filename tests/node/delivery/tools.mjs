// What all clients of the storm share: records, chance, and the server asked past the proxy.
import { setTimeout as sleep } from "node:timers/promises";

export { sleep };

/** Append a fact; standard output is a file, so that a line is there when this returns. */
export function record(kind, fact) {
  process.stdout.write(`${JSON.stringify({ kind, ...fact })}\n`);
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All ids of the lines of a guest's newest dialog, from the server itself. */
export async function currentIds(direct, { base, headers }) {
  const ask = async (path, options) => (await fetch(`${direct}${base}/dialogs${path}`, {
    ...options, headers: { ...headers, "Content-Type": "application/json" }, signal: AbortSignal.timeout(5000) })).json();
  const { dialog } = await ask("", { method: "POST", body: "{}" });
  const ids = [];
  for (let more = true; more;) {
    const page = await ask(`/${dialog.id}/messages?after=${ids.at(-1) ?? 0}&limit=200`);
    ids.push(...page.messages.map((message) => message.id));
    more = page.more;
  }
  return ids;
}

export const isSame = (ids, others) => ids.length === others.length && ids.every((id, at) => id === others[at]);
