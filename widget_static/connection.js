// The way to the server, for the widget and the console: a socket, and the same actions over HTTP where it can't open.
import { RETRY } from "./retry.js";
import { Socket } from "./socket.js";

const ACK_MS = 8000;
const HTTP_MS = 15000;
const BEAT_MS = 15000;
const FIRST_BEAT_MS = 1500;
const POLL_MS = 2000;
const IDLE_POLL_MS = 15000;
const IDLE_AFTER_MS = 60000;

// Refusals of the credentials themselves.
const ENDING = new Set(["unauthorized", "forbidden_origin"]);

// What each action's event and HTTP request are; the rest of the payload is the body, or the query of a GET.
const onDialog = (name) => ["POST", `/dialogs/:dialog_id/${name}`];
const ROUTES = {
  dialog_open: ["POST", "/dialogs"],
  message_list: ["GET", "/dialogs/:dialog_id/messages"],
  message_post: onDialog("messages"),
  typing: onDialog("typing"),
  read: onDialog("read"),
  contact: onDialog("contact"),
  sync: ["GET", "/dialogs/:dialog_id/sync"],
  guest_set: ["POST", "/guest"],
  unread: ["GET", "/unread"],
  history: ["GET", "/dialogs"],
  handoff_request: onDialog("handoff"),
  rate: onDialog("rating"),
  transcript_request: onDialog("transcript"),
  dialog_list: ["GET", "/dialogs"],
  dialog_get: ["GET", "/dialogs/:dialog_id"],
  takeover: onDialog("takeover"),
  release: onDialog("release"),
  close: onDialog("close"),
  reopen: onDialog("reopen"),
  delivery_report: onDialog("report"),
  delivery_list: ["GET", "/delivery"],
  session_get: ["GET", "/session"],
  session_create: ["POST", "/session"],
  session_delete: ["DELETE", "/session"],
  setup_create: ["POST", "/setup"],
  two_factor_begin: ["POST", "/two-factor"],
  two_factor_confirm: ["POST", "/two-factor/confirm"],
  mail_set: ["POST", "/mail"],
  site_get: ["GET", "/sites/:site_id"],
  site_set: ["POST", "/sites/:site_id"],
  site_secret: ["POST", "/sites/:site_id/secret"],
  trial_begin: ["POST", "/sites/:site_id/trial"],
  trial_get: ["GET", "/sites/:site_id/trial"],
  outbox_list: ["GET", "/outbox"],
  outbox_retry: ["POST", "/outbox/:letter_id/retry"],
};

/** A refusal by the server, or `unreachable`. `retry` says whether the same request can succeed later. */
export class RequestError extends Error {
  constructor({ code, message, fields, retry_after: retryAfter }) {
    super(message);
    Object.assign(this, { code, fields, retryAfter, retry: RETRY.has(code) });
  }
}

const unreachable = () => new RequestError({ code: "unreachable", message: "The server did not answer." });

// A refusal counts only in the server's own shape: a gateway between has errors of its own, and they pass.
function unwrap(answer) {
  if (answer?.ok) return answer;
  throw answer?.ok === false && answer.error?.code ? new RequestError(answer.error) : unreachable();
}

/** Send an action over HTTP. Rejects with RequestError, `unreachable` when nothing readable came back. */
export async function requestHttp(origin, credentials, event, payload = {}) {
  const [method, route] = ROUTES[event];
  const rest = { ...payload };
  let path = route.replace(/:(\w+)/, (_, name) => { const id = rest[name]; delete rest[name]; return id; });
  const options = { method, headers: { ...credentials.headers }, signal: AbortSignal.timeout(HTTP_MS) };
  if (method === "GET") {
    const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value !== undefined)).toString();
    if (query) path += `?${query}`;
  } else {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(rest);
  }
  let answer;
  try {
    answer = await (await fetch(origin + credentials.base + path, options)).json();
  } catch {
    throw unreachable();
  }
  return unwrap(answer);
}

/**
 * A connection that is always usable: `request` goes over the socket when it is open, else over HTTP.
 *
 * `refresh()` must bring the caller up to date through `request`; it is called when the socket opens, on focus, when the
 * network returns, and on a beat: every 15 s beside a socket, every 2 to 15 s without one. `onEvent(name, data)` gets the
 * server's events. `onState(state, error)` gets `connecting`, `online`, `polling`, `offline`, or `refused` with why.
 * `diagnostics` hears of everything that happens; what failed goes to the server with the next success.
 */
export class Connection {
  #socket;
  #timer;
  #retry;
  #state;
  #isClosed = false;
  #used = Date.now();

