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

The buffer ahead of the store is a fluid through a leap: a payload is admitted when it has room,

    T(x) = max(T_front(x), C(x - buffer)),   C(x) = max(T(x), C(x - dx) + work(dx) / speed)

with ``C`` the time at which the store has byte ``x``. (Sampling a computation at intervals, and going on in between
by what the samples measured, is what computer architects do with processors: Wunderlich et al., *SMARTS*, ISCA
2003.)

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
from dataclasses import dataclass, field
from math import ceil, floor, inf, nan, sqrt
from sys import float_info

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput import curves
from devicesim.throughput.capacity import Capacity
from devicesim.throughput.core import CORES, extension
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import SUMS, Profile, front_demands, store_demand
from devicesim.throughput.reading import Core, Floats, Standing

WINDOWS = 64
"""Samples over a whole list; each regime has some of its own besides."""

RPCS = 500, 3000
"""RPCs of a sample: one in 400 of all, between these bounds; and at least 8 files for each stream."""

FIRST = 3
"""Samples that a regime gets before it may be leapt through at length."""

FLOOR = 5e-4
"""Error that is stated at least, whatever the samples say."""

GRAINS = 8
"""Parts of the buffer in which it is filled and drained during a leap."""

CHECKPOINT_EVERY = 8192

LITTLE = 1e-9
"""Of a file: less of a block than this is rounding."""

STANDSTILL = 1e-6
"""Speed of a store that stands still, while its fluid is followed up to the regime's end."""

LAST = float_info.max

LOST = 1.0
"""Error that is stated where samples cannot say: too small a buffer, or a core that ran out of files."""

UNLOCKED = 0.1
"""What another pattern of equal files may make of a stretch in which no period was found: up to a tenth was seen."""

UNMEASURED = 5.0
"""As many times that where a leap is paced by what no sample has measured."""

MOST_PERIOD = 64
"""Files of the longest period that is looked for."""

PARTS = 256
"""Parts in which the core has what a leap left in the buffer."""

_NONE = np.empty(0)


@dataclass(slots=True)
class _Measured:
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


