// The address of a page to test, as people type it; and how its place is written in a list of domains.

const LOCAL = ["localhost", "127.0.0.1"];
// Names and numbers that only a machine or a network of one's own knows: pages there rarely have https.
const PRIVATE = /^(localhost|.+\.(localhost|local|lan|internal)|[^.:]+|(127|10)(\.\d+){3}|192\.168(\.\d+){2}|169\.254(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|\[(::1|f[cde].*)\])$/;

/** The address to open, as a URL; null for what is none of a web page. A single word may be anything, and is none. */
export function addressOf(typed) {
  const text = typed.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const [place] = text.split(/[/?#]/);
  if (!hasScheme && !/[.:]/.test(place) && place.toLowerCase() !== "localhost") return null;
  let url;
  try { url = new URL(hasScheme ? text : `https://${text}`); } catch { return null; }
  if (!/^https?:$/.test(url.protocol) || url.username || !/^(\[[\da-f:.]+\]|[a-z\d]([a-z\d._-]*[a-z\d])?)\.?$/.test(url.hostname)) return null;
  // "https://name:80" is what stands there when nothing was typed but "name:80".
  return !hasScheme && PRIVATE.test(url.hostname) ? new URL(`http://${text}`) : url;
}

/** What is typed for a domain, without what stands round it: of an address the place alone; a star before it says what holds anyway. */
export function domainIn(typed) {
  const text = typed.trim().replace(/^\*\./, "");
  if (!/^https?:\/\//i.test(text)) return text;
  return /^https?:\/\/([^/?#@\s]+)([/?#].*)?$/i.exec(text)?.[1] ?? text;
}

/** Whether it can be one; the server has the last word. */
export const isDomain = (text) => /^[^\s/?#@*:,;]+(:\d{1,5})?$/.test(text);

/** How an origin is written in a list of domains. */
export function domainOf(origin) {
  const { hostname, host } = new URL(origin);
  return LOCAL.includes(hostname) ? hostname : host;
}
