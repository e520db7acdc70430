"""One future's copy by the exact core, and what of it is on the disk when the device goes off.

What a World does with a copy that heat has stopped for good: the customer gives up, and what only the page cache
held is gone when the device is switched off. Which files that takes is decided by single RPCs, so nothing else tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.course import Course, Courses
from devicesim.device.ingest import backlog
from devicesim.device.ingest.session import Session
from devicesim.planning.together.columns import Columns

Floats = NDArray[np.float64]
Sizes = NDArray[np.int64]

KNOTS = 16
"""Times at which a copy's progress is kept between two changes of its speed."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What a copy left on a device that has been switched off.

    Attributes:
        taken: which files the client holds to be copied, shape (files,).
        there: which are there.
        flush: how long the disk needed for what it had accepted [s]; infinite if it stood still.
    """

    taken: NDArray[np.bool_]
    there: NDArray[np.bool_]
    flush: float


class Hosted:
    """A copy, as :class:`~devicesim.planning.together.watched.Copy` is one.

    Args:
        server, client, regime: who copies to what, with nothing slowed down.
        sizes: of the files, in copying order.
    """

    def __init__(
        self, server: throughput.Server, client: throughput.Client, regime: throughput.Regime, sizes: Sizes
    ) -> None:
        self._server, self._client, self._regime, self._sizes = server, client, regime, sizes
        self._course: Course | None = None
        self._changes: list[float] = []

    def begin(self, at: float, cpu: float, disk: float) -> None:
        """Begin."""
        client, regime = replace(self._client, start=at), replace(self._regime, share=cpu, store=disk)
        self._course = Courses().open(self._server, [client], regime, [self._sizes], at)

    @property
    def course(self) -> Course:
        """What computes it, once begun."""
        assert self._course is not None
        return self._course

    def change(self, at: float, cpu: float, disk: float) -> None:
        """Go on with other speeds."""
        self._changes.append(at)
        self.course.set_regime(replace(self._regime, share=cpu, store=disk), at)

    def ended(self, by: float) -> float:
        """When it was over; infinity if it was not by then."""
        self.course.advance(by)
        return self.course.end if self.course.done else inf

    def busy(self, at: float) -> tuple[float, float]:
        """For how many seconds the cores, all together, and the store had worked by then."""
        return self.course.worked(at)

    def moved(self, since: float, until: float) -> bool:
        """Whether a byte was taken between two times."""
        self.course.advance(until)
        before, after = self.course.progress(np.array([since, until]))[0]
        return bool(after != before)

    def knots(self, begun: float, end: float) -> tuple[Floats, Floats]:
        """Times since the beginning, and bytes taken by then."""
        edges = np.array([begun, *(at for at in self._changes if begun < at < end), end])
        parts = np.linspace(edges[:-1], edges[1:], KNOTS, axis=1)
        times = np.append(parts.ravel(), end)
        return times - begun, self.course.progress(times)[0]

    def remains(
        self, columns: Columns, row: int, begun: float, end: float, off: float, disk: float
    ) -> Remains:
        """What is left of it when the device is switched off, as ``device.snow_device`` and ``device.ingest`` do it.

        Args:
            columns, row: figures of the future.
            begun, end: of the copy [s].
            off: when the device is told to go off [s].
            disk: speed that heat leaves the disk by then.
        """
        course, device = self.course, columns.story.job.device
        session = Session(course, [], begun, end)
        taken = course.finish(0) <= end
        used = float(self._sizes[taken].sum())
        flush = backlog.drain_time(session, off, used, disk)
        if flush < inf:
            return Remains(taken, taken, flush)
        accepted = float(course.progress(end)[0])
        dirty = backlog.lying(columns.row(row), device, session, end, used)
        since = backlog.reached(session, accepted - dirty, end)
        gone = taken & (course.finish(0) >= since)
        return Remains(taken, taken & ~gone, flush)
