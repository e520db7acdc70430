"""The quick loop for several cores gives the bits of the general one: curves, meters, and what a change finds."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import Case, drawn

from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts, workload
from devicesim.throughput import Client, Regime, Server, Transfer
from devicesim.throughput.core import PURE


def behind_one_link(seed: int) -> Case:
    """Draw a transfer with several cores whose clients share a link, and have one latency."""
    case, draw = drawn(seed), random.Random(seed)
    clients = tuple(replace(client, link=0) for client in case.clients)
    schedule = tuple((t, replace(r, latency=(r.latency[0],) * len(clients))) for t, r in case.schedule)
    sizes = tuple(tuple(float(draw.randint(0, 30)) for _ in range(draw.randint(0, 40))) for _ in clients)
    return Case(replace(case.server, cores=draw.randint(2, 4)), clients, sizes, schedule)


def told(case: Case, late: bool) -> list[Any]:
    """Run a transfer whose regimes are learned at once or each at its time; return all that it tells."""
    transfer = Transfer(case.server, case.clients, case.schedule[0][1], core=PURE)
    for k, sizes in enumerate(case.sizes):
        transfer.submit(k, sizes)
    out: list[Any] = []
    for at, regime in case.schedule[1:]:
        if late:
            out.append(transfer.bound())
            transfer.advance(at)
        transfer.set_regime(regime, at)
    transfer.run()
    times = np.linspace(0.0, transfer.now, 60)
    usage, curve = transfer.usage(times), transfer.curve()
    columns = [usage.link, usage.cores, usage.store, usage.buffer, transfer.stored(times)]
    columns += [curve.time, curve.bytes, curve.objects]
    columns += [transfer.finish(k) for k in range(len(case.clients))]
    return [*out, transfer.now, *(column.tolist() for column in columns)]


def both(case: Case, late: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    quick = told(case, late)
    with monkeypatch.context() as patch:
        patch.setattr("devicesim.throughput.queued.simple", lambda *_: False)
        return quick, told(case, late)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(200, 4000, 200))]
)
@pytest.mark.parametrize("late", [False, True])
def test_drawn_transfers_are_those_of_the_general_loop(
    first: int, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(first, first + 200):
        quick, general = both(behind_one_link(seed), late, monkeypatch)
        assert quick == general, seed


@pytest.mark.parametrize("durability", ["async", "commit", "sync"])
@pytest.mark.parametrize("net", NETS)
def test_cells_of_the_grid_are_those_of_the_general_loop(
    net: str, durability: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rate, latency), sizes = NETS[net], tuple(workload("mix", 60, seed=3).tolist())
    constant = [(0.0, Regime((rate,), (latency,)))]
    for cores, schedule in ((2, constant), (2, steps(net, 3.0, 1)), (3, thefts(net, 3.0, 1))):
        server, client = Server(cores, 2.0**24, DISK), Client(operations(durability), block=2**20)
        case = Case(server, (client,), (sizes,), tuple(schedule))
        quick, general = both(case, True, monkeypatch)
        assert quick == general, cores


def test_an_rpc_that_never_gets_through_its_link_is_left_to_the_general_loop() -> None:
    """The link dies at 1 s for good, with RPCs under way: what was admitted stays, and the rest never comes."""
    server, client = Server(2, 1e9, DISK), Client(operations(), block=2**20)
    transfer = Transfer(server, [client], Regime((10e6,), (1e-3,)), core=PURE)
    transfer.submit(0, [5e6] * 10)
    transfer.set_regime(Regime((0.0,), (1e-3,)), 1.0)
    assert transfer.run() == float("inf")
    sent = transfer.curve().bytes[-1]
    assert 0 < sent <= 10e6
    transfer.set_regime(Regime((10e6,), (1e-3,)), 2.0)
    assert transfer.run() < float("inf")
    assert transfer.curve().bytes[-1] == 5e7
