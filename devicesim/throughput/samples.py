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

MOST_PERIOD = 64
"""Files of the longest period that is looked for."""


class Sample(NamedTuple):
    """What a sample took, what the bounds say, and whether the buffer was full at either end or meanwhile [s]."""

    took: float
    bound: float
    held_up: bool


@dataclass(slots=True)
class Measured:
    """What the samples of one regime measured: time, and what the bounds said."""

    took: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    leapt: float = 0.0
    held_up: int = 0
    period: tuple[int, float] | None = None

    def efficiency(self) -> float:
        """How much longer than the bounds the latest samples took."""
        took, bound = self.took[-8:], self.bound[-8:]
        return sum(took) / sum(bound) if took else 1.0

    def scatter(self) -> float:
        """Standard deviation of one sample's efficiency, NaN of a single one."""
        if len(self.took) < 2:
            return nan
        ratios = np.array(self.took) / np.array(self.bound)
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

    def sample(self, demands: Floats, files: int, until: float) -> Sample | None:
        """Compute so many files exactly, at most up to a time; None if that says nothing.

        Args:
            demands: :func:`~devicesim.throughput.profile.front_demands` of the regime that holds.
            files: to be begun.
            until: when to stop at the latest [s].
        """
        core, before, begun = self._core, self._core.standing(), self.now
        blocked = core.meter("buffer").latest[0][1]
        first = self.taken = before.taken[0]
        at, goal = self.done(before), min(first + files, self.count)
        whole, slow, standing = self.of_first(goal), 1.0, before
        while self.taken < goal and self.now < until:
            # The bounds say no more than the files will need, so that the core is not asked beyond them.
            least = float((demands @ (whole - self.of_first(self.taken))).max())
            step = min(slow, 2.0**64) * max(least, 1e-9 * abs(self.now), 1e-9)
            self.advance(min(until, LAST, self.now + step))
            standing = core.standing()
            slow = 1.0 if standing.taken[0] > self.taken else 2 * slow
            self.taken = standing.taken[0]
        done, took = self.done(standing) - at, self.now - begun
        bound = float((demands @ done).max())
        if self.taken - first < files / 2 or done[0] <= 0 or not bound > 0:
            return None
        full = 0.95 * self._buffer
        stood = core.meter("buffer").latest[0][1] - blocked > 0.05 * took
        return Sample(took, bound, stood or before.buffered > full or standing.buffered > full)

    def period(self, files: int, drift: float) -> tuple[int, float] | None:
        """Files and time after which the latest so many files finished as those before them; None if they do not.

        Args:
            files: at most so many are looked at.
            drift: by how much of itself a period may change.
        """
        ends = curves.view(self._core.files(0).finished_at)[-files:]
        late, rounding = ends.tolist()[::-1], 1e-11 * abs(float(ends[-1]))
        for length in range(1, min(MOST_PERIOD, ends.size // 4) + 1):
            time = late[0] - late[length]
            same = max(rounding, drift * time)
            if abs(late[length] - late[2 * length] - time) <= same:
                gaps = (ends[length:] - ends[:-length])[-(ends.size // 2) :]
                if time > 0 and np.ptp(gaps) <= same:
                    return length, float(gaps.mean())
        return None
