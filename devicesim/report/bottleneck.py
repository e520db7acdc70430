"""What held the copy back: which station was busiest in each stretch, and what would lift it.

The transfer core counts the busy seconds of every station. In each stretch of the copy the station with the
highest utilisation is the one that bound it; where the streams spent most of their time waiting for replies to
cross the network, that is *round trips*. A disk that drains behind holds nobody back until the buffer ahead of it
is full, or a reply waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, throughput, units
from devicesim.device import interfaces
from devicesim.device.course import Copying
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.ingest.session import Session
from devicesim.report.model import Bottleneck, BottleneckSpan
from devicesim.scenario import Scenario

BUCKETS, CALLS = 240, 20
"""Stretches into which a copy is cut for attribution; each with so many RPCs at least, so that it has a mean."""

IDLE = 0.5
"""Utilisation above which a station is at work although no byte arrived."""

FULL = 0.01
"""Share of a stretch in which writers must have stood still for the disk to be what held them."""

ALIKE = 0.01
"""Shares of a stretch that differ less are the same: busy times are read from time to time, not at its edges."""

DISK, TRIPS = "disk", "round trips"
CPUS = {
    "nfs": "NFS service CPU",
    "s3": "S3 adapter CPU",
    "file": "file interface CPU",
    "snowball": "device CPU",
}
"""What people call the cores that serve an interface; ``device CPU`` where there are several."""
_LARGER = {"nfs": "a larger wsize", "s3": "larger parts"}
HOT, NO_LINK, LATER = "disk stopped by heat", "no link", "clients still to begin"

ENCRYPTION = "encryption on"

LIFTS = {
    "Wi-Fi link": "a cable, or less distance",
    "Ethernet link": "a faster link",
    "node port": "a faster port on the nodes",
    ENCRYPTION: "more copies at a time, or a faster workstation",
    TRIPS: "more streams",
    HOT: "a cooler place",
    NO_LINK: "a link that stays up",
    LATER: "an earlier start_after",
}

NOTHING = "nothing on this device"

FELT = 0.05
"""Part of the disk or the cores that others must take at the copy's end to be named as what held it back."""


class Utilisation(NamedTuple):
    """Busy share of every station in one stretch of time."""

    start: float
    end: float
    shares: dict[str, float]
    bytes: float


def attribute(
    story: Scenario, ingest: Ingest, stopped: Sequence[tuple[float, float]]
) -> tuple[tuple[Bottleneck, ...], tuple[BottleneckSpan, ...]]:
    """Give the stations that bound the copy, with their shares of its time, and the stretches for a chart.

    Args:
        story: the scenario.
        ingest: the copy.
        stopped: stretches in which heat had stopped the disk, as (start, end) [s].
    """
    total = sum(session.end - session.start for session in ingest.sessions)
    stretches = [part for s in ingest.sessions for part in _stretches(story, ingest, s, total)]
    seconds: dict[str, float] = {}
    spans: list[BottleneckSpan] = []
    wired = all(client.link == "ethernet" for client in story.clients)
    last = max((client.start for s in ingest.sessions for client in s.transfer.clients), default=0.0)
    for part in stretches:
        names = _binding(part, stopped, last if wired else 0.0)
        length = part.end - part.start
        for name in names:
            seconds[name] = seconds.get(name, 0.0) + length / len(names)
        rate = part.bytes / length if length else 0.0
        spans.append(BottleneckSpan(part.start, part.end, names[0], rate))
    whole = sum(seconds.values()) or 1.0
    ranked = sorted(seconds.items(), key=lambda item: -item[1])
    lifts = {name: _lift(story, ingest, name) for name, _ in ranked[:2]}
    return tuple(Bottleneck(name, share / whole, lifts.get(name, "")) for name, share in ranked), tuple(spans)


def _binding(part: Utilisation, stopped: Sequence[tuple[float, float]], last: float) -> list[str]:
    """The busiest stations of a stretch: two links that are both full bind alike, whatever the last digit says.

    Nothing moves over a cable until ``last`` because the next client has not begun [s].
    """
    most = max(part.shares.values())
    if part.bytes or most > IDLE:
        return [station for station, share in part.shares.items() if share >= most - ALIKE]
    middle = (part.start + part.end) / 2
    if any(start <= middle < end for start, end in stopped):
        return [HOT]
    return [LATER if middle < last else NO_LINK]


