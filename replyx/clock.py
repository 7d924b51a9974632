"""What "now" is. Times are UTC, RFC 3339 with milliseconds and `Z`: the same text on the wire and in the database."""
from datetime import datetime, timedelta, timezone


def now(after=0):
    """The time `after` seconds from now, as `2026-01-31T09:30:00.000Z`. The texts sort as the times do."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=after)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
