// The one object that says who speaks: the socket's `auth` and the HTTP headers and address come from it, nowhere else.

/** A guest's page. `name` is {site_token} or {assistant_id}; `secret` {guest_id}, or {guest_link} from a mail. */
export function guestCredentials(name, secret) {
  const auth = { ...name, ...secret };
  const headers = secret.guest_link ? { "Replyx-Guest-Link": secret.guest_link } : { "Replyx-Guest-Id": secret.guest_id };
  if (name.site_token) headers["Replyx-Site-Token"] = name.site_token;
  if (name.assistant_id) headers["Replyx-Assistant-Id"] = String(name.assistant_id);
  return Object.freeze({ auth, headers, base: name.site_token ? "/api/site" : "/api/widget" });
}

/**
 * A manager's browser: the session cookie goes by itself. The header shows a GET as our own page's, where plain http leaves
 * out every other sign of it: no other site's page may send it.
 */
export const managerCredentials = Object.freeze({
  auth: { as: "manager" }, headers: { "Replyx-Console": "1" }, base: "/api/manager",
});
