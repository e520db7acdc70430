"""Queues: values by hand, the recursion against theory, against events, and against what any queue must keep."""

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.queueing import (
    Slots,
    erlang_b,
    erlang_c,
    ggc_wait,
    md1_wait,
    mg1_wait,
    mmc_wait,
    mmc_wait_quantile,
    serve,
)

SEEDS = st.integers(0, 2**32 - 1)
REQUESTS = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 4)), min_size=1, max_size=60)


class TestTheory:
    def test_worked_erlang(self):
        # a = 2, c = 3: B = (8/6) / (1 + 2 + 2 + 8/6) = 4/19; C = B / (1 - 2/3 (1 - B)) = (4/19) / (9/19)
        assert erlang_b(3, 2.0) == pytest.approx(4 / 19, rel=1e-12)
        assert erlang_c(3, 2.0) == pytest.approx(4 / 9, rel=1e-12)

    def test_worked_waits(self):
        # three slots of 2 s, one request a second: 4/9 wait 2 / (3 - 2) = 2 s on average
        assert mmc_wait(3, 1.0, 2.0) == pytest.approx(8 / 9, rel=1e-12)
        # half of an M/M/1 at 0.8 waits longer than ln(0.8 / 0.5) / 0.2 service times
        assert mmc_wait_quantile(0.5, 1, 0.8, 1.0) == pytest.approx(np.log(1.6) / 0.2, rel=1e-12)
        # M/D/1 at 0.8: 0.8 / 0.4; M/G/1 with c2 = 4: two and a half times M/M/1
        assert md1_wait(0.8, 1.0) == pytest.approx(2.0, rel=1e-12)
        assert mg1_wait(0.8, 1.0, 4.0) == pytest.approx(2.5 * 4.0, rel=1e-12)

    def test_worked_arrays(self):
        load = np.array([0.2, 0.5, 0.9])
        assert mmc_wait(1, load, 1.0) == pytest.approx(load / (1 - load), rel=1e-12)
        assert mg1_wait(load, 1.0, 1.0) == pytest.approx(mmc_wait(1, load, 1.0), rel=1e-12)

    @given(st.integers(1, 40), st.floats(0.01, 0.99))
    def test_law_one_formula_for_one_slot_and_many(self, slots, part):
        load = part * slots
        assert 0 <= erlang_b(slots, load) <= erlang_c(slots, load) <= 1
        assert ggc_wait(slots, load, 1.0, 1.0, 1.0) == pytest.approx(mmc_wait(slots, load, 1.0), rel=1e-12)
        # two queues of half the slots wait longer than one of all
        assert mmc_wait(2 * slots, 2 * load, 1.0) <= mmc_wait(slots, load, 1.0)

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: mmc_wait(2, 1.0, 2.0), "rate * service must be < slots, 2, got 2.0"),
            (lambda: erlang_c(0, 0.5), "slots must be >= 1, got 0"),
            (lambda: mg1_wait(0.5, 1.0, -1.0), "scv must be >= 0 and finite, got -1.0"),
            (lambda: serve([1.0, 0.0], [1.0, 1.0], Slots(1)), "arrive must be not decreasing"),
            (lambda: serve([0.0], [np.inf], Slots(1)), "work[0] must be >= 0 and finite, got inf"),
            (lambda: Slots(0), "most must be >= 1, got 0"),
        ],
    )
    def test_misuse(self, call, words):
        with pytest.raises(BoundError) as told:
            call()
        assert str(told.value).startswith(words)


class TestAgainstTheory:
    """Within 2 % on requests drawn anew in each run; a mean of so many is off by 0.5 % (standard deviation)."""

    @pytest.mark.parametrize(("load", "count"), [(0.3, 1_000_000), (0.6, 2_000_000), (0.8, 6_000_000)])
    @settings(max_examples=2, deadline=None)
    @given(seed=SEEDS)
    def test_md1(self, load, count, seed):
        rng = np.random.default_rng(seed)
        arrive = np.cumsum(rng.exponential(1 / load, count))
        start, *_ = serve(arrive, np.ones(count), Slots(1))
        assert (start - arrive).mean() == pytest.approx(md1_wait(load, 1.0), rel=0.02)

    @pytest.mark.parametrize(
        ("slots", "part", "count"),
        [(1, 0.5, 2_000_000), (1, 0.75, 5_000_000), (2, 0.6, 1_500_000), (4, 0.7, 2_000_000)],
    )
    @settings(max_examples=1, deadline=None)
    @given(seed=SEEDS)
    def test_mmc(self, slots, part, count, seed):
        rng = np.random.default_rng(seed)
        load = slots * part
        arrive = np.cumsum(rng.exponential(1 / load, count))
        start, *_ = serve(arrive, rng.exponential(1.0, count), Slots(slots))
        wait = start - arrive
        assert wait.mean() == pytest.approx(mmc_wait(slots, load, 1.0), rel=0.02)
        assert np.count_nonzero(wait > 1e-9) / count == pytest.approx(erlang_c(slots, load), rel=0.02)
        assert np.quantile(wait, 0.95) == pytest.approx(mmc_wait_quantile(0.95, slots, load, 1.0), rel=0.03)

    @settings(max_examples=1, deadline=None)
    @given(seed=SEEDS)
    def test_mg1(self, seed):
        rng = np.random.default_rng(seed)
        sigma, count = 0.5, 3_000_000
        arrive = np.cumsum(rng.exponential(2.0, count))
        work = rng.lognormal(-sigma * sigma / 2, sigma, count)
        start, *_ = serve(arrive, work, Slots(1))
        expected = mg1_wait(0.5, 1.0, np.exp(sigma * sigma) - 1)
        assert (start - arrive).mean() == pytest.approx(expected, rel=0.02)


