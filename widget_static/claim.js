// The first of a browser's tabs decides: storage alone can't tell two that read and write at the same time apart.

const LOCK_MS = 400;
const SETTLE_MS = 60; // what one tab has written, all have by then

const settle = () => new Promise((resolve) => { setTimeout(resolve, SETTLE_MS); });

/** Store `value` at `key` unless a tab has stored one there; resolves with the one that counts. `read(key)` gives what is stored or
 * undefined, `write(key, value)` must not throw. */
export async function claim(key, value, read, write) {
  const take = async () => {
    if (read(key) !== undefined) return read(key);
    write(key, value);
    await settle();
    return read(key) ?? value;
  };
  try {
    return await navigator.locks.request(`${key}.claim`, { signal: AbortSignal.timeout(LOCK_MS) }, take);
  } catch {
    // No secure context, or a frozen tab that holds the lock: whoever wrote last is the first.
    return take();
  }
}
