"""How far the data has come: curves of sessions, sewn into a leg whose counters never fall."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require


class Curve(NamedTuple):
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


class _Before(NamedTuple):
    """What the sessions before one reached at most, and the bytes of it that have to be sent again."""

    bytes: float
    objects: float
    again: float


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
    # What the closed sessions before each session left behind.
    _known: list[_Before] = field(default_factory=lambda: [_Before(0.0, 0.0, 0.0)])

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
        size, count, _ = self.sample(times)
        return size, count

    def sample(
        self, times: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Bytes, objects, and bytes sent at times [s], of their shape.

        The bytes sent count what an interruption lost and the next session copied again once more each time.
        """
        require(~np.isnan(times), "t", "a time [s]", times)
        now = times
        if self.end is not None:
            self.pause(self.end)
            now = np.minimum(times, self.end)
        size, count, sent = np.zeros((3, *times.shape))
        for index, here in self._within(now):
            session, before = self.sessions[index], self._before(index)
            got_bytes, got_objects = session.at(now[here])
            np.minimum(got_bytes, self.total_bytes, out=got_bytes)
            size[here] = np.maximum(got_bytes, before.bytes)
            count[here] = np.maximum(got_objects, before.objects)
            sent[here] = got_bytes + before.again
        # Casting cuts the fraction off: whole bytes and objects that have arrived.
        whole_bytes, whole_sent = size.astype(np.int64), sent.astype(np.int64)
        whole_objects = np.minimum(count, self.total_objects).astype(np.int64)
        if self.complete and self.end is not None:
            ended = times >= self.end
            again = self._before(len(self.sessions) - 1).again if self.sessions else 0.0
            whole_bytes[ended], whole_objects[ended] = self.total_bytes, self.total_objects
            whole_sent[ended] = self.total_bytes + int(again)
        return whole_bytes, whole_objects, np.maximum(whole_sent, whole_bytes)

    def _within(self, now: NDArray[np.float64]) -> Iterator[tuple[int, Any]]:
        """The sessions that hold any of the times, each with where."""
        starts = [session.start for session in self.sessions]
        if not now.size:
            return iter(())
        first, last = (bisect_right(starts, float(edge)) - 1 for edge in (now.min(), now.max()))
        if first == last:
            return iter([(first, ...)] if first >= 0 else [])
        within = np.searchsorted(starts, now, side="right") - 1
        return ((index, within == index) for index in sorted(set(within[within >= 0].tolist())))

    def _before(self, index: int) -> _Before:
        for k in range(len(self._known) - 1, index):
            session, before = self.sessions[k], self._known[-1]
            size, count = session.at(np.array([session.until]))
            reached = min(float(size[0]), self.total_bytes)
            self._known.append(
                _Before(
                    max(before.bytes, reached),
                    max(before.objects, float(count[0])),
                    before.again + max(0.0, reached - self.sessions[k + 1].bytes),
                )
            )
        return self._known[index]
