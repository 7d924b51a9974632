// The site's colours on the page, as `--rx-...` variables: whatever the owner picks, what is written on it can be read.
import { channels, contrast, luminance } from "./contrast.js";

const ENOUGH = 4.5; // WCAG AA for text
const EDGE = 1.6; // a shape with less than this to what is behind it gets a line round it
// What is written, and on what; a colour that the owner chose by name is left as it is.
const WRITTEN = { text: ["background"], "soft-text": ["background", "bubble"], "bubble-text": ["bubble"],
  "accent-text": ["accent"], "guest-text": ["guest-bubble"], link: ["background", "bubble"], danger: ["background"] };
// These keep what they can of their tint; the others turn black or white.
const TINTED = new Set(["soft-text", "link", "danger"]);
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

/** A variable as [r, g, b]. Here and in the site's settings colours are in the form #rgb or #rrggbb. */
const colour = (name) => channels(getComputedStyle(root).getPropertyValue(`--rx-${name}`).trim());

const hex = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

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
