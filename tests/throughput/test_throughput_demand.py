"""Asymptotic bounds: by hand, and where a transfer attains them."""

from __future__ import annotations

import numpy as np
import pytest

from devicesim.benchmark.workloads import DISK, NETS, operations, workload
from devicesim.throughput import (
    Client,
    Operation,
    Operations,
    Regime,
    Server,
    Store,
    Transfer,
    bounds,
    simulate,
)


def test_each_station_by_hand() -> None:
    """Two files of 100 and 300 bytes, blocks of 100: 4 WRITEs, 2 CREATEs. Per second: link 50 B, cores 2 at 1/2.

    Link: 400 + 4 * 10 + 2 * 20 = 480 B -> 9.6 s. Cores: 4 * 1 + 400 * 0.01 + 2 * 2 = 12 s of 1 -> 12 s.
    Store: 400 / 100 + 2 * 3 = 10 s at half speed -> 20 s.
    Round trips, window 1: CREATE 2 * 0.5 + 20 / 50 + 2 / 0.5 = 5.4 s, WRITE 1 + 110 / 50 + 2 / 0.5 = 7.2 s each:
    2 * 5.4 + 4 * 7.2 = 39.6 s, shared by 3 streams -> 13.2 s.
    """
    create = Operation("CREATE", 20.0, 2.0, store=3.0)
    client = Client(
        Operations((create,), Operation("WRITE", 10.0, 1.0, 0.01), ()), streams=3, window=1, block=100
    )
    server = Server(2, 1e9, Store(100.0, 100.0, 1e9))
    rates = bounds(server, [client], Regime((50.0,), (0.5,), share=0.5, store=0.5), [100.0, 300.0])
    assert rates == pytest.approx(
        {"link": 400 / 9.6, "cores": 400 / 12, "store": 20.0, "round trips": 400 / 13.2}
    )


def test_the_store_is_bound_by_its_mean_rate_over_the_mix() -> None:
    """The square of the rate falls linearly in bytes, so its mean over the bytes is the mean of the ends."""
    server = Server(1, 1e9, Store(4.0, 2.0, 100.0))
    client = Client(Operations((), Operation("WRITE", 0.0, 0.0), ()))
    assert bounds(server, [client], Regime((1.0,), (0.0,)), [100.0])["store"] == pytest.approx(3.0)


def test_links_add_up_and_share() -> None:
    life = Operations((), Operation("WRITE", 0.0, 0.0), ())
    server = Server(1, 1e9, DISK)
    own = bounds(
        server, [Client(life, link=0), Client(life, link=1)], Regime((10.0, 30.0), (0.0, 0.0)), [1e6]
    )
    shared = bounds(server, [Client(life), Client(life)], Regime((10.0, 30.0), (0.0, 0.0)), [1e6])
    assert own["link"] == 40.0
    # The same bytes from both: as long as the slow one needs, and the fast one.
    assert shared["link"] == pytest.approx(2 / (1 / 10 + 1 / 30))


def test_a_station_that_stands_still_bounds_at_zero() -> None:
    client, server = Client(operations()), Server(1, 1e9, DISK)
    assert bounds(server, [client], Regime((0.0,), (0.0,)), [1e6])["link"] == 0.0
    assert bounds(server, [client], Regime((1.0,), (0.0,), share=0.0), [1e6])["cores"] == 0.0
    assert bounds(server, [client], Regime((1.0,), (0.0,), store=0.0), [1e6])["store"] == 0.0
    assert set(bounds(server, [client], Regime((1.0,), (0.0,)), []).values()) == {0.0}


@pytest.mark.parametrize("net", ["1GbE", "Wi-Fi"])
def test_a_single_stream_of_small_files_attains_its_round_trips(net: str) -> None:
    rate, latency = NETS[net]
    sizes = workload("64 KB", 200)
    client, server = Client(operations(), streams=1), Server(1, 1e9, DISK)
    regime = Regime((rate,), (latency,))
    rates = bounds(server, [client], regime, sizes)
    took = simulate(server, [client], [sizes], [(0.0, regime)]).end
    assert min(rates, key=lambda name: rates[name]) == "round trips"
    assert sizes.sum() / took == pytest.approx(rates["round trips"], rel=1e-9)


@pytest.mark.parametrize(("net", "station"), [("1GbE", "link"), ("10GbE", "store")])
def test_large_files_attain_their_bottleneck(net: str, station: str) -> None:
    """Within 2 %: the first block has to arrive, and the last replies come back."""
    rate, latency = NETS[net]
    sizes = workload("large", 100)
    client, server = Client(operations(), block=2**20), Server(2, 2.0**26, DISK)
    regime = Regime((rate,), (latency,))
    rates = bounds(server, [client], regime, sizes)
    took = simulate(server, [client], [sizes], [(0.0, regime)]).end
    assert min(rates, key=lambda name: rates[name]) == station
    assert sizes.sum() / took == pytest.approx(rates[station], rel=0.02)


@pytest.mark.parametrize("durability", ["async", "sync"])
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", ["large", "64 KB", "lognormal"])
def test_the_completion_bound_is_close_early_on(kind: str, net: str, durability: str) -> None:
    """Never late; asked at the start, at least a third of the whole for these, so that a host asks a few times only."""
    rate, latency = NETS[net]
    sizes = workload(kind, {"large": 250, "64 KB": 4000, "lognormal": 3000}[kind])
    transfer = Transfer(
        Server(1, 2.0**26, DISK), [Client(operations(durability), block=2**17)], Regime((rate,), (latency,))
    )
    transfer.submit(0, sizes)
    bound = transfer.bound()
    end = transfer.run()
    assert end / 3 < bound <= end
    asked = Transfer(transfer.server, transfer.clients, transfer.regime)
    asked.submit(0, sizes)
    times = 0
    while not asked.done:
        asked.advance(np.nextafter(asked.bound(), np.inf))
        times += 1
    assert times <= 12
