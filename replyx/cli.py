"""The `replyx` command: what an owner does from a shell, while the server runs and when it does not."""
import functools
import json
import os
import sys

import click

from . import accounts, accounts_store, config, create_app, descriptions, passwords, sites
from .clock import now
from .database import SchemaError, reader
from .errors import ReplyXError
from .extensions import writer
from .version import VERSION


def fail(text, code):
    click.echo(f"replyx: {text}", err=True)
    raise SystemExit(code)


def with_app(command):
    """Run the command on the instance: refusals exit 1, bad settings and an older schema 2."""
    @functools.wraps(command)
    def run(*args, **options):
        try:
            settings = config.load()
            _become_owner(settings.instance)
            create_app(settings)
            command(*args, settings=settings, **options)
        except (config.ConfigError, SchemaError) as error:
            fail(error, 2)
        except ReplyXError as error:
            fail(error.message, 1)
        finally:
            writer.stop()
    return run


def _become_owner(instance):
    """As root, become the owner of the instance first: root's files in it would lock the server out."""
    if os.geteuid() == 0 and os.path.isdir(instance):
        owner = os.stat(instance)
        if owner.st_uid != 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)


def show(data, as_json, line):
    """Print a row or a list of rows: as JSON, or a line each."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        for row in data if isinstance(data, list) else [data]:
            click.echo(line(row))


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
role = click.option("--role", type=click.Choice(["owner", "manager"]), default="manager", show_default=True,
                    help="What they may do.")
site_ids = click.option("--site", "site_ids", type=int, multiple=True, metavar="ID",
                        help="Limit to this site; may be given again. Without it: all sites.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="ReplyX")
def main():
    """Self-hosted live chat. See `replyx COMMAND --help`."""


@main.command()
@click.option("--host", help="The address to listen on; REPLYX_HOST otherwise.")
@click.option("--port", help="The port to listen on; REPLYX_PORT otherwise.")
def run(host, port):
    """Serve until SIGTERM or Ctrl-C."""
    environ = dict(os.environ)
    for name, value in (("REPLYX_HOST", host), ("REPLYX_PORT", port)):
        if value is not None:
            environ[name] = value
    try:
        _become_owner(config.load(environ).instance)
    except config.ConfigError as error:
        fail(error, 2)
    # wsgi.py has to patch before Flask is imported, so the server gets a fresh interpreter.
    os.execve(sys.executable, [sys.executable, str(config.ROOT / "wsgi.py")], environ)


@main.command("config")
@as_json
def show_config(as_json):
    """The settings, and where each comes from."""
    try:
        settings = config.load()
    except config.ConfigError as error:
        fail(error, 2)
    rows = [{"name": setting.variable, "value": _shown(getattr(settings, setting.name)),
             "source": settings.sources[setting.name], "meaning": setting.meaning}
            for setting in (config.INSTANCE, *config.SETTINGS)]
    show(rows, as_json, lambda row: f"{row['name']}={row['value']}  ({row['source']})\n    {row['meaning']}")


def _shown(value):
    if value is None:
        return "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@main.command()
@with_app
def openapi(settings):
    """The HTTP API's description, as OpenAPI 3.1 JSON."""
    click.echo(json.dumps(descriptions.openapi(settings.public_url), indent=2))


@main.command()
@with_app
def asyncapi(settings):
    """The Socket.IO API's description, as AsyncAPI 3.0 JSON."""
    click.echo(json.dumps(descriptions.asyncapi(settings.public_url), indent=2))


@main.command()
@with_app
def demo(settings):
    """Make the site "Demo" if there is none, and print the links to try ReplyX."""
    if accounts_store.site_by_name(reader, sites.DEMO) is None:
        sites.add_site(sites.DEMO, ["localhost", "127.0.0.1"])
    click.echo(f"Guest:   {settings.public_url}/demo")
    click.echo(f"Manager: {settings.public_url}/console")
    if not accounts_store.managers(reader):
        click.echo(f"First make the owner's account, once, within a day:\n         "
                   f"{accounts.make_setup_link(settings.public_url)}")


@main.group()
def site():
    """The sites that carry the widget."""


def _show_sites(rows, settings, as_json):
    described = [sites.describe(row, settings.public_url) for row in rows] if isinstance(rows, list) \
        else sites.describe(rows, settings.public_url)
    show(described, as_json, lambda row: f"{row['id']}  {row['name']}  {', '.join(row['domains'])}\n"
                                         f"    {row['snippet']}\n    assistant_id {row['assistant_id']}")


