"""Sites and assistants: what their owners and the command line do with them, and the lines that go into a page."""
import logging

from . import accounts_store as store
from . import attachments, form_revisions, origins, schemas, site_schemas, tokens
from .actions import MANAGER, Action, Answer
from .clock import now
from .database import reader
from .errors import Forbidden, Invalid, NotFound
from .extensions import writer

log = logging.getLogger(__name__)

OLD_TOKEN_SECONDS = 24 * 3600
DEMO = "Demo"


def add_site(name, domains):
    """A new site with its first assistant, which bears the site's name: visitors read it at the top of the chat. Raises Invalid
    for a bad domain."""
    schemas.check(schemas.Named(), name=name)
    domains = _domains(domains)

    def unit(tx):
        site_id = store.add_site(tx, name, tokens.new("st_"), domains)
        store.add_assistant(tx, site_id, name)
        return site_id
    return find_site(writer.submit(unit))


def _domains(given):
    kept, wrong = {}, {}
    for place, domain in enumerate(given):
        try:
            kept[origins.of_site(domain)] = True
        except ValueError as error:
            wrong[str(place)] = [str(error)]
    if wrong:
        raise Invalid(" ".join(text for [text] in wrong.values()), fields={"domains": wrong})
    return list(kept)


def set_domains(site_id, domains):
    """Change where a site's chat may stand: there, and nowhere else. The snippet stays as it is."""
    domains = _domains(domains)
    if not writer.submit(lambda tx: store.update_site(tx, site_id, domains=domains)):
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


def policy(public_url):
    """What a page with a strict Content-Security-Policy adds to it: the scripts, the frame, and the count of unread lines."""
    return [f"{directive} {public_url}" for directive in ("script-src", "frame-src", "connect-src")]


def describe(site, public_url):
    """A site as the command line prints it."""
    return {"id": site["id"], "name": site["name"], "site_token": site["site_token"], "domains": site["domains"],
            "snippet": snippet(site, public_url), "assistant_id": store.first_assistant(reader, site["id"])["id"]}


# What owners do in the console

def get_site(identity, payload, context):
    return Answer(_body(own(identity, payload), context))


def set_site(identity, payload, context):
    """Change what is given of a site, for everybody at once; other processes follow within a second."""
    site = own(identity, payload)
    values = {name: payload[name] for name in ("name",) if name in payload}
    if "domains" in payload:
        values["domains"] = _domains(payload["domains"])

    def unit(tx):
        # As it is now: two owners may each change another setting.
        kept = store.site(tx, site["id"])
        if kept is None:
            raise NotFound()
        if "settings" in payload:
            values["settings"] = site_schemas.merged(kept["settings"], payload["settings"])
            for form, fields in form_revisions.ended(kept["settings"], values["settings"]):
                store.keep_form(tx, site["id"], form_revisions.name(form, fields), form, fields)
        if values:
            store.update_site(tx, site["id"], **values)
        if "assistant_name" in payload:
            store.update_assistant(tx, store.first_assistant(tx, site["id"])["id"], name=payload["assistant_name"])
    writer.submit(unit)
    tokens.forget()
    log.info("[Console] site changed site=%d fields=%s", site["id"], ",".join(sorted(payload.keys() - {"site_id"})) or "none")
    return Answer(_body(find_site(site["id"]), context))


def make_secret(identity, payload, context):
    """A new key for the site's server to sign its visitors' identities with; the one before ends."""
    site, secret = own(identity, payload), tokens.new("si_")
    writer.submit(lambda tx: store.update_site(tx, site["id"], identity_secret=secret))
    tokens.forget()
    log.info("[Console] site secret made site=%d", site["id"])
    return Answer({"secret": secret})


def own(identity, payload):
    """The site that an owner asks for. Raises Forbidden or NotFound."""
    if identity.role != "owner":
        raise Forbidden("Only an owner may see and change a site's settings.")
    site = store.site(reader, payload["site_id"])
    if site is None or not identity.sees(site["id"]):
        raise NotFound()
    return site


def _body(site, context):
    assistant = store.first_assistant(reader, site["id"])
    names = ("id", "name", "site_token", "domains")
    return {"site": {
        **{name: site[name] for name in names}, "snippet": snippet(site, context.own_origin),
        "csp": policy(context.own_origin), "settings": site_schemas.whole(site["settings"]),
        "assistant": {**assistant, "avatar": attachments.avatar_url(assistant["avatar"])},
        "has_identity_secret": bool(site["identity_secret"])}}


ACTIONS = (
    Action("site.get", MANAGER, site_schemas.SiteRef(), get_site, site_schemas.SiteAnswer(), "site_get", "GET",
           "/sites/<site_id>", "read", summary="A site with its settings, for owners"),
    Action("site.set", MANAGER, site_schemas.SiteSet(), set_site, site_schemas.SiteAnswer(), "site_set", "POST",
           "/sites/<site_id>", "message", values=5000,
           summary="Change a site, its settings and its assistant's name, as an owner"),
    Action("site.secret", MANAGER, site_schemas.SiteRef(), make_secret, site_schemas.SecretAnswer(), "site_secret", "POST",
           "/sites/<site_id>/secret", "message", http_only=True,
           summary="Make or replace the key that signs visitors' identities, as an owner"),
)