class Sampled:
    """A client's files on their way into a server, computed in samples and leaps.

    Args:
        server: cores, buffer and store.
        client: who sends, over a link of its own.
        profile: the files.
        schedule: regimes and from when on each holds, in order of time.
        core: the exact core to use.

    Attributes:
        now: up to when it is computed [s].
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
        self._speeds = Capacity(schedule[0][1].store)
        for at, regime in schedule[1:]:
            self._speeds.lay(at, regime.store)
        self.now = self.began = schedule[0][0]
        self._core = (core or CORES[0])(server, (client,), schedule[0][1], self.now, CHECKPOINT_EVERY)
        for at, regime in schedule[1:]:
            self._core.lay(regime, at)
        self._waits = any(operation.wait for operation in client.operations.all)
        life = client.operations
        self._serial = len(life.before) + len(life.after)
        total = profile.total
        self._files, self._bytes = float(total[0]), float(total[3])
        # What is left of each block besides its sample, and the sample's own part.
        self._rest = profile.sums.copy()
        self._given = self._next = 0
        self._blocks = profile.sums.shape[1]
        # Running sums over the files given to the core, part by part.
        self._submitted: list[Floats] = []
        self._starts: list[int] = []
        self._total = np.zeros(len(SUMS))
        self._count = self._taken = 0
        self._demands: dict[int, Floats] = {}
        self._unlocked, self._lost, self._buffered = 0.0, False, False
        self._alike = client.streams > 1 and _alike(profile)
        self.rpcs = profile.rpcs(client)
        per_file = self._serial + float(total[2]) / max(self._files, 1.0)
        self._goal = max(8 * client.streams, ceil(sorted((*RPCS, self.rpcs / 400))[1] / max(per_file, 1.0)))
        self._measured: dict[int, _Measured] = {}
        self._since_sample = 0.0
        self._knots: list[tuple[Floats, Floats, Floats]] = []
        self._leapt_bytes = self._leapt_files = 0.0

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
            # Nothing is left to leap over: to the end.
            self._core.catch_up(min(to, LAST))
            self.now = min(to, max(self.now, self._core.time)) if to < inf else max(self.now, self._core.time)
            return
        if self.now < self.client.start:
            self.now = min(end, to, self.client.start)
            self._core.catch_up(self.now)
            return
        # A store that stands still holds up at once only those who wait for it.
        flows = regime.bandwidth[0] > 0 and regime.share > 0 and (regime.store > 0 or not self._waits)
        if not flows:
            self._core.catch_up(min(end, to, LAST))
            self.now = min(end, to) if min(end, to) < inf else to
            return
        measured = self._measured.setdefault(index, _Measured())
        due = len(measured.took) + measured.held_up < FIRST or self._since_sample >= self._files / WINDOWS
        if due and self._taken < self._count:
            self._sample(index, measured, min(end, to))
        else:
            self._leap(index, measured, end, to)

    def _watch(self) -> None:
        """Note if the core has run out of files while there were more: then it stood idle where no stream would."""
        if self._given < self._blocks and self._core.standing().taken[0] == self._count:
            self._lost = True

    def _supply(self) -> None:
        """Give the core samples of coming blocks, so that it never runs dry."""
        given = self._given
        while self._count - self._taken < 2 * self._goal and self._given < self._blocks:
            each = self._submit(self._profile.samples[self._given][: 2 * self._goal])
            left = self._rest[:, self._given]
            np.maximum(left - each, 0.0, out=left)
            self._given += 1
        if self._given > given:
            self._core.catch_up(self.now)
        while self._next < self._given and self._rest[0, self._next] <= LITTLE:
            self._next += 1

    def _submit(self, sample: Floats) -> Floats:
        """Append files to the core's list; return the sums over them."""
        block, reach = self.client.block, self.client.block * self.client.window
        each = np.array(
            (
                np.ones(sample.size),
                sample > 0,
                np.ceil(sample / block),
                sample,
                np.minimum(sample, block),
                np.maximum(sample - reach, 0.0),
            )
        )
        np.cumsum(each, axis=1, out=each)
        self._submitted.append(each + self._total[:, None])
        self._total = self._submitted[-1][:, -1]
        self._starts.append(self._count)
        self._count += sample.size
        self._core.submit(0, np.ascontiguousarray(sample))
        self._core.grant(0, sample.size, self.now, max(self.now, self._core.time))
        return each[:, -1]

    def _of_first(self, count: int) -> Floats:
        """The sums over the first so many of the files given."""
        if not count:
            return np.zeros(len(SUMS))
        part = bisect_right(self._starts, count - 1) - 1
        return self._submitted[part][:, count - 1 - self._starts[part]]

    def _done_sums(self, standing: Standing) -> Floats:
        """The sums over what the streams have done of the files given so far."""
        block, reach = float(self.client.block), float(self.client.block * self.client.window)
        after, serial_operations = len(self.client.operations.after), max(self._serial, 1)
        serial = fresh = writes = size = first = beyond = 0.0
        for _, stage, left in standing.streams:
            if stage is None:
                continue
            serial += (-stage + after) if stage < 0 else after if stage == 0 else after + 1 - stage
            size += left
            writes += ceil(left / block)
            beyond += max(left - reach, 0.0)
            if stage < 0 and left > 0:
                fresh += 1.0
                first += min(left, block)
        under_way = (serial / serial_operations, fresh, writes, size, first, beyond)
        return self._of_first(standing.taken[0]) - under_way

    # Samples.

    def _front(self, index: int, position: float) -> Floats:
        """Demands ahead of the buffer in a regime; with the store's present rate where replies wait for it."""
        if self._waits or index not in self._demands:
            rate = self.server.store.rate(position)
            self._demands[index] = front_demands(self.server, self.client, self._schedule[index][1], rate)
        return self._demands[index]

    def _sample(self, index: int, measured: _Measured, until: float) -> None:
        """Compute the files of a sample exactly, and measure how long they took."""
        core, before, begun = self._core, self._core.standing(), self.now
        blocked = core.meter("buffer").latest[0][1]
        demands = self._front(index, before.position)
        first = before.taken[0]
        at, goal = self._done_sums(before), min(first + self._goal, self._count)
        whole, slow, standing = self._of_first(goal), 1.0, before
        self._taken = first
        while self._taken < goal and self.now < until:
            # The bounds say no more than the files will need, so that the core is not asked beyond them.
            least = float((demands @ (whole - self._of_first(self._taken))).max())
            step = min(slow, 2.0**64) * max(least, 1e-9 * abs(self.now), 1e-9)
            self.now = min(until, LAST, self.now + step)
            core.catch_up(self.now)
            standing = core.standing()
            slow = 1.0 if standing.taken[0] > self._taken else 2 * slow
            self._taken = standing.taken[0]
        self._since_sample, measured.period = 0.0, None
        done = self._done_sums(standing) - at
        if self._taken - first < self._goal / 2 or done[0] <= 0:
            return
        bound, took = float((demands @ done).max()), self.now - begun
        if not bound > 0:
            return
        full = 0.95 * self.server.buffer
        stood = core.meter("buffer").latest[0][1] - blocked > 0.05 * took
        if stood or before.buffered > full or standing.buffered > full:
            # The store held them up, not the way to it: a leap asks the buffer itself.
            measured.held_up += 1
            return
        if self._alike:
            measured.period = self._period()
        measured.took.append(took)
        measured.bound.append(bound)

    def measure(self, sizes: Floats) -> float:
        """How much longer than their bounds some files take in the first regime, beginning and end left out."""
        warm = min(2 * self.client.streams, sizes.size // 4)
        self._submit(sizes)
        self._goal = max(warm, 1)
        self._sample(0, _Measured(), inf)
        self._goal = sizes.size - 2 * warm
        measured = _Measured()
        self._sample(0, measured, inf)
        return measured.efficiency()

    # Leaps.

    def _leap(self, index: int, measured: _Measured, end: float, to: float) -> None:
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
        ends, drained = self._flow(index, measured, rest, standing, pace)
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
        if not self._buffered and not measured.took:
            self._unlocked += UNMEASURED * (then - now)
        elif not self._buffered and self._alike and pace is None:
            self._unlocked += then - now
        self._since_sample += float(left[0].sum())
        self.now = then

    def _flow(
        self, index: int, measured: _Measured, blocks: Floats, standing: Standing, pace: float | None
    ) -> tuple[Floats, Floats]:
        """When each block of a leap is admitted, and when the store has it; ``pace`` is a file's time, if known."""
        regime, now, sizes = self._schedule[index][1], self.now, blocks[3]
        position = standing.position + float(sizes.sum()) / 2
        if pace is None:
            times = (self._front(index, position) @ blocks).max(axis=0) * measured.efficiency()
        else:
            times = blocks[0] * pace
        buffer, store = self.server.buffer, self.server.store
        self._buffered = False
        if self._waits or buffer == inf:
            ends = now + np.cumsum(times)
            return ends, ends
        start, fall = store.rate_start**2, store.rate_end**2 - store.rate_start**2
        places = np.minimum(standing.position + np.cumsum(sizes) - sizes / 2, store.capacity)
        serial, _, write, _, _, _ = store_demand(self.client, 1.0)
        works = (
            sizes / np.sqrt(start + fall * places / store.capacity) + blocks[0] * serial + blocks[2] * write
        )
        speed = max(regime.store, STANDSTILL)
        works /= speed
        # Small parts, so that the buffer is not filled at a stroke.
        parts = max(1, min(4096, ceil(float(sizes.max()) * GRAINS / max(buffer, 1.0))))
        until = max(standing.store_free, now)
        held = standing.buffered if until > now else 0.0
        # Work that lies beyond this regime goes at the speeds of those to come.
        end = self._times[index + 1] if index + 1 < len(self._times) else inf
        if until > end:
            until = end + self._store_work(end, until) / speed
        times, sizes, works = (np.repeat(each / parts, parts) for each in (times, sizes, works))
        ends, drained = flow(times, sizes, works, now, buffer, held, until)
        self._buffered = float(ends[-1]) - now > (1 + 1e-3) * float(times.sum())
        ends, drained = ends[parts - 1 :: parts], drained[parts - 1 :: parts]
        late = np.flatnonzero(drained > end)
        if late.size:
            drained = drained.copy()
            drained[late] = [self._speeds.finish(end, (at - end) * speed) for at in drained[late].tolist()]
        return ends, drained

    def _store_work(self, start: float, until: float) -> float:
        """What the store does at full speed in so long, from one time to another."""
        work = 0.0
        for i in range(bisect_right(self._times, start) - 1, len(self._times)):
            begin = max(self._times[i], start)
            stop = min(self._times[i + 1] if i + 1 < len(self._times) else inf, until)
            if stop <= begin:
                break
            work += (stop - begin) * self._schedule[i][1].store
        return work

    def _period(self) -> tuple[int, float] | None:
        """Files and time after which the latest files finished as those before them; None if they do not."""
        ends = curves.view(self._core.files(0).finished_at)[-self._goal :]
        late, rounding = ends.tolist()[::-1], 1e-11 * abs(float(ends[-1]))
        for files in range(1, min(MOST_PERIOD, ends.size // 4) + 1):
            time = late[0] - late[files]
            # A store that fills becomes slower, and with it those who wait for it.
            same = max(rounding, 1e-5 * time) if self._waits else rounding
            if abs(late[files] - late[2 * files] - time) <= same:
                gaps = (ends[files:] - ends[:-files])[-(ends.size // 2) :]
                if time > 0 and np.ptp(gaps) <= same:
                    return files, float(gaps.mean())
        return None

    def _give_alike(self, last: int) -> None:
        """Give the core what is left of some blocks, too little for a leap."""
        left, size = float(self._rest[0, self._next : last].sum()), self._profile.samples[0][0]
        count = floor(left + LITTLE)
        if count:
            self._submit(np.full(count, size))
        if left > count:
            # Of a file that an earlier leap has taken in part.
            part = np.array([left - count])
            self._record(self.now, np.array([self.now]), part * size, part)
        self._rest[:, self._next : last] = 0.0
        self._next, self._given = last, max(self._given, last)
        self._core.catch_up(self.now)

    def _cross(self, end: float, to: float) -> None:
        self.now = min(end, to) if end - self.now > 1e-12 * max(1.0, abs(end)) else end
        self._core.catch_up(self.now)

    def _take_out(self, whole: int, share: float) -> None:
        """Take what was leapt over out of what is left; the sample of a block touched belongs to it."""
        self._rest[:, self._next : self._next + whole] = 0.0
        self._next += whole
        if share > 0.0:
            self._rest[:, self._next] *= 1.0 - share
        self._given = max(self._given, self._next + (share > 0.0))

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
            self._given >= self._blocks
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
        files, _, writes = self._of_first(self._core.standing().taken[0])[:3].tolist()
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


def flow(
    times: Floats, sizes: Floats, works: Floats, now: float, limit: float, held: float, until: float
) -> tuple[Floats, Floats]:
    """Return when parts of a list are admitted to a buffer and when the store has them, shape (n,) [s].

    Args:
        times: how long each part takes up to the buffer, shape (n,) [s].
        sizes, works: its bytes, and how long the store needs for it [s].
        now: when the first begins [s].
        limit: of the buffer [bytes].
        held, until: bytes in the buffer at the beginning, and when the store has all of them [s].

    Example
    -------
    >>> ends, stored = flow(np.ones(3), np.full(3, 10.0), np.full(3, 4.0), now=0.0, limit=10.0, held=0.0, until=0.0)
    >>> ends.tolist(), stored.tolist()
    ([1.0, 4.0, 8.0], [4.0, 8.0, 12.0])
    """
    if extension is not None:
        ends, stored = np.array(times), np.array(works)
        extension.flow(ends, np.ascontiguousarray(sizes), stored, now, limit, held, until)
        return ends, stored
    places, moments = [-held, 0.0], [now, until]
    admitted, had = [], []
    at, place, free, behind = now, 0.0, until, 0
    for time, size, work in zip(times.tolist(), sizes.tolist(), works.tolist(), strict=True):
        place += size
        at += time
        while behind + 1 < len(places) and places[behind + 1] <= place - limit:
            behind += 1
        if behind + 1 < len(places) and places[behind] < place - limit:
            part = (place - limit - places[behind]) / (places[behind + 1] - places[behind])
            at = max(at, moments[behind] + part * (moments[behind + 1] - moments[behind]))
        elif places[behind] <= place - limit:
            at = max(at, moments[behind])
        free = max(free + work, at)
        admitted.append(at)
        had.append(free)
        places.append(place)
        moments.append(free)
    return np.array(admitted), np.array(had)
