"""A stretch of copying without interruption, and its progress as others read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.course import Copying
from devicesim.device.setting import Setting


@dataclass(slots=True)
class Session:
    """A stretch of copying.

    Attributes:
        transfer: the core that computed it.
        left: for each client, the positions in its queue of the files that the core was given.
        start, end: when it began and ended [s].
        alone: from when on the links, cores and disk would have given what, had nothing computed beside the copy.
    """

    transfer: Copying
    left: list[NDArray[np.int64]]
    start: float
    end: float = float("inf")
    alone: list[tuple[float, throughput.Regime]] = field(default_factory=list)

    def note(self, at: float, regime: throughput.Regime) -> None:
        """Note what the copy alone would have from a time on; what had been noted for later is forgotten."""
        while self.alone and self.alone[-1][0] >= at:
            self.alone.pop()
        if not self.alone or self.alone[-1][1] != regime:
            self.alone.append((at, regime))


@dataclass(frozen=True, slots=True)
class Copied:
    """What a session has copied, as the progress stream reads it.

    The core is brought up to the present first: it is only asked at changes, and a read may come between them.
    """

    session: Session
    setting: Setting

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times [s]."""
        transfer, present = self.session.transfer, min(self.session.end, self.setting.now)
        transfer.look(present)
        size, count = transfer.progress(np.minimum(t, present))
        return np.asarray(size, dtype=np.float64), np.asarray(count, dtype=np.float64)

    def contents(self) -> tuple[int, int]:
        """Whole files and bytes so far."""
        size, count = self.at(np.array([self.setting.now]))
        return int(count[0]), int(size[0])
