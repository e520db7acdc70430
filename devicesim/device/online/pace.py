"""How long files are expected to take over the line, in closed form: what plans and sensitivities are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.device.online.line import efficiency
from devicesim.device.online.line import expected as expected_line
from devicesim.device.online.work import connection_rate
from devicesim.physics import datasync, wan
from devicesim.scenario import Wan

Values = NDArray[np.float64] | NDArray[np.int64] | float


@dataclass(frozen=True, slots=True)
class Pace:
    """What one task makes of a line.

    Attributes:
        figures: the catalog with the scenario's own. line: the scenario's.
        verify: mode of the task. limit: its bandwidth limit [bytes/s]. connections: of the task.
        reading: what its agent reads [bytes/s]; the site's storage if None.
    """

    figures: Figures
    line: Wan
    verify: datasync.Mode
    limit: float | None = None
    connections: int | None = None
    reading: float | None = None

    @property
    def _read(self) -> float:
        return self.figures.si("datasync.site_read") if self.reading is None else self.reading

    @property
    def most(self) -> float:
        """The rate of the narrowest part of the way while the line is wide open [bytes/s]."""
        figure = self.figures.si
        return min(
            self.line.up * efficiency(self.figures, self.line),
            float("inf") if self.limit is None else self.limit,
            (self.connections or figure("datasync.connections")) * connection_rate(self.figures, self.line),
            figure("datasync.task_rate"),
            self._read,
        )

    def work(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """What each file costs [bytes]: its own, or what passes while it is opened and closed."""
        return np.maximum(sizes, self.most / self.figures.si("datasync.file_rate"))

    def times(self, monday: float, count: Values, size: Values, work: Values) -> NDArray[np.float64]:
        """Expected seconds until so many files are in S3.

        Args:
            monday: when the task begins, since Monday 00:00 of the site [s].
            count, size, work: how many files, their bytes, and :meth:`work` together; of one shape.
        """
        figure = self.figures.si
        tasks = np.ceil(np.divide(count, figure("datasync.site_max_files")))
        before = tasks * figure("datasync.launch") + np.divide(count, figure("datasync.prepare_rate"))
        week = wan.limited(expected_line(self.figures, self.line), self.most)
        moving = wan.time_to_move(week, monday + before, np.asarray(work, dtype=np.float64))
        again = np.maximum(np.divide(size, self._read), np.divide(count, figure("datasync.verify_rate")))
        whole = before + moving + (again if self.verify != "NONE" else 0.0)
        return np.asarray(np.where(np.asarray(count) > 0, whole, 0.0), dtype=np.float64)

    def firsts(self, monday: float, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same for the first k files of a list, for k of 0 .. n, shape (n + 1,)."""
        work = np.concatenate([[0.0], np.cumsum(self.work(sizes))])
        size = np.concatenate([[0.0], np.cumsum(sizes)])
        return self.times(monday, np.arange(sizes.size + 1), size, work)

    def all(self, monday: float, sizes: NDArray[np.int64]) -> float:
        """The same for a whole list."""
        work = float(self.work(sizes).sum())
        return float(self.times(monday, float(sizes.size), float(sizes.sum()), work))
