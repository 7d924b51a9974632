"""A command to try out the mail settings."""
import secrets

import click

from ..errors import fail
from ..notify.base import Letter
from ..notify.email import Email
from ..notify.texts import texts_for
from .common import with_app


@click.group()
def mail():
    """Mail to managers and guests."""


@mail.command("test")
@click.argument("address")
@with_app
def mail_test(address, settings):
    """Send a test mail to ADDRESS with the settings of this shell."""
    if not settings.smtp_url:
        fail("mail is not set up. Set REPLYX_SMTP_URL, REPLYX_MAIL_FROM and REPLYX_URL.", 2)
    words = texts_for("en")
    letter = Letter(secrets.token_hex(), address, "", words["test"], words["test_text"], "")
    [(_, failure)] = Email(settings.smtp_url, settings.mail_from).deliver([letter])
    if failure:
        fail(f"not sent ({failure}): {failure.reason}", 1)
    click.echo(f"{settings.smtp_url} took the mail to {address}. Look there, in the spam folder too.")
