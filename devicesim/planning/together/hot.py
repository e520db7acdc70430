"""The futures that heat comes near, each watched alone: by the fluid where that decides, by the exact core elsewhere.

Model
-----
:mod:`~devicesim.planning.together.watched` over a :class:`~devicesim.planning.together.flow.Flow` costs a fraction of a
run. Whether a disk stops a minute before the copy is over or not at all may rest on a hundredth of a kelvin; so a
future that comes within :data:`CLEAR` of it is told again with its draw :data:`TILT` higher and lower. Where the three
agree to :data:`ALIKE`, the one in the middle stands. Where they do not, its own files are summed in place of a fitted
list, which leaves a third of the doubt. Where the three do not agree then either, the exact core tells the future as
its World does, which costs about as much as a run.

Where the customer gives up a copy that heat has stopped for good, the fluid says how many bytes had been taken, and
what of them only the page cache held; the files finished by then are told to as many as are copied at a time. With
what the tilted ones differ by, that has to be less than :data:`LOST` of them all.

Scope and limits
----------------
What neither can tell (replies that wait for the disk, lists too long to be drawn, several data sets that lose files,
a certificate that ends) is left to Worlds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.device.heat import SHORTEST
from devicesim.planning.together import warmth
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.copying import Copies
from devicesim.planning.together.flow import Flow
from devicesim.planning.together.flown import Flown, Fluid, Stay
from devicesim.planning.together.hosted import Hosted, Remains
from devicesim.planning.together.lists import Lists, Wares
from devicesim.planning.together.stations import Stations, whole
from devicesim.planning.together.watched import Draw, Spell

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

TILT, OWN_TILT = 0.0003, 0.0001
"""By how much the draw may be wrong that the fluid of a fitted list gives, and that of a future's own files.

Nine in ten copies of one Snowcone's futures that heat comes near are off by less than 0.0004 and 0.0001, those whose
disk stops and starts again included (the middle one by 0.00015 and 0.00002); of the draw only a part follows them.
"""
CLEAR = 0.25
"""Kelvins below where the disk stops beyond which no such tilt makes it stop: each moves the case by hundredths."""
ALIKE = 0.005
"""Relative difference between the tilted times of a copy up to which the fluid decides."""
LOST = 0.01
"""Share of a list by which its losses may be off that the fluid decides."""
NEVER = 0.9
"""Share of the customer's patience for which the disk may stand still before only the exact core decides."""


@dataclass(slots=True)
class Heated:
    """What became of the futures that heat comes near.

    Attributes:
        rows: those told here; left: those that a World has to tell.
        seconds: that each copy took; off: that going off takes then [s].
        size: bytes that were to be copied.
        taken: files that the client holds to be copied, and their bytes, shape (2, rows).
        there: files that are on the device when it is off, and their bytes, likewise.
        knots: times since the beginning of the copy and bytes by then, of each.
        masks: by row, which files are there, where some are not; eight to a byte.
        errors: of the seconds, relative; 0 where the exact core told them.
        lost: by what share of a list its losses may be off; 0 where nothing is lost, or the exact core told it.
        exact: how many the exact core told.
    """

    rows: Rows
    left: Rows
    seconds: Floats
    off: Floats
    size: Floats
    taken: Floats
    there: Floats
    knots: list[tuple[Floats, Floats]]
    errors: Floats
    lost: Floats
    masks: dict[int, NDArray[np.uint8]]
    exact: int

    @property
    def error(self) -> float:
        """The largest of the errors; 0 if there is none."""
        return float(self.errors.max(initial=0.0))

    def numbers(self, row: int, which: Rows) -> Rows:
        """Numbers of files in their list, by their numbers among those that are on the device."""
        if row not in self.masks:
            return which
        return np.asarray(np.flatnonzero(np.unpackbits(self.masks[row]))[which])

    def by(self, since: Floats) -> Floats:
        """Bytes admitted by some seconds since the beginning of each copy, shape (rows,)."""
        pairs = zip(since.tolist(), self.knots, strict=True)
        return np.array([float(np.interp(t, *knots)) for t, knots in pairs])


