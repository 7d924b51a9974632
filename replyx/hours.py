"""Working hours: whether somebody is there at a moment, and when next. Spans hold their start and not their end."""
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# A week, the day before (its last span may reach into this one), and the day that comes again.
DAYS = range(-1, 9)


def state(hours, moment):
    """`{open, closes_at, opens_at}` at `moment`, in seconds since 1970: the UTC times of the end of what is open, None when it
    is closed or never closes, and of the next start after that, None when it never does. `hours` are a site's, as
    `site_schemas.Hours` has them; None: always open.

    A span whose end is not after its start ends on the next day. Where clocks are turned, a time that is there twice is its
    first, and one that is left out is as much later.
    """
    if hours is None:
        return {"open": True, "closes_at": None, "opens_at": None}
    here = datetime.fromtimestamp(moment, timezone.utc)
    spans = sorted(span for span in _spans(hours, here) if span[0] < span[1])
    end = here
    for start, until in spans:
        # Spans that meet or overlap are one.
        if start <= end < until:
            end = until
    if end - here > 7 * DAY:
        return {"open": True, "closes_at": None, "opens_at": None}
    return {"open": end > here, "closes_at": _written(end) if end > here else None,
            "opens_at": _written(min((start for start, _ in spans if start > end), default=None))}


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
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
