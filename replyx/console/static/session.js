// Who is signed in. A session's whole state is its Desk, which goes when the session does.
import { signal } from "@preact/signals";
import { RequestError, requestHttp } from "replyx/connection.js";
import { managerCredentials } from "replyx/credentials.js";
import { Desk } from "./desk.js";
import { lang } from "./ui.js";

const SETUP = "/console/setup";

export const page = signal("loading"); // loading, waiting, setup, sign_in, desk
export const wait = signal(0); // seconds until the server is asked again who is signed in
export const desk = signal(null);
export const ended = signal(null); // why a manager who was signed in is asked to sign in again

// A picture of 10 MB over a slow line, and the server's look at it.
const AVATAR_MS = 180000;

let isLeaving = false;

const ask = (event, payload) => requestHttp(location.origin, managerCredentials, event, payload);

// The token leaves the address bar and the browser's history before anything else happens.
export const setupToken = location.pathname === SETUP ? location.hash.slice(1) : "";
if (setupToken) history.replaceState(null, "", SETUP);

export async function start() {
  if (location.pathname === SETUP) { page.value = "setup"; return; }
  // Without a cookie there is nobody to ask for.
  if (!document.body.dataset.session) { page.value = "sign_in"; return; }
  try {
    begin(await ask("session_get"));
  } catch (error) {
    // It was not even looked at who is signed in: the session may be as good as ever.
    if (error.code === "rate_limited" && error.retryAfter) { startIn(error.retryAfter); return; }
    if (error.code !== "unauthorized") ended.value = error;
    page.value = "sign_in";
  }
}

let waiting;

function startIn(seconds) {
  wait.value = seconds;
  page.value = "waiting";
  waiting = setInterval(() => {
    wait.value -= 1;
    if (wait.value) return;
    clearInterval(waiting);
    start();
  }, 1000);
}

export function stopWaiting() {
  clearInterval(waiting);
  page.value = "sign_in";
}

export async function signIn(fields) {
  const body = await ask("session_create", { ...fields, lang });
  await requireCookie();
  begin(body);
}

/** A browser that keeps no cookie has forgotten by now who signed in. */
async function requireCookie() {
  try {
    await ask("session_get");
  } catch (error) {
    if (error.code === "unauthorized") throw new RequestError({ code: "no_cookies" });
  }
}

export async function setUp(fields) {
  const body = await ask("setup_create", { token: setupToken, ...fields, lang });
  history.replaceState(null, "", "/console");
  await requireCookie();
  begin(body);
}

function begin(body) {
  ended.value = null;
  const opened = new Desk(body, (error) => { if (desk.value === opened && !isLeaving) end(error); });
  desk.value = opened;
  page.value = "desk";
  opened.open();
}

function end(error) {
  desk.value?.close();
  desk.value = null;
  ended.value = error;
  page.value = "sign_in";
}

/** Rejects when the server did not hear of it: who walks away must not believe in a sign-out that was none. */
export async function signOut() {
  isLeaving = true;
  try {
    await ask("session_delete");
  } catch (error) {
    if (error.code !== "unauthorized") throw error;
  } finally {
    isLeaving = false;
  }
  end(null);
}

export const makeSecret = async (siteId) => (await ask("site_secret", { site_id: siteId })).secret;

export const beginTrial = async (siteId) => (await ask("trial_begin", { site_id: siteId })).key;

/** What a page under test has told, the first first. */
export const trialOf = async (siteId, key) => (await ask("trial_get", { site_id: siteId, key })).reports;

/** Give an assistant, or oneself, a picture; its address. Rejects with RequestError. */
export async function uploadAvatar(picture, assistantId) {
  const query = assistantId ? `?assistant_id=${assistantId}` : "";
  let answer;
  try {
    answer = await (await fetch(`/api/manager/avatar${query}`, { method: "POST", body: picture, signal: AbortSignal.timeout(AVATAR_MS),
      headers: { ...managerCredentials.headers, "Content-Type": "application/octet-stream" } })).json();
  } catch { /* nothing readable came back */ }
  if (!answer?.ok) throw new RequestError(answer?.error ?? { code: "unreachable" });
  return answer.avatar;
}

export const setOwnAvatar = (avatar) => { desk.value.me.value = { ...desk.value.me.value, avatar }; };

export const beginTwoFactor = () => ask("two_factor_begin");

export async function confirmTwoFactor(secret, code) {
  await ask("two_factor_confirm", { secret, code });
  desk.value.me.value = { ...desk.value.me.value, two_factor: true };
}

export async function setMailWish(wanted) {
  await ask("mail_set", { wanted });
  desk.value.mail.value = { ...desk.value.mail.value, wanted };
}

export const givenUp = async () => (await ask("outbox_list")).letters;

export async function sendAgain(letterId) {
  await ask("outbox_retry", { letter_id: letterId });
  const { mail } = desk.value;
  mail.value = { ...mail.value, dead: mail.value.dead - 1 };
}
