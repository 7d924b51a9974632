// The widget's chat of one guest: node watch.mjs URL NAME GUEST_ID; a line of JSON with its texts whenever they change.
import "./browser.mjs";
import { Chat } from "../../../widget_static/chat.js";

const [url, name, guestId] = process.argv.slice(2);
let shown = "";
const chat = new Chat({
  origin: url, name: JSON.parse(name), stored: { guest_id: guestId }, isSeen: () => true,
  storage: { save: async () => {}, claim: async (key, value) => value, remove() {} },
  on: { change, state() {}, typing() {}, restart() {} },
});

function change() {
  const texts = JSON.stringify(chat.dialog.lines.map((line) => line.text));
  if (texts !== shown) console.log(shown = texts);
}

chat.open();
