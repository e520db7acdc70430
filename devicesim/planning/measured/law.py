"""The law of a measured transfer: the transfer core with as few costs as measurements can tell apart.

Model
-----
The core's stations (:mod:`devicesim.throughput.model`) with the operations of an NFS file: the link at a share of
its TCP goodput, one-way latency of half the round trip plus half of what the hosts add to it, a number of cores
that take so long for a call and for a byte, and a ceiling on what the two hosts move with no link to hold them.

A traffic shaper lets through at once what has been saved up in its bucket. A burst that fits waits for no
bandwidth, only the sum does: with a bucket of ``q`` bytes and bursts of ``b``, the core sees a link of
``B b / (b - q)``, and the whole takes ``bytes / B`` at least. A cable has no bucket.

Long lists are computed to where they are steady, and go on at that pace.

Scope and limits
----------------
Files of one size; a store that keeps up (what a disk takes is told by its costs, or is added by the device's
model). No loss, and no packet: a host that takes long for each packet shows as a lower share of the link.

Sources
-------
The transfer core; the token bucket is RFC 2697's, with one rate.

Checked against
---------------
Real transfers: ``devicesim validate``, and held out in ``devicesim calibrate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, inf, log

import numpy as np

from devicesim.errors import require
from devicesim.physics import ethernet, nfs
from devicesim.planning.measured.measurement import DISTANT, Setting
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, Transfer, simulate

STEADY_FILES = 128
STEADY_WRITES = 2048
"""Files, and WRITEs, after which a transfer is taken to be steady."""

STEADY_TURNS = 8
"""Files that each stream sends at least before a transfer is taken to be steady."""

ALIKE = log(10)
"""Logarithm of the ratio of round trips up to which links of unsaid kinds are taken to be alike."""

_NO_LIMIT = 1e15
"""Bytes/s that nothing waits for."""

_EVER = Store(_NO_LIMIT, _NO_LIMIT, 1e18)
"""A store that is never waited for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of link and the bucket of its shaper.

    Attributes:
        kind: the measurer's word for it.
        rtt: its typical round trip [s].
        bucket: bytes that it lets through at once; 0 on a cable.
    """

    kind: str
    rtt: float
    bucket: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What measurements are explained by.

    Attributes:
        efficiency: share of the link's TCP goodput that is filled.
        delay: what the hosts add to a round trip [s].
        per_operation: time of a core for a call [s].
        per_byte: further time for each byte written [s/byte].
        ceiling: bytes/s that the hosts move at most, infinite where none was seen.
        cores: that serve calls.
        window: WRITEs in flight of a stream, where a setting does not say.
        lines: kinds of links that were measured.
    """

    efficiency: float
    delay: float
    per_operation: float
    per_byte: float
    ceiling: float = inf
    cores: int = 1
    window: int = 8
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        require(0 < self.efficiency <= 1, "efficiency", "in (0, 1]", self.efficiency)
        require(self.ceiling > 0, "ceiling", "> 0", self.ceiling)

    def bucket(self, setting: Setting) -> float:
        """The bucket of a setting's link, none if it is unlike every line that was measured [bytes]."""
        return next((line.bucket for line in (self.line(setting),) if line), 0.0)

    def line(self, setting: Setting) -> Line | None:
        """The line that a setting's link is taken for: of its kind, else that of the most similar round trips."""
        if setting.link == inf or not self.lines:
            return None
        same = [line for line in self.lines if setting.line and line.kind == setting.line]

        def distance(line: Line) -> float:
            return abs(log(max(line.rtt, 1e-6) / max(setting.rtt, 1e-6)))

        near = min(same or self.lines, key=distance)
        return near if same or distance(near) <= ALIKE else None


def line_of(setting: Setting) -> str:
    """What a link is called where the measurer has not said."""
    return setting.line or ("distant" if setting.rtt > DISTANT else "local")


@cache
def _calls(version: nfs.Version) -> nfs.FileOperations:
    return nfs.file_operations(version)


def operations(costs: Costs, version: nfs.Version) -> Operations:
    """The operations of a file, each at its cost."""
    calls = _calls(version)

    def operation(call: nfs.Procedure, per_byte: float = 0.0) -> Operation:
        return Operation(call.name, float(call.request), costs.per_operation, per_byte)

    return Operations(
        tuple(map(operation, calls.before)),
        operation(calls.write, costs.per_byte),
        tuple(map(operation, calls.after)),
    )


def goodput(setting: Setting, costs: Costs) -> float:
    """What the setting's link carries [bytes/s]; infinite where nothing limits it."""
    return inf if setting.link == inf else float(ethernet.goodput(setting.link)) * costs.efficiency


def wall(setting: Setting, costs: Costs) -> float:
    """How long a transfer takes.

    Args:
        setting: how the files are sent.
        costs: of calls, bytes and links.

    Returns:
        Seconds.

    >>> lab = Costs(0.97, 40e-6, 90e-6, 1.7e-9, 800e6)
    >>> bulk = Setting(125e6, 5e-5, 1, 2**20, 1, 2.0**29)
    >>> 4.6 < wall(bulk, lab) < 4.9
    True
    """
    link = goodput(setting, costs)
    burst = min(setting.size, setting.wsize) + _calls(setting.version).write.request
    bucket = costs.bucket(setting)
    seen = inf if bucket >= burst else link * burst / (burst - bucket)
    time = _long(setting, costs, min(seen, costs.ceiling, _NO_LIMIT))
    if bucket:
        calls = _calls(setting.version)
        each = float(nfs.wire_bytes(setting.size, _word(setting.wsize), calls=calls).request)
        time = max(time, setting.files * each / link)
    return time


def _word(wsize: int) -> int:
    return -(-wsize // 4) * 4


def _long(setting: Setting, costs: Costs, bandwidth: float) -> float:
    """Time of files of any size: beyond so many WRITEs they take so much more for each."""
    writes = ceil(setting.size / setting.wsize)
    if writes <= 2 * STEADY_WRITES:
        return _many(setting, costs, bandwidth, setting.size)
    sizes = (float(n * STEADY_WRITES * setting.wsize) for n in (1, 2))
    short, longer = (_many(setting, costs, bandwidth, size) for size in sizes)
    return longer + (longer - short) * (setting.size / (STEADY_WRITES * setting.wsize) - 2)


def _many(setting: Setting, costs: Costs, bandwidth: float, size: float) -> float:
    """Time of any number of files: beyond so many they go on at the pace of the latter half."""
    writes = max(ceil(size / setting.wsize), 1)
    steady = min(max(STEADY_FILES, 32 * setting.streams), STEADY_WRITES // writes)
    count = min(setting.files, max(steady, STEADY_TURNS * setting.streams))
    transfer = run(setting, costs, bandwidth, count, size)
    if count == setting.files:
        return transfer.end
    ends = np.sort(transfer.finish(0))
    half = count // 2
    pace = (ends[-1] - ends[half - 1]) / (count - half)
    return float(ends[-1] + (setting.files - count) * pace)


def run(setting: Setting, costs: Costs, bandwidth: float, count: int, size: float) -> Transfer:
    """The transfer of the first files, by the core."""
    window = setting.window or costs.window
    client = Client(operations(costs, setting.version), setting.streams, window, setting.wsize)
    regime = Regime((bandwidth,), ((setting.rtt + costs.delay) / 2,))
    return simulate(Server(costs.cores, inf, _EVER), [client], [np.full(count, size)], [(0.0, regime)])


def walls(settings: Sequence[Setting], costs: Costs) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How long each transfer takes, shape (settings,) [s]."""
    return np.array([wall(setting, costs) for setting in settings])
