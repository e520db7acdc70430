"""Cloud side: importing a device's data into S3, and sending the same data over the wire instead.

Model
-----
The import pays for bytes and for objects one after the other, ``t = B / R + n / O``, so progress is piecewise
linear in both. An object fails independently of the others. Online, the rate is the lowest of several bounds,
and a task lists, transfers and verifies in turn.

Scope and limits
----------------
Rates are means of a job: no parallel jobs, no slow start, no hour of the day. AWS publishes neither rate;
both come from two jobs and one average, so the import time is known to about a factor of 1.5. Whether objects
are stored one by one or extracted from archives is the caller's choice of ``object_rate``.

Sources
-------
AWS Snowball Developer Guide: import in two business days on average. AWS DataSync User Guide: phases and
limits of a task. README of aws-samples/snowball-uploader: 119,577,235 files in 14,708 GB of archives,
imported in 26 h.

Checked against
---------------
That job: 30.2 h for 26 h (+16 %); an average job taken as 50 TB: 46.3 h for 48 h (-4 %); both rates were set
with these two in sight. 100 TB at 80 % of 45, 100 and 1,000 Mbit/s: 259, 116 and 11.6 days, where an old AWS
table has 269, 120 and 12. 8 TB at 80 % of 100 Mbit/s: 9.26 days.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def _require(bound: str, **inputs: Values) -> None:
    compare = np.greater if bound == "> 0" else np.greater_equal
    for name, value in inputs.items():
        require(compare(value, 0), name, bound, value)


def import_time(size: V | float, objects: V | float, rate: V | float, object_rate: V | float) -> V:
    """Time to import data into S3, without the listing.

    ``t = B / R + n / O``

    Parameters
    ----------
    size : (...)
        Data, B [B], >= 0.
    objects : (...)
        Objects that S3 holds afterwards, n [1], >= 0.
    rate : (...)
        Rate of bytes alone, R [B/s], > 0.
    object_rate : (...)
        Rate of objects alone, O [1/s], > 0: another one for objects extracted from archives.

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
    >>> round(import_time(14_708e9, 119_577_235, rate=300e6, object_rate=2000) / 3600, 1)
    30.2
    """
    _require(">= 0", size=size, objects=objects)
    _require("> 0", rate=rate, object_rate=object_rate)
    result: V = _plain(np.divide(size, rate) + np.divide(objects, object_rate))
    return result


def import_knots(
    sizes: NDArray[np.float64],
    objects: NDArray[np.float64],
    rate: float,
    object_rate: float,
    start: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Progress of an import as the knots of a piecewise linear curve.

    Parts are imported one after the other, each at a constant rate of its own bytes and objects.

    Parameters
    ----------
    sizes : (k,)
        Data in each part: a file, an archive, or a batch of like ones [B], >= 0.
    objects : (k,)
        Objects in each part [1], >= 0.
    rate, object_rate : float
        As for :func:`import_time`.
    start : float
        Time at which the first part begins, which is when the listing ends [s].

    Returns
    -------
    times, size, count : (k + 1,)
        Time [s], data [B] and objects [1] imported by then; the first knot is at ``start`` with nothing.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> times, size, count = import_knots(np.array([6e9, 0.0]), np.array([1.0, 50.0]), 300e6, 50.0)
    >>> times.round(2).tolist(), size.tolist(), count.tolist()
    ([0.0, 20.02, 21.02], [0.0, 6000000000.0, 6000000000.0], [0.0, 1.0, 51.0])
    """
    require(np.isfinite(start), "start", "finite", start)
    lasting = import_time(np.asarray(sizes, np.float64), np.asarray(objects, np.float64), rate, object_rate)
    times, size, count = (np.concatenate([[0.0], np.cumsum(part)]) for part in (lasting, sizes, objects))
    return start + times, size, count


def listing_time(objects: V | float, listing_rate: V | float) -> V:
    """Time until all keys are listed, before which a job's totals read 0.

    ``t = n / L``

    Parameters
    ----------
    objects : (...)
        Keys, n [1], >= 0.
    listing_rate : (...)
        Rate of listing, L [1/s], > 0.

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
    >>> listing_time(1_000_000, listing_rate=5000)
    200.0
    """
    _require(">= 0", objects=objects)
    _require("> 0", listing_rate=listing_rate)
    result: V = _plain(np.divide(objects, listing_rate))
    return result


def failed_objects(rng: np.random.Generator, objects: Any, failure: float) -> Any:
    """Draw how many objects fail to import: binomial.

    Parameters
    ----------
    rng : Generator
        Source of random numbers.
    objects : int, or (...) of int
        Objects to import [1], >= 0.
    failure : float
        Probability that one fails [1], in [0, 1].

    Returns
    -------
    int, or (...) of int
        Objects that failed [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> failed_objects(np.random.default_rng(1), 19_600_000, failure=5e-5)
    964
    """
    require(np.greater_equal(objects, 0), "objects", ">= 0", objects)
    require(0 <= failure <= 1, "failure", "in [0, 1]", failure)
    failed = rng.binomial(np.asarray(objects, np.int64), failure)
    return failed if np.ndim(objects) else int(failed)


