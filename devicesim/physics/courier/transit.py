"""Lateness, lanes and loss: the random part of a leg, as laws and as draws.

Model
-----
Lateness ``G`` in business days: ``P(G >= 1) = q`` and ``P(G >= j + 1 | G >= j) = g``. Lanes without a
promised number of days are lognormal, rounded to whole business days. A leg ends intact, damaged or lost.

Scope and limits
----------------
Draws are independent; a caller who wants two legs to be late together draws them together. Every sampler uses
the same number of random numbers per draw whatever their values, so common random numbers stay in step.

Sources
-------
The constants are the caller's. Sampling by inversion as in L. Devroye, "Non-Uniform Random Variate
Generation" (1986), chapter 2.

Checked against
---------------
Simulated frequencies within three standard errors of the laws; ShipMatrix's on-time shares.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


class Outcome(IntEnum):
    """How a parcel ends a leg."""

    INTACT = 0
    DAMAGED = 1
    LOST = 2


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def _require_lateness(late: float, tail: float) -> None:
    require(0 <= late <= 1, "late", "in [0, 1]", late)
    require(0 <= tail < 1, "tail", "in [0, 1)", tail)


def lateness_pmf(days: V, late: float, tail: float) -> V:
    """Probability of arriving exactly so many business days late.

    ``P(G = 0) = 1 - q``, ``P(G = j) = q g**(j - 1) (1 - g)``

    Parameters
    ----------
    days : (...)
        Lateness j [business days], whole; 0 elsewhere.
    late : float
        Probability q of being late at all [1], in [0, 1].
    tail : float
        Probability g of one more day, given a late one [1], in [0, 1).

    Returns
    -------
    (...)
        Probability [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> [round(lateness_pmf(j, 0.042, 1 / 6), 4) for j in range(3)]
    [0.958, 0.035, 0.0058]
    """
    below = lateness_cdf(np.subtract(days, 1.0), late, tail)
    whole = np.equal(days, np.floor(days))
    result: V = _plain(np.where(whole, lateness_cdf(np.asarray(days), late, tail) - np.asarray(below), 0.0))
    return result


def lateness_cdf(days: V, late: float, tail: float) -> V:
    """Probability of arriving at most so many business days late.

    ``P(G <= j) = 1 - q g**j``

    Parameters
    ----------
    days, late, tail
        As for :func:`lateness_pmf`.

    Returns
    -------
    (...)
        Probability [1]; 0 before the promised day.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(lateness_cdf(1, 0.042, 1 / 6), 4)
    0.993
    """
    _require_lateness(late, tail)
    whole = np.floor(days)
    require(whole > -np.inf, "days", "a number", days)
    result: V = _plain(np.where(whole >= 0, 1 - late * tail ** np.maximum(whole, 0.0), 0.0))
    return result


def lateness_mean(late: float, tail: float) -> float:
    """Mean lateness, ``q / (1 - g)`` [business days].

    Parameters
    ----------
    late, tail : float
        As for :func:`lateness_pmf`.

    Returns
    -------
    float

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(lateness_mean(0.042, 1 / 6), 4)
    0.0504
    """
    _require_lateness(late, tail)
    return late / (1 - tail)


def lateness_days(rng: np.random.Generator, n: int, late: float, tail: float) -> NDArray[np.int64]:
    """Draw lateness by inversion: one uniform number for each draw.

    Parameters
    ----------
    rng : Generator
        Source of random numbers.
    n : int
        Number of draws, >= 0.
    late, tail : float
        As for :func:`lateness_pmf`.

    Returns
    -------
    (n,)
        Lateness [business days].

    Raises
    ------
    BoundError
        An input outside its bound.

    References
    ----------
    Devroye (1986), chapter 2.

    Examples
    --------
    >>> int(lateness_days(np.random.default_rng(1), 10_000, 0.042, 1 / 6).max())
    4
    """
    _require_lateness(late, tail)
    above = 1.0 - rng.random(n)  # in (0, 1]: P(G >= j) >= above
    days = np.zeros(n, np.int64)
    is_late = above <= late
    if tail > 0:
        days[is_late] = 1 + np.floor(np.log(above[is_late] / late) / np.log(tail)).astype(np.int64)
    else:
        days[is_late] = 1
    return days


def seasonal_late(late: float, month: V, factors: NDArray[np.float64]) -> V:
    """Probability of being late in a month, ``min(1, q f)``.

    Parameters
    ----------
    late : float
        Probability of being late in an ordinary month [1], in [0, 1].
    month : (...) of int
        Month, 1 to 12.
    factors : (12,)
        Factor f of each month [1], >= 0.

    Returns
    -------
    (...)
        Probability [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> factors = np.ones(12)
    >>> factors[11] = 1.5
    >>> round(seasonal_late(0.042, 12, factors), 3)
    0.063
    """
    _require_lateness(late, 0.0)
    require(np.shape(factors) == (12,), "factors", "twelve, one a month", factors)
    require(np.greater_equal(factors, 0), "factors", ">= 0", factors)
    require(np.isin(month, np.arange(1, 13)), "month", "in [1, 12]", month)
    result: V = _plain(np.minimum(1.0, late * factors[np.asarray(month, np.int64) - 1]))
    return result


def transit_days(rng: np.random.Generator, n: int, median: float, sigma: float) -> NDArray[np.int64]:
    """Draw the transit of a lane without a promised day: lognormal, to the nearest whole day, at least one.

    Parameters
    ----------
    rng, n
        As for :func:`lateness_days`.
    median : float
        Median [business days], > 0.
    sigma : float
        Standard deviation of the logarithm [1], >= 0.

    Returns
    -------
    (n,)
        Transit [business days].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> transit_days(np.random.default_rng(1), 6, median=1.7, sigma=0.33).tolist()
    [2, 2, 2, 1, 2, 2]
    """
    require(0 < median < np.inf, "median", "finite and > 0", median)
    require(0 <= sigma < np.inf, "sigma", "finite and >= 0", sigma)
    days = np.rint(median * np.exp(sigma * rng.standard_normal(n)))
    return np.maximum(1.0, days).astype(np.int64)


def leg_outcomes(rng: np.random.Generator, n: int, lost: float, damaged: float) -> NDArray[np.int64]:
    """Draw how legs end: one uniform number for each.

    Parameters
    ----------
    rng, n
        As for :func:`lateness_days`.
    lost, damaged : float
        Probabilities of the two bad ends of one leg [1], >= 0, together at most 1.

    Returns
    -------
    (n,)
        Values of :class:`Outcome`.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> leg_outcomes(np.random.default_rng(1), 5, lost=0.3, damaged=0.3).tolist()
    [1, 0, 2, 0, 1]
    """
    _require_ends(lost, damaged)
    chance = rng.random(n)
    ends = np.select(
        [chance < lost, chance < lost + damaged], [Outcome.LOST, Outcome.DAMAGED], Outcome.INTACT
    )
    return ends.astype(np.int64)


def intact_probability(legs: int, lost: float, damaged: float) -> float:
    """Probability that a parcel survives all its legs, ``(1 - lost - damaged)**legs`` [1].

    Parameters
    ----------
    legs : int
        Number of legs, >= 0.
    lost, damaged : float
        As for :func:`leg_outcomes`.

    Returns
    -------
    float

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(intact_probability(2, lost=0.001, damaged=0.0005), 6)
    0.997002
    """
    require(legs >= 0, "legs", ">= 0", legs)
    _require_ends(lost, damaged)
    return float((1 - lost - damaged) ** legs)


def _require_ends(lost: float, damaged: float) -> None:
    require(lost >= 0, "lost", ">= 0", lost)
    require(damaged >= 0, "damaged", ">= 0", damaged)
    require(lost + damaged <= 1, "lost + damaged", "<= 1", lost + damaged)
