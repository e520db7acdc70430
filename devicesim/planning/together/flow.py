"""One future's copy as a fluid, in steps of any length and under any speeds: what heat slows down and stops.

Model
-----
That of :mod:`devicesim.planning.together.copying` for one future: a block takes what its slowest station needs, and
the store lags behind by at most the buffer. Where the disk stands still the buffer fills; then the WRITEs under way go
through the link and the cores as well and wait for room, and only then does the copy stand.

Scope and limits
----------------
Replies that wait for nothing on the disk (durability async). What a station works inside a block it works evenly.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from devicesim.planning.together.stations import Stations

Floats = NDArray[np.float64]


class Flow:
    """A copy, as :class:`~devicesim.planning.together.watched.Copy` is one.

    Args:
        stations: of this future alone, shape (1,) each.
        blocks: :data:`~devicesim.throughput.SUMS` of each block of its list, shape (6, blocks).
        efficiency: how much longer than its bounds the list takes.
        flight: bytes of WRITEs under way at a time.

    Attributes:
        behind: how long the store still needs for what it has been given, or is to be [s].
        knots: times, and bytes taken by then.
    """

    def __init__(self, stations: Stations, blocks: Floats, efficiency: float, flight: float = 0.0) -> None:
        self._stations, self._blocks, self._efficiency, self._flight = stations, blocks, efficiency, flight
        self._known: dict[float, tuple[list[float], list[float]]] = {}
        self._files, self._bytes = blocks[0].tolist(), blocks[3].tolist()
        self._buffer, self._each = float(stations.buffer[0]), float(stations.stored[0])
        start, end = float(stations.rate_start[0]), float(stations.rate_end[0])
        self._square, self._fall = start**2, (end**2 - start**2) / float(stations.capacity[0])
        self._room = float(stations.capacity[0])
        self.again()

    def again(self) -> None:
        """Be a copy that has not begun."""
        self._block, self._done = 0, 0.0
        self._now = self._sent = self._worked = self._asked = self.behind = 0.0
        self._running = True
        self._took: list[float] = []
        self._work: list[float] = []
        self._moved = -inf
        self.knots: list[tuple[float, float]] = []

    def begin(self, at: float, cpu: float, disk: float) -> None:
        """Begin."""
        self._now = at
        self.knots.append((at, 0.0))
        self.change(at, cpu, disk)

    def change(self, at: float, cpu: float, disk: float) -> None:
        """Go on with other speeds."""
        self._advance(at)
        self._running = disk > 0
        if cpu not in self._known:
            took, work = self.paces(np.array([cpu]))
            self._known[cpu] = took[0].tolist(), work[0].tolist()
        self._took, self._work = self._known[cpu]

    def ended(self, by: float) -> float:
        """When it was over; infinity if it was not by then."""
        self._advance(by)
        return self._now if self._block == len(self._bytes) else inf

    def busy(self, at: float) -> tuple[float, float]:
        """For how many seconds the cores, all together, and the store had worked by then."""
        self._advance(at)
        return self._worked, self._asked - self.behind

    def moved(self, since: float, until: float) -> bool:
        """Whether a byte was taken between two times."""
        self._advance(until)
        return self._moved > since

    @property
    def size(self) -> float:
        """Bytes taken: what has been sent, but for what waits for room in the buffer."""
        return self._sent - max(self.behind * self._speed(self._sent) - self._buffer, 0.0)

    def _speed(self, position: float) -> float:
        return sqrt(self._square + self._fall * min(position, self._room))

    @property
    def blocks(self) -> tuple[Floats, Floats]:
        """Files and bytes of each block."""
        return self._blocks[0].copy(), self._blocks[3].copy()

    @property
    def disk(self) -> tuple[float, ...]:
        """Bytes of the buffer, seconds for each file, the rate's square and its fall by the byte, room, flight."""
        return self._buffer, self._each, self._square, self._fall, self._room, self._flight

    def paces(self, cpu: Floats) -> tuple[Floats, Floats]:
        """Seconds that each block takes, and that the cores work for it, shape (speeds, blocks) each.

        Args:
            cpu: speeds that heat leaves of the processor's, shape (speeds,).
        """
        stations = self._stations.rows(np.zeros(cpu.size, dtype=np.int64))
        slowed = replace(stations, work=stations.work / cpu, per_byte=stations.per_byte / cpu)
        needs = np.moveaxis(slowed.front(stations.rate_start), 1, 2) @ self._blocks
        return needs.max(axis=0) * self._efficiency, needs[2] * float(stations.cores[0])

    def held(self, size: float, behind: float) -> float:
        """Bytes that only the buffer has, of so many taken, where the store needs so long for them [s]."""
        return min(behind * self._speed(size), self._buffer, size)

    def _advance(self, to: float) -> None:
        while self._now < to and self._block < len(self._bytes):
            left = 1.0 - self._done
            part = self._bytes[self._block] * left
            speed = self._speed(self._sent + part / 2)
            work = self._files[self._block] * self._each * left + part / speed
            took = self._took[self._block] * left
            room = self._buffer - self.behind * speed
            if self._running or part <= room:
                self._step(to, left, part, work, took)
            else:
                self._fill(to, left, part, work, took, room)

    def _step(self, to: float, left: float, part: float, work: float, took: float) -> None:
        """Take the rest of a block, or as much of it as there is time for."""
        then = self._now + took
        if self._running and part > self._buffer:
            then = max(then, self._now + self.behind + work * (part - self._buffer) / part)
        share = 1.0 if then <= to else (to - self._now) / (then - self._now)
        now, self._now = self._now, min(then, to)
        self._moved = self._now
        self.behind += work * share
        if self._running:
            self.behind = max(self.behind - (self._now - now), 0.0)
        self._take(share, left, part, work)

    def _fill(self, to: float, left: float, part: float, work: float, took: float, room: float) -> None:
        """Let the buffer fill while the disk stands still, and then what is under way come and wait for room."""
        most = (to - self._now) / took
        # What is under way of the last files is not over before it has been taken.
        ahead = self._flight if self._block + 1 < len(self._bytes) else 0.0
        taken, sent = min(max(room, 0.0) / part, most), min(max(room + ahead, 0.0) / part, most, 1.0)
        if taken > 0:
            self._moved = self._now + taken * took
        self._now = min(to, self._now + took) if sent == 1 else to
        self.behind += work * sent
        if sent > 0:
            self._take(sent, left, part, work)

    def _take(self, share: float, left: float, part: float, work: float) -> None:
        self._asked += work * share
        self._worked += self._work[self._block] * left * share
        self._sent += part * share
        self._done += left * share
        if share >= 1.0:
            self._block, self._done = self._block + 1, 0.0
        self.knots.append((self._now, self.size))
