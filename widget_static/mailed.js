// A mail's link where somebody else chats: whose chat it is to be is asked before anything of it is shown.
import { guestCredentials } from "./credentials.js";
import { $, element } from "./dom.js";
import { overlay } from "./overlay.js";
import { fill } from "./texts.js";

const ASK_MS = 8000;

/** A credential's first part names its guest. */
export const guestOf = (link) => link?.split(".")[0];

/** `a***@shop.example` */
function masked(email) {
  const at = email.lastIndexOf("@");
  const [first, ...more] = email.slice(0, at);
  return `${more.length ? first : ""}***${email.slice(at)}`;
}

/** The dialog that the secret opens: null where there is none, undefined where the server takes it for nobody's. Rejects without an answer. */
async function dialogOf(name, secret) {
  // What no header can carry was not made by the server.
  if (/[^\w.-]/.test(secret.guest_link)) return undefined;
  const { base, headers } = guestCredentials(name, secret);
  const asked = await fetch(`${base}/dialogs`, { method: "POST", body: "{}", signal: AbortSignal.timeout(ASK_MS),
    headers: { ...headers, "Content-Type": "application/json" } });
  const { dialog, error } = await asked.json();
  if (error && error.code !== "unauthorized") throw new Error(error.code);
  return dialog;
}

/** Resolves with true for the button that goes on, false for the one that leaves all as it is, and for Escape. */
async function choose(title, text, goOn, keep) {
  await styled();
  return new Promise((resolve) => {
    const button = element("button", { type: "button", className: "main", textContent: goOn, hidden: !goOn });
    const dialog = overlay({ title, close: keep, className: "choice" }, element("p", { textContent: text, hidden: !text }), button);
    let isChosen = false;
    button.addEventListener("click", () => { isChosen = true; dialog.close(); });
    dialog.addEventListener("close", () => resolve(isChosen));
    dialog.querySelector("button:not([hidden])").focus();
  });
}

/** The dialog's looks; without them it is plain, and works. */
const styled = () => new Promise((resolve) => {
  const link = element("link", { rel: "stylesheet", href: new URL("more.css", $("sheet").href).href });
  link.onload = link.onerror = resolve;
  document.head.append(link);
});

async function ask({ name, link, own, texts }) {
  const [theirs, ours] = await Promise.all([{ guest_link: link }, own].map((secret) => secret && dialogOf(name, secret).catch(() => null)));
  if (theirs === undefined) return choose(texts.oldLink, "", "", texts.done);
  // Nobody else is here, or nobody who still counts.
  if (!own || ours === undefined || guestOf(own.guest_link) === guestOf(link) || (theirs && theirs.id === ours?.id)) return true;
  const { of, ofSomebody, stays, goOn, keep } = texts.link;
  return choose(theirs?.email ? fill(of, { email: masked(theirs.email) }) : ofSomebody, stays, goOn, keep);
}

/** Whether to go on with the link's chat: if it counts. `own` is the secret of who chats here, if anybody, `name` the site's. */
export async function isToGoOn(about) {
  const around = [...document.body.children].filter(({ hidden }) => !hidden);
  for (const node of around) node.hidden = true;
  try { return await ask(about); } finally { for (const node of around) node.hidden = false; }
}
