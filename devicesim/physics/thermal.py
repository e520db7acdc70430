"""Heat: the temperature of the case, and what it makes the processor and the disk do.

Model
-----
One heat capacity behind one resistance: ``C dT/dt = P - (T - T_ambient) / R``. While power and ambient are
constant the temperature nears its equilibrium exponentially, so a step of any length is exact and the time at
which a limit is reached has a closed form. The processor slows linearly between two temperatures of the die;
the disk stops at a temperature of the case.

Scope and limits
----------------
One temperature for the whole case; no fan control, no sunlight, no altitude. The die follows the case at
once: ``die = case + R_die * P_cpu``, which is :func:`equilibrium` with the case as the ambient. Resistance,
capacity and limits of a Snowcone are not published: results are orders of magnitude, to be shown as such.

Sources
-------
Newton's law of cooling with a lumped capacity, as in F. Incropera and D. DeWitt, "Fundamentals of Heat and
Mass Transfer", chapter 5.

Checked against
---------------
Hand sums (24 W at 1.2 K/W: 28.8 K above ambient; half of it after R C ln 2 = 20.8 min), small Euler steps
(0.01 K), and the pair ``temperature(time_to(...))`` (1e-9 K). No measurement exists to check against.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

ABSOLUTE_ZERO = -273.15
_PLAIN = {float}


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def _number(value: Any) -> Any:
    return float(value)


def _yes(value: Any) -> Any:
    return value if np.ndim(value) else bool(value)


def _require_temperature(name: str, value: Values) -> None:
    possible = np.greater_equal(value, ABSOLUTE_ZERO) & np.less(value, np.inf)
    require(possible, name, f"a temperature above {ABSOLUTE_ZERO} °C", value)


def _one(*values: Any) -> bool:
    """Whether all are plain numbers, which need no arrays: the same operations, some ten times as quick."""
    return {*map(type, values)} == _PLAIN


def _sound(start: Any, load: Any, ambient: Any, resistance: Any, capacity: Any) -> bool:
    """Whether plain numbers are within their bounds."""
    warm = ABSOLUTE_ZERO <= start < math.inf and ABSOLUTE_ZERO <= ambient < math.inf
    return bool(warm and load >= 0 and resistance > 0 and capacity > 0)


def equilibrium(load: V | float, ambient: V | float, resistance: V | float) -> V:
    """Temperature that a constant load ends at.

    ``T_eq = T_ambient + P R``

    Parameters
    ----------
    load : (...)
        Power turned into heat, P [W], >= 0.
    ambient : (...)
        Temperature of the surroundings [°C].
    resistance : (...)
        Thermal resistance R to the surroundings [K/W], > 0.

    Returns
    -------
    (...)
        Temperature [°C].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> equilibrium(24, ambient=25, resistance=1.2)
    53.8
    """
    require(np.greater_equal(load, 0), "load", ">= 0", load)
    require(np.greater(resistance, 0), "resistance", "> 0", resistance)
    _require_temperature("ambient", ambient)
    result: V = _plain(ambient + np.multiply(load, resistance))
    return result


def temperature(
    start: V | float,
    elapsed: V | float,
    load: V | float,
    ambient: V | float,
    resistance: V | float,
    capacity: V | float,
) -> V:
    """Temperature after a while at constant load: an exact step, however long.

    ``T(t) = T_eq + (T_0 - T_eq) exp(-t / (R C))``

    Parameters
    ----------
    start : (...)
        Temperature at the start, T_0 [°C].
    elapsed : (...)
        Time t at this load [s], >= 0.
    load, ambient, resistance
        As for :func:`equilibrium`.
    capacity : (...)
        Heat capacity C [J/K], > 0.

    Returns
    -------
    (...)
        Temperature [°C].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(temperature(25, 1800, load=24, ambient=25, resistance=1.2, capacity=1500), 2)
    43.21
    """
    if _one(start, elapsed, load, ambient, resistance, capacity):
        balance = ambient + load * resistance
        if elapsed >= 0 and _sound(start, load, ambient, resistance, capacity):
            one: V = _number(balance + (start - balance) * np.exp(-elapsed / resistance / capacity))
            return one
    _require_temperature("start", start)
    require(np.greater_equal(elapsed, 0), "elapsed", ">= 0", elapsed)
    require(np.greater(capacity, 0), "capacity", "> 0", capacity)
    end = np.asarray(equilibrium(load, ambient, resistance))
    result: V = _plain(end + (start - end) * np.exp(np.divide(np.negative(elapsed), resistance) / capacity))
    return result


def time_to(
    target: V | float,
    start: V | float,
    load: V | float,
    ambient: V | float,
    resistance: V | float,
    capacity: V | float,
) -> V:
    """Time until a temperature is reached at constant load, from below or from above.

    ``t = R C ln((T_0 - T_eq) / (T - T_eq))``; infinite when the target does not lie between start and
    equilibrium, or is the equilibrium. At that time :func:`temperature` equals the target but for rounding,
    so a caller that waited for it should not compare again.

    Parameters
    ----------
    target : (...)
        Temperature T to reach [°C].
    start, load, ambient, resistance, capacity
        As for :func:`temperature`.

    Returns
    -------
    (...)
        Time [s], 0 when already there.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(time_to(60, start=35, load=24, ambient=35, resistance=1.2, capacity=1500) / 3600, 2)
    1.01
    >>> time_to(60, start=25, load=24, ambient=25, resistance=1.2, capacity=1500)
    inf
    """
    if (
        _one(target, start, load, ambient, resistance, capacity)
        and ABSOLUTE_ZERO <= target < math.inf
        and _sound(start, load, ambient, resistance, capacity)
    ):
        one: V = _time_of_one(target, start, ambient + load * resistance, resistance * capacity)
        return one
    _require_temperature("target", target)
    _require_temperature("start", start)
    require(np.greater(capacity, 0), "capacity", "> 0", capacity)
    end = np.asarray(equilibrium(load, ambient, resistance))
    to_go, left, time_constant = np.broadcast_arrays(
        np.subtract(start, end), np.subtract(target, end), np.multiply(resistance, capacity)
    )
    crossed = (to_go * left > 0) & (np.abs(left) <= np.abs(to_go))
    ratio = np.divide(to_go, left, out=np.full(to_go.shape, np.inf), where=crossed)
    # A start at the target needs no time, even where it is the equilibrium and the logarithm has no value.
    ratio = np.where(np.equal(start, target), 1.0, ratio)
    result: V = _plain(time_constant * np.log(ratio))
    return result


def _time_of_one(target: Any, start: Any, end: Any, time_constant: Any) -> Any:
    """As :func:`time_to`, of plain numbers."""
    to_go, left = start - end, target - end
    ratio = to_go / left if to_go * left > 0 and abs(left) <= abs(to_go) else math.inf
    return float(time_constant * np.log(1.0 if start == target else ratio))


def highest_load(limit: V | float, ambient: V | float, resistance: V | float) -> V:
    """Load that can be carried for ever without the temperature passing a limit.

    ``P = max(0, (T_limit - T_ambient) / R)``

    Parameters
    ----------
    limit : (...)
        Temperature not to pass [°C].
    ambient, resistance
        As for :func:`equilibrium`.

    Returns
    -------
    (...)
        Power [W].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> round(highest_load(60, ambient=35, resistance=1.2), 1)
    20.8
    """
    _require_temperature("limit", limit)
    _require_temperature("ambient", ambient)
    require(np.greater(resistance, 0), "resistance", "> 0", resistance)
    result: V = _plain(np.maximum(0.0, np.subtract(limit, ambient) / resistance))
    return result


def throttle(die: V | float, start: float, end: float, floor: float) -> V:
    """Share of its speed that the processor keeps at a temperature of its die.

    1 up to ``start``, then linearly down to ``floor`` at ``end``, and ``floor`` above.

    Parameters
    ----------
    die : (...)
        Temperature of the die [°C].
    start, end : float
        Temperatures between which the processor slows [°C], ``start < end``.
    floor : float
        Share of the speed that is left at ``end`` [1], in [0, 1].

    Returns
    -------
    (...)
        Factor on the processor's speed [1].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> [throttle(celsius, start=75, end=85, floor=0.5) for celsius in (70, 80, 90)]
    [1.0, 0.75, 0.5]
    """
    if _one(die, start, end, floor) and ABSOLUTE_ZERO <= die < math.inf and start < end and 0 <= floor <= 1:
        one: V = _throttle_of_one(die, start, end, floor)
        return one
    _require_temperature("die", die)
    require(start < end, "start", f"< {end}", start)
    require(0 <= floor <= 1, "floor", "in [0, 1]", floor)
    result: V = _plain(np.interp(die, [start, end], [1.0, floor]))
    return result


def _throttle_of_one(die: Any, start: float, end: float, floor: float) -> Any:
    """As :func:`throttle`, of plain numbers: what ``np.interp`` computes, to the last digit."""
    if die <= start:
        return 1.0
    return floor if die >= end else (floor - 1.0) / (end - start) * (die - start) + 1.0


def disk_stopped(
    case: Values, stop: float, *, was_stopped: Values | bool = False, resume: float | None = None
) -> Any:
    """Whether the disk stands still to protect itself.

    It stops at ``stop`` and, once stopped, starts again below ``resume``.

    Parameters
    ----------
    case : (...)
        Temperature of the case [°C].
    stop : float
        Temperature at which the disk stops [°C].
    was_stopped : (...) of bool
        Whether it stood still until now.
    resume : float, optional
        Temperature below which it starts again [°C], at most ``stop``; without it, ``stop``.

    Returns
    -------
    bool, or (...) of bool

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> disk_stopped(58, stop=60), disk_stopped(58, stop=60, was_stopped=True, resume=55)
    (False, True)
    """
    lower = stop if resume is None else resume
    if _one(case) and isinstance(was_stopped, bool) and ABSOLUTE_ZERO <= case < math.inf and lower <= stop:
        return bool(case >= stop or (was_stopped and case >= lower))
    _require_temperature("case", case)
    require(lower <= stop, "resume", f"<= {stop}", lower)
    return _yes(
        np.greater_equal(case, stop) | (np.asarray(was_stopped, bool) & np.greater_equal(case, lower))
    )


def within_limits(ambient: Values, lowest: float, highest: float) -> Any:
    """Whether the surroundings are what the device is specified for.

    Parameters
    ----------
    ambient : (...)
        Temperature of the surroundings [°C].
    lowest, highest : float
        Limits of operation, or of storage, both allowed [°C].

    Returns
    -------
    bool, or (...) of bool

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> within_limits(38, 0, 38), within_limits(-5, 0, 38)
    (True, False)
    """
    _require_temperature("ambient", ambient)
    require(lowest <= highest, "lowest", f"<= {highest}", lowest)
    return _yes(np.greater_equal(ambient, lowest) & np.less_equal(ambient, highest))
