"""What a moment earlier or later would change of the pattern in which files that are all alike follow one another.

Model
-----
After a leap everything under way stands as it did, but for how much slower the store has become meanwhile, so that
what follows comes a little earlier or later than it would. A change of regime makes another pattern of the streams, and
which of several it makes depends on where it meets them. So the exact core goes through the change once more with all
changes moved by so much either way. What a moment cannot change is no guess.

Moments alone do not grow from then on: the times of the stations are maxima and sums of earlier ones, so as long as
nobody overtakes anybody else, none of them is off by more than those it comes from.

Scope and limits
----------------
One client. What is slower by itself moves little against all else; that it moves by as much as all else is assumed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

import numpy as np

from devicesim.throughput import curves
from devicesim.throughput.model import Regime
from devicesim.throughput.reading import LAST, Core, Floats

LEAST = 2e-6
"""By how much everything is taken to be earlier or later at least after a leap: more than rounding makes of it [s]."""

SAME = 1e-5
"""By how much of itself the period of a pattern may be another."""


class Phases:
    """Tries a core's changes of regime a moment earlier and later.

    Args:
        core: that computes the transfer.
        schedule: its regimes.

    Attributes:
        off: how much earlier or later everything may come [s].
    """

    def __init__(self, core: Core, schedule: Sequence[tuple[float, Regime]]) -> None:
        self._core, self._schedule = core, schedule
        self._times = [at for at, _ in schedule]
        self._since, self.off = -inf, LEAST

    def leapt(self, then: float, off: float) -> None:
        """Note that a leap went up to a time, and by how much that leaves everything earlier or later at most [s]."""
        self._since, self.off = then, max(self.off, off)

    def around(self, now: float, until: float) -> list[Floats]:
        """Return when files finish up to a time if the changes since the latest leap come a moment earlier, or later.

        Nothing if there was no leap, or no change since. The core stands afterwards where it stood.

        Args:
            now: up to when the core is computed [s].
            until: up to when to look [s].
        """
        first, count = bisect_right(self._times, self._since), bisect_right(self._times, now)
        holding = [regime for _, regime in self._schedule[max(first - 1, 0) : count]]
        if not first or all(regime == holding[0] for regime in holding):
            return []
        found = []
        for off in (-self.off, self.off):
            self._lay(first, off)
            self._core.catch_up(min(until, LAST))
            found.append(np.array(curves.view(self._core.files(0).finished_at)))
        self._lay(first, 0.0)
        self._core.catch_up(min(now, LAST))
        return found

    def _lay(self, first: int, off: float) -> None:
        """Move the changes from one on."""
        core, (_, before) = self._core, self._schedule[first - 1]
        core.lay(before, max(self._since, self._times[first] - 2 * self.off))
        for at, regime in self._schedule[first:]:
            core.lay(regime, at + off)

    def same(self, ends: Floats, other: Floats, files: int) -> bool:
        """Tell whether files finish in one pattern.

        Args:
            ends, other: when the latest files finished, in order, shape (n,) [s].
            files: after which the pattern repeats itself.
        """
        if min(ends.size, other.size) <= 2 * files:
            return False
        one, *more = (
            np.diff(each[-files - 1 - past : each.size - past])
            for each, past in ((ends, 0), (other, 0), (other, files))
        )
        time = float(one.sum())
        near = 4 * self.off + SAME * time
        return all(
            abs(float(each.sum()) - time) <= SAME * time
            and np.abs(np.sort(each) - np.sort(one)).max() <= near
            for each in more
        )
