"""How fast a hard disk is at which track, and how long it takes to fill.

Model
-----
Tracks are filled from the outside at constant linear density: the rate goes with the radius and the
capacity with its square, so the rate falls with the square root of the capacity left. Times are its
integral.

Scope and limits
----------------
Steps between zones are smoothed; writing is sequential, with no seek in between.

Sources
-------
Van Meter, "Observing the effects of multi-zone disks", USENIX 1997.

Checked against
---------------
Hand sums: 8 TB from 140 MB/s at a ratio of 0.5 take 21.16 h, mean 105.0 MB/s, the first half 8.9 h; a
numerical integral of the rate (1e-6).
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_zones(position: Values, outer_rate: Values, inner_ratio: Values) -> None:
    require((position >= 0) & (position <= 1), "position", "in [0, 1]", position)
    require((outer_rate > 0) & (outer_rate < np.inf), "outer_rate", "> 0 and finite", outer_rate)
    require((inner_ratio > 0) & (inner_ratio <= 1), "inner_ratio", "in (0, 1]", inner_ratio)


def rate(position: V, outer_rate: V, inner_ratio: V) -> V:
    """Sequential rate at a place on the disk.

    ``r(x) = r0 sqrt(1 - x (1 - rho**2))``

    Parameters
    ----------
    position : float or array [...]
        Share of the capacity before this place, x: 0 is the outer edge [1].
    outer_rate : float or array [...]
        Rate at the outer edge, r0 [B/s].
    inner_ratio : float or array [...]
        Rate at the inner edge over the rate at the outer, rho [1].

    Returns
    -------
    float or array [...]
        Rate [B/s].

    Raises
    ------
    BoundError
        ``position`` outside [0, 1], ``inner_ratio`` outside (0, 1], ``outer_rate`` not positive and finite.

    References
    ----------
    Constant linear density: the rate goes with the radius, the capacity with its square.

    Examples
    --------
    >>> [f"{rate(x, 140e6, 0.5) / 1e6:.0f}" for x in (0.0, 0.5, 1.0)]
    ['140', '111', '70']
    """
    _require_zones(position, outer_rate, inner_ratio)
    result: V = outer_rate * (1 - position * (1 - inner_ratio**2)) ** 0.5
    return result


def time_to(position: V, capacity: V, outer_rate: V, inner_ratio: V) -> V:
    """Time in which an empty disk is filled up to a place, at full rate.

    ``t(x) = (C/r0) 2 (1 - q)/(1 - rho**2)`` with ``q = sqrt(1 - x (1 - rho**2))``, computed in the form
    ``(C/r0) 2x/(1 + q)``, which holds for a disk without zones (rho = 1) too.

    Parameters
    ----------
    position : float or array [...]
        Share of the capacity written [1].
    capacity : float or array [...]
        Capacity of the disk [B].
    outer_rate, inner_ratio
        As for :func:`rate`.

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        As for :func:`rate`, or ``capacity`` negative or not finite.

    References
    ----------
    Integral of ``C dx / r(x)``.

    Examples
    --------
    >>> f"{time_to(0.5, 8e12, 140e6, 0.5) / 3600:.2f} h"
    '8.86 h'
    """
    _require_zones(position, outer_rate, inner_ratio)
    require((capacity >= 0) & (capacity < np.inf), "capacity", ">= 0 and finite", capacity)
    inner = (1 - position * (1 - inner_ratio**2)) ** 0.5
    result: V = capacity / outer_rate * 2 * position / (1 + inner)
    return result


def fill_time(capacity: V, outer_rate: V, inner_ratio: V) -> V:
    """Time in which an empty disk is filled, at full rate.

    ``2 C / (r0 (1 + rho))``

    Parameters
    ----------
    capacity, outer_rate, inner_ratio
        As for :func:`time_to`.

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        As for :func:`time_to`.

    References
    ----------
    :func:`time_to` at position 1.

    Examples
    --------
    >>> f"{fill_time(8e12, 140e6, 0.5) / 3600:.2f} h"
    '21.16 h'
    """
    require((capacity >= 0) & (capacity < np.inf), "capacity", ">= 0 and finite", capacity)
    result: V = capacity / mean_rate(outer_rate, inner_ratio)
    return result


def mean_rate(outer_rate: V, inner_ratio: V) -> V:
    """Mean rate over the whole disk, capacity over :func:`fill_time`.

    ``r0 (1 + rho)/2``

    Parameters
    ----------
    outer_rate, inner_ratio
        As for :func:`rate`.

    Returns
    -------
    float or array [...]
        Rate [B/s].

    Raises
    ------
    BoundError
        As for :func:`rate`.

    References
    ----------
    :func:`time_to` at position 1.

    Examples
    --------
    >>> mean_rate(140e6, 0.5)
    105000000.0
    """
    _require_zones(0.0, outer_rate, inner_ratio)
    result: V = outer_rate * (1 + inner_ratio) / 2
    return result


def position_after(time: V, capacity: V, outer_rate: V, inner_ratio: V) -> V:
    """Share of an empty disk that is written after a time at full rate: the inverse of :func:`time_to`.

    ``x = tau - (1 - rho**2) tau**2 / 4``, ``tau = t r0 / C``, and 1 from :func:`fill_time` on.

    Parameters
    ----------
    time : float or array [...]
        Time since the first byte [s].
    capacity, outer_rate, inner_ratio
        As for :func:`time_to`, the capacity positive.

    Returns
    -------
    float or array [...]
        Share of the capacity [1].

    Raises
    ------
    BoundError
        As for :func:`time_to`, or ``time`` negative or NaN.

    References
    ----------
    :func:`time_to`, solved for x.

    Examples
    --------
    >>> f"{position_after(8.865 * 3600, 8e12, 140e6, 0.5):.3f}"
    '0.500'
    """
    require((capacity > 0) & (capacity < np.inf), "capacity", "> 0 and finite", capacity)
    require(time >= 0, "time", ">= 0", time)
    full = fill_time(capacity, outer_rate, inner_ratio)
    tau = np.minimum(time, full) * outer_rate / capacity
    result: V = _plain(np.where(time >= full, 1.0, tau - (1 - inner_ratio**2) * tau**2 / 4))
    return result
