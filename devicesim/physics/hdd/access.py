"""What one random access to a hard disk costs.

Model
-----
A seek, half a turn, the transfer. The seek grows with the root of the distance while the arm accelerates
and in a line once it coasts.

Scope and limits
----------------
One access at a time: no queue, no reordering, no cache in the drive.

Sources
-------
Ruemmler and Wilkes, "An introduction to disk drive modeling", IEEE Computer 27(3), 1994.

Checked against
---------------
Random 4 KiB reads of a 5400 rpm disk as its owners measured them (77 a second, with a seek of 7.4 ms);
continuity of the published seek curve of the HP 97560 at its boundary (0.1 %).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def access_time(seek: V, rpm: V, size: V, rate: V) -> V:
    """Time of one random access.

    ``seek + 30/rpm + size/rate``

    Parameters
    ----------
    seek : float or array [...]
        Mean seek with controller overhead [s].
    rpm : float or array [...]
        Turns a minute [1/min]; below 1000 it is taken for turns a second and refused.
    size : float or array [...]
        Bytes moved [B].
    rate : float or array [...]
        Media rate [B/s].

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        ``seek`` or ``size`` negative or not finite, ``rpm`` outside [1000, 30000], ``rate`` not positive.

    References
    ----------
    Ruemmler and Wilkes 1994.

    Examples
    --------
    >>> f"{access_time(7.4e-3, 5400.0, 4096.0, 125e6) * 1e3:.2f} ms"
    '12.99 ms'
    """
    require((seek >= 0) & (seek < np.inf), "seek", ">= 0 and finite", seek)
    require((size >= 0) & (size < np.inf), "size", ">= 0 and finite", size)
    require((rpm >= 1000) & (rpm <= 30000), "rpm", "in [1000, 30000]", rpm)
    require(rate > 0, "rate", "> 0", rate)
    result: V = seek + 30 / rpm + size / rate
    return result


def iops(seek: V, rpm: V, size: V, rate: V) -> V:
    """Random accesses a second, one after the other.

    ``1 / access_time``

    Parameters
    ----------
    seek, rpm, size, rate
        As for :func:`access_time`.

    Returns
    -------
    float or array [...]
        Accesses a second [1/s].

    Raises
    ------
    BoundError
        As for :func:`access_time`.

    References
    ----------
    Ruemmler and Wilkes 1994.

    Examples
    --------
    >>> f"{iops(7.4e-3, 5400.0, 4096.0, 125e6):.0f}"
    '77'
    """
    result: V = 1 / access_time(seek, rpm, size, rate)
    return result


class SeekCurve(NamedTuple):
    """Seek time against distance: a square root while the arm accelerates, a line once it coasts.

    Attributes
    ----------
    short_start, short_slope : float
        Time of a short seek at distance 0 [s] and its growth with the root of the distance [s].
    long_start, long_slope : float
        Time of a long seek extrapolated to distance 0 [s] and its growth with the distance [s].
    boundary : float
        Distance from which a seek is long [cylinders].
    """

    short_start: float
    short_slope: float
    long_start: float
    long_slope: float
    boundary: float


def seek_time(distance: V, curve: SeekCurve) -> V:
    """Time of a seek over a distance.

    ``a + b sqrt(d)`` below the boundary, ``c + e d`` from it on, 0 for no distance.

    Parameters
    ----------
    distance : float or array [...]
        Cylinders crossed [1].
    curve : SeekCurve
        The drive's four constants and boundary.

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        ``distance`` negative or not finite.

    References
    ----------
    Ruemmler and Wilkes 1994.

    Examples
    --------
    >>> hp97560 = SeekCurve(3.24e-3, 0.400e-3, 8.00e-3, 0.008e-3, 383)
    >>> [f"{seek_time(d, hp97560) * 1e3:.2f}" for d in (0.0, 1.0, 400.0)]
    ['0.00', '3.64', '11.20']
    """
    require((distance >= 0) & (distance < np.inf), "distance", ">= 0 and finite", distance)
    short = curve.short_start + curve.short_slope * np.sqrt(distance)
    long = curve.long_start + curve.long_slope * distance
    moved = np.where(np.less(distance, curve.boundary), short, long)
    result: V = _plain(np.where(np.equal(distance, 0), 0.0, moved))
    return result
