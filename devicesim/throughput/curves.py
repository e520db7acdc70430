"""What can be read from a transfer: bytes and objects over time, and how busy each station was.

Bytes count at the admission of their WRITE and objects at the last reply of their file, both exactly. The
stations' busy times and the bytes the store has are exact at the meters' readings, at most
:data:`~devicesim.throughput.state.METER_EVERY` RPCs apart, and linear between them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from devicesim.throughput.capacity import Capacity
from devicesim.throughput.state import Files, Meter, Record, State, core_reading

Floats = NDArray[np.float64]


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


def view(column: array[float]) -> Floats:
    """Look at a column without a copy; it must be let go before the column grows."""
    return np.frombuffer(column) if column else np.empty(0)


def _counted(meter: Meter, times: Floats) -> Floats:
    """Return the value recorded last at each time."""
    if not meter.times:
        return np.zeros(times.shape)
    index = np.searchsorted(view(meter.times), times, side="right")
    return np.where(index > 0, view(meter.values)[index - 1], 0.0)


def sent(files: Files, times: Floats) -> Floats:
    """Bytes of a client admitted by each time."""
    return _counted(files.admitted, times)


def finished(files: Files, times: Floats) -> Floats:
    """Files of a client finished by each time."""
    return np.searchsorted(view(files.finished_at), times, side="right").astype(np.float64)


def curve(clients: Sequence[Files], until: float) -> Curve:
    """Return the curve of some clients together, up to and with a time."""
    parts = []
    for files in clients:
        times = view(files.admitted.times)
        payloads = np.diff(view(files.admitted.values), prepend=0.0)
        ends = view(files.finished_at)
        parts += [(times, payloads, np.zeros(times.size)), (ends, np.zeros(ends.size), np.ones(ends.size))]
    time, size, objects = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    order = order[: np.searchsorted(time[order], until, side="right")]
    return Curve(time[order], np.cumsum(size[order]), np.cumsum(objects[order]))


def _read(meter: Meter, times: Floats, *latest: tuple[float, float]) -> Floats:
    """Interpolate a meter's readings and the latest ones, each a time and a value."""
    known, values = view(meter.times), view(meter.values)
    for time, value in latest:
        if known[-1] < time < inf:
            known, values = np.append(known, time), np.append(values, value)
    return np.interp(times, known, values)


def stored(record: Record, state: State, times: Floats) -> Floats:
    """Bytes that the store had by each time; never more than had been admitted."""
    admitted = sum((sent(files, times) for files in record.files), np.zeros(times.shape))
    return np.minimum(_read(record.stored, times, (state.store_free, state.admitted)), admitted)


def usage(record: Record, state: State, share: Capacity, times: Floats) -> Usage:
    """Return how long each station had served by each time."""
    links = zip(record.links, state.link_free, state.link_busy, strict=True)
    return Usage(
        np.array([_read(meter, times, (free, busy)) for meter, free, busy in links]),
        _read(record.cores, times, core_reading(state, share), (max(state.cores), state.core_busy)),
        _read(record.store, times, (state.store_free, state.store_busy)),
        _read(record.blocked, times, (state.admitted_at, state.blocked)),
    )
