"""What the transfer core asks of a device and its client, in columns: the counterpart of ``device.capacities``.

The formulas are those of :mod:`devicesim.device.capacities` and :mod:`devicesim.device.interfaces` for one client on a
cable and the NFS service, over whole columns. :meth:`Stations.agrees` holds some rows to the originals.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, throughput
from devicesim.catalog import Figures
from devicesim.device import capacities
from devicesim.physics import ethernet, hdd, nfs
from devicesim.planning.together.columns import Columns

Floats = NDArray[np.float64]

ALIKE = 1e-9
"""Relative difference to the originals that rounding may make."""


@dataclass(frozen=True, slots=True)
class Stations:
    """Stations of every future, shape (n,) each unless a number.

    Attributes:
        bandwidth, latency: of the link [bytes/s], one way [s].
        cores: that serve the client.
        buffer: ahead of the store [bytes]. rate_start, rate_end: of the store [bytes/s]. capacity: of it [bytes].
        streams, block: of the client. window: WRITEs in flight of each stream.
        serial: operations of a file besides WRITEs. request: of all these together [bytes].
        work, per_byte: of one operation, and of a byte [s].
        stored: time of the store for each file [s]. waited: of it, what a reply waits for.
        waits: whether any does.
        write: request of a WRITE [bytes].
    """

    bandwidth: Floats
    latency: Floats
    cores: Floats
    buffer: Floats
    rate_start: Floats
    rate_end: Floats
    capacity: Floats
    streams: int
    block: float
    window: NDArray[np.int64]
    serial: int
    request: float
    work: Floats
    per_byte: Floats
    stored: Floats
    waited: Floats
    waits: bool
    write: float

    @classmethod
    def of(cls, columns: Columns) -> Stations:
        """The stations of a story's one client."""
        story, device = columns.story, columns.story.job.device
        client = story.clients[0]
        options = client.nfs
        access = columns.all(f"{device}.disk.access_time")
        journal = hdd.journal_operations(
            options.durability,
            async_accesses=columns.all("nfs.journal.async"),
            commit_accesses=columns.all("nfs.journal.commit"),
            sync_create_accesses=columns.all("nfs.journal.sync_create"),
            sync_commit_accesses=columns.all("nfs.journal.sync_commit"),
            streams=float(client.streams),
            group=columns.all("nfs.journal.group"),
        )
        waited = (np.asarray(journal.create) + np.asarray(journal.commit)) * access
        files = nfs.file_operations(options.version)
        slots = columns.all("nfs.slots").astype(np.int64)
        outer = columns.all(f"{device}.disk.outer_rate")
        room = catalog.room(device, story.job.capacity)
        base = (
            columns.all("nfs.rtt.lan") if story.site.rtt is None else np.full(columns.count, story.site.rtt)
        )
        return cls(
            bandwidth=_bandwidth(columns, device, client.rate or 0.0),
            latency=(base + columns.all("nfs.client.delay")) / 2,
            cores=np.floor(columns.all(f"{device}.nfs.cores")),
            buffer=columns.all(f"{device}.cache.dirty_limit"),
            rate_start=outer,
            rate_end=outer * columns.all(f"{device}.disk.inner_ratio"),
            capacity=columns.all(room),
            streams=client.streams,
            block=float(int(options.wsize)),
            window=np.full(columns.count, options.window)
            if options.window
            else np.maximum(slots // client.streams, 1),
            serial=len(files.before) + len(files.after),
            request=float(sum(each.request for each in (*files.before, *files.after))),
            work=columns.all(f"{device}.nfs.per_operation"),
            per_byte=columns.all(f"{device}.nfs.per_byte"),
            stored=waited + np.asarray(journal.behind) * access,
            waited=waited,
            waits=options.durability != "async",
            write=float(files.write.request),
        )

    def rows(self, which: NDArray[np.int64]) -> Stations:
        """The stations of some of the futures."""
        columns: dict[str, Any] = {
            each.name: value[which]
            for each in fields(self)
            if isinstance(value := getattr(self, each.name), np.ndarray) and value.ndim
        }
        return replace(self, **columns)

    def agrees(self, row: int, whole: tuple[throughput.Server, throughput.Client, throughput.Regime]) -> bool:
        """Whether a row is what the device's own code makes of the same figures."""
        server, client, regime = whole
        serial = (*client.operations.before, *client.operations.after)
        write = client.operations.write
        pairs = (
            (self.bandwidth[row], regime.bandwidth[0]),
            (self.latency[row], regime.latency[0]),
            (self.cores[row], server.cores),
            (self.buffer[row], server.buffer),
            (self.rate_start[row], server.store.rate_start),
            (self.rate_end[row], server.store.rate_end),
            (self.capacity[row], server.store.capacity),
            (self.streams, client.streams),
            (self.block, client.block),
            (self.window[row], client.window),
            (self.serial, len(serial)),
            (self.request, sum(each.request for each in serial)),
            (self.work[row] * self.serial, sum(each.work for each in serial)),
            (self.work[row], write.work),
            (self.per_byte[row], write.work_per_byte),
            (self.stored[row], sum(each.store for each in serial)),
            (self.waited[row], sum(each.store for each in serial if each.wait)),
            (self.waits, any(each.wait for each in serial)),
            (self.write, write.request),
            (0.0, write.store + write.wait),
        )
        return all(abs(float(ours) - float(theirs)) <= ALIKE * abs(float(theirs)) for ours, theirs in pairs)

    def flight(self, total: Floats) -> float:
        """Bytes of WRITEs that are under way at a time, of the first row [bytes].

        A stream has a window of them under way, near the end of a file what is left of it. It is found at a file the
        more often the longer that takes: with X the sizes and W the window, ``E[W max(X - W, 0) + min(X, W)^2 / 2] /
        E[X]``, where the square of the mean stands for the mean square.

        Args:
            total: sums of the files, shape (6,).
        """
        window = float(self.window[0]) * self.block
        files, size, beyond = float(total[0]), max(float(total[3]), 1.0), float(total[5])
        return self.streams * (window * beyond + (size - beyond) ** 2 / 2 / max(files, 1.0)) / size

    def front(self, rate: Floats) -> Floats:
        """Seconds ahead of the buffer for each of the sums, shape (stations, 6, n).

        As :func:`devicesim.throughput.profile.front_demands`, whose docstring says what they are.

        Args:
            rate: of the store; counts only where a reply waits for it [bytes/s].
        """
        n = self.bandwidth.size
        zero, trip, work = np.zeros(n), 2 * self.latency, self.work + self.per_byte * self.block
        link = (self.write + self.block) / self.bandwidth
        apart = np.maximum(link, work / self.cores) / self.block
        windowed = np.maximum(apart, (link + trip + work) / self.window / self.block)
        once = self.serial * (trip + self.work) + self.request / self.bandwidth + self.waited
        first = 1 / self.bandwidth + self.per_byte
        path = [
            once,
            trip + self.write / self.bandwidth + self.work,
            zero,
            apart,
            first - apart,
            windowed - apart,
        ]
        one = np.ones(n)
        carried = [self.request * one, zero, self.write * one, one, zero, zero]
        worked = [self.serial * self.work, zero, self.work, self.per_byte, zero, zero]
        rows = [
            np.array(path) / self.streams,
            np.array(carried) / self.bandwidth,
            np.array(worked) / self.cores,
        ]
        if self.waits:
            rows.append(np.array([self.stored, zero, zero, 1 / rate, zero, zero]))
        return np.stack(rows)

    def rate(self, position: Floats) -> Floats:
        """Rate of the store at a position [bytes/s], shape (n,)."""
        share = np.minimum(position, self.capacity) / self.capacity
        return np.asarray(np.sqrt(self.rate_start**2 + (self.rate_end**2 - self.rate_start**2) * share))


def whole(
    columns: Columns, figures: Figures, sizes: NDArray[np.int64]
) -> tuple[throughput.Server, throughput.Client, throughput.Regime]:
    """Server, client and regime of one future by the device's own code."""
    story, device = columns.story, columns.story.job.device
    room = catalog.room(device, story.job.capacity)
    server = capacities.server(figures, device, 0.0, room, story.clients)
    (client,) = capacities.clients(figures, story, 0.0, [sizes])
    rates = capacities.wired_rates(figures, device, story.clients)
    return server, client, throughput.Regime(tuple(rates), (capacities.wired_latency(figures, story),))


def _bandwidth(columns: Columns, device: str, line: float) -> Floats:
    """Goodput of the one cabled client, as ``capacities.wired_rates`` has it."""
    ports = [columns.all(f"{device}.ports.{name}") for name in catalog.entry(device).listing("ports")]
    rates = np.sort(np.stack(ports), axis=0)
    enough = rates >= line
    which = np.where(enough.any(axis=0), enough.argmax(axis=0), rates.shape[0] - 1)
    plugged = ethernet.goodput(np.take_along_axis(rates, which[np.newaxis], axis=0)[0])
    carried = np.minimum(ethernet.goodput(line), plugged) * columns.all("nfs.client.efficiency")
    return np.asarray(np.minimum(carried, columns.all("nfs.client.ceiling")))
