"""The interfaces of a device as the throughput core takes them: the operations of one file, each with its cost.

Four are known: the NFS service, the S3 adapter, the file interface of 2020 (NFS in front of the adapter) and the
Snowball client of the first device. Their costs stand in the device's entry below the interface's name
(``EDGE.s3.per_byte``), so a device has an interface by listing it and giving its figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, scenario, throughput
from devicesim.catalog import Figures
from devicesim.physics import cpu, hdd, nfs, s3

NAMES = scenario.INTERFACES
"""What people call the interfaces."""

CHUNK_HEADER = 64
"""Bytes around a chunk of the Snowball client; nothing is published of its protocol, and they do not matter."""


class Way(NamedTuple):
    """How one client's files reach the device.

    Attributes:
        operations: of one file.
        window: writes in flight of each stream.
        block: payload of a write [bytes].
    """

    operations: throughput.Operations
    window: int
    block: int


def kind_of(client: scenario.Client) -> str:
    """The interface that a client writes to; the NFS service where a scenario was not read from a file."""
    return client.interface or "nfs"


def used(story: scenario.Scenario) -> tuple[str, ...]:
    """The interfaces that a scenario's clients write to, each once; the device's usual one if there is no client."""
    names = tuple(dict.fromkeys(kind_of(client) for client in story.clients))
    return names or catalog.entry(story.job.device).listing("interfaces")[:1]


def way(
    figures: Figures,
    device: str,
    client: scenario.Client,
    streams: int,
    sizes: NDArray[np.integer] | None = None,
) -> Way:
    """Operations, window and block of a client.

    Args:
        figures: catalog figures with the scenario's overrides.
        device: catalog entry of the device.
        client: of the scenario.
        streams: of all clients together: those that commit together share accesses of the disk.
        sizes: of the files it copies [bytes]; small ones if not given.
    """
    return _WAYS[kind_of(client)](figures, device, client, streams, sizes)


def cores(figures: Figures, device: str, clients: Sequence[scenario.Client] = ()) -> int:
    """Cores that serve so many clients together.

    A connection to the NFS service is served by a core of its own as long as the service has any; every other
    interface is one program for all. Where clients use several interfaces their cores are summed, and a core that
    one leaves idle serves the other: optimistic where one of them ends early.
    """
    names = [kind_of(client) for client in clients] or catalog.entry(device).listing("interfaces")[:1]
    total = 0
    for name in dict.fromkeys(names):
        each = figures.si(f"{device}.{name}.cores")
        if name == "nfs" and (connections := names.count(name)) > 1:
            vcpus = figures.si(f"{device}.nfs.vcpus")
            each = max(each, float(cpu.usable_vcpus(vcpus, float(connections), each)))
        total += int(each)
    return total


def encryption(figures: Figures, device: str, client: scenario.Client) -> float:
    """What a client's own encryption lets through [bytes/s]; infinite where the device encrypts."""
    key = f"{device}.{kind_of(client)}.encryption"
    return figures.si(key) * client.streams if catalog.has(key) else float("inf")


def encrypts(figures: Figures, device: str, client: scenario.Client) -> bool:
    """Whether a client's own encryption lets less through than its line."""
    return encryption(figures, device, client) < (client.rate or 0.0)


def spare_cores(figures: Figures, device: str, clients: Sequence[scenario.Client]) -> bool:
    """Whether one client more would find a core that serves nobody yet."""
    return cores(figures, device, (*clients, clients[0])) > cores(figures, device, clients)


def largest_file(figures: Figures, device: str, client: scenario.Client, most: int) -> int:
    """The largest file that a client's interface takes, where it is less than the device's ``most`` [bytes]."""
    key = f"{device}.{kind_of(client)}.max_file_size"
    return min(most, int(figures.si(key))) if catalog.has(key) else most


def may_lose(client: scenario.Client) -> bool:
    """Whether a power cut takes back files that a client holds to be copied.

    The S3 adapter and the Snowball client are answered from the disk, and the file interface's buffer persists.
    """
    return kind_of(client) == "nfs" and client.nfs.durability == "async"


# One function for each interface.


