// The conversation by mail, for the guest to keep.
import { element } from "./dom.js";
import { overlay } from "./overlay.js";
import { fill } from "./texts.js";

// A limit that asks for as much time is one by the day.
const DAY_S = 600;

export function start({ settings: { texts }, chat }) {
  const { panel, contact, contactErrors, errors } = texts;

  async function ask(email, dialog, said) {
    said.className = "";
    said.textContent = "";
    try {
      await chat.requestTranscript(email);
    } catch (error) {
      said.className = "wrong";
      said.textContent = error.code === "conflict" ? panel.transcriptEarly
        : error.code === "rate_limited" && error.retryAfter > DAY_S ? panel.transcriptEnough
        : contactErrors[error.code] ?? errors[error.code] ?? errors.internal;
      return;
    }
    dialog.querySelector("form").remove();
    said.textContent = fill(panel.transcriptGoes, { email });
    dialog.querySelector("button").focus();
  }

  return {
    open() {
      const box = element("input", { id: "transcript-email", type: "email", dir: "ltr", required: true, maxLength: 254, autocomplete: "email",
        value: chat.dialog.view?.email ?? "" });
      const said = element("p");
      said.setAttribute("role", "alert");
      const form = element("form", {}, element("label", { htmlFor: box.id, textContent: contact.email }), box,
        element("button", { type: "submit", className: "main", textContent: panel.transcriptAsk }));
      const dialog = overlay({ title: panel.transcript, close: texts.done }, form, said);
      form.addEventListener("submit", (event) => { event.preventDefault(); ask(box.value.trim(), dialog, said); });
      box.focus();
    },
  };
}
