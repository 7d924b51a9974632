"""What a channel is, and what it carries."""
from dataclasses import dataclass
from typing import Iterable, Protocol


@dataclass(frozen=True)
class Letter:
    """A text for one person. `key` is the same for every try to send the same letter; `unsubscribe` is an address that
    ends these letters when it is posted to."""
    key: str
    address: str
    name: str
    subject: str
    text: str
    unsubscribe: str


class Undelivered(Exception):
    """Why a letter was not taken: a code that the console has words for, and the other side's number where it gave one.
    `final`: trying again will not help."""

    def __init__(self, code, number=None, final=False):
        super().__init__(f"{code} {number}" if number else code)
        self.code, self.final = code, final


class Channel(Protocol):
    def deliver(self, letters: Iterable[Letter]) -> Iterable[tuple[Letter, Undelivered | None]]:
        """Send the letters, one after the other, and give each with what came of it as soon as that is known.

        One that can't be delivered does not keep the others. Raises nothing.
        """


def one_line(text):
    """A name or subject: printable, on one line, of a length that mail programs show. `=?` would begin an encoded word, which
    the library decodes before it writes the header anew, a line's end and another header in it included."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:150].replace("=?", "= ?")
