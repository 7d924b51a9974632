// A manager who has the console open: a socket that hears every message and says nothing. node manager.mjs URL API_KEY
import WebSocket from 'ws';

const [url, key] = process.argv.slice(2);
const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
let heard = 0;
socket.on('message', (data) => {
  const packet = data.toString();
  if (packet === '2') socket.send('3');
  else if (packet[0] === '0') socket.send(`40${JSON.stringify({ api_key: key })}`);
  else if (packet.startsWith('40')) console.log('READY');
  else if (packet.startsWith('42["message"')) heard += 1;
});
process.on('SIGTERM', () => { console.log(heard); process.exit(0); });
