// The launcher as the widget's loader draws it on a site, for the preview; and what can be read on a colour.
import { html } from "./ui.js";

const icons = JSON.parse(document.body.dataset.icons);
// The same sum as the server's: see `styles.ink`.
const WEIGHTS = [30, 59, 11];
const BRIGHT = 160 * 100;

const channels = (color) => {
  const digits = color.slice(1);
  return (digits.length < 6 ? [...digits].map((digit) => digit + digit) : digits.match(/../g)).slice(0, 3)
    .map((pair) => parseInt(pair, 16));
};

/** The colour of what stands on the site's own. */
export function ink(color, variables = {}) {
  const own = variables["--rx-accent-text"];
  if (/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(own)) return own;
  return channels(color).reduce((sum, value, index) => sum + value * WEIGHTS[index], 0) > BRIGHT ? "#000" : "#fff";
}

function luminance(color) {
  const [red, green, blue] = channels(color).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** How well one colour is read on another, from 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** `look` is a site's. */
export function Launcher({ look }) {
  const place = { backgroundColor: look.color, color: ink(look.color, look.variables), [look.corner]: `${look.offset_x}px`,
    bottom: `${look.offset_y}px` };
  return html`<span class="launcher" role="img" aria-label=${look.label || look.icon} style=${place}>
    <svg viewBox="0 0 28 28" aria-hidden="true"><path d=${icons[look.icon]} /></svg>${look.label}
  </span>`;
}