class _End(NamedTuple):
    """How one future's copy ended.

    Attributes:
        values: seconds of the copy and of going off, bytes to copy, files and bytes taken, files and bytes there.
        knots: times since the beginning, and bytes by then.
    """

    values: tuple[float, float, float, float, float, float, float]
    knots: tuple[Floats, Floats]


class Hot:
    """The futures of a story, one at a time.

    Args:
        columns, stations, wares, lists, copies: of all futures.
        starts: when each device is switched on [s].
    """

    def __init__(
        self,
        columns: Columns,
        stations: Stations,
        wares: Wares,
        lists: Lists,
        copies: Copies,
        starts: Floats,
    ) -> None:
        self._columns, self._stations, self._wares = columns, stations, wares
        self._lists, self._copies, self._starts = lists, copies, starts
        device = columns.story.job.device
        self._phases = [columns.all(f"{device}.{each}") for each in ("boot.time", "unlock.time", "nfs.start")]
        self._draws = warmth.draws(columns, stations.cores)
        self._patience = columns.all("default_customer.patience")
        self._usual = columns.all(f"{device}.shutdown.time")
        self._masks: dict[int, NDArray[np.uint8]] = {}

    def told(self, rows: Rows) -> Heated:
        """Tell some of them."""
        ends: dict[int, _End] = {}
        left, errors, lost, exact = [], [], [], 0
        for row in rows.tolist():
            found = self._by_flow(row)
            if found is None:
                end = self._by_core(row)
                if end is None:
                    left.append(row)
                    continue
                found, exact = (end, 0.0, 0.0), exact + 1
            ends[row] = found[0]
            errors.append(found[1])
            lost.append(found[2])
        told = list(ends.values())
        values = np.array([end.values for end in told], dtype=np.float64).reshape(len(told), 7).T
        return Heated(
            np.array(list(ends), dtype=np.int64),
            np.array(left, dtype=np.int64),
            *(values[0], values[1], values[2], values[3:5], values[5:7]),
            [end.knots for end in told],
            np.array(errors, dtype=np.float64),
            np.array(lost, dtype=np.float64),
            self._masks,
            exact,
        )

    def _stay(self, row: int) -> Stay:
        """One future's."""
        columns, job = self._columns, self._columns.story.job
        booting, unlocking, starting = (float(lasts[row]) for lasts in self._phases)
        return Stay(
            columns.row(row),
            job.device,
            columns.story.site.ambient,
            Draw(*(float(each[row]) for each in self._draws)),
            float(self._starts[row]),
            (booting, unlocking, starting),
            float(self._patience[row]),
            job.keep,
        )

    def _by_flow(self, row: int) -> tuple[_End, float, float] | None:
        """A future that the fluid decides, and what to state of its time and of its losses; None of any other."""
        stations, wares = self._stations, self._wares
        if stations.waits:
            return None
        found = self._judged(row, self._lists.rows(np.array([row]), 1.0).sums[:, :, 0], TILT)
        if found is None and wares.exact:
            found = self._judged(row, wares.blocks(row, stations.block, int(stations.window[row])), OWN_TILT)
        return found

    def _judged(self, row: int, blocks: Floats, least: float) -> tuple[_End, float, float] | None:
        """The same with the sums of a list by blocks, which give a draw that may be wrong by so much."""
        own = self._stations.rows(np.array([row]))
        count, size = float(blocks[0].sum()), float(blocks[3].sum())
        flow = Flow(own, blocks, float(self._copies.efficiency[row]), own.flight(blocks.sum(axis=1)))
        fluid, usual = Fluid(self._stay(row), flow), float(self._usual[row])
        plain = fluid.told()
        given_up = plain.spell.given_up
        held = plain.spell.stopped > NEVER * self._patience[row]
        if plain.still != given_up or (not given_up and (held or 2 * plain.behind > usual)):
            return None
        seconds, spread, moved = plain.spell.seconds, least, 0.0
        for tilt in (least, -least) if plain.spell.spare < CLEAR else ():
            tilted = fluid.told(tilt)
            spread = max(spread, abs(tilted.spell.seconds / seconds - 1))
            moved = max(moved, abs(tilted.size - plain.size) / size)
            if (tilted.spell.given_up, tilted.still) != (given_up, given_up) or spread > ALIKE:
                return None
        times, sizes = plain.times - plain.spell.begun, plain.sizes
        if given_up:
            held_back = flow.held(plain.size, plain.behind)
            return self._lost(row, plain, (plain.size / size, (plain.size - held_back) / size), moved)
        values = seconds, usual, size, count, size, count, size
        return _End(values, (times, sizes)), self._error(plain.spell, spread), 0.0

    def _lost(
        self, row: int, plain: Flown, shares: tuple[float, float], moved: float
    ) -> tuple[_End, float, float] | None:
        """What is left of a copy that heat ends, of whose bytes such shares were taken, and are there."""
        if moved > LOST or not (self._wares.exact and self._wares.single):
            return None
        wares = self._wares.sizes(row)
        total = float(wares.sum())
        lost = moved + self._stations.streams * _length_biased(wares) / max(total, 1.0)
        if lost > LOST:
            return None
        taken, there = (self._finished(row, wares, share) for share in shares)
        off, spell = float(self._usual[row]), plain.spell
        times, sizes = plain.times - spell.begun, plain.sizes * (shares[0] * total / max(plain.size, 1.0))
        return _End((spell.seconds, off, total, *taken, *there), (times, sizes)), 0.0, lost

    def _finished(self, row: int, wares: NDArray[np.int64], share: float) -> tuple[float, float]:
        """Files finished, and their bytes, when a share of a list's bytes has been taken.

        Those begun by then are the first of the list, and a stream is in the middle of one and has half of it to go,
        or it is between two and takes nothing: every operation but the WRITEs waits while the others' windows pass,
        and so does the first WRITE.
        """
        stations, ends = self._stations, np.concatenate([[0.0], np.cumsum(wares, dtype=np.float64)])
        total = max(float(ends[-1]), 1.0)
        others = float(stations.window[row]) * stations.block * (stations.streams - 1) / stations.streams
        between = wares.size * (stations.serial + 1) * others
        busy = stations.streams * total / (total + between)
        left = busy / 2 * _length_biased(wares)
        begun = float(np.interp(share * total + left, ends, np.arange(ends.size)))
        count = max(round(begun - busy), 0)
        return float(count), float(max(round(share * total - left), 0)) if count else 0.0

    def _error(self, spell: Spell, spread: float) -> float:
        """What to state of a time whose tilted forms differ by so much: it may be off as they are, twice.

        Where the disk stopped, the watch may have found so one sleep sooner or later.
        """
        nap = SHORTEST / (spell.end - spell.begun) if spell.stopped > 0 else 0.0
        return self._copies.error + 2 * spread + nap

    def _by_core(self, row: int) -> _End | None:
        """A future as the exact core has it; None where not even that tells it."""
        columns, wares = self._columns, self._wares
        if not wares.exact:
            return None
        sizes = wares.sizes(row)
        made = whole(columns, columns.row(row), sizes)
        hosted = Hosted(*made, sizes)
        spell, case = self._stay(row).watch(hosted)
        off = spell.end + columns.story.job.keep
        remains = hosted.remains(columns, row, spell.begun, spell.end, off, case.disk_factor)
        if not remains.there.all():
            if not wares.single:
                return None
            self._masks[row] = np.packbits(remains.there)
        flush = (
            max(float(self._usual[row]), remains.flush) if remains.flush < inf else float(self._usual[row])
        )
        return _ended(spell, remains, sizes, flush, hosted.knots(spell.begun, spell.end))


def _length_biased(wares: NDArray[np.int64]) -> float:
    """Mean size of the files that streams are found at: one is found the more often the longer it takes [bytes]."""
    return float(np.square(wares, dtype=np.float64).sum()) / max(float(wares.sum()), 1.0)


def _ended(
    spell: Spell, remains: Remains, sizes: NDArray[np.int64], off: float, knots: tuple[Floats, Floats]
) -> _End:
    seconds, (taken, there) = spell.end - spell.begun, (remains.taken, remains.there)
    held, kept = float(sizes[taken].sum()), float(sizes[there].sum())
    return _End((seconds, off, float(sizes.sum()), float(taken.sum()), held, float(there.sum()), kept), knots)
