"""How far the data has come: curves of sessions, sewn into a leg whose counters never fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative bytes and objects over time; steps for RPCs, straight lines for AWS's import.

    Attributes:
        time: seconds since the run's start, not decreasing, shape (n,).
        bytes: bytes arrived by then, shape (n,).
        objects: whole objects arrived by then, shape (n,).
        linear: interpolate between the knots instead of stepping at them.
    """

    time: NDArray[np.float64]
    bytes: NDArray[np.float64]
    objects: NDArray[np.float64]
    linear: bool = False

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times ``t``, zero before the first knot."""
        if not self.time.size:
            return np.zeros_like(t), np.zeros_like(t)
        if self.linear:
            size = np.interp(t, self.time, self.bytes, left=0.0)
            return size, np.interp(t, self.time, self.objects, left=0.0)
        knot = np.searchsorted(self.time, t, side="right") - 1
        return np.where(knot >= 0, self.bytes[knot], 0.0), np.where(knot >= 0, self.objects[knot], 0.0)


class Counted(Protocol):
    """What knows the bytes and objects that had arrived by given times: a :class:`Curve`, or its owner itself."""

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times ``t``, zero before the first."""


@dataclass(slots=True)
class Session:
    """A stretch of a leg without interruption.

    Attributes:
        start: when it opened [s].
        bytes: what earlier sessions kept, so that a file cut off half-way does not count twice.
        objects: likewise.
        read: gives the curve so far; asked no more once the session has closed and was read.
        until: when it closed [s]; nothing that its curve says of later times counts.
    """

    start: float
    bytes: int
    objects: int
    read: Callable[[], Counted]
    until: float = inf
    _final: Counted | None = None

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects on the leg at times ``t``, none before the session's start."""
        curve = self.read() if self._final is None else self._final
        if self.until < inf:
            self._final = curve
        size, count = curve.at(np.minimum(t, self.until))
        return self.bytes + size, self.objects + count


@dataclass(slots=True)
class Leg:
    """One direction of data for one job: its totals and the curves of its sessions.

    Counters never fall: after an interruption that lost data they wait until the copy has caught up.
    """

    name: str
    job: str
    start: float
    total_bytes: int
    total_objects: int
    listed: float = 0.0
    end: float | None = None
    complete: bool = False
    sessions: list[Session] = field(default_factory=list)
    # The counters' least values in each session: the greatest of the closed ones before it.
    _least: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])

    def session(self, start: float, base_bytes: int, base_objects: int, read: Callable[[], Counted]) -> None:
        """Open a session at ``start``, closing one still open; ``read`` gives its curve so far."""
        before = [s.until if s.until < inf else s.start for s in self.sessions[-1:]]
        require(start >= max(before, default=self.start), "start", ">= all before it on the leg", start)
        self.pause(start)
        self.sessions.append(Session(start, base_bytes, base_objects, read))

    def pause(self, at: float) -> None:
        """Close the open session, if there is one: from ``at`` on its counters stand."""
        if self.sessions and self.sessions[-1].until == inf:
            require(at >= self.sessions[-1].start, "at", ">= the session's start", at)
            self.sessions[-1].until = at

    def at(self, t: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bytes and objects on the leg at times ``t`` [s].

        Returns:
            Two arrays of whole numbers that never fall over time, of the shape of ``t``, (1,) for a scalar.
        """
        times = np.atleast_1d(np.asarray(t, dtype=np.float64))
        require(~np.isnan(times), "t", "a time [s]", times)
        now = times
        if self.end is not None:
            self.pause(self.end)
            now = np.minimum(times, self.end)
        size, count = np.zeros_like(times), np.zeros_like(times)
        within = np.searchsorted([session.start for session in self.sessions], now, side="right") - 1
        for index in np.unique(within[within >= 0]).tolist():
            here = within == index
            least = self._least_in(index)
            size[here], count[here] = map(np.maximum, least, self.sessions[index].at(now[here]))
        whole_bytes = np.minimum(np.floor(size), self.total_bytes).astype(np.int64)
        whole_objects = np.minimum(np.floor(count), self.total_objects).astype(np.int64)
        if self.complete and self.end is not None:
            whole_bytes[times >= self.end] = self.total_bytes
            whole_objects[times >= self.end] = self.total_objects
        return whole_bytes, whole_objects

    def _least_in(self, index: int) -> tuple[float, float]:
        for session in self.sessions[len(self._least) - 1 : index]:
            size, count = session.at(np.array([session.until]))
            most_bytes, most_objects = self._least[-1]
            self._least.append((max(most_bytes, float(size[0])), max(most_objects, float(count[0]))))
        return self._least[index]
