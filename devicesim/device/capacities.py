"""From a scenario and the catalog's figures to what the throughput core asks: server, clients, capacities.

Pure: no clock, no draw. The transfer core knows links, cores, a buffer and a store; here is where a Snowcone's
disk, page cache and NFS service become those, and where the choice of ``durability`` becomes store work.
"""

from __future__ import annotations

from dataclasses import replace

from devicesim import catalog, scenario, throughput
from devicesim.catalog import Figures
from devicesim.physics import ethernet, hdd, nfs


def server(figures: Figures, device: str, filled: float = 0.0, room: str = "") -> throughput.Server:
    """The device's NFS service: its cores, the page cache's dirty limit, the zoned disk behind it.

    Args:
        figures: catalog figures with the scenario's overrides.
        device: catalog entry of the device.
        filled: bytes already on the disk; outer tracks fill first.
        room: key of the figure that says what the device holds; that of its usual capacity if not given.
    """
    outer = figures.si(f"{device}.disk.outer_rate")
    capacity = figures.si(room or catalog.room(device))
    return throughput.Server(
        cores=int(figures.si(f"{device}.nfs.cores")),
        buffer=figures.si(f"{device}.cache.dirty_limit"),
        store=throughput.Store(
            rate_start=outer,
            rate_end=float(hdd.rate(1.0, outer, figures.si(f"{device}.disk.inner_ratio"))),
            capacity=capacity,
            position=min(filled, capacity),
        ),
    )


def operations(figures: Figures, device: str, options: scenario.Nfs, streams: int) -> throughput.Operations:
    """The RPCs of one created file for an NFS version, each with its cost on the device.

    Journal writes cost ``IOs x access time`` of the disk; the IOs of streams that commit together are shared by
    at most a group (jbd2 batches concurrent commits). With ``async`` nobody waits for them.
    """
    files = nfs.file_operations(options.version)
    accesses = hdd.journal_operations(
        options.durability,
        async_accesses=figures.si("nfs.journal.async"),
        commit_accesses=figures.si("nfs.journal.commit"),
        sync_create_accesses=figures.si("nfs.journal.sync_create"),
        sync_commit_accesses=figures.si("nfs.journal.sync_commit"),
        streams=max(streams, 1),
        group=figures.si("nfs.journal.group"),
    )
    access = figures.si(f"{device}.disk.access_time")
    per_operation = figures.si(f"{device}.nfs.per_operation")

    def operation(procedure: nfs.Procedure, waited: float = 0.0, behind: float = 0.0) -> throughput.Operation:
        return throughput.Operation(
            procedure.name,
            float(procedure.request),
            per_operation,
            store=(waited + behind) * access,
            wait=waited > 0,
        )

    # The last operation before the data creates the file; the first after it commits.
    *looks, create = files.before
    commit, *rest = files.after
    write = replace(operation(files.write), work_per_byte=figures.si(f"{device}.nfs.per_byte"))
    return throughput.Operations(
        before=(*map(operation, looks), operation(create, float(accesses.create))),
        write=write,
        after=(operation(commit, float(accesses.commit), float(accesses.behind)), *map(operation, rest)),
    )


def clients(figures: Figures, story: scenario.Scenario, start: float = 0.0) -> tuple[throughput.Client, ...]:
    """The scenario's clients; all Wi-Fi clients share link 0, the air, and every cable is a link of its own."""
    streams = sum(client.streams for client in story.clients)
    air = any(client.link == "wifi" for client in story.clients)
    wired = iter(range(int(air), len(story.clients) + 1))
    made = []
    for client in story.clients:
        window = client.nfs.window or max(1, int(figures.si("nfs.slots")) // client.streams)
        made.append(
            throughput.Client(
                name=client.name,
                operations=operations(figures, story.job.device, client.nfs, streams),
                streams=client.streams,
                window=window,
                block=int(client.nfs.wsize),
                link=0 if client.link == "wifi" else next(wired),
                start=start + client.start_after,
            )
        )
    return tuple(made)


def wired_rate(figures: Figures, device: str, rate: float, taken: float = 0.0) -> float:
    """TCP goodput a cabled client gets [bytes/s].

    Args:
        figures: catalog figures.
        device: catalog entry of the device.
        rate: the client's own line rate [bytes/s].
        taken: what compute instances take of the device's port [bytes/s].
    """
    port = ethernet.goodput(figures.si(f"{device}.ports.rate"))
    line = min(ethernet.goodput(rate), max(float(port) - taken, 0.0))
    return float(line) * figures.si("nfs.client.efficiency")


def wired_latency(figures: Figures, story: scenario.Scenario) -> float:
    """One-way latency of the site's network [s]."""
    return (story.site.rtt if story.site.rtt is not None else figures.si("nfs.rtt.lan")) / 2
