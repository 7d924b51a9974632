// A line's files: images in their place, everything else as a card to open.
import { element } from "./dom.js";
import { sizeIn } from "./sizes.js";
import { fill } from "./texts.js";

const WIDEST = 260;
const TALLEST = 320;
const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

export function start({ settings: { texts, lang } }) {
  return { draw: (node, files) => draw(node, files, texts.panel, lang) };
}

function draw(node, files, texts, lang) {
  node.querySelectorAll(".files").forEach((old) => old.remove());
  node.append(element("div", { className: "files" }, ...files.map((file) => {
    // One that is gone has no address.
    if (!file.url) return element("span", { className: "file" }, ...card(file, lang));
    const isImage = SHOWN.test(file.type) && file.width;
    return element("a", { href: file.url, target: "_blank", rel: "noopener noreferrer", className: isImage ? "image" : "file" },
      ...(isImage ? [image(file, texts)] : card(file, lang)));
  })));
}

/** Its size is set before it is there: nothing moves when it comes. */
function image({ url, name, width, height }, texts) {
  const share = Math.min(1, WIDEST / width, TALLEST / height);
  return element("img", { src: url, alt: fill(texts.image, { name }), width: Math.round(width * share), height: Math.round(height * share) });
}

function card({ name, size }, lang) {
  const kind = /\.(\w{1,4})$/.exec(name)?.[1] ?? "";
  const badge = element("span", { className: "kind", textContent: kind.toUpperCase() });
  badge.ariaHidden = "true";
  return [badge, element("span", {}, element("bdi", { textContent: name }), element("small", { textContent: sizeIn(lang, size) }))];
}
