"""What a transfer is made of: operations, clients, a server with its store, and the regime they work under.

Model
-----
Every RPC passes the same first-in-first-out stations: its link, the server's cores, admission to the buffer
ahead of the store, and the store. Service is deterministic: so many bytes at so many bytes a second. What
varies with time (bandwidth, latency, share of the cores, speed of the store) is piecewise constant: one
:class:`Regime` after another.

Path of an RPC issued at ``t``:

1. *link*: ``(request + payload) / bandwidth`` seconds of the client's link, which clients may share; then the
   one-way latency that holds when it leaves the link. A client's RPCs travel in order, as on one connection.
2. *cores*: ``(work + work_per_byte * payload) / share`` seconds of whichever core is free first.
3. *admission*, for operations that touch the store (payload, store work or ``wait``): in the order in which
   they leave the cores, none overtaking. A payload waits until it and what is buffered fit in the buffer; one
   larger than the buffer waits until the buffer is empty.
4. *store*: ``(payload / rate + store) / speed`` seconds, with ``rate`` taken at the RPC's first byte.
5. The *reply* leaves at admission (an operation that does not touch the store: when it leaves its core; with
   ``wait``: when the store is done with it) and arrives one latency later.

A stream takes the next file of its client's list, issues the operations before the data one by one, then WRITE
``i`` no earlier than WRITE ``i - 1`` and the reply of WRITE ``i - window``, then, when all are answered, the
operations after the data one by one; the file is finished at the last reply.

Ties: at one instant admission acts before the cores, and the cores before the links. RPCs that reach a station
at one instant are served in the order in which they entered the station before it; streams free to issue at one
instant go in the order of the RPCs whose replies freed them (before any reply: in the order of the clients).

Scope and limits
----------------
No packet, no loss, no interrupt: those belong in the capacities. Cores serve one RPC at a time each.

Sources
-------
The operations of a file and their costs come from the caller. The store's rate is that of a disk of constant
linear density: track length, and so rate, is proportional to the radius, and the area passed grows with its
square.

Checked against
---------------
An event-per-RPC SimPy model of these rules, in :mod:`devicesim.benchmark.oracle`: finish times and byte curves equal to
the last bit, for equal and mixed sizes, one and several links and cores, replies that wait, and changing regimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from devicesim.errors import require

LARGEST = 2.0**53
"""Largest file [bytes]: beyond it bytes are no longer whole numbers."""


MOST_TURNS, MOST_LINKS, MOST_CORES = 2**19, 1024, 4096
"""WRITEs that a client can have in flight, links and cores: what is beyond is taken for a slip."""


def _positive(**values: float) -> None:
    for name, value in values.items():
        require(0 < value < inf, name, "> 0 and finite", value)


def _not_negative(**values: float) -> None:
    for name, value in values.items():
        require(0 <= value < inf, name, ">= 0 and finite", value)


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of RPC.

    Attributes:
        name: what the protocol calls it.
        request: bytes on the link besides the payload.
        work: time of one core at share 1 [s].
        work_per_byte: further core time for each byte of payload [s/byte].
        store: time of the store that it queues besides its payload, as a journal write [s].
        wait: the reply waits until the store has done everything queued up to and with it.
    """

    name: str
    request: float
    work: float
    work_per_byte: float = 0.0
    store: float = 0.0
    wait: bool = False

    def __post_init__(self) -> None:
        _not_negative(
            request=self.request, work=self.work, work_per_byte=self.work_per_byte, store=self.store
        )


@dataclass(frozen=True, slots=True)
class Operations:
    """A file's life: ``before`` in series, its data as pipelined ``write``, ``after`` in series."""

    before: tuple[Operation, ...]
    write: Operation
    after: tuple[Operation, ...]

    @property
    def all(self) -> tuple[Operation, ...]:
        """Every operation, in order."""
        return (*self.before, self.write, *self.after)


