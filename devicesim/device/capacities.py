"""From a scenario and the catalog's figures to what the throughput core asks: server, clients, capacities.

Pure: no clock, no draw. The transfer core knows links, cores, a buffer and a store; here is where a device's ports,
disks, page cache and services become those; what a file costs at each of its interfaces is said in
:mod:`~devicesim.device.interfaces`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, scenario, throughput
from devicesim.catalog import Figures
from devicesim.device import interfaces
from devicesim.device.setting import Setting
from devicesim.device.share import Limits
from devicesim.physics import cpu, ethernet, hdd

NAME_BYTES = 255
"""NAME_MAX of the file systems Linux exports."""


def server(
    figures: Figures,
    device: str,
    filled: float = 0.0,
    room: str = "",
    clients: Sequence[scenario.Client] = (),
) -> throughput.Server:
    """What serves a device's clients: cores, the page cache's dirty limit, the disk behind it.

    Args:
        figures: catalog figures with the scenario's overrides.
        device: catalog entry of the device.
        filled: bytes already on the disk; outer tracks fill first.
        room: key of the figure that says what the device holds; that of its usual capacity if not given.
        clients: that write to it; their interfaces decide how many cores serve them.
    """
    outer = figures.si(f"{device}.disk.outer_rate")
    capacity = figures.si(room or catalog.room(device))
    return throughput.Server(
        cores=interfaces.cores(figures, device, clients),
        buffer=figures.si(f"{device}.cache.dirty_limit"),
        store=throughput.Store(
            rate_start=outer,
            rate_end=float(hdd.rate(1.0, outer, figures.si(f"{device}.disk.inner_ratio"))),
            capacity=capacity,
            position=min(filled, capacity),
        ),
    )


def clients(
    figures: Figures,
    story: scenario.Scenario,
    start: float = 0.0,
    sizes: Sequence[NDArray[np.integer]] | None = None,
) -> tuple[throughput.Client, ...]:
    """The scenario's clients; all Wi-Fi clients share link 0, the air, and every cable is a link of its own.

    Args:
        figures: catalog figures with the scenario's overrides.
        story: the scenario.
        start: when the first of them may begin [s].
        sizes: of the files that each copies [bytes]; some interfaces send large files another way than small ones.
    """
    streams = sum(client.streams for client in story.clients)
    air = any(client.link == "wifi" for client in story.clients)
    wired = iter(range(int(air), len(story.clients) + 1))
    made = []
    for k, client in enumerate(story.clients):
        mine = sizes[k] if sizes is not None else None
        way = interfaces.way(figures, story.job.device, client, streams, mine)
        made.append(
            throughput.Client(
                name=client.name,
                operations=way.operations,
                streams=client.streams,
                window=way.window,
                block=way.block,
                link=0 if client.link == "wifi" else next(wired),
                start=start + client.start_after,
            )
        )
    return tuple(made)


def port(figures: Figures, device: str, rate: float) -> float:
    """Line rate of the port that a client of a line rate is plugged into: the slowest that is fast enough.

    Where none is fast enough it is the fastest one [bytes/s].
    """
    names = catalog.entry(device).listing("ports")
    rates = sorted(figures.si(f"{device}.ports.{name}") for name in names)
    return next((each for each in rates if each >= rate), rates[-1])


def wired_rates(
    figures: Figures, device: str, clients: Sequence[scenario.Client], taken: float = 0.0
) -> list[float]:
    """TCP goodput of each cabled client [bytes/s].

    A client gets no more than its own line, nor than its own encryption lets through. Only so many of a device's
    ports work at once; what they carry is shared evenly by clients that ask for more together, also when one of
    them has nothing left to send.

    Args:
        figures: catalog figures.
        device: catalog entry of the device.
        clients: those of the scenario; Wi-Fi clients are passed over.
        taken: what compute instances and others take of the device's ports [bytes/s].
    """
    wired = [client for client in clients if client.rate is not None]
    if not wired:
        return []
    lines = [client.rate or 0.0 for client in wired]
    plugged = float(ethernet.goodput(port(figures, device, max(lines))))
    at_once = min(int(figures.si(f"{device}.ports.at_once")), len(wired))
    free = max(plugged * at_once - taken, 0.0)
    efficiency = figures.si("nfs.client.efficiency")
    sealed = [interfaces.encryption(figures, device, client) for client in wired]
    ceiling = figures.si("nfs.client.ceiling")
    asked = [
        min(float(ethernet.goodput(line)), plugged, most / efficiency, ceiling / efficiency)
        for line, most in zip(lines, sealed, strict=True)
    ]
    shares = asked if sum(asked) <= free else cpu.fair_shares(asked, np.ones(len(asked)), free)
    return [min(float(share) * efficiency, most) for share, most in zip(shares, sealed, strict=True)]


def wired_rate(figures: Figures, device: str, rate: float, taken: float = 0.0) -> float:
    """TCP goodput of a cabled client that is alone on its port [bytes/s].

    Args:
        figures: catalog figures.
        device: catalog entry of the device.
        rate: the client's own line rate [bytes/s].
        taken: what others take of the device's port [bytes/s].
    """
    plugged = float(ethernet.goodput(port(figures, device, rate)))
    line = min(float(ethernet.goodput(rate)), max(plugged - taken, 0.0))
    return min(line * figures.si("nfs.client.efficiency"), figures.si("nfs.client.ceiling"))


def wired_latency(figures: Figures, story: scenario.Scenario) -> float:
    """One-way latency of the site's network [s], with what the machines at its ends add to it."""
    network = story.site.rtt if story.site.rtt is not None else figures.si("nfs.rtt.lan")
    return (network + figures.si("nfs.client.delay")) / 2


def room(setting: Setting, kind: str) -> str:
    """The key of the figure that says how much data a device takes, as the scenario orders it."""
    story = setting.scenario
    capacity = story.job.capacity if story.job.device == kind else catalog.NO_PREFERENCE
    return catalog.room(kind, capacity, bool(story.instances or story.functions))


def limits(setting: Setting, kind: str, room: str) -> Limits:
    """What the device's share accepts, from the catalog; an interface in use may take shorter keys only."""
    figures = setting.figures
    own = [f"{kind}.{interface}.max_key" for interface in interfaces.used(setting.scenario)]
    keys = [f"{kind}.names.max_key", *filter(catalog.has, own)]
    return Limits(
        capacity=int(figures.si(room)),
        files=int(figures.si(f"{kind}.storage.max_files")),
        file_size=int(figures.si(f"{kind}.storage.max_file_size")),
        name_bytes=NAME_BYTES,
        path_chars=int(figures.si(f"{kind}.names.max_path")),
        key_bytes=int(min(map(figures.si, keys))),
    )
