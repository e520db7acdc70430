"""What real clients wrote and the disk has not yet: how much lies in the page cache, and what a power cut takes.

The kernel leaves dirty pages alone up to the background limit, or until they are old; beyond that the disk writes
them back as fast as it can, oldest first. Looked at with operations, at most every :data:`BREATH`, so nothing ticks.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Protocol

from devicesim.device import capacities
from devicesim.device.setting import Setting
from devicesim.device.share import Recorded
from devicesim.progress import MOST_NAMES, Lost
from devicesim.throughput import Store

GRAIN = 1.0
"""Seconds of writing that count as of one age."""

BREATH = 0.1
"""Seconds after a look before an operation asks for the next, but where there is more than may lie there."""

WHY = "acknowledged to a client of a door, and only in the page cache when power was lost"


class Disk(Protocol):
    """Where the page cache goes.

    Attributes:
        kind: catalog entry of the device.
        room: key of the figure that says what it holds.
        share: what clients wrote to.
        fault: id of the fault by which it last went off; empty if it was none.
    """

    kind: str
    room: str
    share: Recorded
    fault: str

    @property
    def disk_factor(self) -> float:
        """Factor on the disk's speed now."""


class Writeback:
    """The page cache of one device, as far as doors fill it; a copy of the scenario's is counted by itself."""

    def __init__(self, setting: Setting, disk: Disk, job: str) -> None:
        self._setting, self._disk, self._job = setting, disk, job
        self._last = setting.now
        self._left = 0  # unstable bytes when it was last looked at
        self._came: deque[tuple[float, int]] = deque()  # when bytes came, and how many had come by then
        self._total = 0
        self._known: tuple[float, float, float] | None = None
        self._store: Store | None = None

    def heed(self) -> None:
        """Look, after an operation: some come by the thousand a second, and the disk writes in longer strokes."""
        now = self._setting.now
        if now - self._last >= BREATH or self._disk.share.unstable_bytes > self._limits()[1]:
            self.look()

    def look(self) -> None:
        """Let the disk have written what it could since the last look."""
        now, share = self._setting.now, self._disk.share
        waiting = share.unstable_bytes
        if waiting or self._left:
            self._take(now, waiting - self._left)
            background, limit, age = self._limits()
            due = max(self._left - background, self._older(now - age, waiting))
            able = self._speed() * (now - self._last) if due > 0 and now > self._last else 0.0
            # More than the limit never lies there: whoever wrote it has waited for the disk.
            if count := int(max(min(due, able), waiting - limit, 0.0)):
                waiting -= share.flush(count)
            self._left = waiting
        self._last = now

    def _limits(self) -> tuple[float, float, float]:
        """Where the disk begins, what lies there at most [bytes], and how old it may grow [s]."""
        if self._known is None:
            figure = self._setting.figures.si
            keys = (f"{self._disk.kind}.cache.{name}" for name in ("background", "dirty_limit", "age"))
            background, limit, age = map(figure, keys)
            self._known = background, limit, age
        return self._known

    def drain(self) -> float:
        """Seconds the disk needs for what lies there; infinite while it stands still."""
        self.look()
        speed = self._speed()
        return self._left / speed if speed > 0 else (float("inf") if self._left else 0.0)

    def cut(self) -> None:
        """Lose what lies there, and say so."""
        setting = self._setting
        self.look()
        loss = self._disk.share.power_cut(setting.now)
        self._left = 0
        self._came.clear()
        if loss.files:
            names, fault = tuple(islice(loss.names(), MOST_NAMES)), self._disk.fault
            setting.say(Lost(setting.now, self._job, "device", loss.files, loss.bytes, WHY, fault, names))

    def _take(self, now: float, count: int) -> None:
        """Note how many bytes came since the last look."""
        if count <= 0:
            return
        self._total += count
        if self._came and now - self._came[-1][0] < GRAIN:
            self._came[-1] = (self._came[-1][0], self._total)
        else:
            self._came.append((now, self._total))

    def _older(self, than: float, waiting: int) -> float:
        """Bytes that came before a time, of those that are still waiting."""
        while len(self._came) > 1 and self._came[1][0] <= than:
            self._came.popleft()
        if not self._came or self._came[0][0] > than:
            return 0.0
        return max(0.0, float(waiting - (self._total - self._came[0][1])))

    def _speed(self) -> float:
        """What the disk writes now [bytes/s]."""
        disk = self._disk
        if self._store is None:  # of its figures, which stay: asked for with every operation of a client
            self._store = capacities.server(self._setting.figures, disk.kind, 0.0, disk.room).store
        return self._store.rate(float(disk.share.used)) * disk.disk_factor
