"""What a site's owner chooses of the look: CSS custom properties with what each may hold, colours, icons of the launcher."""
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
    "--rx-link": COLOR,
    "--rx-danger": COLOR,
    "--rx-radius": LENGTH,
    "--rx-font": FONTS,
}


KINDS = {COLOR: "color", LENGTH: "length", FONTS: "fonts"}


def is_safe(name, value):
    """Whether it may stand in a style sheet: a known name with a value of its kind, which can end no declaration."""
    return name in VARIABLES and len(value) <= LONGEST and bool(VARIABLES[name].fullmatch(value))


# The launcher's icons as filled paths in a square of 28; the loader gets the one that it draws.
ICONS = {
    "chat": "M5 3h18a4 4 0 0 1 4 4v10a4 4 0 0 1-4 4h-9l-7 5v-5H5a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4z",
    "question": "M7 10C7 1 21 1 21 10c0 4-5 4-5 8h-4c0-6 5-5 5-8 0-4-6-4-6 0zM12 21h4v4h-4z",
    "wave": "M6 15V7a2 2 0 0 1 4 0v5h1V4a2 2 0 0 1 4 0v8h1V5a2 2 0 0 1 4 0v8h1V8a2 2 0 0 1 4 0v10a9 9 0 0 1-17 4l-5-7"
            "a2 2 0 0 1 4-2z",
    "mail": "M2 5h24v2l-12 8L2 7zM2 10l12 8 12-8v13H2z",
}
# The three weights and the limit are those of perceived brightness, in hundredths.
WEIGHTS, BRIGHT = (30, 59, 11), 160 * 100


def ink(look):
    """The colour of what stands on the site's own colour: the owner's, or black or white, whichever is read better."""
    channels = bytes.fromhex(look["color"][1:])
    brightness = sum(weight * channel for weight, channel in zip(WEIGHTS, channels, strict=True))
    return look["variables"].get("--rx-accent-text") or ("#000" if brightness > BRIGHT else "#fff")
