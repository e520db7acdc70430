"""Preparation: how long AWS takes from the order to a parcel that waits for the carrier.

Model
-----
A mixture of two lognormals: one for a device that is in stock, one for a wait until there is one.

Scope and limits
----------------
Orders are independent, so a shortage does not last from one to the next. The share and the length of the
waits rest on single reports; with 2,000 replications the ninetieth percentile, at the edge of the two parts,
is known to one in ten only.

Sources
-------
The constants are the caller's. Sampling by composition as in L. Devroye, "Non-Uniform Random Variate
Generation" (1986), chapter 2.4.

Checked against
---------------
Sampled means and quantiles against the closed forms; with two business days of transit the "4-6 days" in
which AWS says a Snowcone is typically received.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

_NORMAL_CDF = np.frompyfunc(NormalDist().cdf, 1, 1)
_NORMAL_QUANTILE = np.frompyfunc(NormalDist().inv_cdf, 1, 1)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Time from order to parcel: a mixture of a device in stock and a wait for one.

    Attributes
    ----------
    median, sigma : float
        Median [s] and standard deviation of the logarithm [1] with a device in stock.
    stock_out : float
        Share of the orders that wait [1], in [0, 1].
    stock_out_median, stock_out_sigma : float
        Median [s] and standard deviation of the logarithm [1] of those.

    Raises
    ------
    BoundError
        A median or sigma that is not positive, or a share outside [0, 1].
    """

    median: float
    sigma: float
    stock_out: float
    stock_out_median: float
    stock_out_sigma: float

    def __post_init__(self) -> None:
        for name in ("median", "sigma", "stock_out_median", "stock_out_sigma"):
            value = getattr(self, name)
            require(0 < value < np.inf, name, "finite and > 0", value)
        require(0 <= self.stock_out <= 1, "stock_out", "in [0, 1]", self.stock_out)


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def preparation_time(rng: np.random.Generator, n: int, law: Preparation) -> NDArray[np.float64]:
    """Draw preparation times: one uniform and one normal number for each draw.

    Parameters
    ----------
    rng : Generator
        Source of random numbers.
    n : int
        Number of draws, >= 0.
    law : Preparation
        The mixture.

    Returns
    -------
    (n,)
        Time [s].

    References
    ----------
    Devroye (1986), chapter 2.4, composition.

    Examples
    --------
    >>> law = Preparation(2 * 86400, 0.35, 0.1, 30 * 86400, 0.6)
    >>> [round(seconds / 86400, 2) for seconds in preparation_time(np.random.default_rng(1), 3, law).tolist()]
    [1.27, 2.75, 2.34]
    """
    waits = rng.random(n) < law.stock_out
    deviation = rng.standard_normal(n)
    median = np.where(waits, law.stock_out_median, law.median)
    sigma = np.where(waits, law.stock_out_sigma, law.sigma)
    return median * np.exp(sigma * deviation)


def preparation_mean(law: Preparation) -> float:
    """Mean preparation time, ``sum w_i m_i exp(s_i**2 / 2)`` [s].

    Parameters
    ----------
    law : Preparation
        The mixture.

    Returns
    -------
    float

    Examples
    --------
    >>> round(preparation_mean(Preparation(2 * 86400, 0.35, 0.1, 30 * 86400, 0.6)) / 86400, 3)
    5.505
    """
    in_stock = law.median * math.exp(law.sigma**2 / 2)
    waiting = law.stock_out_median * math.exp(law.stock_out_sigma**2 / 2)
    return (1 - law.stock_out) * in_stock + law.stock_out * waiting


def preparation_cdf(time: V, law: Preparation) -> V:
    """Probability that a device is prepared within a time.

    Parameters
    ----------
    time : (...)
        Time [s], >= 0.
    law : Preparation
        The mixture.

    Returns
    -------
    (...)
        Probability [1].

    Raises
    ------
    BoundError
        A negative time.

    Examples
    --------
    >>> round(preparation_cdf(2 * 86400, Preparation(2 * 86400, 0.35, 0.1, 30 * 86400, 0.6)), 4)
    0.45
    """
    require(np.greater_equal(time, 0), "time", ">= 0", time)
    log_time = np.log(np.maximum(time, 1e-300))
    in_stock = _NORMAL_CDF((log_time - math.log(law.median)) / law.sigma)
    waiting = _NORMAL_CDF((log_time - math.log(law.stock_out_median)) / law.stock_out_sigma)
    result: V = _plain(
        (1 - law.stock_out) * np.asarray(in_stock, np.float64)
        + law.stock_out * np.asarray(waiting, np.float64)
    )
    return result


def preparation_quantile(probability: V, law: Preparation) -> V:
    """Time within which a share of the devices is prepared: the inverse of :func:`preparation_cdf`.

    Bisection between the quantiles of the two parts, which always enclose that of the mixture.

    Parameters
    ----------
    probability : (...)
        Share [1], in (0, 1).
    law : Preparation
        The mixture.

    Returns
    -------
    (...)
        Time [s], to about 1e-12 of itself.

    Raises
    ------
    BoundError
        A share outside its bound.

    Examples
    --------
    >>> law = Preparation(2 * 86400, 0.35, 0.1, 30 * 86400, 0.6)
    >>> [round(preparation_quantile(p, law) / 86400, 2) for p in (0.25, 0.5, 0.75, 0.9, 0.95)]
    [1.63, 2.1, 2.81, 6.3, 30.0]
    """
    require(np.greater(probability, 0) & np.less(probability, 1), "probability", "in (0, 1)", probability)
    deviation = np.asarray(_NORMAL_QUANTILE(probability), np.float64)
    one = math.log(law.median) + law.sigma * deviation
    other = math.log(law.stock_out_median) + law.stock_out_sigma * deviation
    low, high = np.minimum(one, other), np.maximum(one, other)
    for _ in range(60):
        middle = (low + high) / 2
        enough = np.asarray(preparation_cdf(np.exp(middle), law)) >= probability
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    result: V = _plain(np.exp(high))
    return result