def _stretches(story: Scenario, ingest: Ingest, session: Session, total: float) -> list[Utilisation]:
    length = session.end - session.start
    if length <= 0:
        return []
    count = max(1, min(round(BUCKETS * length / total), _calls(session) // CALLS))
    edges = np.linspace(session.start, session.end, count + 1)
    size, objects = session.transfer.progress(edges)
    busy = _busy(story, ingest, session, edges, np.asarray(objects, dtype=np.float64))
    step = np.diff(edges)
    shares = {name: np.diff(seconds) / step for name, seconds in busy.items()}
    return [
        Utilisation(
            float(edges[i]),
            float(edges[i + 1]),
            {name: float(share[i]) for name, share in shares.items()},
            float(size[i + 1] - size[i]),
        )
        for i in range(count)
    ]


def _calls(session: Session) -> int:
    """About how many RPCs a session had."""
    transfer = session.transfer
    size, objects = transfer.progress(session.end)
    operations = transfer.clients[0].operations
    writes = float(size) / transfer.clients[0].block
    return int(float(objects) * len(operations.all) + writes)


def _busy(
    story: Scenario,
    ingest: Ingest,
    session: Session,
    edges: NDArray[np.float64],
    objects: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Cumulative busy seconds of every station that can hold a copy back, at the edges of the stretches."""
    transfer = session.transfer
    usage = transfer.usage(edges)
    links = np.asarray(usage.link)
    stations = {_link_name(story, ingest, k): links[client.link] for k, client in enumerate(transfer.clients)}
    stations[_cpu_name(story)] = np.asarray(usage.cores) / transfer.server.cores
    stations[DISK] = np.asarray(usage.store)
    if not any(operation.wait for client in transfer.clients for operation in client.operations.all):
        full = np.diff(np.asarray(usage.buffer)) > FULL * np.diff(edges)
        stations[DISK] = np.concatenate(([0.0], np.cumsum(np.where(full, np.diff(stations[DISK]), 0.0))))
    first = transfer.clients[0]
    serial = len(first.operations.before) + len(first.operations.after) + 1
    streams = sum(client.streams for client in transfer.clients)
    stations[TRIPS] = objects * (serial * 2 * transfer.regime.latency[0] / streams)
    return stations


def _link_name(story: Scenario, ingest: Ingest, k: int) -> str:
    """What people call the link of a client; cables are told apart where there are several."""
    client = story.clients[k]
    if client.link == "wifi":
        return "Wi-Fi link"
    if interfaces.encrypts(ingest.figures, story.job.device, client):
        return f"{ENCRYPTION} {client.name}"
    cables = [other.name for other in story.clients if other.link == "ethernet"]
    if story.cluster is not None:  # what comes in goes out again as fragments, through the same port
        return "node port" if len(cables) == 1 else f"node port of {client.name}"
    return "Ethernet link" if len(cables) == 1 else f"Ethernet link of {client.name}"


def _cpu_name(story: Scenario) -> str:
    """What people call the cores that serve the clients."""
    used = interfaces.used(story)
    return CPUS[used[0]] if len(used) == 1 else "device CPU"


def _lift(story: Scenario, ingest: Ingest, station: str) -> str:
    """What would lift a bottleneck, and what would bind next."""
    if station in {HOT, NO_LINK, LATER}:
        return LIFTS[station]
    session = max(ingest.sessions, key=lambda s: s.end - s.start)
    transfer, sizes = session.transfer, ingest.sample()
    reached = float(transfer.progress(session.end)[0]) / max(session.end - session.start, 1e-9)
    advice = _advice(story, ingest, transfer, station, float(sizes.mean()))
    sealed = any(interfaces.encrypts(ingest.figures, story.job.device, client) for client in story.clients)
    line = "encryption on the clients" if sealed else "link"
    people = {"cores": _cpu_name(story), "store": DISK, "round trips": TRIPS, "link": line}
    bound = next((name for name, words in people.items() if words == station), "link")
    bounds = throughput.bounds(transfer.server, transfer.clients, transfer.regime, sizes)
    rest = {name: rate for name, rate in bounds.items() if name != bound and rate > 1.02 * reached}
    if not rest:
        return advice
    following = min(rest, key=lambda name: rest[name])
    words = people[following] if following == "round trips" else f"the {people[following]}"
    return f"{advice}; next is {words} at {units.format_rate(rest[following])}"


def _taken(story: Scenario, transfer: Copying) -> str:
    """Who takes the disk from the copy; nothing if nobody does to speak of."""
    separate = catalog.has(f"{story.job.device}.instances.separate")
    taken = sum(instance.disk * instance.count for instance in story.instances)
    if taken > 0 and not separate:
        return f"instances that leave the disk alone (they take {units.format_rate(taken)})"
    who = "functions" if story.functions else "instances"
    asking = story.functions or any(instance.requests is not None for instance in story.instances)
    return f"{who} that read less" if asking and transfer.regime.store < 1 - FELT else ""


def _advice(story: Scenario, ingest: Ingest, transfer: Copying, station: str, mean: float) -> str:
    """Words on what would lift a station, given what a file of mean size costs it."""
    operations = transfer.clients[0].operations
    if station == DISK:
        if words := _taken(story, transfer):
            return words
        if "file" in interfaces.used(story):
            return "the S3 adapter in place of the file interface"
        journal = sum(operation.store for operation in operations.all)
        if journal < mean / transfer.server.store.rate_start:
            return NOTHING
        if "nfs" not in interfaces.used(story):
            return "larger files, as [[dataset]] batch packs them"
        waits = any(operation.wait for operation in operations.all)
        return "larger files" + (", or durability async where a power cut may cost data" if waits else "")
    if station in {*CPUS.values(), "device CPU"}:
        if story.job.nfs_cpu == "shared" and transfer.regime.share < 1 - FELT:
            return "instances that leave it processors"
        blocks = max(1.0, mean / transfer.clients[0].block)
        calls = sum(operation.work for operation in operations.all) + (blocks - 1) * operations.write.work
        if calls > mean * operations.write.work_per_byte:
            return "larger files" if blocks < 2 else _LARGER.get(interfaces.used(story)[0], "larger files")
        spare = interfaces.spare_cores(ingest.figures, story.job.device, story.clients)
        return "a second client: each has a core of its own" if spare else NOTHING
    return next(lift for name, lift in LIFTS.items() if station.startswith(name))
