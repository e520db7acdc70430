import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import cpu

parties = st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 10)), min_size=1, max_size=6)


class TestFairShares:
    def test_worked_nfs_against_a_busy_instance(self):
        # C = 2, weights 1 and 2, both want more than their part: 2 * 1/3 and 2 * 2/3
        assert cpu.fair_shares([1, 2], [1, 2], 2) == pytest.approx([2 / 3, 4 / 3], rel=1e-12)
        # C = 3: 3 * 1/3 is just what NFS can use
        assert cpu.fair_shares([1, 2], [1, 2], 3) == pytest.approx([1, 2], rel=1e-12)

    def test_worked_the_rest_is_divided_again(self):
        # C = 4, equal weights: 0.5 is satisfied, 3.5 left for two: 1 is satisfied, 2.5 for the saturated one
        assert cpu.fair_shares([np.inf, 0.5, 1.0], [1, 1, 1], 4).tolist() == [2.5, 0.5, 1.0]
        # two saturated ones by weight, 3.5 * 1/4 and 3.5 * 3/4
        assert cpu.fair_shares([np.inf, 0.5, np.inf], [1, 1, 3], 4).tolist() == [0.875, 0.5, 2.625]

    def test_worked_capacity_left_over(self):
        assert cpu.fair_shares([0.5, 1.0], [1, 5], 4).tolist() == [0.5, 1.0]
        assert cpu.fair_shares([0.5, np.inf], [1, 5], 0).tolist() == [0.0, 0.0]

    def test_worked_broadcast(self):
        shares = cpu.fair_shares([[1.0, 2.0], [0.25, 2.0]], [1.0, 2.0], [2.0, 2.0])
        assert shares == pytest.approx(np.array([[2 / 3, 4 / 3], [0.25, 1.75]]), rel=1e-12)
        assert cpu.fair_shares(np.ones((5, 1, 2)), np.ones(2), np.ones(3)).shape == (5, 3, 2)

    @settings(max_examples=100)
    @given(parties, st.floats(0, 30))
    def test_law_water_filling(self, each, capacity):
        demand, weight = np.array(each).T
        share = cpu.fair_shares(demand, weight, capacity)
        assert np.all((share >= 0) & (share <= demand))
        assert share.sum() == pytest.approx(min(capacity, demand.sum()), rel=1e-9, abs=1e-9)
        # whoever gets less than asked for stands at the highest share by weight
        level = share / weight
        short = share < demand * (1 - 1e-9)
        assert np.all(level[short] >= level.max() - 1e-9 * (1 + level.max()))

    @settings(max_examples=30)
    @given(parties, st.floats(0.1, 30), st.randoms(use_true_random=False))
    def test_law_order_does_not_matter(self, each, capacity, random):
        demand, weight = np.array(each).T
        order = list(range(len(each)))
        random.shuffle(order)
        share = cpu.fair_shares(demand, weight, capacity)
        assert cpu.fair_shares(demand[order], weight[order], capacity) == pytest.approx(
            share[order], abs=1e-9
        )


class TestCost:
    def test_worked_operation(self):
        # 100 us + 131072 * 6 ns
        assert cpu.operation_time(6e-9, 1e-4, 131072.0) == pytest.approx(886.432e-6, rel=1e-12)

    def test_worked_shared_gigabit(self):
        share = cpu.fair_shares([1.0, 2.0], [1.0, 2.0], 2.0)[0]
        assert cpu.service_rate(6e-9, 0.0, 1.0, share) == pytest.approx(111.1e6, rel=1e-3)

    def test_worked_calls_cost_too(self):
        # 4096 B in 100 us + 24.6 us
        rate = cpu.service_rate(6e-9, 1e-4, np.array([4096.0, 1e12]))
        assert rate == pytest.approx([4096 / 124.576e-6, 1 / 6e-9], rel=1e-6)

    def test_published_one_core_of_the_edge(self):
        # Snowball Edge NFS, AWS: 250-400 MB/s; Ganesha 3.02 ns/B on one core
        rate = cpu.service_rate(3.02e-9, 0.0, 262144.0, cpu.usable_vcpus(8.0, 1.0))
        assert rate == pytest.approx(331e6, rel=1e-3)

    def test_law_free_calls_are_infinitely_fast(self):
        assert cpu.service_rate(0.0, 0.0, 1.0) == np.inf
        assert cpu.service_rate(0.0, 0.0, 1.0, 0.0) == 0.0

    @given(st.floats(0, 1e-6), st.floats(1e-9, 1e-2), st.floats(1, 1e7), st.floats(0, 64))
    def test_law_rate_is_the_inverse_of_time(self, per_byte, per_operation, block, vcpus):
        rate = cpu.service_rate(per_byte, per_operation, block, vcpus)
        assert type(rate) is float
        assert rate * cpu.operation_time(per_byte, per_operation, block) == pytest.approx(vcpus * block)


class TestCapacity:
    def test_worked(self):
        assert cpu.usable_vcpus(1.0, 4.0) == 1.0
        assert cpu.usable_vcpus(np.array([8.0, 8.0]), np.array([3.0, 3.0]), 2.0).tolist() == [6.0, 6.0]
        assert cpu.usable_vcpus(8.0, 0.0, np.inf) == 0.0
        assert cpu.throttled_capacity(np.array([1.0, 2.0]), np.array([1.0, 0.5])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cpu.fair_shares([1, np.nan], [1, 1], 1), r"demand\[1\] must be >= 0, got nan"),
        (lambda: cpu.fair_shares([1, 1], [1, 0], 1), r"weight\[1\] must be > 0"),
        (lambda: cpu.fair_shares([1], [1], np.inf), "capacity must be >= 0 and finite"),
        (lambda: cpu.fair_shares([], [], 1), "demand must be at least one party"),
        (lambda: cpu.operation_time(-1e-9, 0.0, 1.0), "per_byte must be >= 0"),
        (lambda: cpu.operation_time(0.0, float("nan"), 1.0), "per_operation must be >= 0"),
        (lambda: cpu.service_rate(1e-9, 0.0, 0.0), "block must be > 0"),
        (lambda: cpu.service_rate(1e-9, 0.0, 1.0, -1.0), "vcpus must be >= 0"),
        (lambda: cpu.usable_vcpus(1.0, 1.0, 0.0), "per_connection must be > 0"),
        (lambda: cpu.throttled_capacity(1.0, 1.2), r"throttle must be in \[0, 1\], got 1.2"),
    ],
)
def test_law_misuse_is_refused(call, message):
    with pytest.raises(BoundError, match=message):
        call()
