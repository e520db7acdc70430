"""Percentiles of simulated futures by order statistics, with intervals that assume no distribution.

Model
-----
The q-quantile of n values is the smallest that at least the share q of them does not exceed, so it is always a value
that was seen, and infinity (never) is one like others. Its interval is bounded by two order statistics whose ranks
enclose the true quantile with the level asked for, by the binomial distribution of how many values lie below it.
A share of n futures has Wilson's interval. Both are conservative where the draws are spread evenly by design.

Sources
-------
H. A. David, H. N. Nagaraja, "Order Statistics", 3rd ed. (2003), section 7.1; E. B. Wilson, "Probable inference, the law
of succession, and statistical inference", Journal of the American Statistical Association 22 (1927).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

LEVEL = 0.95
"""Of the intervals around percentiles and shares."""


def ordered(values: ArrayLike) -> NDArray[np.float64]:
    """The values that there are, in order: infinity is one, NaN is none."""
    array = np.asarray(values, dtype=np.float64)
    return np.sort(array[~np.isnan(array)])


def quantile(values: ArrayLike, q: float) -> float:
    """The q-quantile; NaN of nothing.

    >>> quantile([3, 1, 2, 4], 0.5), quantile([1, float("inf")], 0.95)
    (2.0, inf)
    """
    require(0 < q < 1, "q", "in (0, 1)", q)
    known = ordered(values)
    return float(known[rank(known.size, q)]) if known.size else math.nan


def rank(size: int, q: float) -> int:
    """The place of the q-quantile among so many values in order, counted from 0."""
    return max(0, math.ceil(q * size - 1e-9) - 1)


def interval(values: ArrayLike, q: float, level: float = LEVEL) -> tuple[float, float]:
    """Bounds that enclose the true q-quantile with at least that level, where so many values can tell.

    A side on which too few values lie is unbounded: the lowest of ten values is no lower bound of the 5th percentile.

    >>> interval(range(1, 101), 0.5)
    (40.0, 61.0)
    >>> interval(range(10), 0.95)
    (7.0, inf)
    """
    known = ordered(values)
    low, high = ranks(known.size, q, level)
    return (
        float(known[low]) if low >= 0 else -math.inf,
        float(known[high]) if high < known.size else math.inf,
    )


def ranks(size: int, q: float, level: float = LEVEL) -> tuple[int, int]:
    """Places of the two order statistics, counted from 0; -1 and ``size`` where there is none.

    >>> ranks(100, 0.5)
    (39, 60)
    """
    require(0 < q < 1, "q", "in (0, 1)", q)
    require(0 < level < 1, "level", "in (0, 1)", level)
    if size == 0:
        return -1, 0
    below = _cumulative(size, q)
    tail = (1 - level) / 2
    # The l-th smallest lies above the quantile with P(fewer than l values below it).
    low = int(np.searchsorted(below, tail, side="right")) - 1
    high = int(np.searchsorted(below, 1 - tail, side="left"))
    return low, high


def _cumulative(size: int, q: float) -> NDArray[np.float64]:
    """P(B <= k) for k = 0 .. size, of a binomial B."""
    k = np.arange(1, size + 1)
    ratios = np.log((size - k + 1) / k) + math.log(q) - math.log1p(-q)
    logs = size * math.log1p(-q) + np.concatenate([[0.0], np.cumsum(ratios)])
    return np.asarray(np.minimum(np.cumsum(np.exp(logs)), 1.0))


def share(hits: int, size: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of the probability of which ``hits`` of ``size`` futures speak.

    >>> [round(end, 4) for end in share(8, 10)]
    [0.4902, 0.9433]
    """
    require(size > 0, "size", "> 0", size)
    require(0 <= hits <= size, "hits", f"in [0, {size}]", hits)
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = hits / size
    middle = (p + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(p * (1 - p) / size + z * z / (4 * size * size))
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == size else middle + half)


def spread(values: ArrayLike, q: float, level: float = LEVEL) -> float:
    """Half the interval of a quantile relative to it: how exactly it is known; infinite where it is not.

    >>> round(spread(range(1, 10_001), 0.5), 4)
    0.0197
    """
    middle = quantile(values, q)
    low, high = interval(values, q, level)
    if not (math.isfinite(middle) and math.isfinite(low) and math.isfinite(high)):
        # Never by all that can be told: exactly known.
        return 0.0 if middle == low == math.inf else math.inf
    return 0.0 if high == low else (high - low) / 2 / abs(middle) if middle else math.inf
