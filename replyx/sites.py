"""Sites and assistants: what the command line does with them, and the snippet that goes into a page."""
from . import accounts_store as store
from . import origins, schemas, tokens
from .clock import now
from .database import reader
from .errors import Invalid, NotFound
from .extensions import writer

OLD_TOKEN_SECONDS = 24 * 3600
DEMO = "Demo"


def add_site(name, domains):
    """A new site with its first assistant. Raises Invalid for a bad domain."""
    schemas.check(schemas.Named(), name=name)
    domains = _domains(domains)

    def unit(tx):
        site_id = store.add_site(tx, name, tokens.new("st_"), domains)
        store.add_assistant(tx, site_id, "Assistant")
        return site_id
    return find_site(writer.submit(unit))


def _domains(given):
    try:
        return list(dict.fromkeys(origins.normalise(domain) for domain in given))
    except ValueError as error:
        raise Invalid(str(error), fields={"domains": [str(error)]}) from None


def set_domains(site_id, domains):
    """Change where a site's chat may stand. The snippet stays as it is."""
    domains = _domains(domains)
    if not writer.submit(lambda tx: store.set_domains(tx, site_id, domains)):
        raise NotFound(f"There is no site {site_id}. See `replyx site list`.")
    return find_site(site_id)


def find_site(site_id):
    site = store.site(reader, site_id)
    if site is None:
        raise NotFound(f"There is no site {site_id}. See `replyx site list`.")
    return site


def rotate_token(site_id, at_once):
    """Give the site a new token. Pages with the old one work on for a day, unless `at_once`."""
    until = None if at_once else now(OLD_TOKEN_SECONDS)
    if not writer.submit(lambda tx: store.rotate_site_token(tx, site_id, tokens.new("st_"), until)):
        raise NotFound(f"There is no site {site_id}. See `replyx site list`.")
    return find_site(site_id)


def add_assistant(name, site_id):
    schemas.check(schemas.Named(), name=name)
    find_site(site_id)
    return store.assistant(reader, writer.submit(lambda tx: store.add_assistant(tx, site_id, name)))


def snippet(site, public_url):
    """The one line of HTML for the site's pages."""
    return f'<script async src="{public_url}/replyx.js?site_token={site["site_token"]}"></script>'


def describe(site, public_url):
    """A site as the command line prints it."""
    return {"id": site["id"], "name": site["name"], "site_token": site["site_token"], "domains": site["domains"],
            "snippet": snippet(site, public_url), "assistant_id": store.first_assistant(reader, site["id"])["id"]}
