"""What samples tell, how equal files go through a full buffer, and what is stated of it."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan, sqrt

import numpy as np
import pytest

from devicesim.benchmark.fast_tier import Cell, hold
from devicesim.benchmark.workloads import DISK, operations
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, estimate, simulate
from devicesim.throughput.core import CORES
from devicesim.throughput.fluid import Fluid
from devicesim.throughput.patterns import Patterns
from devicesim.throughput.phases import Phases
from devicesim.throughput.reading import Core, Standing
from devicesim.throughput.samples import Measured
from devicesim.throughput.uncertainty import SIGMAS, Uncertainty

LIFE = Operations(
    (Operation("CREATE", 200.0, 1e-4),),
    Operation("WRITE", 200.0, 5e-5),
    (Operation("COMMIT", 200.0, 1e-4, store=0.5),),
)
SMALL = Client(operations(), streams=4, window=16, block=2**20)


def standing(position: float, buffered: float) -> Standing:
    return Standing([0.0], 0.0, 0.0, buffered, position, [0], [False], False, [])


# What samples tell.


def test_samples_of_one_mix_are_bounded_as_one() -> None:
    """Alone each needs a station for 3 s; together they need either for 4 s, and 6.6 s are 1.65 times that."""
    measured = Measured(took=[3.3, 3.3], needs=[np.array([1.0, 3.0]), np.array([3.0, 1.0])])
    blocks = np.array([[2.0, 1.0], [1.0, 2.0]])
    # Together 3 s of either: 1.65 times that, half of it for each, as each alone needs as much.
    assert measured.times(blocks, one_mix=True).tolist() == pytest.approx([2.475, 2.475])
    # Each by itself: 1.1 times 2 s.
    assert measured.times(blocks, one_mix=False).tolist() == pytest.approx([2.2, 2.2])


def test_a_list_that_changes_is_not_one_mix() -> None:
    small, large = np.array([4.0, 0.1]), np.array([1.0, 5.0])
    steady = Measured(took=[4.0] * 4, needs=[small] * 4)
    assert steady.one_mix(small[:, None])
    assert not steady.one_mix(large[:, None])
    turned = Measured(took=[4.0] * 4, needs=[small, small, large, large])
    assert not turned.one_mix(large[:, None])
    assert turned.apart() == pytest.approx((1.0 - 0.8) / 0.9)


def test_the_bytes_in_doubt_by_hand() -> None:
    """Efficiencies of 1.0 and 1.2 scatter by 0.1414 / 1.1; the mean of two is known sqrt(2) times as well."""
    unsure = Uncertainty()
    unsure.measured[0] = Measured(took=[1.0, 1.2], needs=[np.array([1.0]), np.array([1.0])], leapt=100.0)
    unsure.doubt(50.0, 0.1)
    scatter = 0.2 / sqrt(2) / 1.1
    assert unsure.bytes == pytest.approx(SIGMAS * 100 * scatter / sqrt(2) + 5.0)


# The store behind a full buffer.


def test_work_of_the_store_through_a_standstill() -> None:
    """At full speed for 10 s, standing still for 10 s, then at half speed: 2 s of work more take 4 s."""
    schedule = [(0.0, Regime((1.0,), (0.0,))), (10.0, Regime((1.0,), (0.0,), store=0.0))]
    schedule.append((20.0, Regime((1.0,), (0.0,), store=0.5)))
    fluid = Fluid(Server(1, 1e3, Store(1.0, 1.0, 1e9)), Client(LIFE), schedule)
    assert fluid.stored(np.array([5.0, 10.0, 12.0]), 0.0).tolist() == [5.0, 10.0, 24.0]
    assert fluid.stored(np.array([1.0]), 15.0).tolist() == [22.0]


def test_room_in_a_full_buffer_by_hand() -> None:
    """Ten files of 50 B at 100 B/s and 0.5 s for each COMMIT: 10 s, twice that at half speed."""
    server, client = Server(1, 1e3, Store(100.0, 100.0, 1e9)), Client(LIFE, block=64)
    for speed, time in ((1.0, 10.0), (0.5, 20.0), (0.0, float("inf"))):
        fluid = Fluid(server, client, [(0.0, Regime((1.0,), (0.0,), store=speed))])
        assert fluid.room(10, 50.0, standing(2e3, 1e3), 0.0) == time


def test_room_comes_at_the_rate_of_the_bytes_that_leave() -> None:
    """The rate's square falls from 4 to 1 over 3,000 B, each 50 B at that of the first of them."""
    plain = Operations((), Operation("WRITE", 200.0, 5e-5), ())
    fluid = Fluid(
        Server(1, 1e3, Store(2.0, 1.0, 3e3)), Client(plain, block=64), [(0.0, Regime((1.0,), (0.0,)))]
    )
    by_hand = sum(50 / sqrt(4 - 3 * place / 3000) for place in range(0, 1000, 50))
    assert fluid.room(20, 50.0, standing(1e3, 1e3), 0.0) == pytest.approx(by_hand, rel=2e-5)


