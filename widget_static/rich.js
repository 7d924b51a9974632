// Text and the server's HTML as nodes for the page: made one by one, never parsed into it.
import { element } from "./dom.js";

// Whatever is written, these take no longer than its length: an address begins where a word does, and has its bounds.
const LINK = /\bhttps?:\/\/[^\s<>"]+|(?<![\w.+-])[\w.+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,8}/giu;
const STOPS = ".,;:!?'\"»”’…*_";
const SAFE = ["http:", "https:", "mailto:"];
const ALLOWED = new Set(["P", "BR", "STRONG", "EM", "DEL", "CODE", "PRE", "UL", "OL", "LI", "A", "BLOCKQUOTE"]);
// Flags, families and skin tones are several code points each.
const EMOJI = /^(?=\S)(?:[\p{Extended_Pictographic}\p{Regional_Indicator}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]|\s){1,12}$/u;

/** Whether a text is so little but emoji that it is shown large. */
export const isEmoji = (text) => EMOJI.test(text);

/** A link that leads out of the chat, or null where its address is not one of the web's or a mail's. */
function link(address, ...children) {
  let url;
  try { url = new URL(address); } catch { return null; }
  return SAFE.includes(url.protocol)
    ? element("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children) : null;
}

const count = (text, letter) => text.split(letter).length;

/** The address as it was meant: without the sentence's stop behind it, or a bracket that opened before it. */
function trimmed(found) {
  let end = found.length;
  let unopened = count(found, ")") - count(found, "(");
  for (; end; end -= 1) {
    if (STOPS.includes(found[end - 1])) continue;
    if (found[end - 1] !== ")" || unopened <= 0) break;
    unopened -= 1;
  }
  return found.slice(0, end);
}

/** A text's pieces: strings and links. */
export function fromText(text) {
  const pieces = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const address = trimmed(found);
    const made = link(/^https?:/i.test(address) ? address : `mailto:${address}`, address);
    if (!made) continue;
    pieces.push(text.slice(at, index), made);
    at = index + address.length;
  }
  return [...pieces, text.slice(at)];
}

/** HTML of the server's, sanitised there, and here once more: what is not allowed is left out with all that is in it. */
export function fromHtml(html) {
  return copies(new DOMParser().parseFromString(html, "text/html").body, false);
}

function copies(parent, isLink) {
  return [...parent.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return isLink ? node.data : fromText(node.data);
    if (!ALLOWED.has(node.nodeName)) return [];
    if (node.nodeName !== "A") return element(node.localName, {}, ...copies(node, isLink));
    const inside = copies(node, true);
    return link(node.getAttribute("href"), ...inside) ?? inside;
  });
}