def _nfs(
    figures: Figures,
    device: str,
    client: scenario.Client,
    streams: int,
    sizes: NDArray[np.integer] | None,
) -> Way:
    """Journal writes cost ``IOs x access time`` of the disk; with ``async`` nobody waits for them."""
    options = client.nfs
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

    files = nfs.file_operations(options.version)
    # The last operation before the data creates the file; the first after it commits.
    *looks, create = files.before
    commit, *rest = files.after
    write = replace(operation(files.write), work_per_byte=figures.si(f"{device}.nfs.per_byte"))
    operations = throughput.Operations(
        before=(*map(operation, looks), operation(create, float(accesses.create))),
        write=write,
        after=(operation(commit, float(accesses.commit), float(accesses.behind)), *map(operation, rest)),
    )
    return Way(operations, _nfs_window(figures, client), int(options.wsize))


def _nfs_window(figures: Figures, client: scenario.Client) -> int:
    return client.nfs.window or max(1, int(figures.si("nfs.slots")) // client.streams)


def _s3(
    figures: Figures,
    device: str,
    client: scenario.Client,
    streams: int,
    sizes: NDArray[np.integer] | None,
) -> Way:
    """Objects are on the disk when the adapter answers: every request waits for its accesses and its bytes.

    A client's files are all sent the way most of them go, in one request or in parts: where most are small the few
    large ones are spared two requests, where most are large the few small ones take two requests too many.
    """
    many = sizes is not None and sizes.size > 0
    told = client.s3.part or figures.si("s3.part")
    part = s3.part_size(told, float(sizes.max()) if sizes is not None and many else 0.0)
    typical = float(np.median(sizes)) if sizes is not None and many else 0.0
    heads = s3.upload(parts=int(min(max(s3.requests(typical, part) - 2, 1), s3.MOST_PARTS)))
    work, per_byte = figures.si(f"{device}.s3.per_operation"), figures.si(f"{device}.s3.per_byte")
    stored = figures.si(f"{device}.s3.accesses") * figures.si(f"{device}.disk.access_time")

    def operation(request: s3.Request, rate: float = 0.0, waited: float = 0.0) -> throughput.Operation:
        return throughput.Operation(
            request.name, float(request.request), work, rate, store=waited, wait=waited > 0
        )

    if typical <= part:
        operations = throughput.Operations((), operation(heads.put, per_byte, stored), ())
    else:
        operations = throughput.Operations(
            (operation(heads.create),),
            operation(heads.part, per_byte, stored),
            (operation(heads.complete, waited=stored),),
        )
    in_flight = client.s3.requests or max(1, int(figures.si("s3.concurrent")) // client.streams)
    return Way(operations, in_flight, int(part))


def _file(
    figures: Figures,
    device: str,
    client: scenario.Client,
    streams: int,
    sizes: NDArray[np.integer] | None,
) -> Way:
    """NFS in front of the adapter: each block of its buffer waits for accesses of the disk, one after another."""
    files = nfs.file_operations(client.nfs.version)
    per_operation = figures.si(f"{device}.file.per_operation")
    stored = figures.si(f"{device}.file.accesses") * figures.si(f"{device}.disk.access_time")

    def operation(procedure: nfs.Procedure) -> throughput.Operation:
        return throughput.Operation(procedure.name, float(procedure.request), per_operation)

    write = replace(
        operation(files.write),
        work_per_byte=figures.si(f"{device}.file.per_byte"),
        store=stored,
        wait=stored > 0,
    )
    operations = throughput.Operations(
        tuple(map(operation, files.before)), write, tuple(map(operation, files.after))
    )
    return Way(operations, 1, int(figures.si(f"{device}.file.block")))


def _snowball(
    figures: Figures,
    device: str,
    client: scenario.Client,
    streams: int,
    sizes: NDArray[np.integer] | None,
) -> Way:
    """The Snowball client sends encrypted chunks; the file is on the disk when its last request is answered."""
    work, header = figures.si(f"{device}.snowball.per_operation"), float(CHUNK_HEADER)
    per_byte = figures.si(f"{device}.snowball.per_byte")
    stored = figures.si(f"{device}.snowball.accesses") * figures.si(f"{device}.disk.access_time")
    operations = throughput.Operations(
        (throughput.Operation("BEGIN", header, work),),
        throughput.Operation("CHUNK", header, 0.0, per_byte),
        (throughput.Operation("END", header, work, store=stored, wait=stored > 0),),
    )
    return Way(operations, _nfs_window(figures, client), int(figures.si(f"{device}.snowball.chunk")))


_WAYS: dict[str, Callable[[Figures, str, scenario.Client, int, NDArray[np.integer] | None], Way]] = {
    "nfs": _nfs,
    "s3": _s3,
    "file": _file,
    "snowball": _snowball,
}
