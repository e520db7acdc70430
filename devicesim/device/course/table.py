"""A course as a table: what is kept of a copy that is over, some hundred kilobytes instead of every RPC.

Scope and limits
----------------
Finish times, totals, the end and what every station had served by then are kept as they were. Between them bytes and
busy times are straight lines over :data:`ROWS` equal stretches.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim import throughput
from devicesim.device.course.given import Given
from devicesim.throughput import demand

Floats = NDArray[np.float64]

ROWS = 4096
"""Stretches of a table: of a day's copy, twenty seconds each."""

FULL = 0.99
"""Share of a stretch from which on a store that is at work holds back what comes after it."""


class Table:
    """A finished, or broken off, course on a clock of its own.

    Args:
        time: edges of the stretches, shape (n,) [s].
        sent: bytes of each client by then, shape (clients, n).
        finish: when each file of each client was finished, infinity where it was not [s].
        stored: bytes that the store had by then, shape (n,).
        usage: what the stations had served by then.
        error: of the end and the byte curve, relative; 0 where it was computed RPC by RPC.
    """

    def __init__(
        self,
        time: Floats,
        sent: Floats,
        finish: tuple[Floats, ...],
        stored: Floats,
        usage: throughput.Usage,
        error: float = 0.0,
    ) -> None:
        self.error = error
        self._time, self._sent, self._finish, self._stored = time, sent, finish, stored
        self._usage = usage
        self._ended = tuple(np.sort(times[times < inf]) for times in finish)

    @classmethod
    def of(cls, transfer: throughput.Transfer, until: float) -> Table:
        """Keep of a transfer what it did up to a time that it has reached."""
        time = np.linspace(transfer.began, until, ROWS + 1)
        clients = range(len(transfer.clients))
        sent = np.array([transfer.progress(time, k)[0] for k in clients])
        finish = [transfer.finish(k) for k in clients]
        for times in finish:
            times[times > until] = inf
        return cls(time, sent, tuple(finish), transfer.stored(time), transfer.usage(time))

    @classmethod
    def sampled(cls, given: Given, error: float) -> Table | None:
        """Compute one client's course by samples; None if more than ``error`` may be wrong with it."""
        (client,), (sizes,) = given.clients, given.sizes
        # A tolerance that anything meets: what is not precise enough is not computed twice.
        told = throughput.estimate(
            given.server, [client], [sizes], [(0.0, given.regime)], budget=0, tolerance=inf
        )
        if not (told.end < inf and told.error <= error):
            return None
        time = np.linspace(0.0, told.end, ROWS + 1)
        size, count = told.progress(time)
        size[-1], count[-1] = sizes.sum(), sizes.size
        # Files are finished in their order, but for a few that are under way together.
        order = np.arange(1, sizes.size + 1, dtype=np.float64)
        finish = np.interp(order, np.maximum.accumulate(count), time)
        finish[-1] = told.end
        usage, stored = _served(given, time, size, count)
        return cls(time, size[np.newaxis], (finish,), stored, usage, told.error)

    @property
    def end(self) -> float:
        """When the last file was finished; infinity if some were not [s]."""
        if any(times.size and times.max() == inf for times in self._finish):
            return inf
        return max([0.0, *(float(times.max()) for times in self._finish if times.size)])

    def progress(self, t: ArrayLike, client: int | None = None) -> tuple[Floats, Floats]:
        """Bytes sent and files finished by each time, of one client or of all."""
        times = np.asarray(t, dtype=np.float64)
        which = range(len(self._finish)) if client is None else (client,)
        size, count = np.zeros((2, *times.shape))
        for k in which:
            size = size + np.interp(times, self._time, self._sent[k])
            count = count + np.searchsorted(self._ended[k], times, side="right")
        return size, count

    def curve(self, client: int | None = None) -> throughput.Curve:
        """The edges of the stretches, and what had arrived by each."""
        return throughput.Curve(self._time, *self.progress(self._time, client))

    def finish(self, client: int) -> Floats:
        """When each of a client's files was finished, infinity where it was not [s]."""
        return self._finish[client]

    def stored(self, t: ArrayLike) -> Floats:
        """Bytes that the store had by each time."""
        return self._at(t, self._stored)

    def usage(self, t: ArrayLike) -> throughput.Usage:
        """How long each station had served by each time."""
        used = self._usage
        links = np.array([self._at(t, row) for row in used.link])
        return throughput.Usage(links, *(self._at(t, row) for row in (used.cores, used.store, used.buffer)))

    def worked(self, t: float) -> tuple[float, float]:
        """How long the cores, all together, and the store had served by a time."""
        return float(self._at(t, self._usage.cores)), float(self._at(t, self._usage.store))

    def _at(self, t: ArrayLike, values: Floats) -> Floats:
        return np.asarray(np.interp(np.asarray(t, dtype=np.float64), self._time, values))


def _served(given: Given, time: Floats, size: Floats, count: Floats) -> tuple[throughput.Usage, Floats]:
    """What the stations served of one client's files, by what the bytes and files sent demand of them."""
    (client,), server, regime = given.clients, given.server, given.regime
    whole = given.demands[0]
    writes = size * (whole.writes / whole.bytes) if whole.bytes else size
    by_row = demand.Demand(files=count, writes=writes, bytes=size)  # type: ignore[arg-type]
    link = np.zeros((1 + client.link, time.size))
    link[client.link] = demand.link_work(client, by_row) / regime.bandwidth[0]
    cores = np.asarray(demand.core_work(client, by_row))
    # Seconds of the store, stretch by stretch, at the rate of the place that it has come to.
    journal = np.asarray(demand.store_work(client, demand.Demand(count, writes), 1.0))  # type: ignore[arg-type]
    middle = server.store.position + (size[1:] + size[:-1]) / 2
    rate = np.array([server.store.rate(place) for place in middle.tolist()])
    step = np.diff(time)
    served = np.diff(size) / rate + np.diff(journal)
    store = np.minimum(np.concatenate(([0.0], np.cumsum(served))), time)
    # Where the store is at work all the time, what is sent has to wait for room: the buffer is full.
    full = np.diff(store) >= FULL * step
    busiest = np.maximum(np.diff(link[client.link]), np.diff(cores) / server.cores)
    blocked = np.where(full, np.maximum(step - busiest, 0.0), 0.0)
    behind = np.where(np.append(full, full[-1:]), server.buffer, 0.0)
    behind[0] = 0.0
    usage = throughput.Usage(link, cores, store, np.concatenate(([0.0], np.cumsum(blocked))))
    return usage, np.maximum.accumulate(np.maximum(size - behind, 0.0))
