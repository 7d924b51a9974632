"""Working hours: whether somebody is there at a moment, and when next. Spans hold their start and not their end."""
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# A week, the day before (its last span may reach into this one), and the day that comes again.
DAYS = range(-1, 9)


def state(hours, moment):
    """`{open, opens_at}` at `moment`, in seconds since 1970: `opens_at` is the UTC time of the next start, None when it is open
    or never opens. `hours` are a site's, as `site_schemas.Hours` has them; None: always open.

    A span whose end is not after its start ends on the next day. Where clocks are turned, a time that is there twice is its
    first, and one that is left out is as much later.
    """
    if hours is None:
        return {"open": True, "opens_at": None}
    here = datetime.fromtimestamp(moment, timezone.utc)
    spans = list(_spans(hours, here))
    if any(start <= here < end for start, end in spans):
        return {"open": True, "opens_at": None}
    starts = [start for start, end in spans if here < start < end]
    return {"open": False, "opens_at": _written(min(starts)) if starts else None}


def _spans(hours, here):
    """The spans near a moment as pairs of UTC times."""
    zone = ZoneInfo(hours["zone"])
    today = here.astimezone(zone).date()
    for date in (today + day * DAY for day in DAYS):
        for start, end in hours["week"][date.weekday()]:
            last = date if start < end < "24:00" else date + DAY
            yield _utc(date, start, zone), _utc(last, end, zone)


def _utc(date, text, zone):
    # A day's end is the next one's first moment.
    clock = time() if text == "24:00" else time.fromisoformat(text)
    return datetime.combine(date, clock, zone).astimezone(timezone.utc)


def _written(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
