"""The core against the event-per-RPC model: the same finish times, to the last bit, in every cell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from devicesim.benchmark.oracle import Oracle
from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts, workload
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, simulate

KINDS = {"large": 5, "64 KB": 110, "lognormal": 70, "mix": 50}
DURABILITIES = ("async", "commit", "sync")


def regimes(environment: str, net: str, length: float, seed: int = 1) -> list[tuple[float, Regime]]:
    rate, latency = NETS[net]
    constant = [(0.0, Regime((rate,), (latency,)))]
    return {"constant": lambda *_: constant, "steps": steps, "thefts": thefts}[environment](net, length, seed)


def compare(
    kind: str, count: int, durability: str, net: str, streams: int, cores: int, environment: str
) -> None:
    sizes = workload(kind, count, seed=3)
    client = Client(operations(durability), streams=streams, window=16, block=2**20)
    server = Server(cores, buffer=2.0**24, store=DISK)
    alone = simulate(server, [client], [sizes], regimes("constant", net, 0.0)).end
    schedule = regimes(environment, net, alone)
    transfer = simulate(server, [client], [sizes], schedule)
    oracle = Oracle(server, [client], [sizes], schedule)
    cell = f"{kind}, {durability}, {net}, K={streams}, {cores} cores, {environment}"
    assert transfer.done, cell
    assert transfer.finish(0).tolist() == oracle.finish[0].tolist(), cell
    assert_same_curve(transfer.curve(0), oracle, 0, cell)
    if environment == "constant":
        busy = transfer.usage(1e9)
        for station, seconds in (("link 0", busy.link[0]), ("cores", busy.cores), ("store", busy.store)):
            served = sum(end - start for name, start, end in oracle.served if name == station)
            assert seconds == pytest.approx(served, rel=1e-9), cell


def assert_same_curve(curve, oracle: Oracle, client: int, cell: str) -> None:
    """Hold the byte curve to the oracle's, step by step."""
    payloads = np.diff(curve.bytes, prepend=0.0)
    steps = list(zip(curve.time[payloads > 0].tolist(), payloads[payloads > 0].tolist(), strict=True))
    assert steps == oracle.admitted[client], cell


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_the_grid_is_bit_equal(kind: str, durability: str) -> None:
    """{net} x {K} x {cores} x {constant, twelve steps with an outage, changing shares and store speeds}."""
    grid = product(NETS, (1, 4, 16), (1, 2), ("constant", "steps", "thefts"))
    for net, streams, cores, environment in grid:
        compare(kind, KINDS[kind], durability, net, streams, cores, environment)


@pytest.mark.slow
@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_the_grid_is_bit_equal_at_length(kind: str, durability: str) -> None:
    grid = product(NETS, (1, 4, 16), (1, 2), ("constant", "steps", "thefts"))
    for net, streams, cores, environment in grid:
        compare(kind, 20 * KINDS[kind], durability, net, streams, cores, environment)


@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("durability", DURABILITIES)
def test_several_clients_share_a_server(durability: str, cores: int) -> None:
    """Two on one radio link, one on a cable, with latencies, blocks and starts of their own; one link fails a while."""
    life = operations(durability)
    clients = [
        Client(life, streams=3, window=4, block=2**17, link=1),
        Client(life, streams=1, window=8, block=2**16, link=1, start=0.25),
        Client(operations("async"), streams=4, window=16, block=2**20, link=0),
    ]
    sizes = [workload("lognormal", 40, 1), workload("mix", 30, 2), workload("64 KB", 150)]
    schedule = [
        (0.0, Regime((30e6, 20e6, 117e6), (2e-3, 1e-3, 1e-4))),
        (0.6, Regime((30e6, 20e6, 0.0), (1e-3, 1e-3, 1e-4), share=0.5)),
        (0.9, Regime((10e6, 20e6, 117e6), (1e-3, 3e-3, 1e-4), store=0.5)),
        (2.0, Regime((40e6, 40e6, 117e6), (1e-3, 1e-3, 1e-4))),
    ]
    server = Server(cores, buffer=2.0**22, store=DISK)
    transfer = simulate(server, clients, sizes, schedule)
    oracle = Oracle(server, clients, sizes, schedule)
    for k in range(len(clients)):
        assert np.isfinite(oracle.finish[k]).all()
        assert transfer.finish(k).tolist() == oracle.finish[k].tolist()
        assert_same_curve(transfer.curve(k), oracle, k, f"client {k}")


@pytest.mark.parametrize("cores", [1, 3])
def test_five_equal_clients_on_five_equal_links_meet_at_every_instant(cores: int) -> None:
    """Every arrival at the cores is a tie of five."""
    clients = [Client(operations("commit"), streams=2, window=4, link=i) for i in range(5)]
    sizes = [workload("64 KB", 20)] * 5
    server = Server(cores, buffer=2.0**18, store=DISK)
    schedule = [(0.0, Regime((117e6,) * 5, (1e-4,) * 5))]
    oracle = Oracle(server, clients, sizes, schedule)
    transfer = simulate(server, clients, sizes, schedule)
    for k in range(5):
        assert transfer.finish(k).tolist() == oracle.finish[k].tolist()


def test_a_small_write_overtakes_a_large_one_on_the_second_core() -> None:
    """By hand: no link time, no latency, two cores, two streams with one file each, 1 s of core per byte.

    The file of 10 bytes leaves its core at 10 s, the one of 2 bytes at 2 s, and is admitted first. The store takes
    1 byte/s and the buffer 10 bytes: at 10 s the small one is long stored, so the large one fits.
    """
    client = Client(Operations((), Operation("WRITE", 0.0, 0.0, work_per_byte=1.0), ()), streams=2, block=100)
    server = Server(2, buffer=10.0, store=Store(1.0, 1.0, 100.0))
    schedule = [(0.0, Regime((1e9,), (0.0,)))]
    transfer = simulate(server, [client], [[10.0, 2.0]], schedule)
    oracle = Oracle(server, [client], [[10.0, 2.0]], schedule)
    assert transfer.finish(0) == pytest.approx([10.0, 2.0], rel=1e-7)
    assert transfer.finish(0).tolist() == oracle.finish[0].tolist()
