"""Pools: requests on a clock of their own, by hand; nothing lost or made up over changes of speed and power cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.device.compute.pool import Batch, Pool
from devicesim.physics.queueing import Slots, serve


def batch(arrive: list[float], cpu: list[float], disk: float = 0.0) -> Batch:
    count = len(arrive)
    return Batch(
        np.array(arrive),
        np.array(cpu),
        np.full(count, disk),
        np.zeros(count),
        np.ones(count, dtype=np.bool_),
        np.ones(count, dtype=np.int64),
    )


class TestWorked:
    def test_half_speed_from_a_settling_on(self) -> None:
        """4 s of work from second 0: 2 s done by second 2, the other 2 s at half speed take 4 s."""
        pool = Pool("a", Slots(1), 1.0, 0.0)
        pool.settle(2.0, batch([0.0, 1.0], [4.0, 1.0]))
        pool.speed = 0.5
        pool.settle(20.0)
        served = pool.served()
        assert served.begin.tolist() == [0.0, 6.0]
        assert served.finish.tolist() == [6.0, 8.0]
        assert pool.left == 0

    def test_what_was_taken(self) -> None:
        """One of two slots is at work for 3 of 4 s, a third of it at the disk."""
        pool = Pool("a", Slots(2), 1.0, 0.0)
        pool.settle(4.0, batch([1.0], [2.0], disk=1.0))
        assert pool.taken.busy == pytest.approx(0.75)
        assert pool.taken.cpu == pytest.approx(0.5)
        assert pool.taken.disk == pytest.approx(0.25)

    def test_a_clock_that_stands(self) -> None:
        pool = Pool("a", Slots(1), 1.0, 0.0)
        pool.settle(1.0, batch([0.0], [3.0]))
        pool.speed = 0.0
        pool.settle(101.0)
        assert pool.left == 1
        assert pool.done_in == float("inf")
        pool.speed = 1.0
        assert pool.done_in == pytest.approx(2.0)
        pool.settle(110.0)
        assert pool.served().finish[0] == pytest.approx(103.0)

    def test_a_clean_stop_keeps_what_waits_and_a_cut_loses_it(self) -> None:
        for lose in (False, True):
            pool = Pool("a", Slots(1, cold=1.0), 1.0, 0.0)
            pool.settle(3.0, batch([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]))
            pool.stop(3.0, lose)
            assert (pool.left, pool.held) == (0, 0 if lose else 1)
            pool.resume(10.0)
            pool.settle(20.0)
            served = pool.served()
            # 0 to 2 cold, 2 to 3, then off; again from 10, cold again: 2 s
            assert served.finish.tolist() == [2.0, 3.0, float("inf") if lose else 12.0]
            assert served.lost.tolist() == [False, False, lose]

    def test_a_device_that_stays_off_holds_what_waits(self) -> None:
        pool = Pool("a", Slots(1), 1.0, 0.0)
        pool.settle(0.5, batch([0.0], [1.0]))
        pool.stop(0.5, lose=False)
        served = pool.served()
        assert served.finish.tolist() == [float("inf")]
        assert served.lost.tolist() == [False]


COURSES = st.lists(
    st.tuples(
        st.floats(0.1, 20), st.floats(0, 1), st.integers(0, 12), st.sampled_from(["", "", "", "stop", "cut"])
    ),
    min_size=1,
    max_size=25,
)


class TestLaws:
    @settings(max_examples=80, deadline=None)
    @given(COURSES, st.integers(1, 4), st.integers(0, 2**32 - 1))
    def test_every_request_is_served_lost_or_waiting_and_no_slot_works_twice(
        self, course: list[tuple[float, float, int, str]], slots: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        pool = Pool("a", Slots(slots, cold=0.2, kept=5.0), 1.0, 0.0)
        now, came, used = 0.0, 0, 0.0
        for length, speed, count, off in course:
            pool.speed = speed
            times = np.sort(now + rng.uniform(0, length, count))
            work = rng.exponential(2.0, count)
            pool.settle(now + length, batch(times.tolist(), (work / 2).tolist())._replace(disk=work / 2))
            now, came = now + length, came + count
            taken = pool.taken
            assert taken.busy <= slots * (1 + 1e-9)
            used += (taken.cpu + taken.disk) * taken.speed * length
            if off:
                pool.stop(now, lose=off == "cut")
                now += 7.0
                pool.resume(now)
        served = pool.served()
        done = np.isfinite(served.finish)
        assert served.arrive.size == came
        assert np.count_nonzero(done) + np.count_nonzero(served.lost) + pool.left == came
        assert np.all(served.begin[done] >= served.arrive[done] - 1e-6)
        assert np.all(served.finish[done] <= now + 1e-6)
        assert used <= slots * now * (1 + 1e-9)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 4), st.integers(0, 2**32 - 1), st.floats(0.1, 30))
    def test_settling_often_or_once_is_the_same(self, slots: int, seed: int, step: float) -> None:
        rng = np.random.default_rng(seed)
        arrive, work = np.cumsum(rng.exponential(1.0, 60)), rng.exponential(2.0, 60)
        pool = Pool("a", Slots(slots, cold=0.3, kept=4.0), 1.0, 0.0)
        now, used = 0.0, 0.0
        while now < 400:
            mine = (arrive > now) & (arrive <= now + step)
            pool.settle(now + step, batch(arrive[mine].tolist(), work[mine].tolist()))
            used += pool.taken.cpu * step
            now += step
        start, finish, cold, _ = serve(arrive, work, Slots(slots, cold=0.3, kept=4.0))
        served = pool.served()
        assert served.begin == pytest.approx(start, rel=1e-9)
        assert served.finish == pytest.approx(finish, rel=1e-9)
        assert used == pytest.approx(work.sum() + 0.3 * cold.sum(), rel=1e-9)
