"""The fast tier: the exact core on samples of a list, and leaps from one to the next.

Model
-----
A list is known as a :class:`~devicesim.throughput.profile.Profile`. The exact core takes the sample of one block
after another; between them the rest of the list is leapt over. A leap lasts as long as the asymptotic bounds say,
times the *efficiency*: how much longer than these bounds the latest samples of the same regime took. Everything
under way when a leap begins goes on after it as it stood, so that the pattern in which streams follow one another
lasts, and a change of regime, the beginning and the end are computed exactly. Files that are all alike soon follow
one another in a period, and several periods are stable; then a leap is so many whole ones, because what a change of
regime makes of the pattern depends on where in its period it comes. Such a leap goes to the end of its regime, as
nothing happens in it that did not happen before.

The buffer ahead of the store is a fluid through a leap: :mod:`~devicesim.throughput.fluid`. How equal files fill it is
computed exactly; once the store paces them, a leap lasts as long as the store takes for so many periods, and the buffer
then holds as many, in their own beat. What a moment that this may be off could change is tried:
:mod:`~devicesim.throughput.phases`. Where the pattern in which the streams come out is a guess for all that, what
another one would change is measured: :mod:`~devicesim.throughput.patterns`.

Sampling a computation at intervals, and going on in between by what the samples measured, is what computer
architects do with processors (Wunderlich et al., *SMARTS*, ISCA 2003).

Scope and limits
----------------
One client. What the sampled windows scatter is the error that is stated, and what is in doubt beyond that:
:mod:`~devicesim.throughput.uncertainty`. What all samples have in common, such as large files that none met, is seen
only as far as the bounds see it. Where the list becomes another mix of files leaps are short, and what the samples
before and after differ by is in doubt. Files finish evenly within a leap.

Checked against
---------------
The exact core, over fresh lists and schedules: see ``devicesim bench``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, inf

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput import curves
from devicesim.throughput.blocks import LITTLE, Blocks
from devicesim.throughput.core import CORES
from devicesim.throughput.fluid import Fluid
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.patterns import Patterns
from devicesim.throughput.phases import Phases
from devicesim.throughput.profile import Profile, front_demands
from devicesim.throughput.reading import CHECKPOINT_EVERY, Core, Floats, Standing
from devicesim.throughput.samples import LATEST, TINY, Given, Measured, Period, Sample
from devicesim.throughput.uncertainty import FLOOR, LOST, UNMEASURED, Uncertainty

WINDOWS = 64
"""Samples over a whole list; each regime has some of its own besides."""

RPCS = 500, 3000
"""RPCs of a sample: one in 400 of all, between these bounds; and at least 8 files for each stream."""

FIRST = 3
"""Samples that a regime gets before it may be leapt through at length."""

CAUTIOUS = 0.98
"""Of the time that a sample is likely to take it is computed at first: the rest follows in small steps."""

DRIFT, PACED = 1e-5, 1e-4
"""By how much of itself a period may change that the store paces, and be another than the store's own time."""

