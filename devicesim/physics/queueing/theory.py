"""Mean waits and their quantiles in queues in balance.

Model
-----
Requests arrive at a mean rate, each needs a slot for a time, and waits first come, first served while all slots are
busy. Poisson arrivals and exponential times: M/M/c, by Erlang's formulas. Poisson arrivals, any times, one slot:
M/G/1, by Pollaczek and Khinchine, of which M/D/1 is the case of equal times. Any arrivals, any times, several slots:
G/G/c, approximated from M/M/c by the variances of both.

Scope and limits
----------------
Balance only: a load below the number of slots, long after the start. Nobody gives up, nobody is turned away. The
approximation of G/G/c is exact for M/M/c and M/G/1 and some percent off elsewhere (more at low load).

Sources
-------
Erlang 1917; Pollaczek 1930 and Khinchine 1932; Kleinrock, Queueing Systems I, 1975, sections 3.5 and 5.6; Allen,
Probability, Statistics and Queueing Theory, 1990, section 5.2 (Allen and Cunneen's approximation).

Checked against
---------------
The recursion of this package on drawn requests, within 2 %; values worked by hand; M/M/c and M/G/1 against each other
at one slot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_slots(slots: int) -> None:
    require(isinstance(slots, int), "slots", "a whole number", slots)
    require(slots >= 1, "slots", ">= 1", slots)


def _load(slots: int, rate: Values, service: Values) -> Values:
    """Offered load in slots, below their number."""
    _require_slots(slots)
    require((np.asarray(rate) >= 0) & (np.asarray(rate) < np.inf), "rate", ">= 0 and finite", rate)
    require((np.asarray(service) > 0) & (np.asarray(service) < np.inf), "service", "> 0 and finite", service)
    load = np.multiply(rate, service)
    require(load < slots, "rate * service", f"< slots, {slots}", load)
    result: Values = _plain(load)
    return result


def erlang_b(slots: int, load: Values) -> Values:
    """Share of requests that find all slots busy where nobody waits.

    ``B(0) = 1``, ``B(c) = a B(c-1) / (c + a B(c-1))``

    Parameters
    ----------
    slots : int
        Number of slots, c [1].
    load : float or array [...]
        Offered load a: arrivals times service time [1].

    Returns
    -------
    float or array [...]
        Blocking probability [1].

    Raises
    ------
    BoundError
        ``slots`` below 1, ``load`` negative or not finite.

    References
    ----------
    Erlang 1917 (loss formula), in its recursive form.

    Examples
    --------
    >>> round(erlang_b(2, 1.0), 6)
    0.2
    """
    _require_slots(slots)
    require((np.asarray(load) >= 0) & (np.asarray(load) < np.inf), "load", ">= 0 and finite", load)
    blocked: Any = np.ones_like(np.asarray(load, float))
    for c in range(1, slots + 1):
        blocked = load * blocked / (c + load * blocked)
    result: Values = _plain(blocked)
    return result


def erlang_c(slots: int, load: Values) -> Values:
    """Share of requests that have to wait in M/M/c.

    ``C = B / (1 - rho (1 - B))``, ``rho = a / c``

    Parameters
    ----------
    slots : int
        Number of slots, c [1].
    load : float or array [...]
        Offered load a, below ``slots`` [1].

    Returns
    -------
    float or array [...]
        Probability of waiting [1].

    Raises
    ------
    BoundError
        ``slots`` below 1, ``load`` negative or not below ``slots``.

    References
    ----------
    Erlang 1917 (delay formula).

    Examples
    --------
    One slot: the share of time it is busy; two slots at a load of one: a third.

    >>> round(erlang_c(1, 0.7), 6), round(erlang_c(2, 1.0), 6)
    (0.7, 0.333333)
    """
    blocked = erlang_b(slots, load)
    require(np.asarray(load) < slots, "load", f"< slots, {slots}", load)
    result: Values = _plain(blocked / (1 - np.divide(load, slots) * (1 - np.asarray(blocked))))
    return result


def mmc_wait(slots: int, rate: Values, service: Values) -> Values:
    """Mean wait in M/M/c, service not counted.

    ``W = C(c, a) s / (c - a)``

    Parameters
    ----------
    slots : int
        Number of slots, c [1].
    rate : float or array [...]
        Arrivals [1/s].
    service : float or array [...]
        Mean service time, s [s].

    Returns
    -------
    float or array [...]
        Mean wait [s].

    Raises
    ------
    BoundError
        An argument out of its domain, or a load that is not below ``slots``.

    References
    ----------
    Kleinrock 1975, section 3.5.

    Examples
    --------
    Two slots of 2 s, a request every 2 s: a third waits, for 2 s on average.

    >>> round(mmc_wait(2, 0.5, 2.0), 6)
    0.666667
    """
    load = _load(slots, rate, service)
    result: Values = _plain(np.multiply(erlang_c(slots, load), service) / (slots - np.asarray(load)))
    return result


def mmc_wait_quantile(share: Values, slots: int, rate: Values, service: Values) -> Values:
    """Wait that a share of the requests in M/M/c does not exceed.

    ``P(W > t) = C exp(-(c - a) t / s)``

    Parameters
    ----------
    share : float or array [...]
        Probability, in [0, 1) [1].
    slots, rate, service
        As for :func:`mmc_wait`.

    Returns
    -------
    float or array [...]
        Wait [s]; 0 where so many do not wait at all.

    Raises
    ------
    BoundError
        As :func:`mmc_wait`, or ``share`` outside [0, 1).

    References
    ----------
    Kleinrock 1975, section 3.5.

    Examples
    --------
    >>> round(mmc_wait_quantile(0.99, 1, 0.5, 1.0), 4), mmc_wait_quantile(0.5, 1, 0.5, 1.0)
    (7.824, 0.0)
    """
    require((np.asarray(share) >= 0) & (np.asarray(share) < 1), "share", "in [0, 1)", share)
    load = _load(slots, rate, service)
    waiting = np.asarray(erlang_c(slots, load))
    with np.errstate(divide="ignore"):
        depth = np.log(waiting / (1 - np.asarray(share)))
    result: Values = _plain(np.maximum(0.0, depth) * service / (slots - np.asarray(load)))
    return result


def mg1_wait(rate: Values, service: Values, scv: Values) -> Values:
    """Mean wait in M/G/1, service not counted.

    ``W = rho s (1 + c2) / (2 (1 - rho))``, with c2 the squared coefficient of variation of the service times

    Parameters
    ----------
    rate : float or array [...]
        Arrivals [1/s].
    service : float or array [...]
        Mean service time, s [s].
    scv : float or array [...]
        Variance of the service time over its squared mean: 0 if all are equal, 1 if exponential [1].

    Returns
    -------
    float or array [...]
        Mean wait [s].

    Raises
    ------
    BoundError
        An argument out of its domain, or a load that is not below one.

    References
    ----------
    Pollaczek 1930, Khinchine 1932; Kleinrock 1975, section 5.6.

    Examples
    --------
    >>> mg1_wait(0.5, 1.0, 1.0)
    1.0
    """
    require((np.asarray(scv) >= 0) & (np.asarray(scv) < np.inf), "scv", ">= 0 and finite", scv)
    load = np.asarray(_load(1, rate, service))
    result: Values = _plain(load * service * (1 + np.asarray(scv)) / (2 * (1 - load)))
    return result


def md1_wait(rate: Values, service: Values) -> Values:
    """Mean wait in M/D/1, where all service times are equal.

    ``W = rho s / (2 (1 - rho))``

    Parameters
    ----------
    rate : float or array [...]
        Arrivals [1/s].
    service : float or array [...]
        Service time, s [s].

    Returns
    -------
    float or array [...]
        Mean wait [s].

    Raises
    ------
    BoundError
        As :func:`mg1_wait`.

    References
    ----------
    Pollaczek 1930, Khinchine 1932.

    Examples
    --------
    >>> md1_wait(0.5, 1.0)
    0.5
    """
    return mg1_wait(rate, service, 0.0)


def ggc_wait(slots: int, rate: Values, service: Values, arrival_scv: Values, service_scv: Values) -> Values:
    """Mean wait in G/G/c, approximately.

    ``W = W(M/M/c) (ca2 + cs2) / 2``

    Parameters
    ----------
    slots, rate, service
        As for :func:`mmc_wait`.
    arrival_scv, service_scv : float or array [...]
        Squared coefficients of variation of the times between arrivals and of the service times [1].

    Returns
    -------
    float or array [...]
        Mean wait [s].

    Raises
    ------
    BoundError
        An argument out of its domain, or a load that is not below ``slots``.

    References
    ----------
    Allen 1990, section 5.2 (Allen and Cunneen).

    Examples
    --------
    >>> round(ggc_wait(2, 0.5, 2.0, 1.0, 0.0), 6)
    0.333333
    """
    for name, scv in (("arrival_scv", arrival_scv), ("service_scv", service_scv)):
        require((np.asarray(scv) >= 0) & (np.asarray(scv) < np.inf), name, ">= 0 and finite", scv)
    result: Values = _plain(np.asarray(mmc_wait(slots, rate, service)) * np.add(arrival_scv, service_scv) / 2)
    return result
