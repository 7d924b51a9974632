// A conversation by socket.io-client: node chat.mjs URL AUTH TRANSPORTS; prints what it saw as one line of JSON.
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const [url, auth, transports] = process.argv.slice(2);
const connect = (credentials) => io(url, { auth: credentials, transports: transports.split(","), reconnection: false, forceNew: true });

const heard = [];
const socket = connect(JSON.parse(auth));
socket.on("message", ({ message }) => heard.push(message.text));
await new Promise((resolve, reject) => { socket.on("connect", resolve); socket.on("connect_error", reject); });
const call = (event, payload) => socket.timeout(10000).emitWithAck(event, payload);

const opened = await call("dialog_open", { message: { text: "from Node", client_id: randomUUID() } });
const line = { dialog_id: opened.dialog.id, text: "and again", client_id: randomUUID() };
const posted = await call("message_post", line);
const again = await call("message_post", line);
const listed = await call("message_list", { dialog_id: opened.dialog.id, after: 0 });
const unknown = await call("no_such_event", {});
const stranger = connect({ site_token: "st_nothing", guest_id: randomUUID() });
const refused = await new Promise((resolve) => stranger.on("connect_error", (error) => resolve(error.data)));
console.log(JSON.stringify({ opened, posted, again, listed, unknown, refused, heard }));
stranger.close();
socket.close();