CURVE = 2001
"""Times at which the course is looked at for what the end owes to the bytes in doubt."""


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
        self._given = Given(self._core, client, server.buffer, self.began)
        self._list = Blocks(self._core, self._given, client, profile, self._fluid)
        self._demands: dict[int, Floats] = {}
        self._alike, self._size = self._list.size is not None, self._list.size or 0.0
        self._guessed = False
        self.rpcs = profile.rpcs(client)
        per_file = self._serial + float(total[2]) / max(self._files, 1.0)
        self._goal = max(8 * client.streams, ceil(sorted((*RPCS, self.rpcs / 400))[1] / max(per_file, 1.0)))
        self._unsure = Uncertainty()
        self._phases = Phases(self._core, self._schedule)
        self._patterns = Patterns(server, client, self._size, DRIFT if self._waits else 0.0, core)

    @property
    def now(self) -> float:
        """Up to when it is computed [s]."""
        return self._given.now

    # Going on.

    def advance(self, to: float) -> None:
        """Compute up to a time."""
        for _ in range(64 * (len(self._schedule) + 64) + 4 * self._list.count):
            if not self.now < to or self.done:
                break
            self._step(to)
            self._watch()
        else:
            self._unsure.lost = True

    def _step(self, to: float) -> None:
        index = bisect_right(self._times, self.now) - 1
        regime = self._schedule[index][1]
        end = self._schedule[index + 1][0] if index + 1 < len(self._schedule) else inf
        self._list.supply(self._goal)
        if self._list.next >= self._list.count:
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
        measured = self._unsure.measured.setdefault(index, Measured())
        # A period lasts as long as its regime, unless replies wait for a store that becomes slower as it fills.
        due = (
            len(measured.took) + measured.held_up < FIRST or self._list.since_sample >= self._files / WINDOWS
        )
        if measured.period is not None and not self._waits:
            due = False
        if due and self._given.taken < self._given.count:
            self._sample(index, measured, min(end, to))
        else:
            self._leap(index, measured, end, to)

    def _watch(self) -> None:
        """Note if the core has run out of files while there were more: then it stood idle where no stream would."""
        if self._list.supplied < self._list.count and self._core.standing().taken[0] == self._given.count:
            self._unsure.lost = True

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
        # At least twice as many files are there as a sample needs.
        slower = min(max(CAUTIOUS * measured.efficiency(), 1.0), 1.2)
        others: list[Floats] = []
        if self._alike and not self._guessed:
            # Half as many files show the pattern.
            least = float((demands @ self._profile.total).max()) / self._files * self._goal / 2
            others = self._phases.around(self.now, min(until, self.now + slower * least))
        sample = self._given.sample(demands, self._goal, until, slower)
        self._list.since_sample, measured.period = 0.0, None
        if sample is None:
            return
        if self._alike:
            measured.period = known = self._period(sample)
            ends = curves.view(self._core.files(0).finished_at)
            if known is not None and not all(self._phases.same(ends, each, known.files) for each in others):
                self._guessed = True
            del ends
        if sample.held_up:  # by the store, not by the way to it: a leap asks the buffer itself
            measured.held_up += 1
            return
        measured.took.append(sample.took)
        measured.needs.append(sample.needs)

    def _period(self, sample: Sample) -> Period | None:
        """The period in which files follow one another, if it is known what paces it."""
        # A store that fills becomes slower, and with it those who wait for it or for room in the buffer.
        drifts = self._waits or sample.waited > 0
        period = self._given.period(self._goal, DRIFT if drifts else 0.0)
        if period is None or self._waits or not sample.waited > 0:
            return period
        stored = self._fluid.room(period.files, self._size, self._core.standing(), self.now)
        return period._replace(stored=True) if abs(stored - period.time) <= PACED * period.time else None

    # Leaps.

    def _leap(self, index: int, measured: Measured, end: float, to: float) -> None:
        """Go over what is left of the coming blocks, up to the next sample or change."""
        standing, now = self._core.standing(), self.now
        under_way = max(self._core.time, standing.front_free) - now
        # What is under way when the regime changes is for the core.
        limit = min(end - 2 * max(under_way, 0.0), to)
        if limit <= now or (measured.period is not None and limit - now < measured.period.time):
            self._cross(end, to)
            return
        if measured.period is not None:
            self._leap_periods(index, measured.period, standing, limit, end, to)
            return
        last = min(self._list.count, self._list.next + max(1, ceil(self._list.count / WINDOWS)))
        rest = self._list.rest[:, self._list.next : last]
        middle = standing.position + float(rest[3].sum()) / 2
        needs = self._front(index, middle) @ rest
        one_mix = measured.one_mix(needs)
        if not one_mix:
            # The list becomes another: not far, and then to the next sample.
            few = ceil((last - self._list.next) / LATEST)
            rest, needs, self._list.since_sample = rest[:, :few], needs[:, :few], inf
        times = measured.times(needs, one_mix)
        pace = float(times.sum()) / max(float(rest[0].sum()), LITTLE)
        ends, drained, free = self._fluid.stretch(times, rest, standing, now, end)
        whole = int(np.searchsorted(ends, limit, side="right"))
        share = 0.0
        if whole < ends.size:
            begun = ends[whole - 1] if whole else now
            share = float((limit - begun) / (ends[whole] - begun))
            had = float(drained[whole - 1]) if whole else max(now, standing.store_free)
            drained[whole] = had + share * (drained[whole] - had)
            ends[whole] = limit
        before, freely, count = self._list.leapt, float(rest[3, :free].sum()), whole + (share > 0)
        self._list.over(whole, share, ends[:count], standing, drained[:count])
        # Where in their pattern equal files then stand is a guess.
        self._guessed = self._alike
        leapt = self._list.leapt - before
        held = leapt - freely
        if count > free and held > LITTLE * leapt:
            # What the store paces owes nothing to the way to it, unless that is slower in another pattern.
            if self._alike:
                time = float(ends[count - 1] - (ends[free - 1] if free else now))
                self._unsure.doubt(held, self._spread(index, time * self._size / held, stored=True))
            leapt = freely
        measured.leapt += leapt
        if not measured.took:
            self._unsure.doubt(leapt, UNMEASURED)
        elif self._alike:
            self._unsure.doubt(leapt, self._spread(index, pace))
        elif not one_mix:
            self._unsure.doubt(leapt, measured.apart())

    def _spread(self, index: int, pace: float, stored: bool = False) -> float:
        """By which part of itself a regime's pace may be another where the pattern of the streams is a guess."""
        store = replace(self.server.store, position=self._core.standing().position)
        regimes = [regime for _, regime in self._schedule[: index + 1]]
        flowing = [
            each for each in regimes[:-1] if each.bandwidth[0] > 0 and each.share > 0 and each.store > 0
        ]
        return self._patterns.spread(flowing[-1] if flowing else None, regimes[-1], store, pace, stored)

    def _leap_periods(
        self, index: int, period: Period, standing: Standing, limit: float, end: float, to: float
    ) -> None:
        """Go over as many whole periods as fit ahead of a time, and before the buffer is full."""
        now = self.now
        # Where replies wait for a store, which becomes slower as it fills, not further than to the next sample.
        window = max(1, ceil(self._list.count / WINDOWS)) if self._waits else self._list.count
        # Nor need it be known what becomes of blocks that are not reached.
        reached = (limit - now) * period.files / period.time * self._list.count / self._files + 2
        last = min(self._list.count, self._list.next + ceil(min(window, reached)))
        rest = self._list.rest[:, self._list.next : last]
        counts = np.cumsum(rest[0])
        if period.stored:
            works = np.cumsum(self._fluid.works(rest, standing))
            ends, free = now + works / self._fluid.speed(now), counts.size
        else:
            each = rest[0] * (period.time / period.files)
            ends, _, free = self._fluid.stretch(each, rest, standing, now, end)
        before = float(counts[free - 1]) if free else 0.0
        most = float(np.interp(limit, np.append(now, ends), np.append(0.0, counts)))
        periods = floor((min(before, most) + LITTLE) / period.files)
        while periods > 0 and now + self._takes(period, periods, standing) > limit:
            periods -= 1
        time = self._takes(period, periods, standing)
        if periods < 1:
            if before < most:
                self._fill(self._unsure.measured[index], free, float(ends[free]), min(end, to))
            elif counts[-1] < period.files:
                self._list.give(last)
            else:
                self._cross(end, to)
            return
        files = float(periods * period.files)
        whole = int(np.searchsorted(counts, files + LITTLE, side="right"))
        passed = float(counts[whole - 1]) if whole else 0.0
        share = max(0.0, files - passed) / float(rest[0, whole]) if whole < counts.size else 0.0
        # The store becomes slower even on the way.
        knots = now + (ends[:whole] - now) * (time / (float(np.interp(files, counts, ends)) - now))
        knots = np.append(knots, [now + time] if share else [])
        done = np.append(counts[:whole], [files] if share else [])
        drained = self._fluid.drained(done * self._size, self._size, knots, standing, now)
        kept = not period.stored or self._list.keeps_time(period.files)
        kept = self._list.over(whole, share, knots, standing, drained, period) and kept
        self._guessed = self._guessed or not kept
        self._phases.leapt(
            self.now, self._fluid.slower(period.files, self._size, standing, files * self._size)
        )
        if self._guessed:
            self._unsure.doubt(files * self._size, self._spread(index, time / files, period.stored))

    def _takes(self, period: Period, periods: int, standing: Standing) -> float:
        """How long so many periods take."""
        if period.stored:
            return self._fluid.room(periods * period.files, self._size, standing, self.now)
        return periods * period.time

    def _fill(self, measured: Measured, free: int, full: float, until: float) -> None:
        """Compute exactly how the buffer becomes full, in which block it does so being known."""
        self._list.give(self._list.next + free + 1)
        self._given.advance(min(full, until))
        measured.period, self._list.since_sample = None, inf

    def _cross(self, end: float, to: float) -> None:
        """Compute exactly up to the next change."""
        self._given.advance(min(end, to) if end - self.now > 1e-12 * max(1.0, abs(end)) else end)

    # What can be read.

    @property
    def done(self) -> bool:
        """Whether every file is finished by now."""
        return self._list.gone and not self._core.unfinished and self._ends() <= self.now

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
        leapt_size, leapt_count = self._list.progress(times)
        return size + leapt_size, count + leapt_count

    @property
    def error(self) -> float:
        """What the samples' scatter makes of the time, relative to it: several standard deviations and more."""
        if not self._list.leaps:
            return LOST if self._unsure.lost else 0.0
        if not self._waits and self.server.buffer < 2 * self.client.block:
            return LOST
        if self._unsure.lost:
            return LOST
        sent = float(self.progress(self.now)[0].sum())
        # Nothing is known of the order within a block, and samples are taken a little before their turn.
        grain = float(self._profile.sums[3].max()) + self._goal / max(self._files, 1.0) * sent
        doubtful = min(self._unsure.bytes + grain, sent)
        # The end may be off by as long as the last bytes took, as many as are in doubt.
        times = np.linspace(self.began, min(self.now, self._ends()), CURVE)
        late = times[-1] - float(np.interp(sent - doubtful, self.progress(times)[0], times))
        length = max(times[-1] - self.began, TINY)
        return float(max(doubtful / max(sent, 1.0), late / length)) + FLOOR
