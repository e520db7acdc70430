"""One execution of a task, as AWS describes it: its status, its limit, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.physics import datasync
from devicesim.progress import Leg

KNOTS = 33
"""Points that are kept of a stretch of constant rate, its ends included; between them the curve is a line."""

OVER = ("SUCCESS", "ERROR")


class Sent:
    """What an execution has sent over time: stretches of constant rate, the last one still under way.

    Args:
        sizes: of the files, in the order in which they are sent [bytes].
    """

    def __init__(self, sizes: NDArray[np.int64]) -> None:
        self.sizes = sizes
        self.passed = np.cumsum(sizes)
        self.position = 0.0
        self._times: list[NDArray[np.float64]] = []
        self._positions: list[NDArray[np.float64]] = []
        self._since = float("inf")
        self._finish: NDArray[np.float64] | None = None

    def begin(self, now: float, finish: NDArray[np.float64] | None) -> None:
        """Go on at another rate; None stands still."""
        self._since, self._finish = now, finish

    def close(self, now: float, *, whole: bool) -> None:
        """End the stretch under way; ``whole`` says that the rest was due by now, whatever rounding says."""
        if self._finish is not None:
            times = np.linspace(self._since, now, KNOTS)
            positions = datasync.position_after(self._finish, self.position, times - self._since)
            if whole:
                positions[-1] = self.sizes.size
            self._times.append(times)
            self._positions.append(positions)
            self.position = float(positions[-1])
        self._since, self._finish = float("inf"), None

    @property
    def files(self) -> int:
        """Whole files sent in closed stretches."""
        return int(self.position)

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and whole files sent by times [s]."""
        positions = np.zeros(t.shape)
        if self._times:
            positions = np.interp(t, np.concatenate(self._times), np.concatenate(self._positions), left=0.0)
        if self._finish is not None:
            live = datasync.position_after(self._finish, self.position, np.maximum(t - self._since, 0.0))
            positions = np.where(t >= self._since, live, positions)
        return datasync.bytes_at(self.passed, positions), np.floor(positions)


@dataclass(slots=True, eq=False)
class Execution:
    """One execution of a task.

    Attributes:
        id: ``task-.../exec-...``, the last two parts of its ARN.
        task: the task's name. number: counts its executions from 1.
        job: the JobId of the device its agent runs on; empty on premises.
        queued: when it was started, into the agent's queue [s].
        limit: bytes a second it may send; infinite for no limit.
        status: as ``DescribeTaskExecution`` names it. history: when each was entered [s].
        listed: files found at the source. estimated_files, estimated_bytes: of them, what is to be sent.
        files, bytes: what was sent whole. skipped: what was in S3 already. failed: what did not get there.
        verified: files that were read again.
        why: what ended it early; empty for a success.
        held_back: seconds of transferring by what bound it.
        leg: its progress.
    """

    id: str
    task: str
    number: int
    job: str
    queued: float
    limit: float
    stirred: simpy.Event
    status: str = "QUEUED"
    history: list[tuple[float, str]] = field(default_factory=list)
    listed: int = 0
    estimated_files: int = 0
    estimated_bytes: int = 0
    files: int = 0
    bytes: int = 0
    skipped: int = 0
    failed: int = 0
    verified: int = 0
    why: str = ""
    held_back: dict[str, float] = field(default_factory=dict)
    leg: Leg | None = None
    cancelled: bool = False

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in OVER

    @property
    def ended(self) -> float | None:
        """When it ended [s]."""
        return self.history[-1][0] if self.over else None

    def phases(self, now: float) -> dict[str, float]:
        """How long it has been in each status so far [s]."""
        lasted: dict[str, float] = {}
        ends = [*(at for at, _ in self.history[1:]), now]
        for (at, status), end in zip(self.history, ends, strict=False):
            if status not in OVER:
                lasted[status] = lasted.get(status, 0.0) + end - at
        return lasted

    def stir(self) -> None:
        """Let whoever works on it look at the world again."""
        stirred, self.stirred = self.stirred, simpy.Event(self.stirred.env)
        stirred.succeed()
