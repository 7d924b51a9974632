"""The command `replyx doctor`."""
import signal

import click

from .. import config, parsing
from ..doctor import examine, report
from ..errors import ReplyXError, fail
from .common import as_json, become_owner, show


@click.command()
@click.argument("url", required=False)
@click.option("--wait", type=click.FloatRange(0.1, 300), default=3, show_default=True, metavar="SECONDS",
              help="How long to watch a silent WebSocket; 60 finds every time-out that is too short.")
@as_json
def doctor(url, wait, as_json):
    """Look at URL (REPLYX_URL otherwise) as a visitor's browser would, and name what is wrong and how to put it right."""
    settings = _settings()
    try:
        origin = parsing.public_origin(url or settings.public_url)
    except ValueError as error:
        fail(f"{url!r} {error}.", 2)
    become_owner(settings.instance)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        results = examine(settings, origin, wait, (lambda result: None) if as_json else _tell)
    except ReplyXError as error:
        fail(f"the doctor's temporary site could not be deleted: {error.message} The next run deletes it.", 1)
    if as_json:
        show(report.as_data(origin, results), True, None)
    else:
        click.echo(f"\n{report.summary(results)}")
    raise SystemExit(0 if report.is_well(results) else 1)


def _settings():
    try:
        return config.load()
    except config.ConfigError as error:
        fail(error, 2)


def _stop(*_):
    """End as Ctrl-C does: the temporary site goes on the way out."""
    raise KeyboardInterrupt


def _tell(result):
    for line in result.lines():
        click.echo(line)
