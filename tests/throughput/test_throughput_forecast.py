"""Many replications at once: by hand, against the exact core, and in both forms."""

from __future__ import annotations

import numpy as np
import pytest

from devicesim.benchmark.workloads import DISK, NETS, operations, workload
from devicesim.errors import BoundError
from devicesim.throughput import (
    Client,
    Efficiencies,
    Operation,
    Operations,
    Profile,
    Regime,
    Server,
    Store,
    forecast,
    forecasts,
    simulate,
)
from devicesim.throughput.core import extension

INF = float("inf")
ONE = Efficiencies((np.zeros(1), np.zeros(1), np.zeros(1)), np.ones((1, 1, 1)))
WRITE = Operations((), Operation("WRITE", 0.0, 0.0), ())
ALONE = Client(WRITE, streams=4, window=1000, block=1000)


def draws(count: int, net: str, length: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twelve regimes each: fades, an outage in the middle, doubled latency."""
    draw, (rate, latency) = np.random.default_rng(seed), NETS[net]
    times = np.sort(draw.uniform(0, length, (count, 12)), axis=1)
    times[:, 0] = 0.0
    bandwidth = rate * draw.choice([1.0, 0.7, 0.5, 0.25, 0.1], (count, 12))
    bandwidth[:, 6] = 0.0
    return times, bandwidth, latency * draw.choice([1.0, 1.0, 2.0], (count, 12))


def test_a_link_alone_by_hand() -> None:
    """8,000 B over 1,000 B/s; then with an outage from 2 to 5 s; then at half the rate from 2 s on; then never."""
    server = Server(1, INF, Store(1e9, 1e9, 1e12))
    profile = Profile.of(ALONE, np.full(8, 1000.0))
    times = [[0.0, 2.0, 5.0]] * 4
    rates = [[1e3, 1e3, 1e3], [1e3, 0.0, 1e3], [1e3, 500.0, 500.0], [1e3, 0.0, 0.0]]
    told = forecast(server, ALONE, profile, times, rates, 0.0, at=[1.0, 4.0], efficiencies=ONE, checks=0)
    assert told.end.tolist() == pytest.approx([8.0, 11.0, 14.0, INF])
    assert told.bytes == pytest.approx(np.array([[1e3, 4e3], [1e3, 2e3], [1e3, 3e3], [1e3, 2e3]]))
    assert told.files == pytest.approx(np.array([[1, 4], [1, 2], [1, 3], [1, 2]]))


def test_a_full_buffer_by_hand() -> None:
    """The link brings 1,000 B/s, the store takes 500, the buffer holds 2,000: full at 4 s, then 500 B/s.

    8,000 B: 4,000 by 4 s, the other 4,000 at 500 B/s. With the store at rest until 6 s: 2,000 B by 2 s, the rest from
    6 s on as the store takes it.
    """
    server = Server(1, 2000.0, Store(500.0, 500.0, 1e12))
    profile = Profile.of(ALONE, np.full(64, 125.0))
    times = [[0.0, 6.0]] * 2
    told = forecast(
        server, ALONE, profile, times, 1e3, 0.0, store=[[1.0, 1.0], [0.0, 1.0]], efficiencies=ONE, checks=0
    )
    assert told.end.tolist() == pytest.approx([12.0, 6.0 + 6000 / 500], rel=0.02)


@pytest.mark.parametrize("durability", ["async", "sync"])
@pytest.mark.parametrize("kind", ["lognormal", "64 KB"])
def test_each_is_the_exact_core_s_within_what_is_stated(kind: str, durability: str) -> None:
    """Fresh draws; the error stated comes from three of them and holds for the others."""
    if extension is None:
        pytest.skip("minutes without the compiled core")
    client = Client(operations(durability), streams=4, window=16, block=2**20)
    server, sizes = Server(1, 1.2e9, DISK), workload(kind, 100_000, 2)
    alone = simulate(server, [client], [sizes], [(0.0, Regime(*((value,) for value in NETS["1GbE"])))]).end
    times, rates, delays = draws(12, "1GbE", 1.5 * alone, 4)
    wanted = np.linspace(0.0, 2 * alone, 30)
    told = forecast(server, client, Profile.of(client, sizes), times, rates, delays, at=wanted, checks=3)
    assert 0 < told.error < 0.08
    for i in range(12):
        schedule = [(t, Regime((b,), (v,))) for t, b, v in zip(times[i], rates[i], delays[i], strict=True)]
        exact = simulate(server, [client], [sizes], schedule)
        assert told.end[i] == pytest.approx(exact.end, rel=told.error)
        assert np.abs(told.bytes[i] - exact.progress(wanted)[0]).max() <= told.error * sizes.sum()


@pytest.mark.skipif(extension is None, reason="there was no compiler at install time")
@pytest.mark.parametrize("durability", ["async", "sync"])
def test_both_forms_and_any_number_of_threads_agree(durability: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(operations(durability), streams=4, window=16, block=2**17)
    server, profile = Server(2, 2.0**26, DISK), Profile.of(client, workload("mix", 5000, 2))
    draw = np.random.default_rng(3)
    times, rates, delays = draws(40, "1GbE", 200.0, 5)
    share, store = draw.choice([1.0, 0.5, 0.0], times.shape), draw.choice([1.0, 0.3, 0.0], times.shape)
    table = Efficiencies.measure(server, client, profile, rates, delays, share)

    def run(threads: int = 1) -> list[list[float]]:
        told = forecast(
            server, client, profile, times, rates, delays, share, store,
            at=[1.0, 50.0, 300.0], efficiencies=table, checks=0, threads=threads,
        )  # fmt: skip
        return [told.end.tolist(), *told.bytes.tolist(), *told.files.tolist()]

    compiled = run()
    assert run(3) == compiled
    monkeypatch.setattr(forecasts, "extension", None)
    for one, other in zip(run(), compiled, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def test_efficiencies_are_interpolated_over_the_logarithm() -> None:
    """Measured 1 at 10 B/s and 2 at 1,000 B/s: 1.5 at 100, and no more than 2 beyond."""
    table = Efficiencies(
        (np.log([10.0, 1000.0]), np.zeros(1), np.zeros(1)), np.array([1.0, 2.0]).reshape(2, 1, 1)
    )
    assert [table.at(b, 1.0, 1.0) for b in (1.0, 10.0, 100.0, 1000.0, 1e6)] == pytest.approx(
        [1, 1, 1.5, 2, 2]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": [0.0]}, r"times.shape must be \(n, r\) with r > 0, got \(1,\)"),
        ({"times": [[1.0, 0.0]]}, "times must be not falling"),
        ({"bandwidth": -1.0}, "bandwidth must be >= 0 and finite, got -1.0"),
        ({"latency": float("nan")}, "latency must be >= 0 and finite, got nan"),
        ({"share": 1.5}, r"share must be in \[0, 1\], got 1.5"),
        ({"at": [2.0, 1.0]}, "at must be not falling"),
        ({"threads": 0}, "threads must be >= 1, got 0"),
        ({"checks": -1}, "checks must be >= 0, got -1"),
        ({"at": [float("nan")]}, r"at\[0\] must be finite, got nan"),
        ({"store": [1.0, 2.0, 3.0]}, r"store.shape must be one that broadcasts to \(1, 2\), got \(3,\)"),
    ],
)
def test_misuse_is_refused(arguments: dict[str, object], message: str) -> None:
    server, profile = Server(1, INF, Store(1e9, 1e9, 1e12)), Profile.of(ALONE, [1.0])
    given = {"times": [[0.0, 1.0]], "bandwidth": 1e3, "latency": 0.0} | arguments
    with pytest.raises(BoundError, match=message):
        forecast(server, ALONE, profile, **given)


def test_a_table_must_fit_its_axes() -> None:
    one, none = np.zeros(1), np.zeros(0)
    with pytest.raises(BoundError, match="axes must be of at least one node each"):
        Efficiencies((one, one, none), np.zeros((1, 1, 0)))
    with pytest.raises(BoundError, match=r"table\.shape must be that of the axes"):
        Efficiencies((one, one, one), np.ones(2))
    assert Efficiencies((one, one, one), np.ones((1, 1, 1), dtype=np.int64)).table.dtype == np.float64


def test_no_file_is_no_time() -> None:
    server = Server(1, INF, Store(1e9, 1e9, 1e12))
    told = forecast(server, ALONE, Profile.of(ALONE, []), [[3.0, 4.0]], 1e3, 0.0)
    assert told.end.tolist() == [3.0]