def events(arrive, work, slots):
    """The same, an event for every step, in SimPy: who is idle is a stack, who waits a queue."""
    env = simpy.Environment()
    idle, waiting, out, used = [], [], {}, [0]

    def run(i, cold):
        begin = env.now
        yield env.timeout(work[i] + (slots.cold if cold else 0.0))
        out[i] = (begin, env.now, cold)
        # what ends when others come is free for them: see the order of events at one moment below
        if waiting:
            env.process(run(waiting.pop(0), False))
        else:
            idle.append(env.now)

    def come():
        for i, at in enumerate(arrive):
            yield env.timeout(at - env.now)
            yield env.timeout(0)
            if idle and env.now - idle[-1] <= slots.kept:
                idle.pop()
                env.process(run(i, False))
            elif used[0] - len(idle) < slots.most:
                used[0] += 1 - len(idle)
                idle.clear()
                env.process(run(i, True))
            else:
                waiting.append(i)

    env.process(come())
    env.run()
    return [np.array(column) for column in zip(*(out[i] for i in range(len(arrive))), strict=True)]


class TestRecursion:
    @settings(max_examples=60, deadline=None)
    @given(SEEDS, st.integers(1, 5), st.floats(0.2, 3), st.sampled_from([0.0, 1.0, 30.0]))
    def test_oracle_equals_an_event_for_every_request(self, seed, most, gap, kept):
        rng = np.random.default_rng(seed)
        arrive, work = np.cumsum(rng.exponential(gap, 80)), rng.exponential(2.0, 80)
        slots = Slots(most, cold=0.5, kept=kept)
        start, finish, cold, _ = serve(arrive, work, slots)
        told = events(arrive.tolist(), work.tolist(), slots)
        assert start == pytest.approx(told[0], rel=1e-9, abs=1e-9)
        assert finish == pytest.approx(told[1], rel=1e-9, abs=1e-9)
        assert cold.tolist() == told[2].tolist()

    @given(REQUESTS, st.integers(1, 4), st.sampled_from([0.0, 0.3]))
    def test_law_first_come_first_served_and_never_idle_beside_a_wait(self, requests, most, extra):
        gaps, works = np.array(requests).T
        arrive = np.cumsum(gaps)
        start, finish, cold, _ = serve(arrive, works, Slots(most, extra))
        assert np.all(np.diff(start) >= 0)
        assert np.all(start >= arrive - 1e-9)
        assert finish - start == pytest.approx(works + extra * cold, abs=1e-9)
        for i, begin in enumerate(start):
            others = np.arange(start.size) != i
            running = np.count_nonzero((start <= begin) & (finish > begin + 1e-9) & others)
            assert running < most or works[i] + extra * cold[i] < 1e-9
            if begin > arrive[i] + 1e-9:  # it waited, so all slots were busy just before
                before = begin - 1e-7
                assert np.count_nonzero((start <= before) & (finish > before - 1e-6)) >= most

    @given(REQUESTS, st.integers(1, 4), st.integers(0, 60), st.sampled_from([0.0, 0.3]))
    def test_law_in_two_parts_as_in_one(self, requests, most, cut, extra):
        gaps, works = np.array(requests).T
        arrive = np.cumsum(gaps)
        slots = Slots(most, extra, kept=2.0)
        whole = serve(arrive, works, slots)
        one = serve(arrive[:cut], works[:cut], slots)
        two = serve(arrive[cut:], works[cut:], one[3])
        for i in range(3):
            assert np.concatenate([one[i], two[i]]) == pytest.approx(whole[i], abs=1e-9)

    def test_worked_warm_slots(self):
        """Kept for 10 s: cold at 0 and 1 (both busy), warm at 8, cold again at 30."""
        start, finish, cold, _ = serve([0.0, 1.0, 8.0, 30.0], [3.0] * 4, Slots(4, cold=1.0, kept=10.0))
        assert start.tolist() == [0.0, 1.0, 8.0, 30.0]
        assert finish.tolist() == [4.0, 5.0, 11.0, 34.0]
        assert cold.tolist() == [True, True, False, True]
