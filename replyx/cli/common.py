"""What the commands share: running on the instance, refusing, printing, and the options that several have."""
import functools
import json
import os

import click

from .. import config, create_app
from ..database import SchemaError
from ..errors import ReplyXError, fail
from ..extensions import writer
from ..values import MAX_ID


def with_app(command):
    """Run the command on the instance: refusals exit 1, bad settings and an older schema 2."""
    @functools.wraps(command)
    def run(*args, **options):
        try:
            settings = config.load()
            become_owner(settings.instance)
            create_app(settings)
            command(*args, settings=settings, **options)
        except (config.ConfigError, SchemaError) as error:
            fail(error, 2)
        except ReplyXError as error:
            fail(error.message, 1)
        finally:
            writer.stop()
    return run


def become_owner(instance):
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


# What SQLite, JSON and JavaScript can hold: a larger number is bad usage.
ID = click.IntRange(1, MAX_ID)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
role = click.option("--role", type=click.Choice(["owner", "manager"]), default="manager", show_default=True,
                    help="What they may do.")
site_ids = click.option("--site", "site_ids", type=ID, multiple=True, metavar="ID",
                        help="Limit to this site; may be given again. Without it: all sites.")
