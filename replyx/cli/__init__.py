"""The `replyx` command: what an owner does from a shell, while the server runs and when it does not."""
import json
import os
import socket
import sys

import click

from .. import accounts, accounts_store, config, descriptions, sites
from ..database import reader
from ..errors import fail
from ..version import VERSION
from .common import as_json, become_owner, show, with_app
from .doctor_command import doctor
from .mail_commands import mail
from .people_commands import apikey, manager
from .site_commands import assistant, site


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="ReplyX")
def main():
    """Self-hosted live chat. See `replyx COMMAND --help`."""


@main.command()
@click.option("--host", help="The address to listen on; REPLYX_HOST otherwise.")
@click.option("--port", help="The port to listen on; REPLYX_PORT otherwise.")
def run(host, port):
    """Serve until SIGTERM or Ctrl-C."""
    options = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    become_owner(_settings(options).instance)
    environ = os.environ | {f"{config.PREFIX}{name.upper()}": value for name, value in options.items()}
    # wsgi.py has to patch before Flask is imported, so the server gets a fresh interpreter.
    os.execve(sys.executable, [sys.executable, str(config.ROOT / "wsgi.py")], environ)


@main.command("config")
@as_json
def show_config(as_json):
    """The settings, and where each comes from."""
    settings = _settings()
    rows = [{"name": setting.variable, "value": _shown(getattr(settings, setting.name)),
             "source": settings.sources[setting.name], "meaning": setting.meaning}
            for setting in (config.INSTANCE, *config.SETTINGS)]
    show(rows, as_json, lambda row: f"{row['name']}={row['value']}  ({row['source']})\n    {row['meaning']}")


def _require_free_port(settings):
    """The links lead to a server that is about to start: somebody else's would mislead."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            fail(f"can't listen on {settings.host} port {settings.port}: {error.strerror}. Stop what runs there (ReplyX "
                 f"itself?) or choose another port: REPLYX_PORT={settings.port % 65535 + 1} make run", 2)


def _settings(options=None):
    try:
        return config.load(options=options)
    except config.ConfigError as error:
        fail(error, 2)


def _shown(value):
    if value is None:
        return "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@main.command()
def openapi():
    """The HTTP API's description, as OpenAPI 3.1 JSON."""
    click.echo(json.dumps(descriptions.openapi(_settings()), indent=2))


@main.command()
def asyncapi():
    """The Socket.IO API's description, as AsyncAPI 3.0 JSON."""
    click.echo(json.dumps(descriptions.asyncapi(_settings()), indent=2))


@main.command()
@with_app
def demo(settings):
    """Make the site "Demo" if there is none, and print the links to try ReplyX."""
    _require_free_port(settings)
    if accounts_store.site_by_name(reader, sites.DEMO) is None:
        sites.add_site(sites.DEMO, ["localhost", "127.0.0.1"])
    click.echo(f"Guest:   {settings.public_url}/demo")
    click.echo(f"Manager: {settings.public_url}/console")
    if not accounts_store.managers(reader):
        click.echo(f"First make the owner's account, once, within a day:\n         "
                   f"{accounts.make_setup_link(settings.public_url)}")


for group in (site, assistant, manager, apikey, mail, doctor):
    main.add_command(group)
