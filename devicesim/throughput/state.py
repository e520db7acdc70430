"""Where a transfer stands, and the record of what it has done.

Both loops, :mod:`~devicesim.throughput.ordered` and :mod:`~devicesim.throughput.queued`, move the same
:class:`State`, so that one can go on where the other stopped. A state can be copied; a :class:`Record` only
grows, and is cut back when a copy of an earlier state is taken up again.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import inf
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.throughput.capacity import Capacity
from devicesim.throughput.model import Client, Operation, Server

Turn = tuple[float, int, int]
"""When a stream may issue next, the number of the RPC whose reply allows it, and the stream."""

NEVER: Turn = (inf, 0, -1)
"""Always last in the heap of turns, so that the heap is never empty."""

UNKNOWN: Turn = (inf, -1, -1)
"""In a stream's ring: the WRITE is not answered yet."""

METER_EVERY = 64
"""RPCs from one reading of the meters to the next."""


Flight = tuple[float, int, int, int, int, int, int, Operation, float]
"""An RPC on its way: when, whether it then leaves the cores (0) or arrives at them (1), its order among those of
one instant, its number, stream (-1: none), slot in the stream's ring, client, operation and payload."""


@dataclass(slots=True)
class Stream:
    """One of a client's streams.

    ``stage`` counts the operations of a file so that 0 is its WRITEs: negative before, positive after, None
    when the stream is about to take a file. ``ring`` holds the turns that the replies of the last ``window``
    WRITEs gave (``UNKNOWN`` while there is none), the next one to be overwritten at ``slot``; ``last``
    is the latest turn, ``held`` the turn at which the stream stopped for want of an answer.
    A file's WRITEs are all answered before the next file begins, so the ring goes on from file to file.
    """

    client: int
    before: int
    after: int
    ring: list[Turn]
    stage: int | None = None
    file: int = -1
    left: float = 0.0
    slot: int = 0
    last: Turn = (-inf, 0, -1)
    unanswered: int = 0
    held: Turn | None = None

    def copy(self) -> Stream:
        """Return an independent copy."""
        # Field by field: ``dataclasses.replace`` takes several times as long, and every checkpoint copies them all.
        return Stream(
            self.client, self.before, self.after, self.ring.copy(), self.stage, self.file, self.left, self.slot,
            self.last, self.unanswered, self.held,
        )  # fmt: skip


