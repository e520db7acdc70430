"""A list's blocks on the way to the exact core: given to it as samples, and leapt over.

Model
-----
Of each block the core gets a sample, or all of it; a leap takes what is left, a whole block or a share of the next.
The core goes on from there as it stood, with what the buffer then holds.
"""

from __future__ import annotations

from math import floor, nan

import numpy as np

from devicesim.throughput.model import Client
from devicesim.throughput.profile import Profile
from devicesim.throughput.reading import Core, Floats, Standing
from devicesim.throughput.samples import Given

LITTLE = 1e-9
"""Of a file: less of a block than this is rounding."""

PARTS = 256
"""Parts in which the core has what a leap left in the buffer."""

_NONE = np.empty(0)


class Blocks:
    """The blocks of a client's list, how far they are given and leapt over, and how that went on in time.

    Args:
        core: that computes what is given.
        given: files given to it.
        client: who sends.
        profile: the list.

    Attributes:
        rest: sums over what is left of each block, shape (6, blocks).
        next: the first block of which anything is left.
        supplied: so many are given, or at least their samples.
        count: how many there are.
        size: of every file, if they are all alike and their rhythm counts; else None [bytes].
        leapt: bytes leapt over.
        since_sample: files leapt over since the latest sample.
    """

    def __init__(self, core: Core, given: Given, client: Client, profile: Profile) -> None:
        self._core, self._given, self._client, self._samples = core, given, client, profile.samples
        self.rest, self.count = profile.sums.copy(), profile.sums.shape[1]
        self.supplied = self.next = 0
        self.size = profile.one_size if client.streams > 1 else None
        self.leapt = self._files = self.since_sample = 0.0
        self._waits = any(operation.wait for operation in client.operations.all)
        self._knots: list[tuple[Floats, Floats, Floats]] = []

    @property
    def gone(self) -> bool:
        """Whether nothing is left of them."""
        return bool(self.supplied >= self.count and self.next >= self.count)

    @property
    def leaps(self) -> bool:
        """Whether any was leapt over."""
        return bool(self._knots)

    def progress(self, times: Floats) -> tuple[Floats, Floats]:
        """Return bytes and files leapt over by each time, any shape [s]."""
        if not self._knots:
            return np.zeros(times.shape), np.zeros(times.shape)
        knots, sizes, counts = (np.concatenate(column) for column in zip(*self._knots, strict=True))
        return np.asarray(np.interp(times, knots, sizes)), np.asarray(np.interp(times, knots, counts))

    def supply(self, files: int) -> None:
        """Give the core samples of coming blocks, so that it has so many files, twice."""
        given = self.supplied
        while self._given.count - self._given.taken < 2 * files and self.supplied < self.count:
            each = self._given.give(self._samples[self.supplied][: 2 * files])
            left = self.rest[:, self.supplied]
            np.maximum(left - each, 0.0, out=left)
            self.supplied += 1
        if self.supplied > given:
            self._given.advance(self._given.now)
        while self.next < self.supplied and self.rest[0, self.next] <= LITTLE:
            self.next += 1

    def over(self, whole: int, share: float, knots: Floats, standing: Standing, drained: Floats) -> None:
        """Leap over some whole blocks and a share of the next, and let the core go on from there.

        Args:
            whole, share: of the blocks.
            knots: when each is over [s].
            standing: of the transfer, before.
            drained: when the store has each block, that of the share too [s].
        """
        now, left = self._given.now, self.rest[:, self.next : self.next + whole].copy()
        if share:
            part = share * self.rest[:, self.next + whole : self.next + whole + 1]
            left = np.concatenate((left, part), axis=1)
            stored = drained[whole - 1] if whole else max(now, standing.store_free)
            drained = np.append(drained[:whole], stored + share * (drained[whole] - stored))
        self.rest[:, self.next : self.next + whole] = 0.0
        self.next += whole
        if share:
            self.rest[:, self.next] *= 1.0 - share
        # The sample of a block touched belongs to it.
        self.supplied = max(self.supplied, self.next + (share > 0.0))
        self._record(now, knots, left[3], left[0])
        then = float(knots[-1])
        under_way = self._client.streams * (then - now) / max(float(left[0].sum()), LITTLE)
        keeps_step = standing.store_free - now <= under_way
        self._carry(then - now, np.cumsum(left[3]), drained[: knots.size], keeps_step)
        self.since_sample += float(left[0].sum())
        self._given.now = then

    def give(self, last: int) -> None:
        """Give the core what is left of some blocks, too little for a leap."""
        left, size = float(self.rest[0, self.next : last].sum()), self.size
        count = floor(left + LITTLE)
        if count:
            self._given.give(np.full(count, size))
        if left > count:
            # Of a file that an earlier leap has taken in part.
            part = np.array([left - count])
            self._record(self._given.now, np.array([self._given.now]), part * size, part)
        self.rest[:, self.next : last] = 0.0
        self.next, self.supplied = last, max(self.supplied, last)
        self._given.advance(self._given.now)

    def _record(self, start: float, knots: Floats, sizes: Floats, files: Floats) -> None:
        times = np.concatenate(([start], knots))
        size = self.leapt + np.concatenate(([0.0], np.cumsum(sizes)))
        count = self._files + np.concatenate(([0.0], np.cumsum(files)))
        self.leapt, self._files = float(size[-1]), float(count[-1])
        self._knots.append((times, size, count))

    def _carry(self, dt: float, amounts: Floats, drained: Floats, keeps_step: bool) -> None:
        """Let the core go on as it stood after a leap, with what the buffer then holds.

        Args:
            dt: how long the leap lasts [s].
            amounts, drained: so many bytes of it the store has by when [s].
            keeps_step: the store had no more to do before than what the streams have under way.
        """
        size, then = float(amounts[-1]), self._given.now + dt
        if self._waits or (drained[-1] <= then and keeps_step):
            self._core.leap(dt, size, _NONE, _NONE, nan)
            return
        if drained[-1] <= then:
            # The store has caught up meanwhile; what came last has just come.
            self._core.leap(dt, size, np.array([size]), np.array([then]), float(drained[-1]))
            return
        # In small parts, and the first of them the one that is through just now.
        out = float(np.interp(then, drained, amounts, left=0.0))
        parts = np.linspace(out, size, PARTS)
        if self.size:
            # Room comes WRITE by WRITE: the streams that wait for it would follow any other rhythm, too.
            each = min(self.size, float(self._client.block))
            parts = np.append(out, size - each * np.arange(floor((size - out) / each))[::-1])
        times = np.interp(parts, amounts, drained, left=then)
        times[0] = then
        self._core.leap(dt, size, parts, np.maximum(times, then), float(drained[-1]))
