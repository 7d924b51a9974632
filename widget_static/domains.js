// On which pages a site's chat may be shown.
const PORTS = { "http:": "80", "https:": "443" };

/** Whether a page at this address, a URL or a Location, is under one of the domains: the server's rule, see `origins.allowed`. */
export function isAllowed({ protocol, hostname, port }, domains) {
  const usual = PORTS[protocol];
  return usual && domains.some((domain) => {
    const [name, wanted] = domain.split(":");
    return `.${hostname}`.endsWith(`.${name}`)
      && (/^(localhost|127\.0\.0\.1)$/.test(name) && !wanted || (port || usual) === (wanted ?? usual));
  });
}
