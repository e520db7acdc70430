"""What a monitor gets to see of a transfer: late, without totals at first, with attempts that fail.

*Model.* The truth is a leg: its curve, and from when its totals are known. A monitor reads counters that somebody
refreshes every ``refresh`` seconds from the leg's start; in between it sees the last values. Somebody lists the
objects at ``listing`` objects/s; until that is done the totals are 0. Each attempt at an object fails with probability
``failing`` and is made again at once: the number of failures is negative binomial, they are spread evenly over the
objects in the order of their arrival, and each has sent an evenly drawn part of an object of mean size.

*Scope and limits.* The leg's times are what they are, retries included: a view changes what is seen, not what
happens. AWS's four counters therefore never fall, whatever is drawn, and the end of a leg is always seen as it is.
What the stream itself knows of interruptions and failed objects is seen in every view.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.progress.legs import Leg
from devicesim.progress.times import SAME

MOST_FAILURES = 10_000_000
"""Most failed attempts that are drawn for a leg."""


class Failures(NamedTuple):
    """Attempts that failed, in the order in which they did.

    Attributes:
        objects: how many objects had arrived before, shape (n,).
        sent: bytes sent in vain by the first k of them, k = 0 .. n, shape (n + 1,).
    """

    objects: NDArray[np.int64]
    sent: NDArray[np.float64]

    def by(self, arrived: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Failures, and bytes sent in vain, by the time at which so many objects had arrived."""
        count = np.searchsorted(self.objects, arrived, side="left")
        return count, self.sent[count].astype(np.int64)


@dataclass(frozen=True, slots=True)
class View:
    """How a monitor sees a leg; the default sees everything as it is, at once.

    Attributes:
        refresh: time between two refreshes of the counters [s]; 0 = always fresh.
        listing: objects listed per second before the totals are known; infinite = at once.
        failing: probability that an attempt at an object fails, in [0, 1).
        seed: of the failures; the same seed and leg, the same failures, however often somebody looks.

    >>> View(refresh=60.0).moments(Leg("ingest", "JID-1", 30.0, 10, 1), np.array([30.0, 89.0, 90.0, 149.9]))
    array([30., 30., 90., 90.])
    """

    refresh: float = 0.0
    listing: float = inf
    failing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        require(0 <= self.refresh < inf, "refresh", ">= 0 s and finite", self.refresh)
        require(self.listing > 0, "listing", "> 0 objects/s", self.listing)
        require(0 <= self.failing < 1, "failing", "in [0, 1)", self.failing)
        require(self.seed >= 0, "seed", ">= 0", self.seed)

    def moments(self, leg: Leg, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """When the values seen at ``times`` [s] were true; at the leg's end, then."""
        if self.refresh == 0:
            return times
        steps = np.floor((times - leg.start) / self.refresh + SAME)
        seen = np.minimum(leg.start + self.refresh * steps, times)
        return seen if leg.end is None else np.where(times >= leg.end, times, seen)

    def listed(self, leg: Leg) -> float:
        """From when the totals are known [s]: at the leg's end at the latest."""
        known = leg.listed + leg.total_objects / self.listing
        return known if leg.end is None else max(min(known, leg.end), leg.listed)

    def failures(self, leg: Leg) -> Failures:
        """Draw the attempts that fail on a leg."""
        expected = leg.total_objects * self.failing / (1 - self.failing)
        require(expected <= MOST_FAILURES, "failing", f"at most {MOST_FAILURES} failures", self.failing)
        if expected == 0:
            return Failures(np.zeros(0, np.int64), np.zeros(1))
        key = (self.seed, zlib.crc32(leg.name.encode()), zlib.crc32(leg.job.encode()))
        draw = np.random.default_rng(np.random.SeedSequence(key))
        count = int(draw.negative_binomial(leg.total_objects, 1 - self.failing))
        objects = np.sort(draw.integers(0, leg.total_objects, count))
        parts = draw.random(count) * (leg.total_bytes / leg.total_objects)
        return Failures(objects, np.concatenate(([0.0], np.cumsum(parts))))


EXACT = View()
"""Everything as it is, at once."""
