// The launcher as the widget's loader draws it on a site, for the preview; and the colour of what stands on it.
import { channels } from "replyx/contrast.js";
import { html, texts } from "./ui.js";

const icons = JSON.parse(document.body.dataset.icons);
// The same sum as the server's: see `styles.ink`.
const WEIGHTS = [30, 59, 11];
const BRIGHT = 160 * 100;

/** The colour of what stands on the site's own. */
export function ink(color, variables = {}) {
  const own = variables["--rx-accent-text"];
  if (/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(own)) return own;
  return channels(color).reduce((sum, value, index) => sum + value * WEIGHTS[index], 0) > BRIGHT ? "#000" : "#fff";
}

/** `look` is a site's. */
export function Launcher({ look }) {
  const place = { backgroundColor: look.color, color: ink(look.color, look.variables), [look.corner]: `${look.offset_x}px`,
    bottom: `${look.offset_y}px`, maxWidth: `calc(100% - ${look.offset_x}px)` };
  return html`<span class="launcher" role="img" aria-label=${look.label || texts.site.look.icons[look.icon]} style=${place}>
    <svg viewBox="0 0 28 28" aria-hidden="true"><path d=${icons[look.icon]} /></svg>${look.label}
  </span>`;
}