def test_a_full_buffer_holds_up_nobody_who_is_slower_than_the_store() -> None:
    """A stream of one file at a time sends 34 MB/s: once room is there the buffer, though full, takes no time from it.

    So its samples tell its pace from the first on, and no leap goes at a pace that nobody measured.
    """
    link, alone = (117e6,), replace(SMALL, streams=1)
    schedule = [
        (0.0, Regime(link, (1e-4,), store=0.0)),
        (20.0, Regime(link, (1e-4,))),
    ]
    server, sizes = Server(2, 0.3e9, DISK), np.full(60_000, 65536.0)
    told = estimate(server, [alone], [sizes], schedule, budget=0)
    exact = simulate(server, [alone], [sizes], schedule)
    assert told.computed < told.rpcs / 4
    assert abs(told.end / exact.end - 1) <= told.error < 0.005


def test_rounding_holds_up_nobody() -> None:
    """Large files that wait for the store, through twelve regimes: what rounding leaves is no leap."""
    held = hold(Cell("large", "10GbE", 4, "sync", "steps", 1060523969))
    assert held.covered


# Equal files.


@pytest.mark.parametrize("cores", [1, 2])
def test_equal_files_through_a_full_buffer_and_out_again(cores: int) -> None:
    """The store stands still until the buffer is full, is slow, and then the link is."""
    server, sizes = Server(cores, 0.3e9, DISK), np.full(60_000, 65536.0)
    link = 117e6, 1e-4
    schedule = [
        (0.0, Regime((link[0],), (link[1],), store=0.0)),
        (10.0, Regime((link[0],), (link[1],), store=0.5)),
        (30.0, Regime((link[0],), (link[1],))),
        (45.0, Regime((link[0] / 8,), (link[1],))),
        (90.0, Regime((link[0],), (link[1],), store=0.5)),
    ]
    told = estimate(server, [SMALL], [sizes], schedule, budget=0)
    exact = simulate(server, [SMALL], [sizes], schedule)
    times = np.linspace(0.0, exact.end, 1001)
    apart = np.abs(told.progress(np.minimum(times, told.end))[0] - exact.progress(times)[0]).max()
    assert told.computed < told.rpcs / 2
    assert max(apart / sizes.sum(), abs(told.end / exact.end - 1)) <= told.error < 0.05


def test_equal_files_of_one_core_are_leapt_over_to_the_file() -> None:
    """A period ends where it began, so nothing is lost in hundreds of thousands of files but rounding."""
    server, sizes = Server(1, 1.2e9, DISK), np.full(400_000, 65536.0)
    schedule = [(0.0, Regime((40e6,), (1e-4,))), (300.0, Regime((20e6,), (2e-4,)))]
    told = estimate(server, [SMALL], [sizes], schedule, budget=0)
    exact = simulate(server, [SMALL], [sizes], schedule)
    assert told.computed < told.rpcs / 50
    assert told.end == pytest.approx(exact.end, rel=1e-6)


STEPS = ((0.0, 0.7, 2e-4), (90.0, 1.0, 1e-4), (200.0, 0.1, 2e-4), (900.0, 0.0, 1e-4), (950.0, 0.25, 1e-4))


