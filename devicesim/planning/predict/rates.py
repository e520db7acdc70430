"""Sustained rates over file size, streams, link and durability, and what binds each.

Model
-----
A copy is run by the transfer core until its page cache has been full for long; its rate is that of the middle half.
What binds is where most of the time goes: the busy share of the link, the cores or the disk, or the share of a
stream's time that passes in round trips.

Checked against
---------------
``devicesim run`` of the same copy, and bounds worked by hand, in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, exp

from devicesim.planning.measured.measurement import KIB, MIB, Setting, Version
from devicesim.planning.predict.rig import MOST_CALLS, Durability, Rig

SIZES = (4 * KIB, 64 * KIB, MIB, 16 * MIB, 1024 * MIB)
STREAMS = (1, 4, 16)
DURABILITIES: tuple[Durability, ...] = ("async", "commit", "sync")

LINK, CPU, DISK, TRIPS = "link", "CPU", "disk", "round trips"

LIFTS = {
    LINK: "a faster link",
    CPU: "larger files and writes",
    DISK: "async, more streams, or larger files",
    TRIPS: "more streams, or a shorter way",
}
"""What would lift each."""

_LARGEST = 256 * MIB
_FROM, _TO = 0.35, 0.85
"""The part of a copy that its rate is taken from: neither filling the cache nor waiting for the last stream."""
_STALLED = 0.02
"""Share of the time in which writers must stand still for a disk that drains behind to be what binds."""
_NORMAL_95 = 1.6449


@dataclass(frozen=True, slots=True)
class Rate:
    """One cell of the table.

    Attributes:
        setting: link, streams and size of the files.
        durability: when a write counts as safe; empty for a measured server, which has its own.
        bytes: sustained [bytes/s].
        binding: what binds it.
        shares: of the link, the cores, the disk and the round trips.
    """

    setting: Setting
    durability: str
    bytes: float
    binding: str
    shares: dict[str, float]

    @property
    def files(self) -> float:
        """Files a second."""
        return self.bytes / self.setting.size


@dataclass(frozen=True, slots=True)
class Axes:
    """What the table spans; and what holds for all of it."""

    links: Sequence[float]
    rtt: float
    wsize: int
    version: Version
    sizes: Sequence[float] = SIZES
    streams: Sequence[int] = STREAMS
    durabilities: Sequence[Durability] = DURABILITIES

    def settings(self) -> Iterator[tuple[Setting, Durability]]:
        """Each cell's setting, by link, durability, size and streams."""
        for link, durability, size, streams in product(
            self.links, self.durabilities, self.sizes, self.streams
        ):
            yield Setting(link, self.rtt, streams, self.wsize, 1, float(size), self.version), durability


def rates(axes: Axes, rig: Callable[[Setting, Durability], Rig], own: bool = False) -> list[Rate]:
    """Every cell of the table.

    Args:
        axes: what it spans.
        rig: what a cell runs on.
        own: whether the durability is the server's own, not one of the axis.
    """
    return [
        sustained(rig(setting, durability), setting, "" if own else durability)
        for setting, durability in axes.settings()
    ]


def sustained(rig: Rig, setting: Setting, durability: str) -> Rate:
    """The sustained rate of one cell."""
    steady, size = rig.sustained, min(setting.size, float(_LARGEST))
    filled = 6 * steady.server.buffer if steady.server.buffer < 1e12 else 0.0
    count = (
        max(16 * setting.streams, ceil(filled / size), 256)
        if size < MIB
        else max(2 * setting.streams, ceil(filled / size), ceil(64 * MIB / size))
    )
    transfer = steady.run(count, size)
    start, end = _FROM * transfer.end, _TO * transfer.end
    (before, after), _ = transfer.progress([start, end])
    bytes_per_s = float(after - before) / (end - start)
    usage = transfer.usage([start, end])
    passed = end - start
    serial = len(rig.client.operations.all)
    each = setting.streams * size / bytes_per_s
    shares = {
        LINK: float(usage.link[0][1] - usage.link[0][0]) / passed,
        CPU: float(usage.cores[1] - usage.cores[0]) / passed / rig.server.cores,
        DISK: float(usage.store[1] - usage.store[0]) / passed,
        TRIPS: serial * 2 * rig.regime.latency[0] / each,
    }
    stalled = float(usage.buffer[1] - usage.buffer[0]) / passed
    awaited = any(operation.wait for operation in rig.client.operations.all)
    felt = [name for name in shares if name != DISK or awaited or stalled > _STALLED]
    binding = max(felt, key=lambda name: shares[name])
    return Rate(
        setting, durability, bytes_per_s, binding, {name: min(share, 1.0) for name, share in shares.items()}
    )


def wall(rig: Rig, setting: Setting) -> float:
    """How long a whole copy takes, page cache and all [s]."""
    each = rig.calls(1, setting.size)
    count = min(setting.files, max(int(MOST_CALLS / each), 1))
    size = setting.size
    if each > MOST_CALLS:
        size = float(MOST_CALLS * rig.client.block)
    time = rig.run(count, size).end
    left = setting.bytes - count * size
    return time + (left / sustained(rig, setting, "").bytes if left > 0 else 0.0)


def factor(sigma: float) -> float:
    """The factor within which nine of ten rates lie, where their logarithms scatter by sigma.

    >>> round(factor(0.25), 2)
    1.51
    """
    return exp(_NORMAL_95 * sigma)
