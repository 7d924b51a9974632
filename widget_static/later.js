// Modules that are fetched at their first use.
const tails = {};

/** Whoever gets it keeps it: the next call is a next try, at another address, since browsers keep failed imports
 * (whatwg/html#6768). */
export function later(name) {
  const tail = tails[name] ?? "";
  tails[name] = `${tail}?`;
  return import(`./${name}.js${tail}`);
}
