// The site's colours on the page, as `--rx-...` variables: whatever the owner picks, what is written on it can be read.

const ENOUGH = 4.5; // WCAG AA for text
const EDGE = 1.6; // a shape with less than this to what is behind it gets a line round it
// What is written, and on what; a colour that the owner chose by name is left as it is.
const WRITTEN = { text: ["background"], "soft-text": ["background", "bubble"], "bubble-text": ["bubble"],
  "accent-text": ["accent"], "guest-text": ["guest-bubble"], link: ["background", "bubble"], danger: ["background"] };
// These keep what they can of their tint; the others turn black or white.
const TINTED = new Set(["soft-text", "link", "danger"]);
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

/** A variable as [r, g, b], 0..255. Here and in the site's settings colours are in the form #rgb or #rrggbb. */
function colour(name) {
  const hex = getComputedStyle(root).getPropertyValue(`--rx-${name}`).trim().slice(1);
  const pairs = hex.length < 6 ? [...hex].map((digit) => digit + digit) : hex.match(/../g);
  return pairs.slice(0, 3).map((pair) => parseInt(pair, 16));
}

const hex = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

function luminance([r, g, b]) {
  const linear = (value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** A colour, in `steps` nearer to black or white until it can be read on each of `grounds`. */
function readable(start, grounds, steps) {
  const pole = luminance(grounds[0]) > 0.18 ? 0 : 255;
  for (let step = 0; step < steps; step += 1) {
    const mixed = start.map((value) => Math.round(value + (pole - value) * step / steps));
    if (grounds.every((ground) => contrast(mixed, ground) >= ENOUGH)) return mixed;
  }
  return [pole, pole, pole];
}

let shown;
system.addEventListener("change", () => shown && show(shown));

/** `look` is as in a site's settings: {color, theme, variables}. The theme `auto` follows the visitor's system. */
export function show(look) {
  shown = look;
  const { color, theme, variables = {} } = look;
  root.dataset.theme = theme === "dark" || (theme !== "light" && system.matches) ? "dark" : "light";
  root.removeAttribute("style");
  const set = (name, value) => root.style.setProperty(`--rx-${name}`, value);
  set("accent", color);
  for (const [name, value] of Object.entries(variables)) root.style.setProperty(name, value);
  for (const [name, grounds] of Object.entries(WRITTEN)) {
    if (!variables[`--rx-${name}`]) set(name, hex(readable(colour(name), grounds.map(colour), TINTED.has(name) ? 10 : 1)));
  }
  if (contrast(colour("accent"), colour("background")) < EDGE) set("edge", "var(--rx-soft-text)");
}