@site.command("add")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, required=True, metavar="HOST",
              help="A domain whose pages carry the widget, with its subdomains; may be given again.")
@as_json
@with_app
def site_add(name, domains, as_json, settings):
    """Add a site with its first assistant, and print its snippet."""
    _show_sites(sites.add_site(name, domains), settings, as_json)


@site.command("list")
@as_json
@with_app
def site_list(as_json, settings):
    """The sites with their snippets."""
    _show_sites(accounts_store.sites(reader), settings, as_json)


@site.command("rotate-token")
@click.argument("site_id", type=int, metavar="ID")
@click.option("--now", "at_once", is_flag=True, help="End the old token at once, not after 24 hours.")
@as_json
@with_app
def site_rotate_token(site_id, at_once, as_json, settings):
    """Give a site a new token."""
    _show_sites(sites.rotate_token(site_id, at_once), settings, as_json)


@main.group()
def assistant():
    """The assistants that answer on the sites."""


def _assistant_line(row):
    return f"{row['id']}  {row['name']}  site {row['site_id']}"


@assistant.command("add")
@click.argument("name")
@click.option("--site", "site_id", type=int, required=True, metavar="ID", help="The site it answers on.")
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


@main.group()
def manager():
    """The people who answer."""


def _show_managers(rows, as_json):
    def public(row):
        return {name: row[name] for name in ("id", "email", "name", "role")} | {"disabled": bool(row["disabled_at"])}
    data = [public(row) for row in rows] if isinstance(rows, list) else public(rows)
    show(data, as_json, lambda row: f"{row['id']}  {row['email']}  {row['name']}  {row['role']}"
                                    f"{'  disabled' if row['disabled'] else ''}")


def _password(from_stdin):
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@manager.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The name that guests see.")
@role
@site_ids
@password_stdin
@as_json
@with_app
def manager_add(email, name, role, site_ids, password_stdin, as_json, settings):
    """Add a manager or an owner."""
    _show_managers(accounts.add_manager(email, name, role, _password(password_stdin), site_ids), as_json)


@manager.command("list")
@as_json
@with_app
def manager_list(as_json, settings):
    """All managers."""
    _show_managers(accounts_store.managers(reader), as_json)


@manager.command("disable")
@click.argument("email")
@as_json
@with_app
def manager_disable(email, as_json, settings):
    """End a manager's access: their sessions and sockets go within two seconds."""
    _show_managers(accounts.change_manager(email, disabled_at=now()), as_json)


@manager.command("set-password")
@click.argument("email")
@password_stdin
@as_json
@with_app
def manager_set_password(email, password_stdin, as_json, settings):
    """Give a manager a new password, end their sessions, and let them in again if they were disabled."""
    accounts.find_manager(email)
    password_hash = passwords.hash_password(_password(password_stdin))
    _show_managers(accounts.change_manager(email, password_hash=password_hash, disabled_at=None), as_json)


@manager.command("reset-2fa")
@click.argument("email")
@as_json
@with_app
def manager_reset_2fa(email, as_json, settings):
    """Let a manager who lost the authenticator app sign in without a code."""
    _show_managers(accounts.change_manager(email, totp_secret=None, totp_step=None), as_json)


@manager.command("setup-link")
@as_json
@with_app
def manager_setup_link(as_json, settings):
    """A one-time link, good for 24 hours, that makes an owner's account."""
    show({"link": accounts.make_setup_link(settings.public_url)}, as_json, lambda row: row["link"])


@main.group()
def apikey():
    """Keys for programs that use the managers' API."""


@apikey.command("add")
@click.argument("name")
@role
@site_ids
@as_json
@with_app
def apikey_add(name, role, site_ids, as_json, settings):
    """Make a key. It is shown once."""
    show(accounts.add_api_key(name, role, site_ids), as_json, lambda row: f"{row['id']}  {row['name']}  {row['key']}")


@apikey.command("list")
@as_json
@with_app
def apikey_list(as_json, settings):
    """The keys' names, never the keys."""
    show(accounts_store.api_keys(reader), as_json,
         lambda row: f"{row['id']}  {row['name']}  {row['role']}{'  revoked' if row['revoked_at'] else ''}")


@apikey.command("revoke")
@click.argument("key_id", type=int, metavar="ID")
@with_app
def apikey_revoke(key_id, settings):
    """End a key: its sockets go within two seconds."""
    accounts.revoke_api_key(key_id)
    click.echo(f"revoked {key_id}")