def wan_bounds(
    link: V,
    efficiency: float,
    *,
    throttle: float = np.inf,
    connections: float = 1,
    connection_rate: float = np.inf,
    task_rate: float = np.inf,
    file_rate: float = np.inf,
    mean_size: float = np.inf,
) -> dict[str, V]:
    """Bounds on the online rate, each with what sets it; the lowest is the bottleneck.

    Parameters
    ----------
    link : (...)
        Line rate of the connection to the internet [B/s], >= 0.
    efficiency : float
        Share of the line that a transfer gets [1], in (0, 1].
    throttle : float
        Limit that the user set [B/s], > 0.
    connections : float
        Parallel connections, >= 1.
    connection_rate : float
        What one connection reaches by its window, round trip and loss [B/s], > 0.
    task_rate : float
        Limit of one transfer task [B/s], > 0.
    file_rate : float
        Files that a task opens and closes [1/s], > 0.
    mean_size : float
        Mean size of the files [B], > 0.

    Returns
    -------
    dict of (...)
        ``link``, ``throttle``, ``connections``, ``task`` and ``files`` [B/s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> bounds = wan_bounds(125e6, 0.8, file_rate=450, mean_size=100e3)
    >>> min(bounds, key=bounds.__getitem__), bounds["files"]
    ('files', 45000000.0)
    """
    _require(">= 0", link=link)
    require(0 < efficiency <= 1, "efficiency", "in (0, 1]", efficiency)
    require(connections >= 1, "connections", ">= 1", connections)
    _require(
        "> 0",
        throttle=throttle,
        connection_rate=connection_rate,
        task_rate=task_rate,
        file_rate=file_rate,
        mean_size=mean_size,
    )
    limits = {
        "throttle": throttle,
        "connections": connections * connection_rate,
        "task": task_rate,
        "files": file_rate * mean_size,
    }
    like = np.zeros(np.shape(link))
    return {"link": _plain(np.multiply(efficiency, link))} | {
        name: _plain(like + limit) for name, limit in limits.items()
    }


def wan_rate(link: V, efficiency: float, **limits: float) -> V:
    """Online rate: the lowest of :func:`wan_bounds`.

    ``r = min(eta C, throttle, N r_1, r_task, f s)``

    Parameters
    ----------
    link, efficiency, **limits
        As for :func:`wan_bounds`, whose keywords the limits are.

    Returns
    -------
    (...)
        Rate [B/s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(8e12 / wan_rate(100e6 / 8, efficiency=0.8) / 86400, 2)
    9.26
    """
    bounds: Any = list(wan_bounds(link, efficiency, **limits).values())
    result: V = _plain(np.min(bounds, axis=0))
    return result


def online_time(
    size: V | float,
    files: V | float,
    rate: V | float,
    *,
    prepare_rate: float,
    verify_rate: float = np.inf,
    max_files: float = np.inf,
    launch: float = 0.0,
) -> V:
    """Time to send data online: every task is launched, lists its files, transfers and verifies.

    ``t = ceil(n / n_max) t_launch + n / L + B / r + B / r_verify``, tasks running one after the other.

    Parameters
    ----------
    size : (...)
        Data, B [B], >= 0.
    files : (...)
        Files, n [1], >= 0.
    rate : (...)
        Rate r of the transfer, as of :func:`wan_rate` [B/s], > 0.
    prepare_rate : float
        Files that a task lists and compares, L [1/s], > 0.
    verify_rate : float
        Rate at which the data are read again [B/s], > 0; infinite for verification in flight only.
    max_files : float
        Most files of one task, n_max [1], > 0.
    launch : float
        Time to launch a task [s], >= 0.

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
    >>> online_time(1e9, 500_000, 10e6, prepare_rate=2000, max_files=200_000, launch=120)
    710.0
    """
    _require(">= 0", size=size, files=files, launch=launch)
    _require("> 0", rate=rate, prepare_rate=prepare_rate, verify_rate=verify_rate, max_files=max_files)
    tasks = np.maximum(1.0, np.ceil(np.divide(files, max_files)))
    moving = np.divide(size, rate) + np.divide(size, verify_rate)
    result: V = _plain(tasks * launch + np.divide(files, prepare_rate) + moving)
    return result


def crossover_size(online_rate: V | float, shipped_delay: V | float, shipped_rate: V | float) -> V:
    """Amount of data from which shipping is faster than sending.

    ``B / r = t_0 + B / r_s`` gives ``B = t_0 / (1 / r - 1 / r_s)``; infinite where the wire is the faster one
    at any amount. The rate that just ties for an amount ``B`` shipped in a time ``t`` is ``B / t``.

    Parameters
    ----------
    online_rate : (...)
        Rate r of the transfer online [B/s], > 0.
    shipped_delay : (...)
        What does not depend on the amount, t_0: preparation, transit, sorting [s], >= 0.
    shipped_rate : (...)
        Rate r_s of the part that does, ingest and import in series [B/s], > 0.

    Returns
    -------
    (...)
        Data [B].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(crossover_size(10e6, shipped_delay=10 * 86400, shipped_rate=80e6) / 1e12, 2)
    9.87
    """
    _require("> 0", online_rate=online_rate, shipped_rate=shipped_rate)
    _require(">= 0", shipped_delay=shipped_delay)
    delay, gain = np.broadcast_arrays(shipped_delay, np.divide(1, online_rate) - np.divide(1, shipped_rate))
    never = np.full(gain.shape, np.inf)
    result: V = _plain(np.divide(delay, gain, out=never, where=gain > 0))
    return result
