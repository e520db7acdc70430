"""The three clocks of a World, and durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from devicesim import units
from devicesim.errors import require

PATIENCE = 366 * 86400.0
"""How far ``World.until`` looks where nothing but schedules of DataSync is left to happen [s]."""

LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Where a clock can be moved to at most: what lies some years beyond must still be a date."""


def factor_of(clock: str) -> float | None:
    """How fast a clock follows the wall: None for one that does not."""
    name, _, factor = clock.partition(":")
    if name in {"manual", "driven"} and not factor:
        return None
    if name == "real":
        try:
            value = float(factor or 1)
        except ValueError:
            value = float("nan")
        require(0 < value < float("inf"), "clock", "manual, driven, real or real:N with N > 0", clock)
        return value
    require(False, "clock", "manual, driven, real or real:N", clock)
    return None


def seconds_of(duration: float | str) -> float:
    """Seconds, from a number of them or a text such as ``"3 d"``."""
    return units.parse(duration, units.DURATION) if isinstance(duration, str) else float(duration)
