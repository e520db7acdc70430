"""The transfer core against the event-per-RPC SimPy model of the same semantics: same answer, less time.

Run with ``pytest bench --benchmark-only``. Only the ratios, taken in one run, mean anything from machine to machine.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from devicesim.benchmark.oracle import Oracle
from devicesim.benchmark.workloads import DISK, NETS, operations, workload
from devicesim.throughput import Client, Regime, Server, simulate

CELLS = [
    pytest.param(kind, count, net, id=f"{kind} {net}")
    for kind, count in (("large", 20), ("64 KB", 1500), ("lognormal", 1000))
    for net in NETS
]
PAIRS = 5


def cpu(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize(("kind", "count", "net"), CELLS)
def test_core_against_simpy(benchmark: Any, kind: str, count: int, net: str) -> None:
    rate, latency = NETS[net]
    server = Server(cores=1, buffer=1.2e9, store=DISK)
    clients = [Client(operations(), streams=4, window=16, block=2**20)]
    sizes, schedule = workload(kind, count), [(0.0, Regime((rate,), (latency,)))]

    def core() -> Any:
        return simulate(server, clients, [sizes], schedule)

    oracle = Oracle(server, clients, [sizes.tolist()], schedule)
    assert np.array_equal(core().finish(0), oracle.finish[0])
    ratios = [
        cpu(lambda: Oracle(server, clients, [sizes.tolist()], schedule)) / cpu(core) for _ in range(PAIRS)
    ]
    benchmark.extra_info["times faster than SimPy, median of pairs"] = round(float(np.median(ratios)), 1)
    done = benchmark(core)
    assert done.done
    assert done.progress(done.end)[0] == sizes.sum()
