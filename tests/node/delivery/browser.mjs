// What the widget's modules need of a browser, under Node: the page's events, and a WebSocket.
import { setMaxListeners } from "node:events";
import WebSocket from "ws";

const page = new EventTarget();
const document = new EventTarget();
setMaxListeners(0, page, document);
document.visibilityState = "visible";
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) globalThis[name] = page[name].bind(page);
// As in a browser, nobody need listen for an error: its `close` follows.
globalThis.WebSocket = class extends WebSocket {
  constructor(...how) { super(...how).on("error", () => {}); }
};
Object.assign(globalThis, { window: globalThis, document });