@dataclass(slots=True)
class State:
    """What the future depends on, and running totals.

    Attributes:
        streams: every stream of every client.
        ready: heap of the streams that may issue, by turn; ends with ``NEVER``.
        parked: turns of streams that found their client's list empty, or their client paused.
        pending: per link, RPCs issued that would never get through it.
        stalled: the same in the ordered loop: turns of streams whose RPC would never get to the store.
        flight: heap of RPCs between two stations (the ordered loop leaves it empty).
        link_free, link_busy: per link, when it is free and how long it has served [s].
        arrived: per client, when its latest RPC reached the server [s].
        cores: heap of when each core is free.
        buffered: bytes admitted up to and with a payload, and when the store has it, oldest first.
        taken, available, paused: per client, files begun, files submitted, no RPC is issued.
        number, served: RPCs issued and RPCs begun by the cores.
        time: time of the latest step or input.
        asked, told: number of the RPC whose reply was asked for last, and when that arrives (NaN: not known yet).
        core_busy, core_seen: time the cores have been given to serve, and when the latest RPC arrived there [s].
        admitted_at, admitted: time of the latest admission, and bytes admitted.
        drained: bytes that the store is known to have; blocked: time that admission stood still for room [s].
        store_free, store_busy: when the store is free and how long it has served [s].
    """

    streams: list[Stream]
    ready: list[Turn]
    pending: list[list[Flight]]
    link_free: list[float]
    link_busy: list[float]
    arrived: list[float]
    cores: list[float]
    taken: list[int]
    available: list[int]
    paused: list[bool]
    position: float
    parked: list[Turn] = field(default_factory=list)
    stalled: list[Turn] = field(default_factory=list)
    flight: list[Flight] = field(default_factory=list)
    buffered: deque[tuple[float, float]] = field(default_factory=deque)
    number: int = 1
    served: int = 0
    time: float = -inf
    asked: int = 0
    told: float = inf
    core_busy: float = 0.0
    core_seen: float = -inf
    admitted_at: float = -inf
    admitted: float = 0.0
    drained: float = 0.0
    blocked: float = 0.0
    store_free: float = -inf
    store_busy: float = 0.0

    @classmethod
    def begin(cls, server: Server, clients: Sequence[Client], at: float) -> State:
        """Return the state before anything has moved."""
        owners = [index for index, client in enumerate(clients) for _ in range(client.streams)]
        streams, ready = [], []
        for index, owner in enumerate(owners):
            client = clients[owner]
            number = index - len(owners)
            life = client.operations
            ring: list[Turn] = [(-inf, number, index)] * client.window
            streams.append(Stream(owner, len(life.before), len(life.after), ring))
            ready.append((max(at, client.start), number, index))
        links = 1 + max(client.link for client in clients)
        count = len(clients)
        return cls(
            streams, [*sorted(ready), NEVER], [[] for _ in range(links)], [-inf] * links, [0.0] * links,
            [-inf] * count, [-inf] * server.cores, [0] * count, [0] * count,
            [False] * count, server.store.position,
        )  # fmt: skip

    def over(self, time: float) -> bool:
        """Tell whether everything computed so far is over before a time."""
        used = (*self.link_free, *self.cores, self.admitted_at, self.store_free)
        return self.time <= time and max(used) < time

    def move(self, moved: Callable[[float], float]) -> None:
        """Let everything ahead of the store happen at other times."""

        def later(turn: Turn) -> Turn:
            return (moved(turn[0]), turn[1], turn[2])

        for stream in self.streams:
            stream.ring = [turn if turn is UNKNOWN else later(turn) for turn in stream.ring]
            stream.last = later(stream.last)
            stream.held = None if stream.held is None else later(stream.held)
        for turns in (self.ready, self.parked, self.stalled):
            turns[:] = [turn if turn is NEVER else later(turn) for turn in turns]
        for rpcs in (self.flight, *self.pending):
            rpcs[:] = [(moved(rpc[0]), *rpc[1:]) for rpc in rpcs]
        for column in (self.link_free, self.arrived, self.cores):
            column[:] = [moved(time) for time in column]
        self.core_seen = moved(self.core_seen)
        self.admitted_at = moved(self.admitted_at)
        self.time = moved(self.time)

    def copy(self) -> State:
        """Return an independent copy, without the buffered payloads that no longer hold anybody up."""
        buffered = self.buffered
        while buffered and buffered[0][1] <= self.admitted_at:
            self.drained = buffered.popleft()[0]
        return replace(
            self,
            streams=[stream.copy() for stream in self.streams],
            ready=self.ready.copy(), parked=self.parked.copy(), flight=self.flight.copy(),
            pending=[rpcs.copy() for rpcs in self.pending],
            stalled=self.stalled.copy(),
            link_free=self.link_free.copy(), link_busy=self.link_busy.copy(),
            arrived=self.arrived.copy(), cores=self.cores.copy(), buffered=buffered.copy(),
            taken=self.taken.copy(), available=self.available.copy(), paused=self.paused.copy(),
        )  # fmt: skip


