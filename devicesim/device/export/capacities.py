"""From a scenario and the catalog's figures to what the throughput core asks when files are read off a device.

The core knows a direction in which the bulk travels; here that is from the device, so what each RPC puts on the
link is its *reply*. READs take the place of WRITEs, and a READ's reply waits for the disk, which reads ahead in
sequence: several READs of a stream are in flight. A file costs disk operations to open and find it, and its share of
the pages that list its directory. No journal is written and no page cache fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from devicesim import scenario, throughput
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces
from devicesim.physics import nfs, s3


def server(
    figures: Figures,
    device: str,
    read: float = 0.0,
    room: str = "",
    clients: Sequence[scenario.Client] = (),
) -> throughput.Server:
    """The device as its readers meet it.

    Args:
        figures: catalog figures with the scenario's overrides.
        device: catalog entry of the device.
        read: bytes that have been read; they lie on the disk in the order in which they are read, outer tracks
            first.
        room: key of the figure that says what the device holds; that of its usual capacity if not given.
        clients: that read; how many there are, and how they reach it, decides how many cores serve them.
    """
    return replace(capacities.server(figures, device, read, room, clients), buffer=float("inf"))


def operations(figures: Figures, device: str, client: scenario.Client, streams: int) -> throughput.Operations:
    """The RPCs of one file that a client reads, each with its cost on the device.

    So many streams of all clients look for files at a time, on as many disks as there are of each. What is read
    through the file interface or the Snowball client is taken for as many calls of that interface's costs: it opens,
    reads and closes as well.
    """
    if interfaces.kind_of(client) == "s3":
        return _objects(figures, device, streams)
    calls, interface = nfs.file_reads(client.nfs.version), interfaces.kind_of(client)
    work = figures.si(f"{device}.{interface}.per_operation")
    access = _access(figures, device, streams)
    # A file's share of the pages that list its directory comes with the first call.
    listed = calls.entries(int(figures.si("nfs.read.page")))
    share = calls.page.reply / listed + calls.entry
    first, *others = calls.before
    opening = throughput.Operation(
        first.name, first.reply + share, work * (1 + 1 / listed), store=access, wait=access > 0
    )
    return throughput.Operations(
        before=(opening, *(throughput.Operation(each.name, float(each.reply), work) for each in others)),
        write=throughput.Operation(
            calls.read.name,
            float(calls.read.reply),
            work,
            work_per_byte=figures.si(f"{device}.{interface}.per_byte"),
            wait=True,
        ),
        after=tuple(throughput.Operation(each.name, float(each.reply), work) for each in calls.after),
    )


def _access(figures: Figures, device: str, streams: int) -> float:
    """Time that the disks need to find a file, of which they look for several at a time [s]."""
    arms = max(1.0, min(figures.si(f"{device}.disk.count"), streams))
    return figures.si("nfs.read.accesses") * figures.si(f"{device}.disk.access_time") / arms


def _objects(figures: Figures, device: str, streams: int) -> throughput.Operations:
    """The requests of one object read through the S3 adapter: one tells its size, ranges of a part bring it."""
    requests, work = s3.download(), figures.si(f"{device}.s3.per_operation")
    access = _access(figures, device, streams)
    head, get = requests.head, requests.get
    per_byte = figures.si(f"{device}.s3.per_byte")
    return throughput.Operations(
        before=(throughput.Operation(head.name, float(head.reply), work, store=access, wait=access > 0),),
        write=throughput.Operation(get.name, float(get.reply), work, work_per_byte=per_byte, wait=True),
        after=(),
    )


def clients(
    figures: Figures, story: scenario.Scenario, device: str, start: float = 0.0
) -> tuple[throughput.Client, ...]:
    """The scenario's clients as readers, on the links that they have as writers."""
    ahead, streams = int(figures.si("nfs.read.window")), sum(client.streams for client in story.clients)
    made = []
    for client, writer in zip(story.clients, capacities.clients(figures, story, start), strict=True):
        window = writer.window
        if interfaces.kind_of(client) != "s3":
            window = client.nfs.window or max(1, min(ahead, writer.window))
        life = operations(figures, device, client, streams)
        made.append(replace(writer, operations=life, window=window))
    return tuple(made)


def together(
    clients: Sequence[throughput.Client], regime: throughput.Regime
) -> tuple[throughput.Client, throughput.Regime]:
    """Clients as one of them all: exact where they are alike, and else as slow as the slowest makes them.

    >>> client = throughput.Client(throughput.Operations((), throughput.Operation("READ", 0, 0.0), ()), streams=4)
    >>> one, now = together([client, replace(client, link=1)], throughput.Regime((1e8, 2e8), (1e-4, 1e-4)))
    >>> one.streams, now.bandwidth
    (8, (200000000.0,))
    """
    count = len(clients)
    slowest = min(clients, key=lambda client: client.window * client.block)
    one = replace(
        slowest,
        streams=count * min(client.streams for client in clients),
        start=max(client.start for client in clients),
        link=0,
    )
    return one, replace(regime, bandwidth=(count * min(regime.bandwidth),), latency=(max(regime.latency),))


def in_turn(lengths: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whose turn it is, and with which of its files, when clients take one after the other.

    >>> whose, which = in_turn([3, 1])
    >>> whose.tolist(), which.tolist()
    ([0, 1, 0, 0], [0, 0, 1, 2])
    """
    whose = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    which = np.concatenate([np.zeros(0, np.int64), *(np.arange(n, dtype=np.int64) for n in lengths)])
    order = np.lexsort((whose, which))
    return whose[order], which[order]