@dataclass(frozen=True, slots=True)
class Client:
    """A machine that sends files over one link with several streams.

    Attributes:
        operations: what each file costs.
        streams: files under way at a time.
        window: WRITEs in flight per stream.
        block: payload of a full WRITE [bytes].
        link: index of the link, shared with every client that names the same one.
        start: when its streams begin [s].
        name: for reports.
    """

    operations: Operations
    streams: int = 4
    window: int = 16
    block: float = 131072
    link: int = 0
    start: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        for name, value in (("streams", self.streams), ("window", self.window), ("link", self.link)):
            require(isinstance(value, int), name, "a whole number", value)
        require(self.streams >= 1, "streams", ">= 1", self.streams)
        require(self.window >= 1, "window", ">= 1", self.window)
        turns = self.streams * self.window
        require(turns <= MOST_TURNS, "streams * window", f"<= {MOST_TURNS}", turns)
        require(self.link < MOST_LINKS, "link", f"< {MOST_LINKS}", self.link)
        require(self.block >= 1 and self.block < inf, "block", ">= 1 and finite", self.block)
        require(self.link >= 0, "link", ">= 0", self.link)
        require(-inf < self.start < inf, "start", "finite", self.start)


@dataclass(frozen=True, slots=True)
class Store:
    """What the buffer drains into: a rate that falls (or not) as it fills, and how full it is.

    Attributes:
        rate_start: rate at the first byte [bytes/s].
        rate_end: rate at the last byte [bytes/s].
        capacity: bytes from the first to the last; beyond it the rate stays ``rate_end``.
        position: bytes already there when the transfer starts.
    """

    rate_start: float
    rate_end: float
    capacity: float
    position: float = 0.0

    def __post_init__(self) -> None:
        _positive(rate_start=self.rate_start, rate_end=self.rate_end, capacity=self.capacity)
        _not_negative(position=self.position)

    def rate(self, position: float) -> float:
        """Rate at a position [bytes/s]: its square falls linearly from first to last byte.

        >>> Store(rate_start=180e6, rate_end=90e6, capacity=8e12).rate(8e12)
        90000000.0
        """
        start, end = self.rate_start, self.rate_end
        return sqrt(
            start * start + (end * end - start * start) * min(position, self.capacity) / self.capacity
        )


@dataclass(frozen=True, slots=True)
class Server:
    """Cores, a buffer of so many bytes ahead of the store, and the store. An infinite buffer never blocks."""

    cores: int
    buffer: float
    store: Store

    def __post_init__(self) -> None:
        require(isinstance(self.cores, int), "cores", "a whole number", self.cores)
        require(self.cores >= 1, "cores", ">= 1", self.cores)
        require(self.cores <= MOST_CORES, "cores", f"<= {MOST_CORES}", self.cores)
        require(self.buffer >= 0, "buffer", ">= 0", self.buffer)


@dataclass(frozen=True, slots=True)
class Regime:
    """What holds from one change to the next.

    Attributes:
        bandwidth: of each client on its link [bytes/s]; 0 is an outage.
        latency: one way, of each client [s].
        share: of each core that is left to the server, in [0, 1].
        store: factor on the store's speed; 0 stops it.
    """

    bandwidth: tuple[float, ...]
    latency: tuple[float, ...]
    share: float = 1.0
    store: float = 1.0

    def __post_init__(self) -> None:
        for name, values in (("bandwidth", self.bandwidth), ("latency", self.latency)):
            for i, value in enumerate(values):
                require(0 <= value < inf, f"{name}[{i}]", ">= 0 and finite", value)
        require(0 <= self.share <= 1, "share", "in [0, 1]", self.share)
        _not_negative(store=self.store)

    def require_clients(self, count: int) -> None:
        """Raise a BoundError unless the regime is one for so many clients."""
        if len(self.bandwidth) == count == len(self.latency):
            return
        for name in ("bandwidth", "latency"):
            given = len(getattr(self, name))
            require(given == count, f"len({name})", f"the number of clients, {count}", given)
