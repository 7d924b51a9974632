"""What a channel is, and what it carries."""
from dataclasses import dataclass

# Why a letter was not taken: the code that is kept with it, and what to do, for whoever runs the server. The console's
# `letterErrors` has words for each.
CODES = {
    "address": "the address can't be written to. Check it.",
    "tls": "the mail server's certificate is not valid for its name, or it speaks no TLS on this port. Use the name on the "
           "certificate, and smtps:// for port 465, smtp:// for 587.",
    "unsupported": "the mail server offers no encryption (STARTTLS), or no sign-in. Use smtps://, or another port.",
    "login": "the mail server refused the user or the password in REPLYX_SMTP_URL.",
    "sender": "the mail server refused the sender in REPLYX_MAIL_FROM.",
    "refused": "the mail server refused the address or the mail for good.",
    "later": "the mail server did not take the mail now. Try again later.",
    "unreachable": "the mail server can't be reached, or broke off. Check the host and port in REPLYX_SMTP_URL.",
    "internal": "ReplyX made a mistake; its log says where. Please report it.",
}


@dataclass(frozen=True)
class Letter:
    """A text for one person. `key` is the same for every try to send the same letter; `unsubscribe` is an address that
    ends these letters when it is posted to; `is_known`: the guest's site vouches for the address."""
    key: str
    address: str
    name: str
    subject: str
    text: str
    unsubscribe: str
    is_known: bool = False


class Undelivered(Exception):
    """Why a letter was not taken: a code of CODES, and the other side's number where it gave one. `reason` says it in words.
    `final`: trying again will not help."""

    def __init__(self, code, number=None, final=False):
        super().__init__(f"{code} {number}" if number else code)
        self.code, self.number, self.final, self.reason = code, number, final, CODES[code]


def one_line(text):
    """A name or subject: printable, on one line, of a length that mail programs show. `=?` would begin an encoded word, which
    the library decodes before it writes the header anew, a line's end and another header in it included."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:150].replace("=?", "= ?")
