"""A list's blocks on the way to the exact core: given to it as samples, and leapt over.

Model
-----
Of each block the core gets a sample, or all of it; a leap takes what is left, a whole block or a share of the next.
The core goes on from there as it stood, with what the buffer then holds.
"""

from __future__ import annotations

from math import ceil, floor, nan
from typing import NamedTuple

import numpy as np

from devicesim.throughput.fluid import Fluid
from devicesim.throughput.model import Client
from devicesim.throughput.profile import Profile
from devicesim.throughput.reading import Core, Floats, Standing
from devicesim.throughput.samples import Given, Period

LITTLE = 1e-9
"""Of a file: less of a block than this is rounding."""

PARTS = 256
"""Parts in which the core has what a leap left in the buffer."""

NEAR = 2e-5
"""By how much payloads may come earlier or later than in their period: far less than any work of the store [s]."""

_NONE = np.empty(0)


class Beat(NamedTuple):
    """How the store has the payloads of a period, as seen from the last of them.

    Attributes:
        size: bytes of the period.
        before: bytes that come after each payload, shape (n,).
        earlier: by how much sooner it has each, shape (n,) [s].
        time: of the period [s].
        after: how long the store goes on after the last one [s].
    """

    size: float
    before: Floats
    earlier: Floats
    time: float
    after: float


class Blocks:
    """The blocks of a client's list, how far they are given and leapt over, and how that went on in time.

    Args:
        core: that computes what is given.
        given: files given to it.
        client: who sends.
        profile: the list.
        fluid: the buffer and the store.

    Attributes:
        rest: sums over what is left of each block, shape (6, blocks).
        next: the first block of which anything is left.
        supplied: so many are given, or at least their samples.
        count: how many there are.
        size: of every file, if they are all alike and their rhythm counts; else None [bytes].
        leapt: bytes leapt over.
        since_sample: files leapt over since the latest sample.
    """

    def __init__(self, core: Core, given: Given, client: Client, profile: Profile, fluid: Fluid) -> None:
        self._core, self._given, self._client, self._samples = core, given, client, profile.samples
        self._fluid = fluid
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

    def over(
        self,
        whole: int,
        share: float,
        knots: Floats,
        standing: Standing,
        drained: Floats,
        period: Period | None = None,
    ) -> bool:
        """Leap over some whole blocks and a share of the next; return whether equal files keep their pattern.

        Args:
            whole, share: of the blocks.
            knots: when each is over [s].
            standing: of the transfer, before.
            drained: when the store has each of them [s].
            period: of which the leap is a whole number, if it is.
        """
        now, left = self._given.now, self.rest[:, self.next : self.next + whole].copy()
        beat = self._beat(period.files, standing) if period else None
        if share:
            part = share * self.rest[:, self.next + whole : self.next + whole + 1]
            left = np.concatenate((left, part), axis=1)
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
        # From when on the store has the first byte of it, and when each block.
        amounts = np.append(0.0, np.cumsum(left[3]))
        stored = np.append(max(now, standing.store_free), drained)
        kept = self._carry(then - now, amounts, stored, keeps_step, beat, standing.position)
        self.since_sample += float(left[0].sum())
        self._given.now = then
        return kept and period is not None

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

    def _beat(self, files: int, standing: Standing) -> Beat | None:
        """How the store has the latest period of payloads, if all of them have waited for it."""
        size = self.size or 0.0
        writes = files * max(1, ceil(size / self._client.block))
        amounts, times = (np.array(each) for each in self._core.buffered(writes + 1, False))
        if amounts.size <= writes or abs(amounts[-1] - amounts[0] - files * size) > 1:
            return None
        before, earlier = amounts[-1] - amounts, times[-1] - times
        after = standing.store_free - float(times[-1])
        return Beat(files * size, before[1:], earlier[1:], float(earlier[0]), after)

    def keeps_time(self, files: int) -> bool:
        """Tell whether a full buffer holds nothing but periods of so many files, all like the latest.

        Where the oldest came otherwise, whoever waits for their room soon follows another pattern.
        """
        standing, now = self._core.standing(), self._given.now
        beat, speed = self._beat(files, standing), self._fluid.speed(now)
        if beat is None or not speed > 0:
            return False
        amounts, times = (np.array(each) for each in self._core.buffered(beat.before.size, True))
        # How many bytes came after each: so many whole periods, and a part of one.
        beyond = self._core.buffered(1, False)[0][0] - amounts
        whole = np.floor((beyond + 1) / beat.size) * beat.size
        place = np.abs((beyond - whole)[:, None] - beat.before).argmin(axis=1)
        works = self._fluid.work(whole, self.size or 1.0, standing.position - beyond)
        expected = standing.store_free - beat.after - beat.earlier[place] - works / speed
        return bool(np.abs(times - expected).max() <= NEAR)

    def _carry(
        self, dt: float, amounts: Floats, stored: Floats, keeps_step: bool, beat: Beat | None, position: float
    ) -> bool:
        """Let the core go on as it stood after a leap, with what the buffer then holds; return whether that is known.

        Args:
            dt: how long the leap lasts [s].
            amounts, stored: so many bytes of it the store has by when [s], from none on.
            keeps_step: the store had no more to do before than what the streams have under way.
            beat: in which the store has its payloads, if that is known.
            position: of the store, before.
        """
        size, then = float(amounts[-1]), self._given.now + dt
        if self._waits or (stored[-1] <= then and keeps_step):
            self._core.leap(dt, size, _NONE, _NONE, nan)
            return True
        if stored[-1] <= then:
            # The store has caught up meanwhile; what came last has just come.
            self._core.leap(dt, size, np.array([size]), np.array([then]), float(stored[-1]))
            return True
        out = float(np.interp(then, stored, amounts, left=0.0))
        if beat is not None:
            self._core.leap(dt, size, *self._in_time(beat, out, amounts, stored, position), float(stored[-1]))
            return True
        # In small parts, and the first of them the one that is through just now.
        parts = np.linspace(out, size, PARTS)
        if self.size:
            # Room comes WRITE by WRITE: the streams that wait for it would follow any other rhythm, too.
            each = min(self.size, float(self._client.block))
            parts = np.append(out, size - each * np.arange(floor((size - out) / each))[::-1])
        times = np.interp(parts, amounts, stored, left=then)
        times[0] = then
        self._core.leap(dt, size, parts, np.maximum(times, then), float(stored[-1]))
        return False

    def _in_time(
        self, beat: Beat, out: float, amounts: Floats, stored: Floats, position: float
    ) -> tuple[Floats, Floats]:
        """The payloads of a leap that the store lacks, and some it has, and when it has each: beat by beat.

        Args:
            beat: of the payloads.
            out: bytes that the store has.
            amounts, stored: so many bytes of the leap the store has by when [s], from none on.
            position: of the store, ahead of the leap.
        """
        size = float(amounts[-1])
        count = min(round(size / beat.size), ceil((size - out) / beat.size) + 1)
        ends = size - beat.size * np.arange(count + 1, dtype=np.float64)[::-1]
        # Between the blocks the store becomes slower, too: what goes on evenly is its work.
        works, known = (
            self._fluid.work(np.asarray(each), self.size or 1.0, position) for each in (ends, amounts)
        )
        moments = np.interp(works, known, stored)
        # What it takes longer for as it fills are the bytes alone.
        slower = (np.diff(moments) - beat.time) / beat.size
        # Beats are many and payloads of one few: a row for each of these.
        before, earlier = beat.before[:, None], beat.earlier[:, None]
        times = moments[1:] - earlier - before * slower - beat.after
        return (ends[1:] - before).T.ravel(), times.T.ravel()
