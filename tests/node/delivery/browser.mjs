// What the widget's modules need of a browser, under Node: the page's events, and a WebSocket.
import { setMaxListeners } from "node:events";
import WebSocket from "ws";

const page = new EventTarget();
const document = new EventTarget();
setMaxListeners(0, page, document);
document.visibilityState = "visible";
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) globalThis[name] = page[name].bind(page);
globalThis.WebSocket ??= class extends WebSocket {
  constructor(...how) {
    super(...how);
    // An error that nobody hears ends the process here; in a browser it does nothing, as `close` follows.
    this.on("error", () => {});
  }
};
Object.assign(globalThis, { window: globalThis, document });
