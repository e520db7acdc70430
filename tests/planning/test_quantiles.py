"""Percentiles by order statistics: values that were seen, and intervals that hold whatever the distribution."""

import math

import numpy as np
import pytest

from devicesim.planning import quantiles


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([3.0, 1.0, 2.0, 4.0], 0.5, 2.0),  # two of four are at most 2
        ([3.0, 1.0, 2.0, 4.0], 0.51, 3.0),
        (range(1, 101), 0.95, 95.0),
        ([1.0, math.inf], 0.5, 1.0),
        ([1.0, math.inf], 0.95, math.inf),
        ([1.0, math.nan, 2.0], 0.95, 2.0),  # what there is not counts nothing
    ],
)
def test_worked_quantiles(values, q, expected):
    assert quantiles.quantile(values, q) == expected


def test_worked_nothing_has_no_quantile():
    assert math.isnan(quantiles.quantile([math.nan], 0.5))


def binomial(k: int, n: int, q: float) -> float:
    return math.comb(n, k) * q**k * (1 - q) ** (n - k)


@pytest.mark.parametrize("n", [10, 59, 100, 400])
@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_law_ranks_enclose_the_quantile_with_their_level_and_no_narrower_pair_does(n, q, level):
    low, high = quantiles.ranks(n, q, level)

    # With c values below the quantile, the 0-based order statistic i lies below it if and only if i < c.
    def covered(low: int, high: int) -> float:
        return sum(
            binomial(c, n, q) for c in range(n + 1) if (low < 0 or c > low) and (high >= n or c <= high)
        )

    tail = (1 - level) / 2
    assert covered(low, high) >= level - 1e-12
    assert sum(binomial(c, n, q) for c in range(low + 2)) > tail  # one rank further up, below is too likely
    assert sum(binomial(c, n, q) for c in range(high + 1, n + 1)) <= tail + 1e-12


def test_published_the_95th_percentile_of_59_values_has_no_upper_bound():
    # Wilks 1941: 59 values are the fewest whose largest exceeds the 95th percentile with 95 %; two-sided takes more.
    assert quantiles.interval(range(59), 0.95)[1] == math.inf
    assert 1 - 0.95**59 >= 0.95 > 1 - 0.95**58
    assert quantiles.ranks(59, 0.95, level=0.9)[1] == 58


def test_published_wilson_interval():
    # Newcombe 1998, table I: 81 of 263 has 0.2553 to 0.3662; 0 of 20 has 0 to 0.1611.
    assert [round(end, 4) for end in quantiles.share(81, 263)] == [0.2553, 0.3662]
    assert [round(end, 4) for end in quantiles.share(0, 20)] == [0.0, 0.1611]


def test_law_intervals_cover_what_they_say():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        low, high = quantiles.interval(rng.lognormal(size=200), 0.95, 0.9)
        hits += low <= math.exp(1.6448536) <= high
    assert 0.88 <= hits / 400 <= 0.97  # at least the level; ranks are whole, so a little more


def test_worked_spread():
    assert quantiles.spread([5.0] * 100, 0.5) == 0.0
    assert quantiles.spread([math.inf] * 100, 0.5) == 0.0
    assert quantiles.spread([1.0, 2.0], 0.95) == math.inf
