"""What can be read from a transfer: bytes and objects over time, and how busy each station was.

Bytes count at the admission of their WRITE and objects at the last reply of their file, both exactly. The
stations' busy times and the bytes the store has are exact at the meters' readings, at most
:data:`~devicesim.throughput.state.METER_EVERY` RPCs apart, and linear between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.throughput.reading import Core, FileColumns, Floats, Readings


@dataclass(frozen=True, slots=True)
class Curve:
    """What had arrived from each time on.

    Attributes:
        time: of admissions and of finished files, not decreasing, shape (n,) [s].
        bytes: admitted up to and with each time, shape (n,).
        objects: files finished up to and with each time, shape (n,).
    """

    time: Floats
    bytes: Floats
    objects: Floats


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of service up to given times, a zero rate not counted; shapes follow the times.

    Attributes:
        link: of each link, shape (links, ...) [s].
        cores: of all cores together [s].
        store: of the store [s].
        buffer: seconds in which admission stood still for want of room.
    """

    link: Floats
    cores: Floats
    store: Floats
    buffer: Floats


def view(column: Any) -> Floats:
    """Look at a column of times or values without a copy; it must be let go before the column grows."""
    return np.frombuffer(column) if len(column) else np.empty(0)


def indices(column: Any) -> NDArray[np.int64]:
    """Look at a column of whole numbers likewise."""
    return np.frombuffer(column, dtype=np.int64) if len(column) else np.empty(0, dtype=np.int64)


def sent(files: FileColumns, times: Floats) -> Floats:
    """Bytes of a client admitted by each time."""
    if not len(files.admitted):
        return np.zeros(times.shape)
    index = np.searchsorted(view(files.admitted_at), times, side="right")
    return np.where(index > 0, view(files.admitted)[index - 1], 0.0)


def finished(files: FileColumns, times: Floats) -> Floats:
    """Files of a client finished by each time."""
    return np.searchsorted(view(files.finished_at), times, side="right").astype(np.float64)


def curve(clients: Sequence[FileColumns], until: float) -> Curve:
    """Return the curve of some clients together, up to and with a time."""
    parts = []
    for files in clients:
        times = view(files.admitted_at)
        payloads = np.diff(view(files.admitted), prepend=0.0)
        ends = view(files.finished_at)
        parts += [(times, payloads, np.zeros(times.size)), (ends, np.zeros(ends.size), np.ones(ends.size))]
    time, size, objects = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    order = order[: np.searchsorted(time[order], until, side="right")]
    return Curve(time[order], np.cumsum(size[order]), np.cumsum(objects[order]))


def _read(readings: Readings, times: Floats) -> Floats:
    """Interpolate a station's readings and its latest points."""
    known, values = view(readings.times), view(readings.values)
    ends, lasts = [float(known[-1])], [float(values[-1])]
    for time, value in readings.latest:
        if ends[-1] < time < inf:
            ends.append(time)
            lasts.append(value)
    if times.ndim == 0:
        one = float(times)
        return np.asarray(
            _at(one, known, values) if len(ends) == 1 or one <= ends[0] else np.interp(one, ends, lasts)
        )
    # Only what is between is looked at: np.interp copies what it may not write to, and there may be millions.
    if times.size:
        first = max(int(np.searchsorted(known, times.min(), side="left")) - 1, 0)
        last = int(np.searchsorted(known, times.max(), side="right")) + 1
        known, values = known[first:last], values[first:last]
    read = np.interp(times, known, values)
    return read if len(ends) == 1 else np.where(times > ends[0], np.interp(times, ends, lasts), read)


def _at(time: float, known: Floats, values: Floats) -> float:
    """One value between two readings: what ``np.interp`` computes, to the last digit."""
    after = int(known.searchsorted(time, side="right"))
    if after == 0 or after == known.size:
        return float(values[after - (after > 0)])
    before, begin = float(known[after - 1]), float(values[after - 1])
    return (float(values[after]) - begin) / (float(known[after]) - before) * (time - before) + begin


def stored(core: Core, clients: int, times: Floats) -> Floats:
    """Bytes that the store had by each time; never more than had been admitted."""
    admitted = sum((sent(core.files(i), times) for i in range(clients)), np.zeros(times.shape))
    return np.minimum(_read(core.meter("stored"), times), admitted)


def usage(core: Core, links: int, times: Floats) -> Usage:
    """Return how long each station had served by each time."""
    return Usage(
        np.array([_read(core.meter("link", i), times) for i in range(links)]),
        _read(core.meter("cores"), times),
        _read(core.meter("store"), times),
        _read(core.meter("buffer"), times),
    )


def worked(core: Core, time: float) -> tuple[float, float]:
    """Return how long the cores, all together, and the store had served by a time."""
    at = np.asarray(time, dtype=np.float64)
    return float(_read(core.meter("cores"), at)), float(_read(core.meter("store"), at))
