// What lies over the chat for a moment: a dialog with a heading and a button that closes it.
import { element } from "./dom.js";

/** An open modal dialog with these children; Escape and its button close it, and the focus goes back to where it was. */
export function overlay({ title, close, className = "" }, ...children) {
  const before = document.activeElement;
  const heading = element("h2", { textContent: title });
  const leave = element("button", { type: "button", className: "quiet", textContent: close });
  const dialog = element("dialog", { className }, heading, ...children, leave);
  dialog.setAttribute("aria-label", title);
  leave.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