@pytest.mark.parametrize("shift", [0.0, 0.0011, 0.0023, 0.0042])
def test_equal_files_keep_their_beat_through_a_full_buffer(shift: float) -> None:
    """Where a change meets them decides the pattern, and the pace, of all that follows: 1 % and more of the end.

    So it must be known to a millionth of a second after hundreds of thousands of files, while the store becomes slower.
    """
    server, sizes = Server(1, 0.3e9, DISK), np.full(500_000, 65536.0)
    schedule = [(at + shift * (at > 0), Regime((117e6 * part,), (late,))) for at, part, late in STEPS]
    told = estimate(server, [SMALL], [sizes], schedule, budget=0)
    exact = simulate(server, [SMALL], [sizes], schedule)
    times = np.linspace(0.0, exact.end, 501)
    apart = np.abs(told.progress(np.minimum(times, told.end))[0] - exact.progress(times)[0]).max()
    assert told.computed < told.rpcs / 20
    assert told.error < 0.005
    assert told.end == pytest.approx(exact.end, rel=1e-6)
    assert apart <= 20 * 65536


@pytest.mark.parametrize("core", CORES)
def test_a_change_a_moment_earlier_or_later(core: type[Core]) -> None:
    """Files of a second each, in series: what a moment moves moves as much, and the core stands where it stood."""
    life = Operations((), Operation("WRITE", 0.0, 0.0), ())
    schedule = [(0.0, Regime((1.0,), (0.0,))), (20.5, Regime((0.5,), (0.0,)))]
    client, server = Client(life, streams=1, window=1, block=1), Server(1, inf, Store(1e9, 1e9, 1e12))
    given = core(server, (client,), schedule[0][1], 0.0, 1000)
    given.lay(schedule[1][1], 20.5)
    given.submit(0, np.ones(60))
    given.grant(0, 60, 0.0, 0.0)
    phases = Phases(given, schedule)
    given.catch_up(10.5)
    given.leap(5.0, 5.0, np.empty(0), np.empty(0), nan)
    assert phases.around(15.5, 20.0) == []
    phases.leapt(15.5, 0.01)
    given.catch_up(30.0)
    stood = given.standing()
    earlier, later = phases.around(30.0, 40.0)
    # The file under way at the change has half a second left, which takes one; a second more for each second earlier.
    assert later[-1] - earlier[-1] == pytest.approx(-0.02)
    assert given.standing() == stood
    assert phases.same(earlier, later, 1)
    assert not phases.same(earlier, np.append(later, later[-1] + 2.5), 1)


def test_a_buffer_is_read_from_either_end() -> None:
    """Of three payloads of 10 B at 1 B/s that come at once the first leaves at 10 s; both cores say the same."""
    life = Operations((), Operation("WRITE", 0.0, 0.0), ())
    client, server = Client(life, streams=3, block=64), Server(1, 1e3, Store(1.0, 1.0, 1e9))
    for core in CORES:
        given = core(server, (client,), Regime((1e9,), (0.0,)), 0.0, 1000)
        given.submit(0, np.full(3, 10.0))
        given.grant(0, 3, 0.0, 0.0)
        given.catch_up(5.0)
        amounts, times = given.buffered(9, True)
        assert amounts == [10.0, 20.0, 30.0]
        assert times == pytest.approx([10.0, 20.0, 30.0])
        assert given.buffered(2, True) == (amounts[:2], times[:2])
        assert given.buffered(2, False) == (amounts[1:], times[1:])


def test_two_cores_have_several_patterns() -> None:
    """Four streams of 64 KB on two cores fall into two, 6 % apart; a single stream has no choice."""
    regime, store = Regime((117e6,), (1e-4,)), DISK
    several = Patterns(Server(2, 1.2e9, DISK), SMALL, 65536.0)
    paces = several.paces(None, regime, store)
    assert np.ptp(paces) > 0.05 * paces.mean()
    assert several.spread(None, regime, store, float(paces.min())) == paces.max() / paces.min() - 1
    one = replace(SMALL, streams=1)
    alone = Patterns(Server(2, 1.2e9, DISK), one, 65536.0).paces(Regime((11.7e6,), (2e-4,)), regime, store)
    assert np.ptp(alone) <= 1e-9 * alone.mean()


def test_patterns_are_the_same_in_both_cores() -> None:
    regimes = Regime((11.7e6,), (2e-4,)), Regime((117e6,), (1e-4,))
    made = [
        Patterns(Server(2, 1.2e9, DISK), SMALL, 65536.0, core=core).paces(*regimes, DISK).tolist()
        for core in CORES
    ]
    assert all(paces == made[0] for paces in made)
