"""Making lost fragments anew: beside the clients' writes, or as fast as the nodes can when nobody writes.

An episode goes through the files that lacked a fragment when it began, those in most danger first. Whenever the
nodes in reach change it is settled and a new one begins; when only its speed changes it goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.device.cluster.fragments import Fragments, Repairable
from devicesim.device.setting import Setting
from devicesim.physics import erasure
from devicesim.progress import Curve, Leg, LegEnded, LegStarted

SHORTEST = 1e-3
"""Shortest stretch of repairing [s]: what the clock rounds away would never come to an end."""

ROUNDING = 1e-9
"""Part of a file by which the clock's rounding may leave it unfinished."""


class Repair:
    """All repairing of one cluster.

    Attributes:
        now: what it takes of the nodes while it runs; None while there is nothing to do.
        busy: time spent repairing [s].
        traffic: bytes that crossed the network for it.
        episodes: how often it began.
    """

    def __init__(
        self,
        setting: Setting,
        job: str,
        books: Fragments,
        speed: Callable[[int], erasure.Repair | None],
        changed: Callable[[], None],
    ) -> None:
        """Prepare to repair.

        Args:
            setting: of the run.
            job: of the cluster's first node, for the stream.
            books: who holds what.
            speed: how fast fragments are made for so many targets now; None where too few nodes can be read.
            changed: called when repair begins, ends, or changes its speed by itself.
        """
        self._setting, self._job, self._books = setting, job, books
        self._speed, self._changed = speed, changed
        self.now: erasure.Repair | None = None
        self.busy = self.traffic = 0.0
        self.episodes = 0
        self._todo = Repairable(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        self._ends = np.zeros(0)
        self._made, self._at = 0, 0.0
        self._done = 0.0
        self._leg: Leg | None = None
        self._alarm: simpy.Event = setting.env.event()
        self._version = 0

    @property
    def over(self) -> bool:
        """Whether all that could be repaired has been."""
        return self._leg is not None and self._made == self._todo.index.size

    def settle(self) -> None:
        """Note the fragments made since last time."""
        now = self._setting.now
        if self.now is not None:
            whole = float(self._ends[-1])
            done = min(self._done + (now - self._at) * self.now.rate, whole)
            self.busy += now - self._at
            self.traffic += done - self._done
            self._done = done
            made = int(np.searchsorted(self._ends, done * (1 + ROUNDING), side="right"))
            fresh = slice(self._made, made)
            self._books.restore(self._todo.index[fresh], self._todo.target[fresh])
            self._made = made
        self._at = now

    def begin(self, up: set[int]) -> None:
        """Take stock with the nodes in reach now: end what was under way, and begin with what can be repaired.

        Everything must have been settled.
        """
        self._end()
        self._todo = self._books.repairable(up)
        if not self._todo.index.size:
            return
        setting, sizes = self._setting, self._books.sizes[self._todo.index]
        self._ends = np.cumsum(sizes, dtype=np.float64)
        self._made, self._done = 0, 0.0
        self.episodes += 1
        name = "repair" if self.episodes == 1 else f"repair {self.episodes}"
        self._leg = Leg(name, self._job, setting.now, int(sizes.sum()), sizes.size, listed=setting.now)
        setting.stream.legs.append(self._leg)
        setting.say(LegStarted(setting.now, self._job, name, int(sizes.sum()), sizes.size))
        self.pace()

    def pace(self) -> None:
        """Go on at the speed that is possible now; everything must have been settled."""
        if self._leg is None:
            return
        now, left = self._setting.now, self._todo.target[self._made :]
        self.now = self._speed(len(set(left.tolist())))
        rate = self.now.rate if self.now is not None else 0.0
        self._leg.session(now, int(self._done), self._made, self._curve(now, rate))
        self._version += 1
        if rate > 0:
            wait = max((float(self._ends[-1]) - self._done) / rate, SHORTEST)
            self._setting.env.process(self._wake(wait, self._version))

    def _curve(self, now: float, rate: float) -> Callable[[], Curve]:
        """What the leg will have moved from now on at this speed."""
        ends, made, done = self._ends, self._made, self._done

        def read() -> Curve:
            if rate <= 0:
                return Curve(np.array([now]), np.zeros(1), np.zeros(1), linear=True)
            size: NDArray[np.float64] = np.concatenate([[0.0], ends[made:] - done])
            count = np.arange(size.size, dtype=np.float64)
            return Curve(now + size / rate, size, count, linear=True)

        return read

    def _wake(self, wait: float, version: int) -> simpy.events.ProcessGenerator:
        yield self._setting.env.timeout(wait)
        if version == self._version:
            self._changed()

    def _end(self) -> None:
        """End an episode, done or not."""
        self.now = None
        self._version += 1
        if self._leg is None:
            return
        leg, now = self._leg, self._setting.now
        leg.end, leg.complete = now, self._made == self._todo.index.size
        size = int(self._ends[self._made - 1]) if self._made else 0
        self._setting.say(LegEnded(now, self._job, leg.name, leg.complete, size, self._made))
        self._leg = None
