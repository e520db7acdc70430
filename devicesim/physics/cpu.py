"""Processors: who gets how much of them, and what a served byte costs.

Model
-----
Generalised processor sharing: each party gets its demand or its weighted share of what the satisfied ones
leave, whichever is less (water-filling).
A call costs a fixed time and a time for each byte; their inverse is a rate. Capacity is a number of vCPUs,
lowered by throttling; one connection may be held to one of them.

Scope and limits
----------------
A fluid: no scheduling quantum, no cache effects, no wake-up latency. Costs are measured figures of one server
program on one processor and come in as arguments. That one connection of the Snowball Edge's NFS interface is
served by one core is a reading of its published 250-400 MB/s, not known.

Sources
-------
Parekh and Gallager, IEEE/ACM Transactions on Networking 1(3), 1993 (generalised processor sharing); Bertsekas
and Gallager, Data Networks, 1992, section 6.5.2 (max-min fairness).

Checked against
---------------
Worked shares (2 vCPUs, NFS against a saturated two-vCPU instance: 0.667; 3 vCPUs: 1 and 2); the water-filling
conditions on random demands; 331 MB/s for a core at 3.02 ns/B.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_cost(per_byte: Values, per_operation: Values) -> None:
    require((per_byte >= 0) & (per_byte < np.inf), "per_byte", ">= 0 and finite", per_byte)
    require(
        (per_operation >= 0) & (per_operation < np.inf), "per_operation", ">= 0 and finite", per_operation
    )


def fair_shares(demand: ArrayLike, weight: ArrayLike, capacity: ArrayLike) -> NDArray[np.float64]:
    """Divide a capacity among parties by weight, nobody getting more than asked for.

    ``share_i = min(d_i, w_i * level)``, the level such that the shares add up to ``min(C, sum d)``.

    Parameters
    ----------
    demand : array_like [..., n]
        What each party would use; infinity for a saturated one [vCPU].
    weight : array_like [..., n]
        Weight of each party [1].
    capacity : array_like [...]
        What there is to divide [vCPU].

    Returns
    -------
    array [..., n]
        Shares [vCPU]; leading dimensions are broadcast.

    Raises
    ------
    BoundError
        A negative demand, a weight not positive and finite, a capacity negative or infinite, no party.

    References
    ----------
    Parekh and Gallager 1993.

    Examples
    --------
    An NFS service of one vCPU beside an instance that keeps two busy, on 2 and on 3 vCPUs:

    >>> fair_shares([1.0, 2.0], [1.0, 2.0], [2.0, 3.0]).round(3).tolist()
    [[0.667, 1.333], [1.0, 2.0]]
    """
    wanted, weights = np.broadcast_arrays(np.asarray(demand, float), np.asarray(weight, float))
    size = np.asarray(capacity, float)[..., np.newaxis]
    require(wanted.ndim > 0 and wanted.shape[-1] > 0, "demand", "at least one party", demand)
    require(wanted >= 0, "demand", ">= 0", wanted)
    require((weights > 0) & (weights < np.inf), "weight", "> 0 and finite", weights)
    require((size >= 0) & (size < np.inf), "capacity", ">= 0 and finite", capacity)
    shape = np.broadcast_shapes(wanted.shape, size.shape)
    wanted, weights = np.broadcast_to(wanted, shape), np.broadcast_to(weights, shape)
    shares: NDArray[np.float64] = np.minimum(wanted, weights * _level(wanted, weights, size))
    return shares


def _level(wanted: NDArray[np.float64], weights: NDArray[np.float64], size: NDArray[np.float64]) -> Any:
    """Height to which each weight is filled: parties in order of d/w are satisfied until one is not."""
    ratio = wanted / weights
    order = np.argsort(ratio, axis=-1)
    ratio, wanted, weights = (np.take_along_axis(a, order, -1) for a in (ratio, wanted, weights))
    nothing = np.zeros_like(wanted[..., :1])
    served = np.concatenate([nothing, np.cumsum(wanted[..., :-1], axis=-1)], axis=-1)
    waiting = np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1]
    level = (size - served) / waiting
    short = ratio >= level
    first = np.argmax(short, axis=-1)[..., np.newaxis]
    return np.where(short.any(-1, keepdims=True), np.take_along_axis(level, first, -1), np.inf)


def granted_parts(demand: ArrayLike, weight: ArrayLike, capacity: ArrayLike) -> NDArray[np.float64]:
    """Part of its demand that each party gets of a capacity divided by weight.

    ``share_i / d_i``, and 1 for who asks for nothing; shares as of :func:`fair_shares`

    Parameters
    ----------
    demand, weight, capacity
        As for :func:`fair_shares`; demands finite.

    Returns
    -------
    array [..., n]
        Parts, in [0, 1] [1].

    Raises
    ------
    BoundError
        As :func:`fair_shares`, or an infinite demand.

    References
    ----------
    Parekh and Gallager 1993.

    Examples
    --------
    >>> granted_parts([1.0, 2.0, 0.0], [1.0, 2.0, 1.0], 2.0).round(3).tolist()
    [0.667, 0.667, 1.0]
    """
    wanted = np.asarray(demand, float)
    require(wanted < np.inf, "demand", "finite", demand)
    shares = fair_shares(wanted, weight, capacity)
    parts: NDArray[np.float64] = np.divide(shares, wanted, out=np.ones_like(shares), where=wanted > 0)
    return np.minimum(parts, 1.0)


def operation_time(per_byte: V, per_operation: V, payload: V) -> V:
    """Processor time of one call.

    ``c_op + n c_b``

    Parameters
    ----------
    per_byte : float or array [...]
        Time for one byte of payload [s/B].
    per_operation : float or array [...]
        Time for the call itself [s].
    payload : float or array [...]
        Bytes that it carries [B].

    Returns
    -------
    float or array [...]
        Processor time [s].

    Raises
    ------
    BoundError
        An argument negative or not finite.

    References
    ----------
    Linear cost model; figures by measurement.

    Examples
    --------
    >>> f"{operation_time(6e-9, 1e-4, 131072.0) * 1e3:.3f} ms"
    '0.886 ms'
    """
    _require_cost(per_byte, per_operation)
    require((payload >= 0) & (payload < np.inf), "payload", ">= 0 and finite", payload)
    result: V = per_operation + payload * per_byte
    return result


def service_rate(per_byte: V, per_operation: V, block: V, vcpus: Values = 1.0) -> V:
    """Payload rate of processors that serve calls of one size back to back.

    ``C n / (c_op + n c_b)``

    Parameters
    ----------
    per_byte, per_operation
        As for :func:`operation_time`.
    block : float or array [...]
        Payload of each call [B].
    vcpus : float or array [...]
        Processors, as left by sharing and throttling [vCPU].

    Returns
    -------
    float or array [...]
        Payload rate [B/s]; infinite if a call costs nothing.

    Raises
    ------
    BoundError
        A cost negative or not finite, ``block`` not positive, ``vcpus`` negative.

    References
    ----------
    Linear cost model; figures by measurement.

    Examples
    --------
    Two thirds of a vCPU at 6 ns/B do not quite fill a gigabit:

    >>> f"{service_rate(6e-9, 0.0, 131072.0, 2 / 3) / 1e6:.1f} MB/s"
    '111.1 MB/s'
    """
    require((block > 0) & (block < np.inf), "block", "> 0 and finite", block)
    require((vcpus >= 0) & (vcpus < np.inf), "vcpus", ">= 0 and finite", vcpus)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rate = np.divide(np.multiply(vcpus, block), operation_time(per_byte, per_operation, block))
    result: V = _plain(np.where(np.isnan(rate), 0.0, rate))
    return result


def usable_vcpus(vcpus: V, connections: V, per_connection: Values = 1.0) -> V:
    """Processors that a number of connections can keep busy when each is held to a few of them.

    ``min(C, N c)``

    Parameters
    ----------
    vcpus : float or array [...]
        Processors of the service [vCPU].
    connections : float or array [...]
        Connections in parallel [1].
    per_connection : float or array [...]
        Processors that one connection can use [vCPU].

    Returns
    -------
    float or array [...]
        Processors in use at most [vCPU].

    Raises
    ------
    BoundError
        ``vcpus`` or ``connections`` negative or not finite, ``per_connection`` not positive.

    References
    ----------
    A hypothesis for the NFS interface of the Snowball Edge, whose published rate fits one core.

    Examples
    --------
    >>> [usable_vcpus(8.0, connections) for connections in (1.0, 4.0, 20.0)]
    [1.0, 4.0, 8.0]
    """
    require((vcpus >= 0) & (vcpus < np.inf), "vcpus", ">= 0 and finite", vcpus)
    require((connections >= 0) & (connections < np.inf), "connections", ">= 0 and finite", connections)
    require(per_connection > 0, "per_connection", "> 0", per_connection)
    result: V = _plain(np.minimum(vcpus, connections * np.minimum(per_connection, vcpus)))
    return result


def throttled_capacity(vcpus: V, throttle: V) -> V:
    """Processors' worth of work left when the clock is lowered.

    ``C f``

    Parameters
    ----------
    vcpus : float or array [...]
        Processors at full clock [vCPU].
    throttle : float or array [...]
        Clock over full clock: 1 when cool [1].

    Returns
    -------
    float or array [...]
        Capacity in processors at full clock [vCPU].

    Raises
    ------
    BoundError
        ``vcpus`` negative or not finite, ``throttle`` outside [0, 1].

    References
    ----------
    Work in proportion to the clock: an upper bound on the loss for memory-bound work.

    Examples
    --------
    >>> throttled_capacity(2.0, 0.75)
    1.5
    """
    require((vcpus >= 0) & (vcpus < np.inf), "vcpus", ">= 0 and finite", vcpus)
    require((throttle >= 0) & (throttle <= 1), "throttle", "in [0, 1]", throttle)
    result: V = vcpus * throttle
    return result
