"""Asymptotic bounds: how fast each station could go if it were the only one.

Model
-----
Over a mix of files every station has a demand, the seconds of it that the mix needs. With all clients sending that
mix at once, no transfer moves more bytes a second than

- *link*: what the links carry together, request bytes included;
- *cores*: what all cores together process;
- *store*: what the store takes, journal work included (the buffer only postpones it);
- *round trips*: what the streams achieve if nobody else is in their way. A file then needs each of its serial
  operations in turn (two latencies, link and core time, the store where the reply waits for it), and for its data
  the longer of all WRITEs through the link and one round trip for every window of WRITEs.

The smallest is the bottleneck. For files of one size this is the operational analysis of a closed network
(``min(K / R, 1 / D_max)``), an upper bound that is optimistic by up to two where several stations are equally busy.

The same demands bound the completion of a transfer from below: what is left cannot take less than its demand at any
one station.

Checked against
---------------
A single stream alone in the system attains the round-trip bound; the tests hold that no transfer beats a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil, inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.throughput.capacity import Capacity
from devicesim.throughput.model import Client, Operation, Regime, Server
from devicesim.throughput.reading import Capacities, Standing

SHADE = 1e-9
"""Share by which a bound is lowered, so that rounding never makes it late."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Sums over some files that every station's demand is linear in.

    Attributes:
        files: their number.
        writes: WRITEs.
        bytes: payload.
        windows: WRITEs of a file that can only be issued one after the other, a window apart.
        chained: payload of these.
        last: payload of each file's last WRITE.
        holding: files that hold any byte.
    """

    files: float = 0.0
    writes: float = 0.0
    bytes: float = 0.0
    windows: float = 0.0
    chained: float = 0.0
    last: float = 0.0
    holding: float = 0.0

    @classmethod
    def of(cls, client: Client, sizes: NDArray[np.float64]) -> Demand:
        """Return the demand of files of given sizes, shape (n,) [bytes]."""
        writes = np.ceil(sizes / client.block)
        windows = np.ceil(writes / client.window)
        last = sizes - np.maximum(writes - 1, 0) * client.block
        chained = np.maximum(windows - 1, 0) * client.block + last
        columns = (writes, sizes, windows, chained, last, sizes > 0)
        return cls(float(sizes.size), *(float(column.sum()) for column in columns))

    def up_to(self, client: Client, sizes: NDArray[np.float64], count: int) -> Demand:
        """Return the demand of the first ``count`` files, given that this is the demand of no more of them."""
        known = int(self.files)
        return self + Demand.of(client, sizes[known:count]) if known < count else self

    def __add__(self, other: Demand) -> Demand:
        """Return the demand of both."""
        return Demand(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Demand) -> Demand:
        """Return the demand of these without the others."""
        return Demand(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


def _serial(client: Client) -> tuple[Operation, ...]:
    return client.operations.before + client.operations.after


def link_work(client: Client, demand: Demand) -> float:
    """Bytes on the link."""
    requests = sum(operation.request for operation in _serial(client))
    return demand.bytes + demand.writes * client.operations.write.request + demand.files * requests


def core_work(client: Client, demand: Demand) -> float:
    """Seconds of one core at share 1."""
    write = client.operations.write
    serial = sum(operation.work for operation in _serial(client))
    return demand.writes * write.work + demand.bytes * write.work_per_byte + demand.files * serial


def store_work(client: Client, demand: Demand, rate: float) -> float:
    """Seconds of the store at a constant rate [bytes/s]."""
    serial = sum(operation.store for operation in _serial(client))
    return demand.bytes / rate + demand.writes * client.operations.write.store + demand.files * serial


def stream_time(
    client: Client, demand: Demand, bandwidth: float, latency: float, share: float, speed: float, rate: float
) -> float:
    """Seconds that one stream needs at least, alone in the system, at rates that are all positive."""
    write = client.operations.write
    trip = 2 * latency
    serial = sum(
        trip + o.request / bandwidth + o.work / share + (o.store / speed if o.wait else 0.0)
        for o in _serial(client)
    )
    per_byte = write.work_per_byte / share
    once = trip + write.work / share
    waiting = (write.store * demand.windows + demand.chained / rate) / speed if write.wait else 0.0
    pipelined = (
        (demand.bytes + demand.writes * write.request) / bandwidth
        + once * demand.holding
        + per_byte * demand.last
    )
    windowed = (
        (once + write.request / bandwidth) * demand.windows
        + (1 / bandwidth + per_byte) * demand.chained
        + waiting
    )
    return demand.files * serial + max(pipelined, windowed)


def bounds(server: Server, clients: Sequence[Client], regime: Regime, sizes: ArrayLike) -> dict[str, float]:
    """Rate that each station alone would allow.

    Args:
        server: cores, buffer and store.
        clients: all at work at once.
        regime: bandwidths, latencies, share of the cores, speed of the store.
        sizes: the mix of files that every client sends, shape (n,) [bytes].

    Returns:
        ``link``, ``cores``, ``store`` and ``round trips`` [bytes/s]; the smallest bounds the transfer.

    Example
    -------
    >>> from devicesim.throughput import Client, Operation, Operations, Server, Store
    >>> life = Operations((Operation("CREATE", 0, 1e-3),), Operation("WRITE", 0, 0.0), ())
    >>> server = Server(cores=2, buffer=1e9, store=Store(100e6, 100e6, 1e12))
    >>> bounds(server, [Client(life, streams=4)], Regime((50e6,), (1e-3,)), [100e3])
    {'link': 50000000.0, 'cores': 200000000.0, 'store': 100000000.0, 'round trips': 57142857.14285714}
    """
    mix = np.asarray(sizes, dtype=np.float64)
    demands = [Demand.of(client, mix) for client in clients]
    total = float(mix.sum())
    pairs = list(zip(clients, demands, strict=True))
    at = server.store.position
    ends = server.store.rate(at), server.store.rate(at + total * len(pairs))
    # The rate's square falls linearly, so its mean over the bytes is the mean of both ends.
    rate = sum(ends) / 2
    links: dict[int, list[float]] = {}
    trips = 0.0
    for i, (client, demand) in enumerate(pairs):
        bandwidth, latency = regime.bandwidth[i], regime.latency[i]
        links.setdefault(client.link, []).append(_over(link_work(client, demand), bandwidth))
        if bandwidth and regime.share and regime.store:
            alone = stream_time(client, demand, bandwidth, latency, regime.share, regime.store, max(ends))
            trips += _over(total * client.streams, alone)
    cores = sum(core_work(client, demand) for client, demand in pairs) / server.cores
    store = sum(store_work(client, demand, rate) for client, demand in pairs)
    return {
        "link": sum(_over(total * len(times), sum(times)) for times in links.values()),
        "cores": _over(total * len(pairs), _over(cores, regime.share)),
        "store": _over(total * len(pairs), _over(store, regime.store)),
        "round trips": trips,
    }


def _over(work: float, rate: float) -> float:
    return work / rate if rate else inf if work else 0.0


def under_way(clients: Sequence[Client], standing: Standing) -> list[Demand]:
    """Return, for each client, the data still to be sent of the files begun, and nothing else of these."""
    demands = [Demand() for _ in clients]
    for client, _, left in standing.streams:
        if left:
            demands[client] += Demand(writes=ceil(left / clients[client].block), bytes=left)
    return demands


def rpcs(clients: Sequence[Client], standing: Standing, demands: Sequence[Demand]) -> float:
    """Return how many RPCs are left to issue, but for the last few of files whose data has been sent."""
    begun = sum(demand.writes for demand in under_way(clients, standing))
    return begun + sum(
        demand.writes + demand.files * len(_serial(client))
        for client, demand in zip(clients, demands, strict=True)
    )


def completion(
    server: Server,
    clients: Sequence[Client],
    known: Capacities,
    standing: Standing,
    demands: Sequence[Demand],
    since: float,
) -> float:
    """Return a time before which what is left cannot be done under a schedule, infinity if it never can.

    Args:
        server: cores, buffer and store.
        clients: who sends.
        known: every capacity, as far as known.
        standing: where the transfer stands.
        demands: of the files not begun, for each client.
        since: everything issued by then has been computed [s].
    """
    begun = under_way(clients, standing)
    left = [rest + data for rest, data in zip(demands, begun, strict=True)]
    held = any(paused and (d.files or d.bytes) for paused, d in zip(standing.paused, left, strict=True))
    if held or standing.stuck:
        return inf
    bandwidths, latencies = ([Capacity.of(steps) for steps in given] for given in known[:2])
    share, store = (Capacity.of(steps) for steps in known[2:])
    time = max(
        _links(clients, left, bandwidths, standing, since),
        share.finish(since, sum(map(core_work, clients, left)) / server.cores),
        _store(server, clients, left, store, standing, since),
        _streams(server, clients, demands, (bandwidths, latencies, share, store), since),
    )
    return time if time == inf else max(since, time - SHADE * (time - since))


def _links(
    clients: Sequence[Client],
    left: Sequence[Demand],
    bandwidths: Sequence[Capacity],
    standing: Standing,
    since: float,
) -> float:
    """When the links could be done: each client's data at its own bandwidth, all of a link's at the highest."""
    time = since
    for link, free in enumerate(standing.link_free):
        mine = [i for i, client in enumerate(clients) if client.link == link]
        works = [link_work(clients[i], left[i]) for i in mine]
        rates = [bandwidths[i] for i in mine]
        start = max(free, since)
        together = [(_fastest(rates), sum(works))] if len(mine) > 1 else []
        for rate, work in [*zip(rates, works, strict=True), *together]:
            time = max(time, rate.finish(start, work))
    return time


def _fastest(capacities: Sequence[Capacity]) -> Capacity:
    """Return the largest of some capacities at any time."""
    fastest = Capacity(max(capacity.values[0] for capacity in capacities))
    for time in sorted({time for capacity in capacities for time in capacity.times[1:]}):
        fastest.lay(time, max(capacity.at(time) for capacity in capacities))
    return fastest


def _store(
    server: Server,
    clients: Sequence[Client],
    left: Sequence[Demand],
    speed: Capacity,
    standing: Standing,
    since: float,
) -> float:
    """When the store could be far enough: all but a buffer full is there, and all of those who wait for it."""
    size = sum(demand.bytes for demand in left)
    store = server.store
    rate = max(store.rate(standing.position), store.rate(standing.position + size))
    waiting = sum(_awaited(client, demand, rate) for client, demand in zip(clients, left, strict=True))
    # A payload larger than the buffer is let in alone.
    buffer = max(server.buffer, max(client.block for client in clients))
    work = max(waiting, (size - buffer) / rate)
    return speed.finish(max(standing.store_free, since), work) if work > 0 else since


def _awaited(client: Client, demand: Demand, rate: float) -> float:
    """Seconds of the store that some reply waits for: of each file, up to its last operation that waits."""
    operations = client.operations.all
    last = max((i for i, operation in enumerate(operations) if operation.wait), default=-1)
    writing = len(client.operations.before)
    # An empty file waits for no WRITE.
    files = demand.holding if last == writing else demand.files
    total = 0.0
    for i, operation in enumerate(operations[: last + 1]):
        total += operation.store * (demand.writes if i == writing else files)
    return total + (demand.bytes / rate if last >= writing else 0.0)


def _streams(
    server: Server,
    clients: Sequence[Client],
    demands: Sequence[Demand],
    known: tuple[Sequence[Capacity], Sequence[Capacity], Capacity, Capacity],
    since: float,
) -> float:
    """When the streams could be through the files not begun, at the best of every rate yet to come."""
    store = server.store
    rate = max(store.rate_start, store.rate_end)
    share, speed = (max(capacity.since(since)) for capacity in known[2:])
    time = since
    for client, demand, bandwidths, latencies in zip(clients, demands, *known[:2], strict=True):
        bandwidth, latency = max(bandwidths.since(since)), min(latencies.since(since))
        if demand.files and bandwidth and share and speed:
            alone = stream_time(client, demand, bandwidth, latency, share, speed, rate)
            time = max(time, max(since, client.start) + alone / client.streams)
    return time
