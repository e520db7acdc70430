"""The fast tier against the exact core, and its two forms against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts, workload
from devicesim.errors import BoundError
from devicesim.throughput import (
    Client,
    Operation,
    Operations,
    Profile,
    Regime,
    Server,
    Store,
    estimate,
    fluid,
    forecast,
    simulate,
)
from devicesim.throughput import profile as profiles
from devicesim.throughput.core import COMPILED, PURE, extension

INF = float("inf")
LIFE = Operations(
    (Operation("CREATE", 200.0, 1e-4),), Operation("WRITE", 200.0, 5e-5), (Operation("COMMIT", 200.0, 1e-4),)
)
FAST = Server(1, INF, Store(1e12, 1e12, 1e15))
STEADY = [(0.0, Regime((100e6,), (1e-4,)))]


# Sums over a list.


def test_the_sums_of_a_list_by_hand() -> None:
    """Blocks of 100 B, a window of 2: 250 B are 3 WRITEs, the first of 100 B, 50 B beyond the window."""
    client = Client(LIFE, streams=1, window=2, block=100)
    made = profiles.sums(client, np.array([50.0, 0.0, 250.0, 200.0, 201.0]), 3)
    assert made.tolist() == [[3, 2], [2, 2], [4, 5], [300, 401], [150, 200], [50, 1]]


@given(
    st.lists(st.one_of(st.just(0), st.integers(0, 3000), st.integers(0, 2**40)), min_size=1, max_size=300)
    | st.builds(lambda size, count: [size] * count, st.integers(0, 5000), st.integers(1, 300)),
    st.integers(1, 40),
    st.sampled_from([64, 100, 1000, 4096]),
)
def test_the_sums_are_the_same_in_both_forms(sizes: list[int], length: int, block: int) -> None:
    client, array = Client(LIFE, window=3, block=block), np.array(sizes, dtype=np.float64)
    compiled = profiles.sums(client, array, length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "extension", None)
        assert profiles.sums(client, array, length).tolist() == compiled.tolist()
    starts = range(0, len(sizes), length)
    assert compiled[3].tolist() == [float(sum(sizes[i : i + length])) for i in starts]
    assert compiled[2].tolist() == [float(sum(-(-s // block) for s in sizes[i : i + length])) for i in starts]


def pieces(sizes: np.ndarray, cuts: list[int]) -> Iterator[np.ndarray]:
    yield from np.split(sizes, sorted(cut % (sizes.size + 1) for cut in cuts))


@settings(max_examples=30)
@given(st.integers(1, 40_000), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_list_in_pieces_has_the_sums_of_the_whole(count: int, cuts: list[int]) -> None:
    client = Client(LIFE, streams=2, block=4096)
    sizes = workload("lognormal", count, seed=count)
    whole, streamed = Profile.of(client, sizes), Profile.of(client, pieces(sizes, cuts))
    assert streamed.total.tolist() == whole.total.tolist()
    assert streamed.sums.shape[1] <= 2 * profiles.BLOCKS
    assert whole.sums.shape[1] <= profiles.BLOCKS + 1
    assert whole.rpcs(client) == np.ceil(sizes / 4096).sum() + 2 * count


@pytest.mark.parametrize("bad", [-1.0, float("nan"), 2.0**53 + 2, INF])
def test_a_size_that_is_none_is_refused(bad: float) -> None:
    sizes = np.ones(5000)
    sizes[4321] = bad
    with pytest.raises(BoundError, match=r"sizes\[4321\] must be"):
        Profile.of(Client(LIFE), sizes)
    with pytest.raises(BoundError, match=r"sizes\[21\] must be"):
        Profile.of(Client(LIFE), iter([sizes[:4300], sizes[4300:]]))


# The buffer's fluid.


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50), st.integers(0, 9)), min_size=1, max_size=40),
    st.sampled_from([10.0, 60.0, INF]),
    st.sampled_from([(0.0, 0.0), (30.0, 7.0), (60.0, 12.0)]),
)
def test_no_part_is_admitted_beyond_the_buffer(
    parts: list[tuple[int, int, int]], limit: float, start: tuple[float, float]
) -> None:
    """At its admission the store lacks no more than a buffer full of what came before; both forms agree."""
    times, sizes, works = (np.array(column, dtype=np.float64) for column in zip(*parts, strict=True))
    held, until = min(start[0], limit), start[1]
    ends, stored = fluid.flow(times, sizes, works, 0.0, limit, held, until)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fluid, "extension", None)
        pure = fluid.flow(times, sizes, works, 0.0, limit, held, until)
    assert pure[0].tolist() == ends.tolist()
    assert pure[1].tolist() == stored.tolist()
    assert np.all(np.diff(np.append(0.0, ends)) >= times - 1e-9)
    assert np.all(np.diff(np.append(until, stored)) >= works - 1e-9)
    assert np.all(stored >= ends)
    total = np.cumsum(sizes)
    had = np.interp(ends, [0.0, until, *stored], [-held, 0.0, *total])
    assert np.all(total - sizes - had <= limit + 1e-6)


# Whole transfers.


def test_no_estimate_beats_the_link() -> None:
    """10,000 files of 1 MB, one WRITE each, over 100 MB/s with 600 B of requests: 100.06 s of link, hardly idle."""
    client = Client(LIFE, streams=16, block=2**20)
    told = estimate(FAST, [client], [np.full(10_000, 1e6)], STEADY, budget=0)
    assert told.tier == "sampled"
    assert 10_000 * 1_000_600 / 100e6 <= told.end < 1.02 * 10_000 * 1_000_600 / 100e6
    assert told.end == pytest.approx(
        simulate(FAST, [client], [np.full(10_000, 1e6)], STEADY).end, rel=told.error
    )


def test_a_budget_decides_the_tier() -> None:
    client, sizes = Client(LIFE), np.full(1000, 5e5)
    exact = simulate(FAST, [client], [sizes], STEADY)
    for budget, tier in ((6000, "exact"), (5999, "sampled"), (INF, "exact"), (0, "sampled")):
        told = estimate(FAST, [client], [sizes], STEADY, budget=budget, tolerance=1.0)
        assert (told.tier, told.rpcs) == (tier, 1000 * (2 + 4))
    assert told.end == pytest.approx(exact.end, rel=told.error)


def test_an_estimate_that_says_it_is_poor_is_computed_exactly() -> None:
    """Most bytes in one file: no sample says how the rest goes on."""
    sizes = np.full(5000, 1e4)
    sizes[4000] = 1e12
    client = Client(LIFE, block=2**20)
    told = estimate(FAST, [client], [sizes], STEADY, budget=1000)
    assert told.tier == "exact"
    assert told.end == simulate(FAST, [client], [sizes], STEADY).end
    assert told.computed > told.rpcs
    gone = estimate(FAST, [client], [iter([sizes])], STEADY, budget=1000)
    assert gone.tier == "sampled"
    assert gone.error > 0.02


def test_a_link_that_never_comes_back_is_an_end_that_never_comes() -> None:
    schedule = [*STEADY, (1.0, Regime((0.0,), (1e-4,)))]
    told = estimate(FAST, [Client(LIFE)], [np.full(20_000, 65536.0)], schedule, budget=0)
    assert told.end == INF
    size, _ = told.progress([0.0, 1.0, 50.0])
    assert size[0] == 0.0
    assert 0 < size[1] <= size[2] < 20_000 * 65536
    with pytest.raises(BoundError, match="end must be finite, got inf"):
        told.curve()


@pytest.mark.parametrize("sizes", [[], [0.0], np.zeros(3000), [5e12], [1.0, 2.0]])
def test_odd_lists_come_to_their_end(sizes: list[float]) -> None:
    client = Client(LIFE, streams=8, block=2**20)
    told = estimate(FAST, [client], [sizes], STEADY, budget=0)
    assert told.end < INF
    size, count = told.progress(told.end)
    assert (size, count) == (pytest.approx(sum(sizes)), pytest.approx(len(sizes)))


GRID = list(product(("large", "64 KB", "lognormal", "mix"), NETS, (1, 4, 16)))


@pytest.mark.parametrize(
    ("environment", "durability", "cores"), [("steps", "async", 1), ("thefts", "sync", 2)]
)
def test_the_byte_curve_is_the_exact_ones_within_what_is_stated(
    environment: str, durability: str, cores: int
) -> None:
    """Every cell of {workload} x {net} x {K}; nothing is lost, and counters never fall."""
    if COMPILED is None:
        pytest.skip("minutes without the compiled core")
    tiers: list[str] = []
    for seed, (kind, net, streams) in enumerate(GRID):
        sizes = np.full(200, 1e9) if kind == "large" else workload(kind, 30_000, seed)
        client = Client(operations(durability), streams=streams, window=16, block=2**20)
        server = Server(cores, buffer=1.2e9, store=DISK)
        alone = simulate(server, [client], [sizes], [(0.0, Regime((NETS[net][0],), (NETS[net][1],)))]).end
        schedule = (steps if environment == "steps" else thefts)(net, alone, seed)
        exact = simulate(server, [client], [sizes], schedule)
        told = estimate(server, [client], [sizes], schedule, budget=1)
        tiers.append(told.tier)
        times = np.linspace(0.0, 1.05 * exact.end, 1001)
        size, count = told.progress(times)
        error = float(np.abs(size - exact.progress(times)[0]).max() / sizes.sum())
        cell = f"{kind} {net} K={streams}: {error:.3%}, stated {told.error:.3%}"
        assert error <= max(told.error, 1e-9), cell
        assert np.all(np.diff(size) >= -1e-6 * sizes.sum() / 1000), cell
        assert np.all(np.diff(count) >= -1e-6 * sizes.size), cell
        assert told.progress(told.end) == (pytest.approx(sizes.sum()), pytest.approx(sizes.size)), cell
    assert tiers.count("sampled") >= len(GRID) / 4


@pytest.mark.skipif(extension is None, reason="there was no compiler at install time")
@pytest.mark.parametrize("durability", ["async", "sync"])
def test_both_cores_give_the_same_estimate(durability: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(operations(durability), streams=4, window=16, block=2**20)
    sizes = workload("lognormal", 8000, 3)
    told = []
    for core, form in ((COMPILED, extension), (PURE, None)):
        monkeypatch.setattr(fluid, "extension", form)
        monkeypatch.setattr(profiles, "extension", form)
        one = estimate(
            Server(1, 2.0**28, DISK), [client], [sizes], steps("1GbE", 100.0, 1), budget=0, core=core
        )
        curve = one.curve(300)
        told.append((one.end, one.error, one.computed, curve.bytes.tolist(), curve.objects.tolist()))
    assert told[0] == told[1]


# What once went wrong.

PLAIN = Operations(
    (Operation("OPEN", 200.0, 1e-4),), Operation("WRITE", 200.0, 5e-5), (Operation("COMMIT", 200.0, 1e-4),)
)
WRITES = Operations((), Operation("WRITE", 200.0, 5e-5), ())


def within(told, exact: float) -> None:  # type: ignore[no-untyped-def]
    assert told.end == pytest.approx(exact, rel=max(told.error, 1e-9))


def test_empty_files_that_need_no_operation() -> None:
    """Half the files are done the moment they are taken."""
    sizes = np.where(np.random.default_rng(0).random(3000) < 0.5, 0.0, 2000.0)
    client, server = Client(WRITES), Server(1, 1e7, Store(9e7, 9e7, 1e15))
    schedule = [(0.0, Regime((12.5e6,), (1e-4,)))]
    exact = simulate(server, [client], [sizes], schedule).end
    within(estimate(server, [client], [sizes], schedule, budget=0), exact)
    if extension is not None:
        told = forecast(server, client, Profile.of(client, sizes), [[0.0]], 12.5e6, 1e-4)
        assert told.end[0] == pytest.approx(exact, rel=told.error)


def test_a_regime_that_begins_when_all_files_are_taken() -> None:
    sizes = np.concatenate((np.full(450_000, 1e3), np.full(50_000, 1e6)))
    client, server = Client(PLAIN), Server(1, 1e9, Store(1e9, 1e9, 1e15))
    begin = (0.0, Regime((100e6,), (1e-4,)))
    alone = estimate(server, [client], [sizes], [begin], budget=0).end
    schedule = [begin, (0.99 * alone, Regime((60e6,), (1e-4,)))]
    told = estimate(server, [client], [iter([sizes])], schedule, budget=1)
    assert alone < told.end < 1.02 * alone


@pytest.mark.parametrize(("start", "begin"), [(60.0, 0.0), (0.0, -50.0), (-3.0, 0.0)])
def test_a_client_that_starts_later(start: float, begin: float) -> None:
    client, server = Client(PLAIN, start=start), Server(1, 1e9, Store(180e6, 90e6, 8e12))
    sizes, schedule = np.full(1000, 1e5), [(begin, Regime((100e6,), (1e-4,)))]
    within(
        estimate(server, [client], [sizes], schedule, budget=0),
        simulate(server, [client], [sizes], schedule).end,
    )


def test_a_buffer_too_small_for_a_fluid_is_no_estimate() -> None:
    client, server = Client(PLAIN), Server(1, 0.0, Store(60e6, 60e6, 8e12))
    sizes = workload("lognormal", 3000, 1)
    assert estimate(server, [client], [sizes], STEADY, budget=1).tier == "exact"
    assert estimate(server, [client], [iter([sizes])], STEADY, budget=1).error >= 1.0


@pytest.mark.parametrize("time", [float("nan"), INF, -INF])
def test_a_schedule_at_no_time_is_refused(time: float) -> None:
    with pytest.raises(BoundError, match=r"schedule\[0\] must be at finite times"):
        estimate(FAST, [Client(LIFE)], [[1.0]], [(time, STEADY[0][1])])
    with pytest.raises(BoundError, match="budget must be >= 0, got nan"):
        estimate(FAST, [Client(LIFE)], [[1.0]], STEADY, budget=float("nan"))
