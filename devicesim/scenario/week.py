"""Times of the week as a scenario writes them: ``"22:00"``, ``"Mon-Fri"``; local, by the offset of ``start``."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from devicesim.scenario.quantities import refusal, shown

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS: tuple[Weekday, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY, WEEK = 86400.0, 7 * 86400.0

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_RANGE = re.compile(r"\s*([A-Za-z]+)\s*(?:-|–|to)\s*([A-Za-z]+)\s*")


def _clock(value: object) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, time):
        return value.hour * 3600.0 + value.minute * 60.0 + value.second
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refusal(f"must be a time of day such as '22:00', got {shown(value)}")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    moment = hours * 3600.0 + minutes * 60.0 + seconds
    if minutes > 59 or seconds > 59 or moment > DAY:
        raise refusal(f"must be a time of day from 00:00 to 24:00, got {shown(value)}")
    return moment


def clock_text(moment: float) -> str:
    """A time of day [s] as a scenario writes it.

    >>> clock_text(79200.0), clock_text(86400.0), clock_text(61.0)
    ('22:00', '24:00', '00:01:01')
    """
    minutes, seconds = divmod(round(moment), 60)
    tail = f":{seconds:02d}" if seconds else ""
    return f"{minutes // 60:02d}:{minutes % 60:02d}{tail}"


def moment_text(moment: float) -> str:
    """A time of the week [s]: ``moment_text(93600.0)`` is ``'Tue 02:00'``."""
    day, of_day = divmod(moment % WEEK, DAY)
    return f"{WEEKDAYS[int(day)]} {clock_text(of_day)}"


def _weekday(name: object) -> Weekday:
    known = {day.lower(): day for day in WEEKDAYS}
    found = known.get(name[:3].lower()) if isinstance(name, str) else None
    if found is None:
        raise refusal(f"must be days of the week such as 'Mon-Fri' or ['Sat', 'Sun'], got {shown(name)}")
    return found


def _days(value: Any) -> tuple[Weekday, ...]:
    if isinstance(value, str):
        if match := _RANGE.fullmatch(value):
            first, last = (WEEKDAYS.index(_weekday(name)) for name in match.groups())
            return tuple(WEEKDAYS[(first + n) % 7] for n in range((last - first) % 7 + 1))
        return (_weekday(value),)
    if not isinstance(value, (list, tuple)) or not value:
        raise refusal(f"must be days of the week such as 'Mon-Fri' or ['Sat', 'Sun'], got {shown(value)}")
    days = [_weekday(name) for name in value]
    if len(set(days)) < len(days):
        raise refusal(f"must name each day once, got {', '.join(days)}")
    return tuple(days)


Clock = Annotated[
    float,
    BeforeValidator(_clock),
    PlainSerializer(clock_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}(:\d{2})?$", "examples": ["22:00"]}),
]
"""A time of day, 00:00 to 24:00 [s]."""

Days = Annotated[
    tuple[Weekday, ...],
    BeforeValidator(_days),
    WithJsonSchema({"type": ["string", "array"], "items": {"enum": list(WEEKDAYS)}}),
]
"""Days of the week: a name, a range as ``"Mon-Fri"``, or a list."""
