// A Socket.IO client of the size of what is used of it: protocol 5 over a WebSocket, the main namespace, acks one way, texts alone.
// The protocol: https://socket.io/docs/v4/socket-io-protocol/ and .../engine-io-protocol/

const CONNECT_MS = 8000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1; // what is longer fires at once

/** A packet's type, the number of its ack, and what it carries. Upgrades and binary packets are not of this client. */
const PACKET = /^([0-36]|4[0-4])(\d*)(.*)$/s;

// What a packet must carry, where that matters.
const FITS = {
  0: ({ pingInterval, pingTimeout }) => [pingInterval, pingTimeout].every(Number.isFinite),
  42: ([name]) => typeof name === "string",
  43: (content, id) => Array.isArray(content) && id !== "",
};

/** The packet's [type, id, content]. Throws on what is none. */
function read(packet) {
  if (typeof packet !== "string") throw new TypeError("binary");
  const [, type, id, body] = PACKET.exec(packet);
  // Of the lower protocol's packets the first alone holds JSON.
  const content = body && (type === "0" || type.length > 1) ? JSON.parse(body) : body;
  if (FITS[type] && !FITS[type](content, id)) throw new TypeError(type);
  return [type, id, content];
}

/**
 * `auth` goes with each connecting. `on` has connect(), disconnect(reason), failed({message, data}) when a try to connect has,
 * with the server's `data` when it refused, and event(name, data). Lost, not reached, or closed by the server, it comes back by
 * itself; refused only by connect().
 */
export class Socket {
  connected = false;
  #wire;
  #timer; // until the connection counts as dead, or is tried again
  #alive; // milliseconds in which something must come from the server, once it has greeted
  #acks = new Map();
  #lastId = 0;
  #tries = 0;

  constructor(origin, auth, on) {
    this.url = `${origin.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    Object.assign(this, { auth, on });
  }

  connect() {
    this.#drop();
    this.#expect(CONNECT_MS, "timeout");
    try {
      const wire = new WebSocket(this.url);
      this.#wire = wire;
      wire.onmessage = ({ data }) => { if (wire === this.#wire) this.#receive(data); };
      wire.onclose = () => { if (wire === this.#wire) this.#lose("transport close"); };
    } catch (error) {
      // Some policies throw at once: not before the caller has its socket.
      this.#expect(0, error.name);
    }
  }

  /** Close it for good. */
  disconnect() { this.#drop(); }

  /** Give the connection up as if the network had: whoever knows that it is dead need not wait for it. */
  cut() { if (this.#wire) this.#lose("forced close"); }

  /** Send an event; resolves with the server's ack, rejects when none has come in `ms` or the connection is lost. */
  ask(name, payload, ms) {
    return new Promise((resolve, reject) => {
      if (!this.connected) throw new Error("disconnected");
      const id = `${this.#lastId++}`;
      this.#wire.send(`42${id}${JSON.stringify([name, payload])}`);
      const timer = setTimeout(() => { this.#acks.delete(id); reject(new Error("no ack")); }, ms);
      this.#acks.set(id, { timer, resolve, reject });
    });
  }

  #receive(packet) {
    const wire = this.#wire;
    let type, id, content;
    try {
      [type, id, content] = read(packet);
    } catch {
      this.#lose("parse error");
      return;
    }
    try {
      this.#hear[type]?.(content, id);
    } finally {
      // A handler's own mistake must not look like a dead connection. Until it is connected, one time holds for all.
      if (this.connected && wire === this.#wire) this.#expect(this.#alive, "ping timeout");
    }
  }

  #hear = {
    0: ({ pingInterval, pingTimeout }) => {
      if (this.#alive) return;
      this.#alive = Math.min(pingInterval + pingTimeout, LONGEST_TIMER_MS);
      this.#wire.send(`40${JSON.stringify(this.auth)}`);
    },
    1: () => this.#lose("transport close"),
    2: (probe) => this.#wire.send(`3${probe}`),
    40: () => {
      if (this.connected || !this.#alive) return;
      this.connected = true;
      this.#tries = 0;
      this.on.connect();
    },
    41: () => this.#lose("io server disconnect"),
    42: ([name, data]) => this.on.event(name, data),
    43: ([answer], id) => {
      const ack = this.#acks.get(id);
      clearTimeout(ack?.timer);
      this.#acks.delete(id);
      ack?.resolve(answer);
    },
    44: (refusal) => {
      if (this.connected) return;
      this.#drop();
      this.on.failed({ message: "refused", ...refusal });
    },
  };

  #expect(ms, reason) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(reason), ms);
  }

  #lose(reason) {
    const wasConnected = this.connected;
    this.#drop();
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#tries, LONGEST_WAIT_MS) * (0.5 + Math.random());
    this.#tries += 1;
    this.#timer = setTimeout(() => this.connect(), wait);
    if (wasConnected) this.on.disconnect(reason);
    else this.on.failed({ message: reason });
  }

  #drop() {
    const wire = this.#wire;
    clearTimeout(this.#timer);
    this.connected = false;
    this.#wire = null;
    this.#alive = 0;
    wire?.close();
    for (const { timer, reject } of this.#acks.values()) { clearTimeout(timer); reject(new Error("disconnected")); }
    this.#acks.clear();
  }
}
