// The chat panel: with the host page behind it, on a page of its own, or as the console shows it beside a site's settings.
import { Bridge } from "./bridge.js";
import { $ } from "./dom.js";
import { show } from "./look.js";
import { Panel } from "./panel.js";
import { View } from "./view.js";

const settings = JSON.parse($("settings").textContent);
document.body.dataset.kind = settings.kind;
show(settings.look);
if (settings.kind === "preview") (await import("./preview.js")).start({ settings, show, View });
else await new Panel(settings).open(settings.kind === "page" ? (await import("./page.js")).Page : Bridge);
