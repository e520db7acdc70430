"""The fast tier: the exact core on samples of a list, and leaps from one to the next.

Model
-----
A list is known as a :class:`~devicesim.throughput.profile.Profile`. The exact core takes the sample of one block
after another; between them the rest of the list is leapt over. A leap lasts as long as the asymptotic bounds say,
times the *efficiency*: how much longer than these bounds the latest samples of the same regime took. Everything
under way when a leap begins goes on after it as it stood, so that the pattern in which streams follow one another
lasts, and a change of regime, the beginning and the end are computed exactly. Files that are all alike soon follow
one another in a period, and several periods are stable; then a leap is so many whole ones, because what a change of
regime makes of the pattern depends on where in its period it comes.

The buffer ahead of the store is a fluid through a leap: :mod:`~devicesim.throughput.fluid`.

Sampling a computation at intervals, and going on in between by what the samples measured, is what computer
architects do with processors (Wunderlich et al., *SMARTS*, ISCA 2003).

Scope and limits
----------------
One client. What the sampled windows scatter is the error that is stated; what they all have in common, such as
large files that no sample met, is seen only as far as the bounds see it. Files finish evenly within a leap.

Checked against
---------------
The exact core, over fresh lists and schedules: see ``devicesim bench``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil, floor, inf, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput import curves
from devicesim.throughput.core import CORES
from devicesim.throughput.fluid import Fluid
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import Profile, front_demands
from devicesim.throughput.reading import CHECKPOINT_EVERY, Core, Floats
from devicesim.throughput.samples import Given, Measured

WINDOWS = 64
"""Samples over a whole list; each regime has some of its own besides."""

RPCS = 500, 3000
"""RPCs of a sample: one in 400 of all, between these bounds; and at least 8 files for each stream."""

FIRST = 3
"""Samples that a regime gets before it may be leapt through at length."""

FLOOR = 5e-4
"""Error that is stated at least, whatever the samples say."""

LITTLE = 1e-9
"""Of a file: less of a block than this is rounding."""

LOST = 1.0
"""Error that is stated where samples cannot say: too small a buffer, or a core that ran out of files."""

UNLOCKED = 0.1
"""What another pattern of equal files may make of a stretch in which no period was found: up to a tenth was seen."""

UNMEASURED = 5.0
"""As many times that where a leap is paced by what no sample has measured."""

PARTS = 256
"""Parts in which the core has what a leap left in the buffer."""

_NONE = np.empty(0)


class Sampled:
    """A client's files on their way into a server, computed in samples and leaps.

    Args:
        server: cores, buffer and store.
        client: who sends, over a link of its own.
        profile: the files.
        schedule: regimes and from when on each holds, in order of time.
        core: the exact core to use.

    Attributes:
        began: when it began [s].
        rpcs: that the transfer needs.
    """

    def __init__(
        self,
        server: Server,
        client: Client,
        profile: Profile,
        schedule: Sequence[tuple[float, Regime]],
        core: type[Core] | None = None,
    ) -> None:
        self.server, self.client, self._profile = server, client, profile
        self._schedule = list(schedule)
        self._times = [at for at, _ in schedule]
        self._fluid = Fluid(server, client, schedule)
        self.began = schedule[0][0]
        self._core = (core or CORES[0])(server, (client,), schedule[0][1], self.began, CHECKPOINT_EVERY)
        for at, regime in schedule[1:]:
            self._core.lay(regime, at)
        self._waits = any(operation.wait for operation in client.operations.all)
        life = client.operations
        self._serial = len(life.before) + len(life.after)
        total = profile.total
        self._files, self._bytes = float(total[0]), float(total[3])
        # What is left of each block besides its sample, and the sample's own part.
        self._rest = profile.sums.copy()
        self._supplied = self._next = 0
        self._blocks = profile.sums.shape[1]
        self._given = Given(self._core, client, server.buffer, self.began)
        self._demands: dict[int, Floats] = {}
        self._unlocked, self._lost = 0.0, False
        self._alike = client.streams > 1 and _alike(profile)
        self.rpcs = profile.rpcs(client)
        per_file = self._serial + float(total[2]) / max(self._files, 1.0)
        self._goal = max(8 * client.streams, ceil(sorted((*RPCS, self.rpcs / 400))[1] / max(per_file, 1.0)))
        self._measured: dict[int, Measured] = {}
        self._since_sample = 0.0
        self._knots: list[tuple[Floats, Floats, Floats]] = []
        self._leapt_bytes = self._leapt_files = 0.0

    @property
    def now(self) -> float:
        """Up to when it is computed [s]."""
        return self._given.now

    # Going on.

    def advance(self, to: float) -> None:
        """Compute up to a time."""
        for _ in range(64 * (len(self._schedule) + 64) + 4 * self._blocks):
            if not self.now < to or self.done:
                break
            self._step(to)
            self._watch()
        else:
            self._lost = True

    def _step(self, to: float) -> None:
        index = bisect_right(self._times, self.now) - 1
        regime = self._schedule[index][1]
        end = self._schedule[index + 1][0] if index + 1 < len(self._schedule) else inf
        self._supply()
        if self._next >= self._blocks:
            # Nothing is left to leap over: to the end, or as far as asked.
            before = self.now
            self._given.advance(to)
            self._given.now = min(to, max(before, self._core.time))
            return
        if self.now < self.client.start:
            self._given.advance(min(end, to, self.client.start))
            return
        # A store that stands still holds up at once only those who wait for it.
        flows = regime.bandwidth[0] > 0 and regime.share > 0 and (regime.store > 0 or not self._waits)
        if not flows:
            self._given.advance(min(end, to))
            return
        measured = self._measured.setdefault(index, Measured())
        due = len(measured.took) + measured.held_up < FIRST or self._since_sample >= self._files / WINDOWS
        if due and self._given.taken < self._given.count:
            self._sample(index, measured, min(end, to))
        else:
            self._leap(index, measured, end, to)

    def _watch(self) -> None:
        """Note if the core has run out of files while there were more: then it stood idle where no stream would."""
        if self._supplied < self._blocks and self._core.standing().taken[0] == self._given.count:
            self._lost = True

    def _supply(self) -> None:
        """Give the core samples of coming blocks, so that it never runs dry."""
        given = self._supplied
        while self._given.count - self._given.taken < 2 * self._goal and self._supplied < self._blocks:
            each = self._given.give(self._profile.samples[self._supplied][: 2 * self._goal])
            left = self._rest[:, self._supplied]
            np.maximum(left - each, 0.0, out=left)
            self._supplied += 1
        if self._supplied > given:
            self._given.advance(self.now)
        while self._next < self._supplied and self._rest[0, self._next] <= LITTLE:
            self._next += 1

    # Samples.

    def _front(self, index: int, position: float) -> Floats:
        """Demands ahead of the buffer in a regime; with the store's present rate where replies wait for it."""
        if self._waits or index not in self._demands:
            rate = self.server.store.rate(position)
            self._demands[index] = front_demands(self.server, self.client, self._schedule[index][1], rate)
        return self._demands[index]

    def _sample(self, index: int, measured: Measured, until: float) -> None:
        """Compute the files of a sample exactly, and note how long they took."""
        demands = self._front(index, self._core.standing().position)
        sample = self._given.sample(demands, self._goal, until)
        self._since_sample, measured.period = 0.0, None
        if sample is None:
            return
        if sample.held_up:
            # The store held them up, not the way to it: a leap asks the buffer itself.
            measured.held_up += 1
            return
        if self._alike:
            # A store that fills becomes slower, and with it those who wait for it.
            measured.period = self._given.period(self._goal, 1e-5 if self._waits else 0.0)
        measured.took.append(sample.took)
        measured.bound.append(sample.bound)

    # Leaps.

    def _leap(self, index: int, measured: Measured, end: float, to: float) -> None:
        """Go over what is left of the coming blocks, up to the next sample or change."""
        standing, now = self._core.standing(), self.now
        under_way = max(self._core.time, *standing.link_free) - now
        # What is under way when the regime changes is for the core.
        limit = min(end - 2 * max(under_way, 0.0), to)
        if limit <= now:
            self._cross(end, to)
            return
        last = min(self._blocks, self._next + max(1, ceil(self._blocks / WINDOWS)))
        rest = self._rest[:, self._next : last]
        pace = None
        if measured.period is not None:
            files, time = measured.period
            periods = floor(min((limit - now) / time, float(rest[0].sum()) / files + LITTLE))
            if periods < 1:
                self._give_alike(last) if limit - now > time else self._cross(end, to)
                return
            pace, limit = time / files, now + periods * time
        if pace is None:
            middle = standing.position + float(rest[3].sum()) / 2
            times = (self._front(index, middle) @ rest).max(axis=0) * measured.efficiency()
        else:
            times = rest[0] * pace
        ends, drained, held_up = self._fluid.stretch(times, rest, standing, now, end)
        whole = int(np.searchsorted(ends, limit, side="right"))
        share, knots, left = 0.0, ends[:whole], rest[:, :whole].copy()
        if whole < ends.size:
            begun, stored = (
                (ends[whole - 1], drained[whole - 1]) if whole else (now, max(now, standing.store_free))
            )
            share = float((limit - begun) / (ends[whole] - begun))
            knots = np.append(knots, limit)
            left = np.concatenate((left, share * rest[:, whole : whole + 1]), axis=1)
            drained = np.append(drained[:whole], stored + share * (drained[whole] - stored))
        self._take_out(whole, share)
        then = float(knots[-1])
        self._record(now, knots, left[3], left[0])
        self._carry(then - now, np.cumsum(left[3]), drained)
        measured.leapt += then - now
        if not held_up and pace is None:
            if not measured.took:
                self._unlocked += UNMEASURED * (then - now)
            elif self._alike:
                self._unlocked += then - now
        self._since_sample += float(left[0].sum())
        self._given.now = then

    def _give_alike(self, last: int) -> None:
        """Give the core what is left of some blocks, too little for a leap."""
        left, size = float(self._rest[0, self._next : last].sum()), self._profile.samples[0][0]
        count = floor(left + LITTLE)
        if count:
            self._given.give(np.full(count, size))
        if left > count:
            # Of a file that an earlier leap has taken in part.
            part = np.array([left - count])
            self._record(self.now, np.array([self.now]), part * size, part)
        self._rest[:, self._next : last] = 0.0
        self._next, self._supplied = last, max(self._supplied, last)
        self._given.advance(self.now)

    def _cross(self, end: float, to: float) -> None:
        """Compute exactly up to the next change."""
        self._given.advance(min(end, to) if end - self.now > 1e-12 * max(1.0, abs(end)) else end)

    def _take_out(self, whole: int, share: float) -> None:
        """Take what was leapt over out of what is left; the sample of a block touched belongs to it."""
        self._rest[:, self._next : self._next + whole] = 0.0
        self._next += whole
        if share > 0.0:
            self._rest[:, self._next] *= 1.0 - share
        self._supplied = max(self._supplied, self._next + (share > 0.0))

    def _record(self, start: float, knots: Floats, sizes: Floats, files: Floats) -> None:
        times = np.concatenate(([start], knots))
        size = self._leapt_bytes + np.concatenate(([0.0], np.cumsum(sizes)))
        count = self._leapt_files + np.concatenate(([0.0], np.cumsum(files)))
        self._leapt_bytes, self._leapt_files = float(size[-1]), float(count[-1])
        self._knots.append((times, size, count))

    def _carry(self, dt: float, amounts: Floats, drained: Floats) -> None:
        """Let the core go on as it stood after a leap, with what the buffer then holds."""
        size, then = float(amounts[-1]), self.now + dt
        if self._waits or drained[-1] <= then:
            self._core.leap(dt, size, _NONE, _NONE, nan)
            return
        # In small parts, and the first of them the one that is through just now.
        out = float(np.interp(then, drained, amounts, left=0.0))
        parts = np.linspace(out, size, PARTS)
        times = np.interp(parts, amounts, drained, left=then)
        times[0] = then
        self._core.leap(dt, size, parts, np.maximum(times, then), float(drained[-1]))

    # What can be read.

    @property
    def done(self) -> bool:
        """Whether every file is finished by now."""
        return (
            self._supplied >= self._blocks
            and self._next >= self._blocks
            and not self._core.unfinished
            and self._ends() <= self.now
        )

    def _ends(self) -> float:
        ends = curves.view(self._core.files(0).finished_at)
        return float(ends[-1]) if ends.size else self.began

    @property
    def end(self) -> float:
        """When the last file was finished [s]; infinity while some are not."""
        return self._ends() if self.done else inf

    @property
    def computed(self) -> float:
        """RPCs computed one by one."""
        files, _, writes = self._given.of_first(self._core.standing().taken[0])[:3].tolist()
        return float(writes + files * self._serial)

    def progress(self, t: ArrayLike) -> tuple[Floats, Floats]:
        """Return bytes admitted and files finished by each time up to now, any shape [s]."""
        times = np.asarray(t, dtype=np.float64)
        require(times <= (inf if self.done else self.now), "t", f"<= now, {self.now}", times)
        files = self._core.files(0)
        size, count = curves.sent(files, times), curves.finished(files, times)
        if self._knots:
            knots, sizes, counts = (np.concatenate(column) for column in zip(*self._knots, strict=True))
            size = size + np.interp(times, knots, sizes)
            count = count + np.interp(times, knots, counts)
        return size, count

    @property
    def error(self) -> float:
        """What the samples' scatter makes of the time, relative to it: several standard deviations and more."""
        block = self.client.block
        if self._lost or (self._knots and not self._waits and self.server.buffer < 2 * block):
            return LOST
        if not self._knots:
            return 0.0
        scatters = [m.scatter() for m in self._measured.values() if len(m.took) > 1]
        usual = sqrt(sum(each**2 for each in scatters) / len(scatters)) if scatters else 1.0
        total = 0.0
        for m in self._measured.values():
            # Few samples say little of their own scatter.
            own = m.scatter() if len(m.took) > 1 else 0.0
            total += (m.leapt * max(own, usual)) ** 2 / max(1, len(m.took))
        length = max(min(self.now, self._core.time) - self.began, 1e-300)
        # Where replies wait for the store one sample resembles the next, and so many say less.
        # Nothing is known of the order within a block, and samples are taken a little before their turn.
        grain = float(self._profile.sums[3].max()) / max(self._bytes, 1.0) + self._goal / max(
            self._files, 1.0
        )
        return (
            (6 if self._waits else 4) * sqrt(total) / length
            + UNLOCKED * self._unlocked / length
            + grain
            + FLOOR
        )


def _alike(profile: Profile) -> bool:
    """Tell whether all files seem to be of one size."""
    if not profile.samples or not profile.samples[0].size:
        return False
    size = float(profile.samples[0][0])
    return bool(np.all(profile.sums[3] == profile.sums[0] * size)) and all(
        float(sample.min()) == float(sample.max()) == size
        for sample in profile.samples[:: max(1, len(profile.samples) // 16)]
    )
