"""Files that the exact core is given of a list, and what computing a sample of them tells."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import ceil, nan
from typing import NamedTuple

import numpy as np

from devicesim.throughput import curves
from devicesim.throughput.model import Client
from devicesim.throughput.profile import SUMS, sums
from devicesim.throughput.reading import LAST, Core, Floats, Standing

LATEST = 8
"""Samples of a regime that tell how long its next files take."""

MIX = 2.0
"""A list whose parts need their stations in proportions that differ by more is not one mix."""

TINY = 1e-300
"""Keeps what needs no time at all from being divided by."""

MOST_PERIOD = 64
"""Files of the longest period that is looked for."""


class Sample(NamedTuple):
    """What a sample took and what each station and path needs for it at least [s].

    Attributes:
        took, needs: as above.
        held_up: whether the buffer was full at either end or meanwhile.
        waited: how long payload stood ahead of the buffer.
    """

    took: float
    needs: Floats
    held_up: bool
    waited: float


class Period(NamedTuple):
    """Files after which all goes on as before, how long they take [s], and whether the store paces them."""

    files: int
    time: float
    stored: bool = False


@dataclass(slots=True)
class Measured:
    """What the samples of one regime measured: time, and what the bounds said.

    Attributes:
        took, needs: of each sample, in order [s].
        leapt: by what they tell [bytes].
        held_up: samples that the buffer held up, which tell nothing.
        period: in which the latest files followed one another.
    """

    took: list[float] = field(default_factory=list)
    needs: list[Floats] = field(default_factory=list)
    leapt: float = 0.0
    held_up: int = 0
    period: Period | None = None

    def efficiency(self) -> float:
        """How much longer than their bounds the latest samples took."""
        took = self.took[-LATEST:]
        return sum(took) / sum(float(each.max()) for each in self.needs[-LATEST:]) if took else 1.0

    def one_mix(self, needs: Floats) -> bool:
        """Tell whether the latest samples, the earlier and the later of them, and blocks are of the same mix of files.

        Args:
            needs: of each block, shape (stations, n) [s].
        """
        known = np.array(self.needs[-LATEST:])
        if not len(known):
            return True
        half = len(known) // 2
        parts = (known[:half].sum(axis=0), known[half:].sum(axis=0), needs.sum(axis=1))
        shares = np.array([each / each.max() for each in parts if each.max() > 0])
        # A station that needs much less than another does not matter.
        shares = np.maximum(shares, 1 / MIX**2)
        return bool((shares.max(axis=0) <= MIX * shares.min(axis=0)).all())

    def times(self, needs: Floats, one_mix: bool) -> Floats:
        """Return how long blocks of files take by what the latest samples tell, shape (n,) [s].

        In a few files alone now one station may happen to need the longest and now another, and the sum of such bounds
        is more than any station needs of all of them. So samples and blocks of one mix are bounded as wholes; where
        the mix changes, each by itself, and only the latest sample tells.

        Args:
            needs: of each block, shape (stations, n) [s].
            one_mix: as :meth:`one_mix` says.
        """
        each = np.asarray(needs.max(axis=0))
        if not self.took:
            return each
        if not one_mix:
            return each * (self.took[-1] / float(self.needs[-1].max()))
        known, whole = np.array(self.needs[-LATEST:]).sum(axis=0), needs.sum(axis=1)
        efficiency = sum(self.took[-LATEST:]) / float(known.max())
        return each * (efficiency * float(whole.max()) / max(float(each.sum()), TINY))

    def apart(self) -> float:
        """How far the efficiencies of the latest samples lie apart."""
        ratios = np.array(self.took[-LATEST:]) / np.max(self.needs[-LATEST:], axis=1)
        return float(np.ptp(ratios) / ratios.mean())

    def scatter(self) -> float:
        """Standard deviation of one sample's efficiency, NaN of a single one."""
        if len(self.took) < 2:
            return nan
        ratios = np.array(self.took) / np.max(self.needs, axis=1)
        return float(ratios.std(ddof=1) / ratios.mean())


