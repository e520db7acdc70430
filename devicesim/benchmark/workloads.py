"""Lists of files, nets and changing regimes: the workloads of the comparison grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicesim.throughput import Operation, Operations, Regime, Store

NETS = {"1GbE": (117e6, 1e-4), "10GbE": (1.17e9, 5e-5), "Wi-Fi": (40e6, 1.5e-3)}
"""Bandwidth [bytes/s] and one-way latency [s]."""

DISK = Store(rate_start=180e6, rate_end=90e6, capacity=8e12)


def operations(durability: str = "async") -> Operations:
    """NFS-like: the costs are round figures, what matters is who waits for the store."""

    def call(name: str, store: float = 0.0, wait: bool = False) -> Operation:
        return Operation(name, 200.0, 80e-6, store=store, wait=wait)

    create = call("CREATE", 4e-3, True) if durability == "sync" else call("CREATE")
    commit = call("COMMIT", 1e-3, durability != "async")
    write = Operation("WRITE", 200.0, 40e-6, 0.7e-9)
    return Operations((call("LOOKUP"), create), write, (commit, call("SETATTR")))


def workload(kind: str, count: int, seed: int = 0) -> NDArray[np.float64]:
    """Sizes of files [bytes], which nobody can change: so that a transfer need not copy them."""
    draw = np.random.default_rng(seed)
    if kind == "large":
        sizes = np.full(count, 40e6)
    elif kind == "64 KB":
        sizes = np.full(count, 65536.0)
    elif kind == "lognormal":
        sizes = np.floor(draw.lognormal(np.log(2e5), 2.0, count))
    else:
        small = np.floor(draw.lognormal(np.log(3e4), 1.0, count))
        sizes = np.where(draw.random(count) < 0.9, small, 2e7)
    sizes.setflags(write=False)
    return sizes


def steps(net: str, length: float, seed: int = 0) -> list[tuple[float, Regime]]:
    """Twelve regimes over a length of time: fades, an outage, doubled latency."""
    draw = np.random.default_rng(seed)
    rate, latency = NETS[net]
    times = np.concatenate(([0.0], np.sort(draw.uniform(0.02, 0.95, 11)) * length))
    fades = draw.choice([1.0, 0.7, 0.5, 0.25, 0.1], 12)
    fades[6] = 0.0
    delays = latency * draw.choice([1, 1, 2], 12)
    return [
        (float(t), Regime((rate * f,), (float(d),))) for t, f, d in zip(times, fades, delays, strict=True)
    ]


def thefts(net: str, length: float, seed: int = 0) -> list[tuple[float, Regime]]:
    """Twelve regimes in which the cores' share changes, and the store's speed."""
    draw = np.random.default_rng(seed)
    rate, latency = NETS[net]
    times = np.concatenate(([0.0], np.sort(draw.uniform(0.02, 0.95, 11)) * length))
    shares, speeds = draw.choice([1.0, 0.5, 0.25], 12), draw.choice([1.0, 0.5, 0.0], 12)
    speeds[-1] = 1.0
    return [
        (float(t), Regime((rate,), (latency,), float(share), float(speed)))
        for t, share, speed in zip(times, shares, speeds, strict=True)
    ]
