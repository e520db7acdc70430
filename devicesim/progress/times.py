"""When a leg is sampled, and how a time is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.progress.legs import Leg

MOST_SAMPLES = 10_000_000
"""Most samples of a leg; a step that gives more is taken for a slip of the unit."""

SAME = 1e-6
"""Share of a step that is rounding."""


def sample_times(leg: Leg, every: float, now: float) -> NDArray[np.float64]:
    """Times at which a leg is sampled: its start, every step, its end; nothing after ``now``.

    A step that falls on the end but for rounding is the end.
    """
    require(0 < every < inf, "every", "> 0 s and finite", every)
    ended = leg.end is not None and leg.end <= now
    last = leg.end if leg.end is not None and ended else now
    if not last >= leg.start:
        return np.zeros(0)
    steps = (last - leg.start) / every
    require(steps < MOST_SAMPLES, "every", f">= {(last - leg.start) / MOST_SAMPLES:g} s for this leg", every)
    grid = leg.start + every * np.arange(int(steps + SAME) + 1, dtype=np.float64)
    if grid.size > 1 and grid[-1] >= last - SAME * every:
        grid[-1] = last
    if ended and grid[-1] < last:
        grid = np.append(grid, last)
    return grid


def timestamp(epoch: datetime, seconds: float) -> str:
    """ISO 8601 time, to the millisecond, in the epoch's own offset.

    >>> from datetime import datetime, timezone
    >>> timestamp(datetime(2026, 6, 1, 8, tzinfo=timezone.utc), 90.5)
    '2026-06-01T08:01:30.500+00:00'
    """
    return (epoch + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def milliseconds(epoch: datetime, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Civil time as whole milliseconds since 1970 in the epoch's own offset, rounded as :func:`timestamp` rounds.

    >>> from datetime import datetime
    >>> milliseconds(datetime(1970, 1, 2), np.array([0.25])).tolist()
    [86400250]
    """
    # As datetime does it: the fraction to the nearest microsecond, and what is left of a millisecond cut off.
    whole = np.trunc(seconds)
    fraction = np.rint((seconds - whole) * 1e6).astype(np.int64)
    begin = (epoch.replace(tzinfo=None) - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    return (whole.astype(np.int64) * 1_000_000 + fraction + begin) // 1000
