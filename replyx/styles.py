"""The custom properties of CSS by which a site's owner changes the panel's look, and what each may hold."""
import re

COLOR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
LENGTH = re.compile(r"[0-9]{1,2}px")
FONTS = re.compile(r"[A-Za-z][A-Za-z0-9-]*( [A-Za-z0-9-]+)*(, ?[A-Za-z][A-Za-z0-9-]*( [A-Za-z0-9-]+)*){0,9}")
LONGEST = 200

VARIABLES = {
    "--rx-accent-text": COLOR,
    "--rx-background": COLOR,
    "--rx-text": COLOR,
    "--rx-soft-text": COLOR,
    "--rx-line": COLOR,
    "--rx-bubble": COLOR,
    "--rx-bubble-text": COLOR,
    "--rx-guest-bubble": COLOR,
    "--rx-guest-text": COLOR,
    "--rx-radius": LENGTH,
    "--rx-font": FONTS,
}


def is_safe(name, value):
    """Whether it may stand in a style sheet: a known name with a value of its kind, which can end no declaration."""
    return name in VARIABLES and len(value) <= LONGEST and bool(VARIABLES[name].fullmatch(value))
