"""What letters are laid out with: quotes, parts, the foot, and the key that they go by."""
import re

# Everything that would steer a mail program's terminal or turn the writing round.
CONTROLS = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def key(row):
    """The same for every try to send the outbox's row as it is."""
    return f"{row['id']} {row['created_at']} {sorted(row['lines'].items())}"


def quote(text, name=""):
    """A line as the mail shows it: somebody's text can't pass for the mail's own, below the `>`."""
    text = CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return "\n".join([*([f"{name}:"] if name else []), *(f"> {part}".rstrip() for part in text.split("\n"))])


def foot(text):
    return f"-- \n{text}"


def join(*parts):
    return "\n\n".join(parts)
