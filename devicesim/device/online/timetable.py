"""When a schedule of DataSync's fires: ``cron(minute hour day month weekday year)`` or ``rate(12 hours)``, in UTC.

Of AWS's cron dialect there are numbers, names, lists, ranges, steps, ``*`` and ``?``; ``L``, ``W`` and ``#`` are not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from devicesim.errors import require

HOUR = timedelta(hours=1)
LAST_YEAR = 2199
"""Of a year's field, as AWS has it."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Sequence[tuple[str, int, int, Sequence[str]]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 1, 7, _DAYS),
    ("year", 1970, LAST_YEAR, ()),
)
_SPAN = re.compile(r"(?P<first>\w+|\*)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class Timetable:
    """A schedule that fires again and again.

    Args:
        text: the expression.
        start: since when a rate counts.

    Raises:
        BoundError: no such expression, or one that fires more than once an hour, which DataSync refuses.

    >>> nights = Timetable("cron(30 22 ? * MON-FRI *)", datetime(2026, 6, 5, 22, 30, tzinfo=UTC))
    >>> nights.after(datetime(2026, 6, 5, 22, 30, tzinfo=UTC)).isoformat()  # a Friday
    '2026-06-08T22:30:00+00:00'
    """

    def __init__(self, text: str, start: datetime) -> None:
        self._start, self._every = start.astimezone(UTC), timedelta()
        self._sets: list[set[int]] = []
        if (rate := re.fullmatch(r"rate\((\d+) (hour|day)s?\)", text.strip())) is not None:
            self._every = int(rate[1]) * (HOUR if rate[2] == "hour" else timedelta(days=1))
            require(self._every >= HOUR, "schedule", "at most hourly", text)
            return
        cron = re.fullmatch(r"cron\((.*)\)", text.strip())
        fields = cron[1].split() if cron is not None else []
        require(len(fields) == len(_FIELDS), "schedule", "cron(six fields) or rate(N hours)", text)
        require(
            "?" in (fields[2], fields[4]), "schedule", "one with ? for a day of the month or the week", text
        )
        self._sets = [_values(field, *told) for field, told in zip(fields, _FIELDS, strict=True)]
        require(len(self._sets[0]) == 1, "schedule", "at most hourly", text)

    def after(self, moment: datetime) -> datetime | None:
        """The first time it fires after a moment; None if it never does again."""
        at = moment.astimezone(UTC)
        if not self._sets:
            return self._start + ((at - self._start) // self._every + 1) * self._every
        minutes, hours, days, months, weekdays, years = self._sets
        minute = min(minutes)
        at = at.replace(minute=minute, second=0, microsecond=0) + (HOUR if at.minute >= minute else HOUR * 0)
        while at.year <= max(years):
            if at.year not in years or at.month not in months:
                at = _next_month(at)
            elif at.day not in days or at.isoweekday() % 7 + 1 not in weekdays:
                at = at.replace(hour=0) + timedelta(days=1)
            elif at.hour not in hours:
                at += HOUR
            else:
                return at
        return None


def _next_month(at: datetime) -> datetime:
    first = at.replace(day=1, hour=0)
    return first.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)


def _values(field: str, name: str, low: int, high: int, names: Sequence[str]) -> set[int]:
    """The numbers that a field stands for."""
    found: set[int] = set()
    for part in field.split(","):
        span = _SPAN.fullmatch("*" if part == "?" else part)
        require(span is not None, name, "numbers, ranges or * in a schedule", part)
        if span is None:
            continue
        whole = span["first"] == "*"
        first = low if whole else _number(span["first"], name, low, high, names)
        last = first if span["last"] is None else _number(span["last"], name, low, high, names)
        if whole or (span["step"] and span["last"] is None):
            last = high
        step = int(span["step"] or 1)
        require(first <= last and step > 0, name, "a range that goes up, in a schedule", part)
        found |= set(range(first, last + 1, step))
    return found


def _number(text: str, name: str, low: int, high: int, names: Sequence[str]) -> int:
    upper = text.upper()
    number = names.index(upper) + low if upper in names else int(text) if text.isdecimal() else -1
    require(low <= number <= high, name, f"in {low}..{high} in a schedule", text)
    return number
