"""Export: copying objects from S3 onto devices, and how they are dealt to devices.

Model
-----
A device is loaded over so many connections at once. An object costs the wait for its first byte on one of them, and
its bytes at the rate of all; its bucket answers no more than so many requests a second::

    t = B / R + n max(t_1 / C, 1 / Q)

Objects go to devices in the order of their keys; a device is full when the next one has no room on it, and the next
one begins another (next fit, without going back). Nothing is cut in two.

Scope and limits
----------------
Means of a job: no hour of the day, no parallel jobs, one prefix. AWS publishes no rate but "typically one business
day" for a device. First bytes and transfers overlap on different connections; that they are added is the cautious
end, and matters only where both are alike.

Sources
-------
AWS Snowball guides: parts by capacity, one business day to load one. Amazon S3 user guide, performance: 100 to 200 ms
for the first byte of a small object, 5,500 GET requests a second for each prefix.

Checked against
---------------
One business day for a device of 50 TB, with which its rate was set; worked examples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]


def object_time(first_byte: float, connections: float, request_rate: float) -> float:
    """Time that an object takes besides its bytes.

    ``max(t_1 / C, 1 / Q)``

    Parameters
    ----------
    first_byte : float
        Wait for the first byte, t_1 [s], >= 0.
    connections : float
        Requests under way at once, C [1], >= 1.
    request_rate : float
        Requests that the bucket answers, Q [1/s], > 0.

    Returns
    -------
    float
        Time [s].

    Raises
    ------
    BoundError
        An input outside its bound.

    References
    ----------
    Little's law; Amazon S3 user guide, performance.

    Examples
    --------
    >>> round(1 / object_time(0.15, 64, 5500))
    427
    >>> round(1 / object_time(0.15, 10_000, 5500))
    5500
    """
    require(0 <= first_byte < np.inf, "first_byte", ">= 0 and finite", first_byte)
    require(connections >= 1, "connections", ">= 1", connections)
    require(request_rate > 0, "request_rate", "> 0", request_rate)
    return max(first_byte / connections, 1 / request_rate)


def loading_time(size: Values, objects: Values, rate: float, per_object: float) -> Any:
    """Time to copy objects from S3 onto a device.

    ``B / R + n t_o``

    Parameters
    ----------
    size : (...)
        Data, B [B], >= 0.
    objects : (...)
        Objects, n [1], >= 0.
    rate : float
        Rate of bytes alone, R [B/s], > 0.
    per_object : float
        What each takes besides, t_o, as of :func:`object_time` [s], >= 0.

    Returns
    -------
    (...)
        Time [s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    50 TB at 600 MB/s are a business day.

    >>> round(loading_time(50e12, 1_000_000, 600e6, 0.0) / 3600, 1)
    23.1
    """
    require(np.greater_equal(size, 0), "size", ">= 0", size)
    require(np.greater_equal(objects, 0), "objects", ">= 0", objects)
    require(rate > 0, "rate", "> 0", rate)
    require(0 <= per_object < np.inf, "per_object", ">= 0 and finite", per_object)
    total = np.divide(size, rate) + np.multiply(objects, per_object)
    return total if np.ndim(total) else float(total)


def loading_knots(
    sizes: NDArray[np.int64], rate: float, per_object: float, start: float = 0.0, points: int = 256
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Progress of loading objects one after the other, as knots of a piecewise linear curve.

    Parameters
    ----------
    sizes : (n,)
        Of the objects, in the order in which they are copied [B].
    rate, per_object : float
        As for :func:`loading_time`.
    start : float
        When it begins [s].
    points : int
        Stretches of the curve at most [1].

    Returns
    -------
    times, size, count : (k + 1,)
        Time [s], data [B] and objects [1] copied by then; the first knot is at ``start`` with nothing.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> times, size, count = loading_knots(np.array([600, 0, 1200]), rate=100.0, per_object=1.0)
    >>> times.tolist(), size.tolist(), count.tolist()
    ([0.0, 7.0, 8.0, 21.0], [0.0, 600.0, 600.0, 1800.0], [0.0, 1.0, 2.0, 3.0])
    """
    require(np.isfinite(start), "start", "finite", start)
    require(points >= 1, "points", ">= 1", points)
    edges = np.unique(np.linspace(0, sizes.size, min(points, sizes.size) + 1).astype(np.int64))
    # The first edge is the beginning; each other one ends a stretch.
    amounts = np.add.reduceat(sizes, edges[:-1]) if sizes.size else np.zeros(0, dtype=np.int64)
    size = np.concatenate(([0], np.cumsum(amounts))).astype(np.float64)
    count = edges.astype(np.float64)
    return start + loading_time(size, count, rate, per_object), size, count


def parts(sizes: NDArray[np.int64], capacity: int, most_objects: int) -> NDArray[np.int64]:
    """Where a list of objects is cut into parts, each for one device.

    Parameters
    ----------
    sizes : (n,)
        Of the objects, in the order of their keys [B], each in [0, ``capacity``].
    capacity : int
        Room of a device [B], > 0.
    most_objects : int
        Objects that a device takes [1], > 0.

    Returns
    -------
    (k + 1,)
        Positions at which a part begins, ``n`` last: part i holds the objects ``[cuts[i], cuts[i + 1])``.

    Raises
    ------
    BoundError
        An input outside its bound, an object larger than a device among them.

    References
    ----------
    AWS Snowball user guide, how it works: each part up to a device's size, one device to a part.

    Examples
    --------
    >>> parts(np.array([40, 30, 20, 50, 80]), capacity=80, most_objects=10).tolist()
    [0, 2, 4, 5]
    >>> parts(np.array([1, 1, 1]), capacity=80, most_objects=2).tolist()
    [0, 2, 3]
    """
    require(capacity > 0, "capacity", "> 0", capacity)
    require(most_objects > 0, "most_objects", "> 0", most_objects)
    if sizes.size:
        require(int(sizes.min()) >= 0, "sizes", ">= 0", sizes.min())
        require(int(sizes.max()) <= capacity, "sizes", f"<= the capacity, {capacity}", sizes.max())
    ends = np.cumsum(sizes, dtype=np.int64)
    cuts = [0]
    while (start := cuts[-1]) < sizes.size:
        before = int(ends[start - 1]) if start else 0
        full = int(np.searchsorted(ends, before + capacity, side="right"))
        cuts.append(min(full, start + most_objects))
    return np.array(cuts, dtype=np.int64)
