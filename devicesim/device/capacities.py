"""From a scenario and the catalog's figures to what the throughput core asks: server, clients, capacities.

Pure: no clock, no draw. The transfer core knows links, cores, a buffer and a store; here is where a Snowcone's
disk, page cache and NFS service become those, and where the choice of ``durability`` becomes store work.
"""

from __future__ import annotations

from dataclasses import replace

from devicesim import scenario, throughput
from devicesim.catalog import Figures
from devicesim.physics import cpu, ethernet, hdd, nfs


def server(figures: Figures, device: str, filled: float = 0.0) -> throughput.Server:
    """The device's NFS service: its cores, the page cache's dirty limit, the zoned disk behind it.

    Args:
        figures: catalog figures with the scenario's overrides.
        device: catalog entry of the device.
        filled: bytes already on the disk; outer tracks fill first.
    """
    outer = figures.si(f"{device}.disk.outer_rate")
    capacity = figures.si(f"{device}.storage.capacity")
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
    group = min(max(streams, 1), figures.si("nfs.journal.group"))
    access = figures.si(f"{device}.disk.access_time")
    per_operation = figures.si(f"{device}.nfs.per_operation")

    def journal(key: str) -> float:
        return figures.si(f"nfs.journal.{key}") * access / group

    def operation(procedure: nfs.Procedure) -> throughput.Operation:
        return throughput.Operation(name=procedure.name, request=float(procedure.request), work=per_operation)

    before = [operation(p) for p in files.before]
    after = [operation(p) for p in files.after]
    commit = next(i for i, o in enumerate(after) if "COMMIT" in o.name)
    if options.durability == "async":
        # The journal is written back in batches: nobody waits, and no group is needed to share it.
        background = figures.si("nfs.journal.async") * access
        after[commit] = replace(after[commit], store=background)
    elif options.durability == "commit":
        after[commit] = replace(after[commit], store=journal("commit"), wait=True)
    else:
        before[-1] = replace(before[-1], store=journal("sync_create"), wait=True)
        after[commit] = replace(after[commit], store=journal("sync_commit"), wait=True)
    write = replace(operation(files.write), work_per_byte=figures.si(f"{device}.nfs.per_byte"))
    return throughput.Operations(before=tuple(before), write=write, after=tuple(after))


def clients(figures: Figures, story: scenario.Scenario, start: float = 0.0) -> tuple[throughput.Client, ...]:
    """The scenario's clients; all Wi-Fi clients share one link, the air."""
    streams = sum(client.streams for client in story.clients)
    wired = iter(range(1, len(story.clients) + 1))
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
                start=max(start, client.start_after),
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


def nfs_share(figures: Figures, story: scenario.Scenario, busy: float) -> float:
    """Share of its core that the NFS service gets while instances keep ``busy`` vCPUs busy.

    ``dedicated`` is the catalog's reading of AWS's figures (the service has a vCPU of its own); ``shared`` is the
    pessimistic study case in which service and instances share the customer's vCPUs by weight.
    """
    if story.job.nfs_cpu == "dedicated" or busy == 0:
        return 1.0
    device = story.job.device
    vcpus = figures.si(f"{device}.cpu.vcpus")
    service = figures.si(f"{device}.nfs.vcpus")
    shares = cpu.fair_shares([service, busy], [service, busy], vcpus)
    return float(shares[0]) / service
