"""A device and one client as the transfer core takes them: what a prediction for a device runs on.

Model
-----
Exactly what ``devicesim run`` builds: the device's cores, page cache and disk, the operations of its NFS service with
their journal writes by durability, the client's cable at its goodput. The disk is half full, so that its rate is
neither the best nor the worst.

Scope and limits
----------------
One client on a cable, files of one size; nothing else on the device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Literal

import numpy as np

from devicesim import catalog, scenario
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces
from devicesim.planning.measured.law import Costs, goodput, operations
from devicesim.planning.measured.measurement import Setting
from devicesim.throughput import Client, Regime, Server, Store, Transfer, simulate

Durability = Literal["async", "commit", "sync"]

MOST_CALLS = 1_000_000
"""RPCs that are computed one by one; beyond them a transfer goes on at its sustained rate."""

_QUICK = 1e15
_KEPT = 4 * 2**20
"""Bytes of page cache while the sustained rate is looked for: a small one is full sooner, and drains as fast."""


@dataclass(frozen=True, slots=True)
class Rig:
    """Server, client and regime of one prediction."""

    server: Server
    client: Client
    regime: Regime

    def run(self, count: int, size: float) -> Transfer:
        """Copy so many files of one size, and read nothing of it yet."""
        return simulate(self.server, [self.client], [np.full(count, size)], [(0.0, self.regime)])

    def calls(self, count: float, size: float) -> float:
        """RPCs of so many files."""
        return count * (len(self.client.operations.all) - 1 + ceil(size / self.client.block))

    @property
    def sustained(self) -> Rig:
        """The same with a page cache that is soon full."""
        kept = min(self.server.buffer, max(_KEPT, 8 * self.client.block))
        return replace(self, server=replace(self.server, buffer=kept))


def of_device(
    figures: Figures,
    device: str,
    setting: Setting,
    durability: Durability,
    interface: scenario.Interface = "nfs",
) -> Rig:
    """A client of a device.

    Args:
        figures: the catalog's, with those of a profile.
        device: catalog entry.
        setting: link, round trips, streams, wsize and version; files and size do not count here.
        durability: when a write counts as safe.
        interface: what the client writes to.
    """
    told = {"version": setting.version, "durability": durability, "wsize": float(setting.wsize)}
    options = scenario.Nfs().model_copy(update=told | {"window": setting.window or None})
    rate = min(setting.link, capacities.port(figures, device, setting.link))
    bare = scenario.Client(name="client", dataset=("files",), link="ethernet", interface=interface)
    client = bare.model_copy(update={"rate": rate, "streams": setting.streams, "nfs": options})
    room = figures.si(catalog.room(device))
    way = interfaces.way(figures, device, client, setting.streams)
    latency = (setting.rtt + figures.si("nfs.client.delay")) / 2
    return Rig(
        capacities.server(figures, device, room / 2, clients=(client,)),
        Client(way.operations, setting.streams, way.window, way.block),
        Regime((capacities.wired_rate(figures, device, rate),), (latency,)),
    )


def of_costs(costs: Costs, setting: Setting) -> Rig:
    """The server that was measured, whatever store it has; its shaper's bucket is left out."""
    window = setting.window or costs.window
    return Rig(
        Server(costs.cores, inf, Store(_QUICK, _QUICK, _QUICK)),
        Client(operations(costs, setting.version), setting.streams, window, setting.wsize),
        Regime((min(goodput(setting, costs), costs.ceiling, _QUICK),), ((setting.rtt + costs.delay) / 2,)),
    )
