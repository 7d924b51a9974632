"""What "now" is, in one place. Times are UTC; on the wire and in the database RFC 3339 with milliseconds and `Z`."""
import time
from datetime import datetime, timezone


def seconds():
    """The time in seconds since 1970 (Unix time)."""
    return time.time()


def now(after=0):
    """The time `after` seconds from now, as `2026-01-31T09:30:00.000Z`. The texts sort as the times do."""
    moment = datetime.fromtimestamp(seconds() + after, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
