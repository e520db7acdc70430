"""When schedules fire: worked dates, and the law that a fire is one of the set and none is left out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.online.timetable import Timetable
from devicesim.errors import BoundError

START = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("cron(0 22 * * ? *)", ["2026-06-01T22:00", "2026-06-02T22:00"]),
        ("cron(30 * * * ? *)", ["2026-06-01T09:30", "2026-06-01T10:30"]),
        ("cron(15 6,18 * * ? *)", ["2026-06-01T18:15", "2026-06-02T06:15"]),
        ("cron(0 0/8 * * ? *)", ["2026-06-01T16:00", "2026-06-02T00:00"]),
        ("cron(0 2 ? * 7 *)", ["2026-06-06T02:00", "2026-06-13T02:00"]),
        ("cron(0 2 ? * MON-FRI *)", ["2026-06-02T02:00", "2026-06-03T02:00"]),
        ("cron(0 0 31 * ? *)", ["2026-07-31T00:00", "2026-08-31T00:00"]),
        ("cron(0 0 29 FEB ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 12 1 JAN ? 2027-2028)", ["2027-01-01T12:00", "2028-01-01T12:00"]),
        ("rate(1 hour)", ["2026-06-01T09:30", "2026-06-01T10:30"]),
        ("rate(2 days)", ["2026-06-03T08:30", "2026-06-05T08:30"]),
    ],
)
def test_worked_times(text, times):
    table, at = Timetable(text, START), START
    for expected in times:
        at = table.after(at)
        assert at.isoformat() == f"{expected}:00+00:00"


def test_worked_a_year_that_is_over_never_comes():
    assert Timetable("cron(0 12 1 1 ? 2025)", START).after(START) is None


def test_a_site_s_own_time_is_none_of_its_business():
    west = START.astimezone(datetime.fromisoformat("2026-06-01T00:00:00-07:00").tzinfo)
    assert Timetable("cron(0 22 * * ? *)", west).after(west) == datetime(2026, 6, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "cron()", "cron(a b c d e f)", "cron(0 5-2 * * ? *)", "cron(0 0/0 * * ? *)"]
)
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(BoundError, match="schedule"):
        Timetable(text, START)


@given(
    hours=st.sets(st.integers(0, 23), min_size=1),
    days=st.sets(st.integers(1, 7), min_size=1),
    minute=st.integers(0, 59),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_law_every_fire_is_due_and_none_is_left_out(hours, days, minute, moment):
    text = f"cron({minute} {','.join(map(str, hours))} ? * {','.join(map(str, days))} *)"
    told = Timetable(text, START).after(moment)
    hour = moment.replace(minute=minute, second=0, microsecond=0)
    due = (hour + timedelta(hours=step) for step in range(24 * 8 + 1))
    assert told == next(
        each for each in due if each > moment and each.hour in hours and each.isoweekday() % 7 + 1 in days
    )
