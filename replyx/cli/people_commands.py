"""Commands for the people who answer, and for API keys."""
import sys

import click

from .. import accounts, accounts_store, passwords
from ..clock import now
from ..database import reader
from .common import ID, as_json, role, show, site_ids, with_app


@click.group()
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


@click.group()
def apikey():
    """Keys for programs that use the managers' API."""


def _key_line(row):
    return f"{row['id']}  {row['name']}  {row['role']}{'  revoked' if row['revoked_at'] else ''}"


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
    show(accounts_store.api_keys(reader), as_json, _key_line)


@apikey.command("revoke")
@click.argument("key_id", type=ID, metavar="ID")
@as_json
@with_app
def apikey_revoke(key_id, as_json, settings):
    """End a key: its sockets go within two seconds."""
    accounts.revoke_api_key(key_id)
    [row] = [row for row in accounts_store.api_keys(reader) if row["id"] == key_id]
    show(row, as_json, _key_line)
