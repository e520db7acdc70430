"""How much longer than its bounds a list takes, measured on samples at the corners of a grid of regimes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import inf, log

import numpy as np

from devicesim.errors import require
from devicesim.throughput.core import CORES
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import Profile, front_demands
from devicesim.throughput.reading import CHECKPOINT_EVERY, Core, Floats
from devicesim.throughput.samples import Given

NODES = (8, 3, 4)
"""At most so many bandwidths, latencies and shares at which the efficiency is measured."""

SAMPLE_RPCS = 12_000
"""RPCs that are computed to measure one efficiency."""


@dataclass(frozen=True, slots=True)
class Efficiencies:
    """How much longer than its bounds a list takes, over bandwidth, latency and share.

    Attributes:
        axes: logarithms of the values measured at, in order, one array for each of the three.
        table: the efficiencies there, shape (bandwidths, latencies, shares).
    """

    axes: tuple[Floats, Floats, Floats]
    table: Floats

    def __post_init__(self) -> None:
        axes = [np.ascontiguousarray(axis, dtype=np.float64) for axis in self.axes]
        table = np.ascontiguousarray(self.table, dtype=np.float64)
        shape = tuple(axis.size for axis in axes)
        require(min(shape) >= 1, "axes", "of at least one node each", shape)
        require(table.shape == shape, "table.shape", f"that of the axes, {shape}", table.shape)
        object.__setattr__(self, "axes", tuple(axes))
        object.__setattr__(self, "table", table)

    @classmethod
    def measure(
        cls,
        server: Server,
        client: Client,
        profile: Profile,
        bandwidth: Floats,
        latency: Floats,
        share: Floats,
        core: type[Core] | None = None,
    ) -> Efficiencies:
        """Measure a list's over the range of some values; zeros among these do not count."""
        axes = [_nodes(values, most) for values, most in zip((bandwidth, latency, share), NODES, strict=True)]
        sample = _sample(profile, client)
        table = [
            _efficiency(server, client, sample, Regime((float(b),), (float(v),), float(s)), core)
            for b, v, s in product(*axes)
        ]
        shape = tuple(axis.size for axis in axes)
        logs = tuple(np.log(np.maximum(axis, 1e-300)) for axis in axes)
        return cls((logs[0], logs[1], logs[2]), np.array(table).reshape(shape))

    def at(self, bandwidth: float, latency: float, share: float) -> float:
        """Return the efficiency at some rates, that of the nearest beyond the range measured."""
        total = 0.0
        places = [
            _place(axis, log(max(value, 1e-300)))
            for axis, value in zip(self.axes, (bandwidth, latency, share), strict=True)
        ]
        for i, a in places[0]:
            for j, b in places[1]:
                for k, c in places[2]:
                    total += a * b * c * float(self.table[i, j, k])
        return total


def _nodes(values: Floats, most: int) -> Floats:
    """Values to measure at: those that occur if they are few, else evenly over the logarithm of their range."""
    positive = values[values > 0]
    if not positive.size:
        return np.ones(1)
    few = np.unique(positive[: 4 * most])
    low, high = float(positive.min()), float(positive.max())
    if few.size <= most and few[0] == low and few[-1] == high and np.isin(positive, few).all():
        return few
    return np.geomspace(low, high, most)


def _place(axis: Floats, value: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two nodes around a value and their weights."""
    last = axis.size - 1
    i = min(max(int(np.searchsorted(axis, value, side="right")) - 1, 0), max(last - 1, 0))
    if last == 0:
        return (0, 1.0), (0, 0.0)
    weight = min(max((value - float(axis[i])) / float(axis[i + 1] - axis[i]), 0.0), 1.0)
    return (i, 1.0 - weight), (i + 1, weight)


def _sample(profile: Profile, client: Client) -> Floats:
    """Stretches from all over a list, together of about :data:`SAMPLE_RPCS`."""
    per_file = profile.rpcs(client) / max(float(profile.total[0]), 1.0)
    files = max(16 * client.streams, int(SAMPLE_RPCS / max(per_file, 1.0)))
    if not profile.samples:
        return np.empty(0)
    stretches = max(1, min(len(profile.samples), files // (8 * client.streams)))
    chosen = np.linspace(0, len(profile.samples) - 1, stretches).astype(int)
    each = -(-files // stretches)
    parts = [profile.samples[i][:each] for i in chosen]
    return np.concatenate(parts) if parts else np.empty(0)


def _efficiency(
    server: Server, client: Client, sample: Floats, regime: Regime, core: type[Core] | None
) -> float:
    """Time that a sample takes over what its bounds say, its beginning and end left out; the buffer never full."""
    if sample.size < 4 * client.streams:
        return 1.0
    client = replace(client, start=0.0)
    if not any(operation.wait for operation in client.operations.all):
        server = replace(server, buffer=inf)
    running = (core or CORES[0])(server, (client,), regime, 0.0, CHECKPOINT_EVERY)
    given = Given(running, client, server.buffer, 0.0)
    given.give(sample)
    demands = front_demands(server, client, regime, server.store.rate(server.store.position))
    warm = min(2 * client.streams, sample.size // 4)
    given.sample(demands, warm, inf)
    told = given.sample(demands, sample.size - 2 * warm, inf)
    return told.took / float(told.needs.max()) if told is not None and not told.held_up else 1.0
