"""What the parts of a transfer accept, and the capacities that vary with time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store
from devicesim.throughput.capacity import Capacity, Schedule

NAN, INF = float("nan"), float("inf")
LIFE = Operations((), Operation("WRITE", 0.0, 0.0), ())
STORE = Store(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Operation("X", -1.0, 0.0), "request must be >= 0 and finite, got -1.0"),
        (lambda: Operation("X", 0.0, NAN), "work must be >= 0 and finite, got nan"),
        (lambda: Operation("X", 0.0, 0.0, work_per_byte=INF), "work_per_byte must be >= 0 and finite"),
        (lambda: Operation("X", 0.0, 0.0, store=-1e-9), "store must be >= 0"),
        (lambda: Client(LIFE, streams=0), "streams must be >= 1, got 0"),
        (lambda: Client(LIFE, window=0), "window must be >= 1, got 0"),
        (lambda: Client(LIFE, block=0), "block must be >= 1 and finite, got 0"),
        (lambda: Client(LIFE, link=-1), "link must be >= 0, got -1"),
        (lambda: Client(LIFE, start=NAN), "start must be finite, got nan"),
        (lambda: Store(0.0, 1.0, 1.0), "rate_start must be > 0 and finite, got 0.0"),
        (lambda: Store(1.0, 1.0, 1.0, position=-1.0), "position must be >= 0"),
        (lambda: Server(0, 1.0, STORE), "cores must be >= 1, got 0"),
        (lambda: Server(1, NAN, STORE), "buffer must be >= 0, got nan"),
        (lambda: Regime((1.0, NAN), (0.0, 0.0)), r"bandwidth\[1\] must be >= 0 and finite, got nan"),
        (lambda: Regime((1.0,), (-1.0,)), r"latency\[0\] must be >= 0 and finite, got -1.0"),
        (lambda: Regime((1.0,), (0.0,), share=1.5), r"share must be in \[0, 1\], got 1.5"),
        (lambda: Regime((1.0,), (0.0,), store=INF), "store must be >= 0 and finite, got inf"),
    ],
)
def test_what_is_out_of_bounds_is_refused(make: Any, message: str) -> None:
    with pytest.raises(BoundError, match=message):
        make()


def test_the_rate_of_constant_linear_density() -> None:
    """Its square falls linearly: half way between 3 and 1 it is sqrt((9 + 1) / 2), and beyond the end it stays."""
    store = Store(3.0, 1.0, 100.0)
    assert store.rate(0.0) == 3.0
    assert store.rate(50.0) == 5**0.5
    assert store.rate(100.0) == store.rate(250.0) == 1.0


values = st.sampled_from([0.0, 1.0, 2.0, 5.0])
points = st.lists(st.tuples(st.integers(0, 20).map(float), values), max_size=6)


def laid(first: float, changes: list[tuple[float, float]]) -> Capacity:
    capacity = Capacity(first)
    for time, value in changes:
        capacity.lay(time, value)
    return capacity


@given(values, points, st.floats(0, 30), st.floats(0.01, 40))
def test_work_done_is_the_integral_of_the_rate(
    first: float, changes: list, start: float, work: float
) -> None:
    capacity = laid(first, changes)
    done, served = capacity.serve(start, work)
    edges = [start, *(t for t in capacity.times if start < t < done), done]
    pieces = [(b - a, capacity.at(a)) for a, b in pairwise(edges)]
    if done < INF:
        assert sum(length * rate for length, rate in pieces) == pytest.approx(work)
        assert served == pytest.approx(sum(length for length, rate in pieces if rate))
        assert capacity.busy(start, done) == pytest.approx(served)
    else:
        assert capacity.values[-1] == 0.0
        assert sum(length * rate for length, rate in pieces[:-1]) <= work * (1 + 1e-9)


@given(values, points, st.integers(0, 20).map(float), values)
def test_laying_tells_from_when_on_it_differs(first: float, changes: list, at: float, value: float) -> None:
    old, new = laid(first, changes), laid(first, changes)
    differs = new.lay(at, value)
    for half in range(-2, 60):
        time = half / 2
        if time < differs:
            assert new.at(time) == old.at(time)
    if differs < INF:
        assert new.at(differs) != old.at(differs)


@given(values, points)
def test_what_does_not_change_leaves_no_trace(first: float, changes: list) -> None:
    capacity = laid(first, changes)
    assert all(a != b for a, b in pairwise(capacity.values))
    assert capacity.times == sorted(set(capacity.times))


def test_order_is_kept_on_one_link_while_nobody_can_overtake() -> None:
    def schedule(links: tuple[int, ...], *latencies: tuple[float, ...]) -> Schedule:
        clients = [Client(LIFE, link=link) for link in links]
        made = Schedule(clients, Regime((1.0,) * len(links), latencies[0]))
        for i, latency in enumerate(latencies[1:]):
            made.lay(1.0 + i, Regime((1.0,) * len(links), latency))
        return made

    assert schedule((3,), (2.0,), (1.0,)).keeps_order
    assert schedule((0, 0), (1.0, 1.0), (2.0, 2.0)).keeps_order
    assert not schedule((0, 0), (1.0, 1.0), (0.5, 0.5)).keeps_order
    assert not schedule((0, 0), (1.0, 2.0)).keeps_order
    assert not schedule((0, 1), (1.0, 1.0)).keeps_order


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"streams": 1.5}, "streams must be a whole number, got 1.5"),
        ({"window": 2**61}, r"streams \* window must be <= 524288, got 9223372036854775808"),
        ({"link": 2**33}, "link must be < 1024, got 8589934592"),
    ],
)
def test_slips_of_a_client_are_refused(given: dict[str, float], message: str) -> None:
    life = Operations((), Operation("WRITE", 0.0, 0.0), ())
    with pytest.raises(BoundError, match=message):
        Client(life, **given)


def test_slips_of_a_server_are_refused() -> None:
    store = Store(1.0, 1.0, 1.0)
    with pytest.raises(BoundError, match="cores must be <= 4096, got 4611686018427387904"):
        Server(2**62, 1.0, store)
    with pytest.raises(BoundError, match=r"cores must be a whole number, got 1\.5"):
        Server(1.5, 1.0, store)