class Meter:
    """A cumulative quantity, recorded at times when its value is exact."""

    __slots__ = ("times", "values")

    def __init__(self) -> None:
        self.times = array("d")
        self.values = array("d")

    def read(self, time: float, value: float) -> None:
        """Record a reading, unless there is none since the last or the station stands still for good."""
        if -inf < time < inf and (not self.times or time > self.times[-1]):
            self.times.append(time)
            self.values.append(value)

    def read_all(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Record readings one after the other."""
        last = self.times[-1] if self.times else -inf
        before = np.maximum.accumulate(np.concatenate(([last], times[:-1])))
        kept = (times > before) & (times < inf)
        self.times.frombytes(times[kept].tobytes())
        self.values.frombytes(values[kept].tobytes())


class Files:
    """One client's list of files, which of them were finished when, and when how many of its bytes were admitted.

    What happens is noted in lists, payloads in ``payloads`` and ``admitted_at``, files in ``ended`` and ``ended_at``,
    until :meth:`write_up`: an array takes numbers one by one several times as slowly.
    """

    __slots__ = (
        "admitted", "admitted_at", "ended", "ended_at", "finished", "finished_at", "payloads", "sizes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sizes = array("d")
        self.admitted = Meter()
        self.finished = array("q")
        self.finished_at = array("d")
        self.admitted_at: list[float] = []
        self.payloads: list[float] = []
        self.ended: list[int] = []
        self.ended_at: list[float] = []

    def write_up(self) -> None:
        """Enter what has been noted since into the columns."""
        if self.payloads:
            values = self.admitted.values
            self.payloads[0] += values[-1] if values else 0.0
            self.payloads[:] = accumulate(self.payloads)
        pairs: tuple[tuple[array[Any], list[Any]], ...] = (
            (self.admitted.times, self.admitted_at),
            (self.admitted.values, self.payloads),
            (self.finished, self.ended),
            (self.finished_at, self.ended_at),
        )
        for column, noted in pairs:
            if noted:
                column.frombytes(pack(f"{len(noted)}{column.typecode}", *noted))
                noted.clear()


class Record:
    """Everything recorded: per client its files, per station its meter, once the readings are written up."""

    __slots__ = ("blocked", "cores", "files", "links", "readings", "store", "stored")

    def __init__(self, clients: int, links: int, at: float) -> None:
        self.files = [Files() for _ in range(clients)]
        self.links = [Meter() for _ in range(links)]
        self.cores = Meter()
        self.store = Meter()
        self.stored = Meter()
        self.blocked = Meter()
        for meter in self._meters():
            meter.read(at, 0.0)
        self.readings: list[tuple[float, ...]] = []

    def _meters(self) -> list[Meter]:
        return [*self.links, self.cores, self.store, self.stored, self.blocked]

    def _columns(self) -> list[array[float] | array[int]]:
        self.write_up()
        meters = [*(files.admitted for files in self.files), *self._meters()]
        columns: list[array[float] | array[int]] = [
            c for meter in meters for c in (meter.times, meter.values)
        ]
        return columns + [column for files in self.files for column in (files.finished, files.finished_at)]

    def lengths(self) -> list[int]:
        """Return how far everything has been recorded."""
        return [len(column) for column in self._columns()]

    def cut(self, lengths: Sequence[int]) -> None:
        """Forget what was recorded since those lengths."""
        for column, length in zip(self._columns(), lengths, strict=True):
            del column[length:]

    def written_files(self) -> list[Files]:
        """Every client's files, when all that was noted of them is in their columns."""
        for files in self.files:
            files.write_up()
        return self.files

    def read_meters(self, state: State, share: Capacity) -> None:
        """Read every meter: a server that takes its work in order has, once free, done what it was given.

        The readings wait for :meth:`write_up`: one by one they would cost a twelfth of all that there is to compute.
        """
        seen, core_busy = core_reading(state, share)
        free = state.store_free
        self.readings.append(
            (*state.link_free, seen, free, free, state.admitted_at,
             *state.link_busy, core_busy, state.store_busy, state.admitted, state.blocked)
        )  # fmt: skip

    def write_up(self) -> None:
        """Enter the readings taken since into the meters, and what has been noted of files into their columns."""
        self.written_files()
        if self.readings:
            columns = np.array(self.readings).T
            self.readings.clear()
            meters = self._meters()
            times, values = columns[: len(meters)], columns[len(meters) :]
            for meter, at, reading in zip(meters, times, values, strict=True):
                meter.read_all(at, reading)


def core_reading(state: State, share: Capacity) -> tuple[float, float]:
    """Return a time and how long the cores had served by then, exactly.

    One core when it becomes free; several at the latest arrival, since what they were given by then goes on without
    a gap.
    """
    if len(state.cores) == 1:
        return state.cores[0], state.core_busy
    seen = state.core_seen
    return seen, state.core_busy - sum(share.busy(seen, free) for free in state.cores if free > seen)


def close(record: Record, stream: Stream, time: float) -> None:
    """Finish the stream's file, if it has one whose operations are all answered."""
    if stream.stage is None and stream.file >= 0:
        files = record.files[stream.client]
        files.ended.append(stream.file)
        files.ended_at.append(time)
        stream.file = -1


def take(state: State, record: Record, stream: Stream, time: float) -> bool:
    """Finish the stream's file, if it has one, and begin the next of its client's list; False if there is none."""
    client, file = stream.client, stream.file
    files = record.files[client]
    while True:
        if file >= 0:
            files.ended.append(file)
            files.ended_at.append(time)
        file = state.taken[client]
        if file == state.available[client]:
            stream.file = -1
            return False
        state.taken[client] = file + 1
        stream.file = file
        stream.left = left = files.sizes[file]
        stream.stage = stage = -stream.before if stream.before else 0 if left else 1 if stream.after else None
        if stage is not None:
            return True
