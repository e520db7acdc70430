"""Battery: how long stored energy carries a load, and how long a recharge takes.

Model
-----
Energy is the only state. A constant load takes ``load / efficiency`` out of the cells, so between two changes
of load the energy falls on a straight line and every question has a closed answer. Peukert's exponent lowers
the runtime at loads above the rated one; at 1 it does nothing. Charging is constant power up to a knee, then
a power that falls exponentially with the state of charge (the constant-voltage tail), integrated exactly.

Scope and limits
----------------
No ageing, self-discharge, temperature or cell voltage; one efficiency for the whole way from the cells to the
device. Nobody has published capacity, efficiency or runtime of a battery on a Snowcone: results are orders of
magnitude and must be shown as such.

Sources
-------
W. Peukert, Elektrotechnische Zeitschrift 20 (1897) 287. IEC 61960-3 for the five-hour rating of portable
lithium cells. The charging law is the textbook constant-power, constant-voltage profile with an exponential
tail; its two constants are assumptions that the caller brings.

Checked against
---------------
Hand sums (71 Wh at 0.88: 4.5 h at 14 W, 2.6 h at 24 W, 2.0 h at 32 W), numerical integration of the charging
law (1e-6), and the pair ``soc_after(charge_time(...))``. No measurement exists to check against.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

RATED_TIME = 5 * 3600.0
"""Discharge time at which the capacity of a portable lithium cell is stated (0.2 C) [s]."""


class Level(IntEnum):
    """What a state of charge asks the device to do."""

    OK = 0
    WARN = 1
    SHUTDOWN = 2
    EMPTY = 3


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def _require_path(load: Values, efficiency: Values) -> None:
    require(np.greater_equal(load, 0), "load", ">= 0", load)
    require(np.greater(efficiency, 0) & np.less_equal(efficiency, 1), "efficiency", "in (0, 1]", efficiency)


def depletion_time(energy: V | float, load: V | float, efficiency: V | float, reserve: V | float = 0.0) -> V:
    """Time until a constant load has brought the energy down to a reserve.

    ``t = (E - reserve) * efficiency / P``; zero when already there, infinite without a load.

    Parameters
    ----------
    energy : (...)
        Energy stored now [J], >= 0.
    load : (...)
        Power P the device draws [W], >= 0.
    efficiency : (...)
        Share of the cells' energy that reaches the device [1], in (0, 1].
    reserve : (...)
        Energy to stop at [J], >= 0: ``level * capacity`` for the time of a warning or of a shutdown.

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
    >>> round(depletion_time(71 * 3600, load=24, efficiency=0.88) / 3600, 2)
    2.6
    """
    require(np.greater_equal(energy, 0), "energy", ">= 0", energy)
    require(np.greater_equal(reserve, 0), "reserve", ">= 0", reserve)
    _require_path(load, efficiency)
    spendable, power = np.broadcast_arrays(np.maximum(0.0, np.subtract(energy, reserve)) * efficiency, load)
    idle = np.where(spendable > 0, np.inf, 0.0)
    result: V = _plain(np.divide(spendable, power, out=idle, where=power > 0))
    return result


def runtime(
    capacity: V | float,
    load: V | float,
    efficiency: V | float,
    *,
    usable: float = 1.0,
    exponent: float = 1.0,
    rated_time: float = RATED_TIME,
    spares: int = 0,
) -> V:
    """Time that a full battery, and its spares after it, carry a constant load.

    ``t = (n + 1) * (u C / p) * (C / (p H))**(k - 1)`` with ``p = P / efficiency``: Peukert's law written for
    power, which at constant voltage is the law for current.

    Parameters
    ----------
    capacity : (...)
        Energy C of one full battery [J], > 0.
    load : (...)
        Power P the device draws [W], > 0.
    efficiency : (...)
        Share of the cells' energy that reaches the device [1], in (0, 1].
    usable : float
        Share u of the capacity spent before the battery is taken off [1], in (0, 1].
    exponent : float
        Peukert's k [1], >= 1; lithium cells have hardly more than 1.
    rated_time : float
        Discharge time H at which the capacity is stated [s], > 0.
    spares : int
        Further full batteries n, >= 0.

    Returns
    -------
    (...)
        Time [s], without the pauses that the changes may cost.

    Raises
    ------
    BoundError
        An input outside its bound.

    References
    ----------
    Peukert (1897); IEC 61960-3.

    Examples
    --------
    >>> [round(runtime(71 * 3600, watts, 0.88) / 3600, 1) for watts in (14, 24, 32)]
    [4.5, 2.6, 2.0]
    """
    require(np.greater(load, 0), "load", "> 0", load)
    require(exponent >= 1, "exponent", ">= 1", exponent)
    require(rated_time > 0, "rated_time", "> 0", rated_time)
    require(spares >= 0, "spares", ">= 0", spares)
    one = 1 / charges_used(1.0, load, capacity, efficiency, usable)
    result: V = _plain((spares + 1) * one * (one / usable / rated_time) ** (exponent - 1))
    return result


def charges_used(
    work_time: V | float, load: V | float, capacity: V | float, efficiency: V | float, usable: float = 1.0
) -> V:
    """Full batteries, and the fraction of a last one, that work at a constant load consumes.

    ``P t / (efficiency * u * C)``

    Parameters
    ----------
    work_time : (...)
        Time t that the device must be up [s], >= 0.
    load, capacity, efficiency, usable
        As for :func:`runtime`; the load may be 0.

    Returns
    -------
    (...)
        Charges [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    Eight terabytes at 100 MB/s and 24 W:

    >>> round(charges_used(8e12 / 100e6, load=24, capacity=71 * 3600, efficiency=0.88), 1)
    8.5
    """
    require(np.greater_equal(work_time, 0), "work_time", ">= 0", work_time)
    require(np.greater(capacity, 0), "capacity", "> 0", capacity)
    _require_path(load, efficiency)
    require(0 < usable <= 1, "usable", "in (0, 1]", usable)
    result: V = _plain(np.multiply(load, work_time) / efficiency / capacity / usable)
    return result


def swaps_needed(
    work_time: V | float, load: V | float, capacity: V | float, efficiency: V | float, usable: float = 1.0
) -> V:
    """Changes of battery during work that starts on a full one.

    ``max(0, ceil(charges) - 1)``: 8.5 charges are nine batteries and eight changes.

    Parameters
    ----------
    work_time, load, capacity, efficiency, usable
        As for :func:`charges_used`.

    Returns
    -------
    (...)
        Changes [1], whole.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> swaps_needed(8e12 / 100e6, load=24, capacity=71 * 3600, efficiency=0.88)
    8.0
    """
    charges = charges_used(work_time, load, capacity, efficiency, usable)
    # A charge used up to the last joule needs no successor, whatever the last bit of the quotient says.
    result: V = _plain(np.maximum(0.0, np.ceil(charges * (1 - 1e-12)) - 1))
    return result


def level(soc: Values, warn: float, shutdown: float) -> Level | NDArray[np.int64]:
    """What a state of charge asks the device to do.

    Parameters
    ----------
    soc : (...)
        State of charge [1], in [0, 1].
    warn, shutdown : float
        States of charge below which to warn and to shut down cleanly [1], ``0 <= shutdown <= warn <= 1``.

    Returns
    -------
    Level, or (...) of its values
        ``EMPTY`` only at zero: the power has failed.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> level(0.03, warn=0.05, shutdown=0.02)
    <Level.WARN: 1>
    """
    require(np.greater_equal(soc, 0) & np.less_equal(soc, 1), "soc", "in [0, 1]", soc)
    require(warn <= 1, "warn", "<= 1", warn)
    require(0 <= shutdown <= warn, "shutdown", f"in [0, {warn}]", shutdown)
    steps = np.select(
        [np.less_equal(soc, 0), np.less(soc, shutdown), np.less(soc, warn)],
        [Level.EMPTY, Level.SHUTDOWN, Level.WARN],
        Level.OK,
    ).astype(np.int64)
    return steps if np.ndim(soc) else Level(int(steps))


def shutdown_margin(
    reserve: V | float, load: V | float, shutdown_time: V | float, efficiency: V | float
) -> V:
    """Time to spare when a clean shutdown begins on a reserve; negative if the power fails before its end.

    ``reserve * efficiency / P - shutdown_time``

    Parameters
    ----------
    reserve : (...)
        Energy stored when the shutdown begins [J], >= 0.
    load, efficiency
        As for :func:`depletion_time`, while shutting down.
    shutdown_time : (...)
        Time to flush and unmount [s], >= 0.

    Returns
    -------
    (...)
        Margin [s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    Two per cent of 71 Wh carry 24 W for 187 s, a shutdown takes 20 s:

    >>> round(shutdown_margin(0.02 * 71 * 3600, load=24, shutdown_time=20, efficiency=0.88), 2)
    167.44
    """
    require(np.greater_equal(shutdown_time, 0), "shutdown_time", ">= 0", shutdown_time)
    require(np.greater_equal(reserve, 0), "reserve", ">= 0", reserve)
    result: V = _plain(depletion_time(reserve, load, efficiency) - np.asarray(shutdown_time))
    return result


def _effort(soc: Values, capacity: float, power: float, knee: float, tail: float) -> Any:
    """Charging time from empty, in units of capacity / power."""
    require(capacity > 0, "capacity", "> 0", capacity)
    require(power > 0, "power", "> 0", power)
    require(0 <= knee <= 1, "knee", "in [0, 1]", knee)
    require(tail > 0, "tail", "> 0", tail)
    require(np.greater_equal(soc, 0) & np.less_equal(soc, 1), "soc", "in [0, 1]", soc)
    return np.minimum(soc, knee) + tail * np.expm1(np.maximum(0.0, np.subtract(soc, knee)) / tail)


def charge_time(
    soc_from: V | float, soc_to: V | float, capacity: float, power: float, *, knee: float, tail: float
) -> V:
    """Time to charge from one state of charge to another.

    With power ``P`` up to the knee ``k`` and ``P exp(-(s - k) / w)`` above it, ``C ds/dt`` integrates to
    ``t = (C / P) * (g(s_to) - g(s_from))``, ``g(s) = min(s, k) + w * (exp(max(0, s - k) / w) - 1)``.

    Parameters
    ----------
    soc_from, soc_to : (...)
        States of charge at the start and wanted [1], ``0 <= soc_from <= soc_to <= 1``.
    capacity : float
        Energy C of a full battery [J], > 0.
    power : float
        Power P that arrives in the cells below the knee [W], > 0.
    knee : float
        State of charge k at which the constant-voltage tail begins [1], in [0, 1].
    tail : float
        Growth w of the state of charge over which the power falls by a factor e [1], > 0.

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
    >>> round(charge_time(0, 1, 71 * 3600, 45, knee=0.8, tail=0.07) / 3600, 2)
    3.07
    """
    require(np.greater_equal(soc_to, soc_from), "soc_to", ">= soc_from", soc_to)
    before, after = (_effort(soc, capacity, power, knee, tail) for soc in (soc_from, soc_to))
    result: V = _plain(capacity / power * (after - before))
    return result


def soc_after(
    soc: V | float, elapsed: V | float, capacity: float, power: float, *, knee: float, tail: float
) -> V:
    """State of charge after charging for a while: the inverse of :func:`charge_time`; full stays full.

    Parameters
    ----------
    soc : (...)
        State of charge at the start [1], in [0, 1].
    elapsed : (...)
        Time on the charger [s], >= 0.
    capacity, power, knee, tail
        As for :func:`charge_time`.

    Returns
    -------
    (...)
        State of charge [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(soc_after(0.2, 3600, 71 * 3600, 35.5, knee=0.8, tail=0.07), 3)
    0.7
    """
    require(np.greater_equal(elapsed, 0), "elapsed", ">= 0", elapsed)
    effort = _effort(soc, capacity, power, knee, tail) + np.multiply(elapsed, power / capacity)
    reached = np.minimum(effort, knee) + tail * np.log1p(np.maximum(0.0, effort - knee) / tail)
    # Rounding must not discharge a battery that has just been plugged in.
    result: V = _plain(np.clip(reached, soc, 1.0))
    return result
