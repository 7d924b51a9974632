"""Commands for sites and their assistants."""
import click

from .. import accounts_store, sites
from ..database import reader
from .common import ID, as_json, show, with_app


domains = click.option("--domain", "domains", multiple=True, required=True, metavar="HOST",
                       help="A domain whose pages carry the widget, with its subdomains; may be given again.")


@click.group()
def site():
    """The sites that carry the widget."""


def _say_of_stars(domains):
    for domain in domains:
        if domain.strip().startswith("*."):
            click.echo(f"{domain} is kept as {domain.strip()[2:]}: a domain counts with all its subdomains.")


def _show_sites(rows, settings, as_json):
    described = [sites.describe(row, settings.public_url) for row in rows] if isinstance(rows, list) \
        else sites.describe(rows, settings.public_url)
    show(described, as_json, lambda row: f"{row['id']}  {row['name']}  {', '.join(row['domains'])}\n"
                                         f"    {row['snippet']}\n    assistant_id {row['assistant_id']}")


@site.command("add")
@click.argument("name")
@domains
@as_json
@with_app
def site_add(name, domains, as_json, settings):
    """Add a site with its first assistant, and print its snippet."""
    added = sites.add_site(name, domains)
    if not as_json:
        _say_of_stars(domains)
    _show_sites(added, settings, as_json)


@site.command("list")
@as_json
@with_app
def site_list(as_json, settings):
    """The sites with their snippets."""
    _show_sites(accounts_store.sites(reader), settings, as_json)


@site.command("set-domains")
@click.argument("site_id", type=ID, metavar="ID")
@domains
@as_json
@with_app
def site_set_domains(site_id, domains, as_json, settings):
    """Replace all of a site's domains by these. The snippet stays as it is."""
    before = sites.find_site(site_id)["domains"]
    changed = sites.set_domains(site_id, domains)
    if not as_json:
        _say_of_stars(domains)
        gone = [domain for domain in before if domain not in changed["domains"]]
        ended = f". No longer on: {', '.join(gone)}" if gone else ""
        click.echo(f"The chat may stand on: {', '.join(changed['domains'])}{ended}")
    _show_sites(changed, settings, as_json)


@site.command("rotate-token")
@click.argument("site_id", type=ID, metavar="ID")
@click.option("--now", "at_once", is_flag=True, help="End the old token at once, not after 24 hours.")
@as_json
@with_app
def site_rotate_token(site_id, at_once, as_json, settings):
    """Give a site a new token."""
    _show_sites(sites.rotate_token(site_id, at_once), settings, as_json)


@click.group()
def assistant():
    """The assistants that answer on the sites."""


def _assistant_line(row):
    return f"{row['id']}  {row['name']}  site {row['site_id']}"


@assistant.command("add")
@click.argument("name")
@click.option("--site", "site_id", type=ID, required=True, metavar="ID", help="The site it answers on.")
@as_json
@with_app
def assistant_add(name, site_id, as_json, settings):
    """Add an assistant to a site."""
    show(sites.add_assistant(name, site_id), as_json, _assistant_line)


@assistant.command("list")
@as_json
@with_app
def assistant_list(as_json, settings):
    """The assistants of all sites."""
    show(accounts_store.assistants(reader), as_json, _assistant_line)