class Given:
    """Files given to a core that has one client.

    Attributes:
        now: up to when the core is computed [s].
        count, taken: files given, and of these begun.
    """

    def __init__(self, core: Core, client: Client, buffer: float, now: float) -> None:
        self._core, self._client, self._buffer, self.now = core, client, buffer, now
        life = client.operations
        self._serial, self._after = len(life.before) + len(life.after), len(life.after)
        # Running sums over the files, part by part.
        self._parts: list[Floats] = []
        self._starts: list[int] = []
        self._total = np.zeros(len(SUMS))
        self.count = self.taken = 0

    def advance(self, to: float) -> None:
        """Compute up to a time."""
        self.now = to
        self._core.catch_up(min(to, LAST))

    def give(self, sizes: Floats) -> Floats:
        """Append files to the core's list; return the sums over them."""
        each = np.cumsum(sums(self._client, sizes, 1), axis=1)
        self._parts.append(each + self._total[:, None])
        self._total = self._parts[-1][:, -1]
        self._starts.append(self.count)
        self.count += sizes.size
        self._core.submit(0, np.ascontiguousarray(sizes))
        self._core.grant(0, sizes.size, self.now, max(self.now, self._core.time))
        return each[:, -1]

    def of_first(self, count: int) -> Floats:
        """The sums over the first so many of the files."""
        if not count:
            return np.zeros(len(SUMS))
        part = bisect_right(self._starts, count - 1) - 1
        return self._parts[part][:, count - 1 - self._starts[part]]

    def done(self, standing: Standing) -> Floats:
        """The sums over what the streams have done of the files."""
        block, reach = float(self._client.block), float(self._client.block * self._client.window)
        serial = fresh = writes = size = first = beyond = 0.0
        for _, stage, left in standing.streams:
            if stage is None:
                continue
            serial += (-stage if stage < 0 else 0) + self._after + (1 - stage if stage > 0 else 0)
            size += left
            writes += ceil(left / block)
            beyond += max(left - reach, 0.0)
            if stage < 0 and left > 0:
                fresh += 1.0
                first += min(left, block)
        under_way = (serial / max(self._serial, 1), fresh, writes, size, first, beyond)
        return self.of_first(standing.taken[0]) - under_way

    def sample(self, demands: Floats, files: int, until: float, slower: float = 1.0) -> Sample | None:
        """Compute so many files exactly, at most up to a time; None if that says nothing.

        Args:
            demands: :func:`~devicesim.throughput.profile.front_demands` of the regime that holds.
            files: to be begun.
            until: when to stop at the latest [s].
            slower: how many times as long as the bounds say it may take: what is given must last for that.
        """
        core, before, begun = self._core, self._core.standing(), self.now
        admitted, blocked = core.meter("buffer").latest[0]
        first = self.taken = before.taken[0]
        at, goal = self.done(before), min(first + files, self.count)
        whole, slow, standing = self.of_first(goal), slower, before
        # The very last ones would be waited for in many small steps.
        enough = goal - min(self._client.streams, files // 8)
        while self.taken < enough and self.now < until:
            # The bounds say no more than the files will need, so that the core is not asked beyond them.
            least = float((demands @ (whole - self.of_first(self.taken))).max())
            step = min(slow, 2.0**64) * max(least, 1e-9 * abs(self.now), 1e-9)
            self.advance(min(until, LAST, self.now + step))
            standing = core.standing()
            slow = slower if standing.taken[0] > self.taken else 2 * slow
            self.taken = standing.taken[0]
        done, took = self.done(standing) - at, self.now - begun
        needs = demands @ done
        if self.taken - first < files / 2 or done[0] <= 0 or not needs.max() > 0:
            return None
        full = 0.95 * self._buffer
        waited = core.meter("buffer").latest[0][1] - blocked
        # What stood still when the sample began had been counted by then, as a whole.
        still = max(0.0, admitted - begun) if before.buffered > full else 0.0
        crowded = waited > 0 and max(before.buffered, standing.buffered) > full
        held_up = crowded or waited + still > 0.05 * took
        return Sample(took, needs, held_up, waited)

    def period(self, files: int, drift: float) -> Period | None:
        """The period of so many of the latest files: see :func:`period`."""
        return period(curves.view(self._core.files(0).finished_at)[-files:], drift)


def period(ends: Floats, drift: float) -> Period | None:
    """Return files and time after which the latest files finished as those before them; None if they did not.

    Args:
        ends: when files finished, in order, shape (n,) [s].
        drift: by how much of itself a period may change.

    Example
    -------
    >>> period(np.array([0.0, 1.0, 3.0, 4.0, 6.0, 7.0, 9.0, 10.0, 12.0]), drift=0.0)
    Period(files=2, time=3.0, stored=False)
    """
    if not ends.size:
        return None
    late, rounding = ends.tolist()[::-1], 1e-11 * abs(float(ends[-1]))
    for length in range(1, min(MOST_PERIOD, ends.size // 4) + 1):
        time = late[0] - late[length]
        same = max(rounding, drift * time)
        if abs(late[length] - late[2 * length] - time) <= same:
            gaps = (ends[length:] - ends[:-length])[-(ends.size // 2) :]
            if time > 0 and np.ptp(gaps) <= same:
                return Period(length, float(gaps.mean()))
    return None
