"""Working hours by their cases: zones, nights, clocks that are turned, weeks with one day and with none."""
from datetime import datetime, timezone

import pytest

from replyx import hours

DAY = [["09:00", "17:00"]]
OFFICE = [DAY] * 5 + [[], []]
NEVER = [[]] * 7
ALWAYS = [[["00:00", "24:00"]]] * 7


def state(week, at, zone="Europe/Berlin"):
    """Whether it is open at a UTC time, and if not the UTC time of the next start, to the minute."""
    moment = datetime.fromisoformat(at).replace(tzinfo=timezone.utc).timestamp()
    found = hours.state({"zone": zone, "week": week}, moment)
    return found["open"], None if found["open"] or not found["opens_at"] else found["opens_at"].removesuffix(":00.000Z")


def only(day, *spans):
    """A week with spans on one day; 0 is Monday."""
    return [list(map(list, spans)) if number == day else [] for number in range(7)]


def test_without_hours_it_is_always_open():
    assert hours.state(None, 0) == {"open": True, "closes_at": None, "opens_at": None}


@pytest.mark.parametrize("week, at, closes, opens", [
    (OFFICE, "2026-11-23T12:00", "2026-11-23T16:00", "2026-11-24T08:00"),
    (OFFICE, "2026-11-23T17:00", None, "2026-11-24T08:00"),
    # Two spans that meet, or overlap over midnight, are one; two with a break are not.
    ([[["09:00", "12:00"], ["12:00", "17:00"]]] * 7, "2026-11-23T09:00", "2026-11-23T16:00", "2026-11-24T08:00"),
    ([[["18:00", "03:00"], ["02:00", "04:00"]]] * 7, "2026-11-23T22:00", "2026-11-24T03:00", "2026-11-24T17:00"),
    ([[["09:00", "12:00"], ["13:00", "17:00"]]] * 7, "2026-11-23T09:00", "2026-11-23T11:00", "2026-11-23T12:00"),
    (only(0, ("09:00", "17:00")), "2026-11-23T12:00", "2026-11-23T16:00", "2026-11-30T08:00"),
    (ALWAYS, "2026-11-23T12:00", None, None), (NEVER, "2026-11-23T12:00", None, None),
])
def test_a_panel_that_stays_open_is_told_when_that_changes(week, at, closes, opens):
    moment = datetime.fromisoformat(at).replace(tzinfo=timezone.utc).timestamp()
    found = hours.state({"zone": "Europe/Berlin", "week": week}, moment)
    assert [found[name] and found[name].removesuffix(":00.000Z") for name in ("closes_at", "opens_at")] == [closes, opens]


@pytest.mark.parametrize("at, found", [
    # Monday, 23 November 2026; Berlin is an hour ahead.
    ("2026-11-23T07:59:59", (False, "2026-11-23T08:00")), ("2026-11-23T08:00", (True, None)),
    ("2026-11-23T15:59:59", (True, None)), ("2026-11-23T16:00", (False, "2026-11-24T08:00")),
    ("2026-11-27T16:00", (False, "2026-11-30T08:00")),
    # In July it is two hours.
    ("2026-07-06T07:00", (True, None)), ("2026-07-06T15:00", (False, "2026-07-07T07:00")),
])
def test_a_span_holds_its_start_and_not_its_end(at, found):
    assert state(OFFICE, at) == found


@pytest.mark.parametrize("zone, found", [
    ("Asia/Tokyo", (False, "2026-11-24T00:00")), ("America/Los_Angeles", (False, "2026-11-23T17:00")),
    ("Asia/Kathmandu", (False, "2026-11-24T03:15")), ("Pacific/Kiritimati", (False, "2026-11-23T19:00")),
])
def test_the_hours_are_those_of_the_zone(zone, found):
    assert state(OFFICE, "2026-11-23T12:00", zone) == found


@pytest.mark.parametrize("at, found", [
    ("2026-11-23T20:59", (False, "2026-11-23T21:00")), ("2026-11-23T23:30", (True, None)), ("2026-11-24T00:59", (True, None)),
    ("2026-11-24T01:00", (False, "2026-11-30T21:00")),
])
def test_a_night_ends_on_the_next_day(at, found):
    assert state(only(0, ("22:00", "02:00")), at) == found


def test_a_sunday_night_reaches_into_monday():
    assert state(only(6, ("22:00", "02:00")), "2026-11-23T00:30") == (True, None)


def test_round_the_clock_has_no_seam():
    for at in ("2026-11-23T22:59:59.999", "2026-11-23T23:00", "2026-03-29T01:00", "2026-10-25T01:00"):
        assert state(ALWAYS, at) == (True, None)
    assert state([[["00:00", "00:00"]]] * 7, "2026-11-23T23:00") == (True, None)


def test_a_week_with_one_short_day_and_one_with_none():
    assert state(only(0, ("09:00", "10:00")), "2026-11-23T09:00") == (False, "2026-11-30T08:00")
    assert state(only(0, ("09:00", "10:00"), ("12:00", "13:00")), "2026-11-23T09:00") == (False, "2026-11-23T11:00")
    assert state(NEVER, "2026-11-23T09:00") == (False, None)


@pytest.mark.parametrize("at, found", [
    # On 29 March 2026 Berlin's clocks go from 02:00 to 03:00: at 01:00 UTC it is 03:00.
    ("2026-03-28T17:00", (False, "2026-03-29T01:30")), ("2026-03-29T01:29", (False, "2026-03-29T01:30")),
    ("2026-03-29T01:30", (True, None)), ("2026-03-29T02:00", (False, "2026-04-05T00:30")),
])
def test_a_start_that_is_left_out_is_as_much_later(at, found):
    """02:30 is not there on that Sunday: it is 03:30."""
    assert state(only(6, ("02:30", "04:00")), at) == found


def test_a_span_that_lies_in_what_is_left_out_is_none():
    assert state(only(6, ("02:00", "03:00")), "2026-03-29T01:00") == (False, "2026-04-05T00:00")


@pytest.mark.parametrize("at, found", [
    # On 25 October 2026 they go from 03:00 back to 02:00, at 01:00 UTC.
    ("2026-10-25T00:29", (False, "2026-10-25T00:30")), ("2026-10-25T00:30", (True, None)), ("2026-10-25T01:45", (True, None)),
    ("2026-10-25T02:59", (True, None)), ("2026-10-25T03:00", (False, "2026-11-01T01:30")),
])
def test_a_time_that_is_there_twice_is_its_first(at, found):
    assert state(only(6, ("02:30", "04:00")), at) == found
