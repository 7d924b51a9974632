// The panel beside a site's settings in the console: a sample conversation, or a form, without a connection, redrawn with each change.
import { $, element } from "./dom.js";
import { whenAnswered } from "./hours.js";

const nothing = () => {};
const ON = { close: nothing, send: () => false, input: nothing, keep: nothing, retry: nothing, drop: nothing, earlier: nothing,
  person: nothing, files: nothing, menu: nothing, emoji: nothing };

/** `settings` are the page's at first; then what the console, on our own origin, posts as {replyx: 2, type: "preview", settings}. */
export function start({ settings, show, View }) {
  const view = new View({ settings, on: ON });
  let shown = settings;
  let Form;
  draw();
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== window.parent || origin !== location.origin || data?.type !== "preview") return;
    shown = { ...shown, ...data.settings };
    draw();
  });
  window.parent.postMessage({ replyx: 2, type: "ready" }, location.origin);

  function draw() {
    show(shown.look);
    view.draw(shown);
    view.showState("online");
    const about = whenAnswered(shown, shown.texts.forms, shown.lang);
    $("reply").textContent = about;
    view.render(sample(shown, about), [], false);
    drawForm(about);
  }

  function drawForm(about) {
    const { forms, texts, mail } = shown;
    const fields = forms.offline ?? forms.prechat;
    const place = $("form-place");
    place.replaceChildren();
    place.hidden = !fields;
    document.body.classList.toggle("asking", Boolean(fields));
    if (fields && !Form) load(about).catch(nothing);
    else if (fields) new Form({ place, isOffline: Boolean(forms.offline), fields, about, hasMail: mail, texts: texts.forms, values: {},
      save: nothing, submit: nothing });
  }

  async function load(about) {
    document.head.append(element("link", { rel: "stylesheet", href: new URL("forms.css", $("sheet").href).href }));
    ({ Form } = await import("./form.js"));
    drawForm(about);
  }
}

function sample({ texts, assistant, hours }, about) {
  const at = Date.now() - 60000;
  const line = (id, sender, text) => ({ id, sender, text, client_id: `sample-${id}`, author: sender === "guest" ? null : assistant,
    created_at: new Date(at + id * 5000).toISOString() });
  return { lines: [line(1, "guest", texts.panel.ask), line(2, "assistant", hours.open ? texts.waiting : about || texts.forms.offlineTitle)], hasEarlier: false,
    view: { status: "open", handler: "assistant", manager_read_id: 1 } };
}