  constructor({ origin, credentials, refresh, onEvent, onState, diagnostics }) {
    Object.assign(this, { origin, credentials, refresh, onEvent, onState, diagnostics });
  }

  /** Until then, and once it is open, `request` works. Safe to call again. */
  open() {
    if (this.#socket || this.#isClosed) return;
    this.#setState("connecting");
    this.#socket = new Socket(this.origin, this.credentials.auth, {
      connect: () => { this.diagnostics.opened(); this.#setState("online"); this.#beat(0); },
      disconnect: (reason) => this.#disconnected(reason),
      failed: (error) => this.#connectFailed(error),
      event: this.onEvent,
    });
    this.#socket.connect();
    window.addEventListener("online", this.#wake);
    window.addEventListener("offline", this.#cut);
    window.addEventListener("focus", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    // A network that swallows WebSockets shows it only after seconds.
    this.#beat(FIRST_BEAT_MS);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#socket?.disconnect();
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("offline", this.#cut);
    window.removeEventListener("focus", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
  }

  #disconnected(reason) {
    // Some proxies let a socket open and cut it at once.
    if (this.isOnline) this.diagnostics.note("disconnected", { transport: "socket", code: reason });
    else this.diagnostics.notOpened(reason);
    this.#setState("connecting");
    this.#beat(0);
  }

  get isOnline() { return this.#state === "online"; }

  get state() { return this.#state; }

  /** Run an action and give its answer. Rejects with RequestError. */
  async request(event, payload = {}) {
    this.#used = Date.now();
    return this.#run(event, payload);
  }

  async #run(event, payload) {
    const answer = await this.#send(event, payload);
    this.#report(this.diagnostics.take(payload, answer));
    return answer;
  }

  async #send(event, payload) {
    if (this.#socket?.connected) {
      let answer;
      try {
        answer = await this.#socket.ask(event, payload, ACK_MS);
      } catch {
        // No ack: half-open, or cut. The same request goes over HTTP; the server recognises a double by its client_id.
        this.diagnostics.failed("socket", "no_ack", event, payload);
        this.#cut();
      }
      if (answer) return this.#noted("socket", event, payload, () => unwrap(answer));
    }
    return this.#noted("http", event, payload, () => requestHttp(this.origin, this.credentials, event, payload));
  }

  async #noted(transport, event, payload, run) {
    try {
      const answer = await run();
      this.diagnostics.passed(transport, payload, answer);
      return answer;
    } catch (error) {
      this.diagnostics.failed(transport, error.code, event, payload);
      throw error;
    }
  }

  /** Nothing waits for a report, and nobody hears when it fails: it goes again with a later success. */
  async #report(report) {
    if (!report) return;
    try {
      await this.#send("delivery_report", report);
    } catch (error) {
      if (error.retry) this.diagnostics.giveBack(report);
    }
  }

  #wake = () => { if (document.visibilityState === "visible") { this.#used = Date.now(); this.#beat(0); } };

  // The browser knows that there is no network; the socket would notice it only after a missed ack.
  #cut = () => this.#socket.cut();

  #connectFailed(error) {
    const refusal = error.data?.error && new RequestError(error.data.error);
    if (refusal) this.diagnostics.note("connecting refused", { transport: "socket", code: refusal.code });
    else this.diagnostics.notOpened(error.message === "timeout" ? "timeout" : "no_socket");
    if (refusal && !refusal.retry) { this.#refuse(refusal); return; }
    // Refused by the server, unlike lost, a socket does not come back by itself.
    if (refusal) this.#retry = setTimeout(() => this.#socket.connect(), (refusal.retryAfter ?? 5) * 1000);
    if (this.#state === "connecting") this.#beat(0);
  }

  /** The credentials no longer count: trying on would only fill the server's log. */
  #refuse(error) {
    this.#setState("refused", error);
    this.close();
  }

  #setState(state, error) {
    if (this.#state === state || this.#isClosed) return;
    this.#state = state;
    this.diagnostics.note("state", { code: error ? `${state}, ${error.code}` : state });
    this.onState(state, error);
  }

  #beat(wait) {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#refresh(), wait);
  }

  async #refresh() {
    try {
      await this.refresh();
      if (!this.#socket.connected) this.#setState("polling");
    } catch (error) {
      if (ENDING.has(error.code)) this.#refuse(error);
      else if (!this.#socket.connected) this.#setState(error.code === "unreachable" ? "offline" : "polling");
      if (!(error instanceof RequestError)) throw error;
    } finally {
      const isIdle = Date.now() - this.#used > IDLE_AFTER_MS || document.visibilityState !== "visible";
      this.#beat(this.#socket.connected ? BEAT_MS : isIdle ? IDLE_POLL_MS : POLL_MS);
    }
  }
}
