"""What held the copy back: which station was busiest in each stretch, and what would lift it.

The transfer core counts the busy seconds of every station. In each stretch of the copy the station with the
highest utilisation is the one that bound it; where the streams spent most of their time waiting for replies to
cross the network, that is *round trips*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput, units
from devicesim.device.ingest import Ingest, Session
from devicesim.report.model import Bottleneck, BottleneckSpan
from devicesim.scenario import Scenario

BUCKETS = 240
"""Stretches into which a copy is cut for attribution."""


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Busy share of every station in one stretch of time."""

    start: float
    end: float
    shares: dict[str, float]
    bytes: float


def attribute(story: Scenario, ingest: Ingest) -> tuple[tuple[Bottleneck, ...], tuple[BottleneckSpan, ...]]:
    """Give the stations that bound the copy, with their shares of its time, and the stretches for a chart."""
    total = sum(session.end - session.start for session in ingest.sessions)
    stretches = [part for s in ingest.sessions for part in _stretches(story, s, total)]
    seconds: dict[str, float] = {}
    spans: list[BottleneckSpan] = []
    for part in stretches:
        name = max(part.shares, key=lambda station: part.shares[station]) if part.bytes else _idle(part)
        length = part.end - part.start
        seconds[name] = seconds.get(name, 0.0) + length
        rate = part.bytes / length if length else 0.0
        spans.append(BottleneckSpan(part.start, part.end, name, rate))
    whole = sum(seconds.values()) or 1.0
    ranked = sorted(seconds.items(), key=lambda item: -item[1])
    lifts = {name: _lift(story, ingest, name) for name, _ in ranked[:2]}
    return tuple(Bottleneck(name, share / whole, lifts.get(name, "")) for name, share in ranked), tuple(spans)


def _idle(part: Utilisation) -> str:
    busiest = max(part.shares, key=lambda station: part.shares[station])
    return busiest if part.shares[busiest] > 0.5 else "no link"


def _stretches(story: Scenario, session: Session, total: float) -> list[Utilisation]:
    length = session.end - session.start
    if length <= 0:
        return []
    count = max(1, round(BUCKETS * length / total))
    edges = np.linspace(session.start, session.end, count + 1)
    size, objects = session.transfer.progress(edges)
    busy = _busy(story, session, edges, np.asarray(objects, dtype=np.float64))
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


def _busy(
    story: Scenario, session: Session, edges: NDArray[np.float64], objects: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    usage = session.transfer.usage(edges)
    wifi = any(client.link == "wifi" for client in story.clients)
    wired = any(client.link == "ethernet" for client in story.clients)
    links = np.asarray(usage.link)
    stations: dict[str, NDArray[np.float64]] = {}
    if wifi:
        stations["Wi-Fi link"] = links[0]
    if wired:
        stations["Ethernet link"] = links[int(wifi) :].max(axis=0)
    cores = session.transfer.server.cores
    stations["NFS service CPU"] = np.asarray(usage.cores) / cores
    stations["disk"] = np.asarray(usage.store)
    client = session.transfer.clients[0]
    serial = len(client.operations.before) + len(client.operations.after) + 1
    latency = session.transfer.regime.latency[0]
    streams = sum(other.streams for other in session.transfer.clients)
    stations["round trips"] = objects * (serial * 2 * latency / streams)
    return stations


def _lift(story: Scenario, ingest: Ingest, station: str) -> str:
    """What would lift a bottleneck, and what would bind next."""
    session = max(ingest.sessions, key=lambda s: s.end - s.start)
    sizes = ingest.sample()
    if not sizes.size or station == "no link":
        return "a link that stays up"
    transfer = session.transfer
    advice = _advice(transfer, station, float(sizes.mean()))
    bounds = throughput.bounds(transfer.server, transfer.clients, transfer.regime, sizes)
    rest = {name: rate for name, rate in bounds.items() if _people(story, name) != station}
    if not rest:
        return advice
    following = min(rest, key=lambda name: rest[name])
    next_one = f"next is the {_people(story, following)} at {units.format_rate(rest[following])}"
    return f"{advice}; {next_one}".replace("the round trips", "round trips")


def _advice(transfer: throughput.Transfer, station: str, mean: float) -> str:
    """Words on what would lift a station, given what a file of mean size costs it."""
    operations = transfer.clients[0].operations
    every = (*operations.before, operations.write, *operations.after)
    if station == "disk":
        journal = sum(operation.store for operation in every)
        if journal < mean / transfer.server.store.rate_start:
            return "nothing on this device"
        waits = any(operation.wait for operation in every)
        return "larger files" + (", or durability async where a power cut may cost data" if waits else "")
    if station == "NFS service CPU":
        blocks = max(1.0, mean / transfer.clients[0].block)
        calls = sum(operation.work for operation in every) + (blocks - 1) * operations.write.work
        if calls > mean * operations.write.work_per_byte:
            return "larger files" if blocks < 2 else "a larger wsize"
        return "nothing on this device"
    lifts = {
        "Wi-Fi link": "a cable, or less distance",
        "Ethernet link": "a faster link",
        "round trips": "more streams",
    }
    return lifts[station]


def _people(story: Scenario, station: str) -> str:
    wifi = all(client.link == "wifi" for client in story.clients)
    link = "Wi-Fi link" if wifi else "Ethernet link"
    names = {"link": link, "cores": "NFS service CPU", "store": "disk", "round trips": "round trips"}
    return names.get(station, station)
