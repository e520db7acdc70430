"""Slots of one function or instance: what waits, what runs, what it took, each request computed and none an event.

A pool has a clock of its own, which runs at the speed that its processors and the disk leave it; on that clock its
slots are all equally fast, and first come, first served is a recursion (:mod:`devicesim.physics.queueing`). Speeds
are constant from one settling to the next, and so the pool's clock is piecewise linear in the world's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.physics import queueing

Floats = NDArray[np.float64]

RUNS, MOVED, CUT, HELD = 0, 1, 2, 3
"""What became of a request when the device went off: nothing; it began anew later; it was lost; it still waits."""


BLINK = 1e-6
"""How far a pool's clock moves while the device is off, so that before and after are not one moment [s]."""


class Batch(NamedTuple):
    """Requests in the order of their arrival; columns of one length.

    Attributes:
        arrive: when each came [s].
        cpu: processor time at full speed [s].
        disk: time of the device's disk alone [s].
        network: bytes sent and received.
        good: whether it will succeed, after as many tries as it takes.
        tries: how many that is.
    """

    arrive: Floats
    cpu: Floats
    disk: Floats
    network: Floats
    good: NDArray[np.bool_]
    tries: NDArray[np.int64]


class Taken(NamedTuple):
    """What a pool took from one settling to the next, for each second of its own clock and of the world's.

    Attributes:
        busy: slots at work, on average.
        cpu, disk: at full speed: processors, and share of the disk.
        network: bytes a second at full speed.
        speed: of the pool's clock.
    """

    busy: float = 0.0
    cpu: float = 0.0
    disk: float = 0.0
    network: float = 0.0
    speed: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What became of a pool's requests by a time.

    Attributes:
        arrive: when each came, in order [s].
        begin: when each began for the last time; infinite if it has not [s].
        finish: when each was done; infinite if it is not [s].
        good: whether it succeeded, or will.
        lost: whether a power cut took it.
        until: when it was cut off; up to when it is known if it was not [s].
        tries: how many tries it takes.
        cold: whether it ran in a cold slot.
    """

    arrive: Floats
    begin: Floats
    finish: Floats
    good: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    until: Floats
    tries: NDArray[np.int64]
    cold: NDArray[np.bool_]


class _Column:
    """A growing array."""

    def __init__(self, dtype: type) -> None:
        self._data: NDArray[Any] = np.empty(64, dtype=dtype)
        self._size = 0

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        size = self._size + values.size
        if size > self._data.size:
            grown = np.empty(max(size, 2 * self._data.size), dtype=self._data.dtype)
            grown[: self._size] = self._data[: self._size]
            self._data = grown
        self._data[self._size : size] = values
        self._size = size

    @property
    def values(self) -> NDArray[Any]:
        """All values so far; a view."""
        return self._data[: self._size]


class Pool:
    """The slots of one function, or of the requests of one instance.

    Attributes:
        name: of the function or instance.
        slots: how many requests run at a time.
        weight: where processors or the disk are short.
        speed: of its clock from the last settling on.
        taken: what it took from the last settling but one to the last.
    """

    def __init__(self, name: str, slots: queueing.Slots, weight: float, at: float) -> None:
        self.name, self.slots, self.weight = name, slots.most, weight
        self._fresh = self._slots = slots
        self.speed, self.taken = 1.0, Taken()
        self._real, self._own = [at], [0.0]
        names = ("arrive", "cpu", "disk", "network", "good", "tries")
        kinds = (np.float64, np.float64, np.float64, np.float64, np.bool_, np.int64)
        self._columns = {name: _Column(kind) for name, kind in zip(names, kinds, strict=True)}
        self._columns |= {"start": _Column(np.float64), "finish": _Column(np.float64)}
        self._columns |= {"cold": _Column(np.bool_), "fate": _Column(np.int8), "until": _Column(np.float64)}
        self._begun, self._off = 0, False
        self._running = np.zeros(0, dtype=np.int64)

    def _column(self, name: str) -> NDArray[Any]:
        return self._columns[name].values

    @property
    def settled(self) -> float:
        """Up to when it has been settled [s]."""
        return self._real[-1]

    @property
    def size(self) -> int:
        """Entries so far: requests, and those that began anew."""
        return int(self._column("start").size)

    @property
    def left(self) -> int:
        """Requests that wait or run."""
        return self.size - self._begun + int(self._running.size)

    @property
    def waiting(self) -> int:
        """Requests that have no slot yet."""
        return self.size - self._begun

    @property
    def held(self) -> int:
        """Requests that wait for the device to come back."""
        return int(np.count_nonzero(self._column("fate") == HELD)) if self._off else 0

    @property
    def done_in(self) -> float:
        """In what time, at the present speed, all that has come is done [s]."""
        if not self.left:
            return 0.0
        finish = self._column("finish")
        last = float(np.concatenate([finish[self._running], finish[self._begun :]]).max()) - self._own[-1]
        return last / self.speed if self.speed > 0 else float("inf")

    def settle(self, now: float, new: Batch | None = None) -> None:
        """Bring the pool up to a time, with the requests that came since the last settling."""
        real, own = self._real[-1], self._own[-1]
        reached = own + self.speed * (now - real)
        if new is not None and new.arrive.size:
            self._enter(new, np.clip(own + self.speed * (new.arrive - real), own, reached))
        if now > real:
            self._real.append(now)
            self._own.append(reached)
            self._take(own, reached)

    def _enter(self, new: Batch, at: Floats) -> None:
        work = new.cpu + new.disk
        start, finish, cold, self._slots = queueing.serve(at, work, self._slots)
        for name, values in new._asdict().items():
            self._columns[name].append(values)
        self._columns["cpu"].values[-at.size :] += np.where(cold, self._slots.cold, 0.0)
        for name, column in (("start", start), ("finish", finish), ("cold", cold)):
            self._columns[name].append(column)
        self._columns["fate"].append(np.full(at.size, RUNS, dtype=np.int8))
        self._columns["until"].append(np.full(at.size, np.inf))

    def _take(self, before: float, after: float) -> None:
        """Add up what ran between two times of the pool's clock."""
        start, finish = self._column("start"), self._column("finish")
        begun = self._begun + int(np.searchsorted(start[self._begun :], after, side="right"))
        running = np.concatenate([self._running, np.arange(self._begun, begun)])
        length = after - before
        if length <= 0:
            self._begun, self._running = begun, running
            self.taken = self.taken._replace(speed=self.speed)
            return
        overlap = np.minimum(finish[running], after) - np.maximum(start[running], before)
        cpu, disk = self._column("cpu")[running], self._column("disk")[running]
        whole = np.maximum(cpu + disk, 1e-300)
        part = overlap / whole
        self.taken = Taken(
            float(overlap.sum()) / length,
            float((part * cpu).sum()) / length,
            float((part * disk).sum()) / length,
            float((part * self._column("network")[running]).sum()) / length,
            self.speed,
        )
        self._begun, self._running = begun, running[finish[running] > after]

    def stop(self, now: float, lose: bool) -> None:
        """End what runs and waits, as the device goes off: it is lost, or begins anew when the device is back."""
        left = np.concatenate([self._running, np.arange(self._begun, self.size)])
        self._column("fate")[left] = CUT if lose else HELD
        # What is held begins anew; of what is cut off, only what waited has never begun.
        self._column("start")[np.arange(self._begun, self.size) if lose else left] = np.inf
        self._column("until")[left] = now if lose else np.inf
        self._begun, self._running = self.size, np.zeros(0, dtype=np.int64)
        self._slots, self._off = self._fresh, True
        self.taken = Taken()

    def resume(self, now: float) -> None:
        """Go on after the device was off: what waited begins anew, in cold slots."""
        self._off = False
        if now > self._real[-1]:
            self._real.append(now)
            self._own.append(self._own[-1] + BLINK)
        held = np.flatnonzero(self._column("fate") == HELD)
        if not held.size:
            return
        self._column("fate")[held] = MOVED
        cpu = self._column("cpu")[held] - np.where(self._column("cold")[held], self._fresh.cold, 0.0)
        rest = (self._column(name)[held] for name in ("disk", "network", "good", "tries"))
        again = Batch(self._column("arrive")[held], cpu, *rest)
        self._enter(again, np.full(held.size, self._own[-1]))

    def served(self) -> Served:
        """Say what became of every request by the last settling."""
        kept = self._column("fate") != MOVED
        fate = self._column("fate")[kept]
        cut, off = fate == CUT, fate >= CUT
        arrive, times = self._column("arrive")[kept], []
        for name, never in (("start", False), ("finish", off)):
            at = self._column(name)[kept]
            times.append(np.where(never | (at > self._own[-1]), np.inf, self._reached(at)))
        begin, finish = np.maximum(times[0], arrive), times[1]
        until = np.minimum(self._column("until")[kept], self.settled)
        good, tries, cold = (self._column(name)[kept] for name in ("good", "tries", "cold"))
        return Served(arrive, begin, finish, good & ~cut, cut, until, tries, cold)

    def _reached(self, at: Floats) -> Floats:
        """When the pool's clock first showed some times; where it stands still, as it stopped [s]."""
        own, real = np.array(self._own), np.array(self._real)
        after = np.clip(np.searchsorted(own, at, side="left"), 1, own.size - 1)
        step = own[after] - own[after - 1]
        # Bounded before it is divided: a step may be the smallest number there is.
        gone = np.clip(at - own[after - 1], 0.0, step)
        part = np.divide(gone, step, out=np.zeros_like(at), where=step > 0)
        reached: Floats = real[after - 1] + part * (real[after] - real[after - 1])
        return reached
