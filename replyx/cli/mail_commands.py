"""A command to try out the mail settings."""
import secrets

import click

from ..errors import fail
from ..notify.base import Letter
from ..notify.email import Email
from ..notify.texts import texts_for
from .common import with_app

REASONS = {
    "address": "the address can't be written to. Check it.",
    "tls": "the mail server's certificate is not valid for its name, or it speaks no TLS on this port. Use the name on the "
           "certificate, and smtps:// for port 465, smtp:// for 587.",
    "unsupported": "the mail server offers no encryption (STARTTLS), or no sign-in. Use smtps://, or another port.",
    "login": "the mail server refused the user or the password in REPLYX_SMTP_URL.",
    "sender": "the mail server refused the sender in REPLYX_MAIL_FROM.",
    "refused": "the mail server refused the address or the mail for good.",
    "later": "the mail server did not take the mail now. Try again later.",
    "unreachable": "the mail server can't be reached, or broke off. Check the host and port in REPLYX_SMTP_URL.",
}


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
    [(_, failure)] = Email(settings).deliver([letter])
    if failure:
        fail(f"not sent ({failure}): {REASONS[failure.code]}", 1)
    click.echo(f"{settings.smtp_url} took the mail to {address}. Look there, in the spam folder too.")
