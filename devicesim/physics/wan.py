"""A line whose rate is a step function of the local time of the week, and the data that go through it.

Model
-----
The line gives a constant rate between the edges of a weekly timetable and repeats it for ever. What has passed
between two moments is the integral of that step function, ``B = integral of r dt``; the time that an amount needs
is the inverse of the integral. Both are closed forms: whole weeks at a week's volume, and the rest by the
cumulative sum over the edges, so a year costs as much as an hour.

Scope and limits
----------------
The local time of a site with a fixed offset from UTC: a week has 604,800 s, always, and clocks are not changed in
spring and autumn. No ramp at an edge: TCP finds a new rate within round trips. Whoever shares the line is part of
the rates.

Sources
-------
Definitions only; the integral is exact. What a transfer gets of a line, and the bounds beside it, are
``physics.cloud.wan_bounds``.

Checked against
---------------
The sum over one-second steps of the same timetable (to rounding); at a constant rate the published figures of
``physics.cloud``: 8 TB at 80 % of 100 Mbit/s in 9.26 days, 100 TB over 100 Mbit/s in more than 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

WEEK = 604_800.0
"""Seconds of a week."""


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the week in which the line gives a rate of its own.

    Attributes
    ----------
    begin : float
        Seconds since Monday 00:00, in [0, 604800) [s].
    end : float
        After ``begin`` and at most a week later; past Sunday's midnight it goes on on Monday [s].
    rate : float
        What the line gives [B/s], >= 0.
    """

    begin: float
    end: float
    rate: float

    def __post_init__(self) -> None:
        require(0 <= self.begin < WEEK, "begin", "in [0, 604800)", self.begin)
        require(
            self.begin < self.end <= self.begin + WEEK, "end", "after begin, at most a week later", self.end
        )
        require(0 <= self.rate < np.inf, "rate", ">= 0 and finite", self.rate)

    def pieces(self) -> Iterator[tuple[float, float]]:
        """Begin and end within one week: two where the window goes over Sunday's midnight."""
        yield self.begin, min(self.end, WEEK)
        if self.end > WEEK:
            yield 0.0, self.end - WEEK


def overlap(one: Window, other: Window) -> tuple[float, float] | None:
    """Find where two windows hold at the same time.

    Parameters
    ----------
    one, other : Window
        Of the same week.

    Returns
    -------
    tuple of float, or None
        Begin and end of the first stretch that both cover [s of the week]; None where there is none.

    Examples
    --------
    >>> sunday_night = Window(6 * 86400 + 79200, 7 * 86400 + 21600, 1e6)
    >>> overlap(sunday_night, Window(18000, 36000, 1e6))
    (18000.0, 21600.0)
    >>> overlap(sunday_night, Window(21600, 36000, 1e6)) is None
    True
    """
    shared = [
        (float(max(a, c)), float(min(b, d)))
        for a, b in one.pieces()
        for c, d in other.pieces()
        if max(a, c) < min(b, d)
    ]
    return min(shared, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """Rates over the week.

    Attributes
    ----------
    edges : (k,)
        When each rate begins, ascending from 0 [s of the week].
    rates : (k,)
        Until the next edge, the last one until the week's end [B/s].
    """

    edges: NDArray[np.float64]
    rates: NDArray[np.float64]

    def __post_init__(self) -> None:
        edges = self.edges
        require(edges.size > 0 and edges.shape == self.rates.shape, "edges", "one for each rate", edges.size)
        ordered = edges[0] == 0 and bool(np.all(np.diff(edges) > 0)) and edges[-1] < WEEK
        require(bool(ordered), "edges", "ascending from 0 within the week", edges.tolist())
        require((self.rates >= 0) & (self.rates < np.inf), "rates", ">= 0 and finite", self.rates)

    @property
    def volume(self) -> float:
        """What passes in a week [B]."""
        return float(self._passed[-1])

    @property
    def _passed(self) -> NDArray[np.float64]:
        """Data since the week's beginning at every edge and at its end, (k + 1,) [B]."""
        lasting = np.diff(np.append(self.edges, WEEK))
        return np.concatenate([[0.0], np.cumsum(lasting * self.rates)])


def constant(rate: float) -> Timetable:
    """A line that gives the same rate always.

    Parameters
    ----------
    rate : float
        The rate [B/s], >= 0.

    Returns
    -------
    Timetable
        With one edge.

    Raises
    ------
    BoundError
        ``rate`` negative or not finite.

    Examples
    --------
    >>> constant(12.5e6).volume / 1e12
    7.56
    """
    return Timetable(np.zeros(1), np.array([rate], dtype=np.float64))


def timetable(windows: Iterable[Window], otherwise: float = 0.0) -> Timetable:
    """Lay windows over the week.

    Parameters
    ----------
    windows : iterable of Window
        In any order, no two at the same time.
    otherwise : float
        Rate outside all of them [B/s], >= 0.

    Returns
    -------
    Timetable
        Neighbouring stretches of the same rate are one.

    Raises
    ------
    BoundError
        Two windows overlap.

    Examples
    --------
    Every night from ten to six, 80 MB/s:

    >>> nights = timetable(Window(day * 86400 + 79200, day * 86400 + 108000, 80e6) for day in range(7))
    >>> round(nights.volume / 1e12, 3), rate_at(nights, np.array([0.0, 43200.0])).tolist()
    (16.128, [80000000.0, 0.0])
    """
    pieces = sorted((begin, end, window.rate) for window in windows for begin, end in window.pieces())
    knots: list[tuple[float, float]] = []
    at = 0.0
    for begin, end, rate in pieces:
        require(begin >= at, "window", "free of other windows", f"one at {begin:g} s and one until {at:g} s")
        if begin > at:
            knots.append((at, otherwise))
        knots.append((begin, rate))
        at = end
    if at < WEEK:
        knots.append((at, otherwise))
    kept = [knot for number, knot in enumerate(knots) if number == 0 or knot[1] != knots[number - 1][1]]
    edges, rates = zip(*kept, strict=True)
    return Timetable(np.array(edges, dtype=np.float64), np.array(rates, dtype=np.float64))


def limited(line: Timetable, most: float, factor: float = 1.0) -> Timetable:
    """What a transfer makes of a line: a share of its rate, and never more than a bound.

    ``r' = min(most, factor r)``

    Parameters
    ----------
    line : Timetable
        The line.
    most : float
        Bound on the rate, >= 0; infinite for none [B/s].
    factor : float
        Share of the rate [1], >= 0 and finite.

    Returns
    -------
    Timetable
        With the same edges.

    Raises
    ------
    BoundError
        ``most`` or ``factor`` outside its bound.

    Examples
    --------
    >>> limited(constant(125e6), 50e6, factor=0.8).rates.tolist()
    [50000000.0]
    """
    require(most >= 0, "most", ">= 0", most)
    require(0 <= factor < np.inf, "factor", ">= 0 and finite", factor)
    return Timetable(line.edges, np.minimum(line.rates * factor, most))


def rate_at(line: Timetable, at: V) -> V:
    """Rate at a moment; at an edge, the one that begins.

    Parameters
    ----------
    line : Timetable
        The line.
    at : float or array [...]
        Time since a Monday 00:00 [s], >= 0.

    Returns
    -------
    float or array [...]
        Rate [B/s].

    Raises
    ------
    BoundError
        ``at`` negative or not finite.

    Examples
    --------
    >>> office = timetable([Window(28800, 64800, 2e6)], otherwise=10e6)
    >>> rate_at(office, 28800.0), rate_at(office, 604800 + 28799.0)
    (2000000.0, 10000000.0)
    """
    require((at >= 0) & (at < np.inf), "at", ">= 0 and finite", at)
    place = np.searchsorted(line.edges, np.mod(at, WEEK), side="right") - 1
    result: V = _plain(line.rates[place])
    return result


def next_change(line: Timetable, at: float) -> float:
    """When the rate changes next.

    Parameters
    ----------
    line : Timetable
        The line.
    at : float
        Time since a Monday 00:00 [s], >= 0.

    Returns
    -------
    float
        The first edge after ``at`` with another rate [s]; infinite for a constant line.

    Raises
    ------
    BoundError
        ``at`` negative or not finite.

    Examples
    --------
    >>> office = timetable([Window(28800, 64800, 2e6)], otherwise=10e6)
    >>> next_change(office, 28800.0), next_change(office, 64800.0), next_change(constant(1.0), 5.0)
    (64800.0, 633600.0, inf)
    """
    require(0 <= at < np.inf, "at", ">= 0 and finite", at)
    changing = line.edges[line.rates != np.roll(line.rates, 1)]
    if not changing.size:
        return float("inf")
    week = float(np.floor(at / WEEK)) * WEEK
    coming = np.concatenate([changing, changing + WEEK]) + week
    return float(coming[np.searchsorted(coming, at, side="right")])


def _total(line: Timetable, at: Any) -> Any:
    """Data since the first Monday [B]."""
    knots = np.append(line.edges, WEEK)
    return np.floor(np.divide(at, WEEK)) * line.volume + np.interp(np.mod(at, WEEK), knots, line._passed)


def moved(line: Timetable, begin: V, end: V) -> V:
    """Data that pass between two moments.

    ``B = integral of r(t) dt``, closed: ``w V + S(t mod W)`` at either end, with V a week's volume and S the
    cumulative sum over the edges.

    Parameters
    ----------
    line : Timetable
        The line.
    begin, end : float or array [...]
        Time since a Monday 00:00 [s], ``0 <= begin <= end``.

    Returns
    -------
    float or array [...]
        Data [B].

    Raises
    ------
    BoundError
        A time out of order or out of range.

    Examples
    --------
    >>> office = timetable([Window(28800, 64800, 2e6)], otherwise=10e6)
    >>> moved(office, 25200.0, 32400.0) == 3600 * 10e6 + 3600 * 2e6
    True
    """
    require((begin >= 0) & (begin < np.inf), "begin", ">= 0 and finite", begin)
    require((end >= begin) & (end < np.inf), "end", ">= begin and finite", end)
    result: V = _plain(np.maximum(_total(line, end) - _total(line, begin), 0.0))
    return result


def time_to_move(line: Timetable, begin: V | float, size: V | float) -> V:
    """How long an amount needs from a moment on: the inverse of :func:`moved`.

    Parameters
    ----------
    line : Timetable
        The line.
    begin : float or array [...]
        Time since a Monday 00:00 [s], >= 0.
    size : float or array [...]
        Data [B], >= 0.

    Returns
    -------
    float or array [...]
        Time until the last byte has passed [s]: 0 for nothing, infinite where the line never gives anything.

    Raises
    ------
    BoundError
        A time or size out of range.

    Examples
    --------
    8 TB at 80 % of 100 Mbit/s, and the same line at night only: three times as long, waiting for nights included.

    >>> line = constant(100e6 / 8 * 0.8)
    >>> round(time_to_move(line, 0.0, 8e12) / 86400, 2)
    9.26
    >>> nights = timetable(Window(day * 86400, day * 86400 + 28800, 10e6) for day in range(7))
    >>> round(time_to_move(nights, 0.0, 8e12) / 86400, 2)
    27.26
    """
    require((np.asarray(begin) >= 0) & (np.asarray(begin) < np.inf), "begin", ">= 0 and finite", begin)
    require((np.asarray(size) >= 0) & (np.asarray(size) < np.inf), "size", ">= 0 and finite", size)
    start, amount = np.broadcast_arrays(np.asarray(begin, np.float64), np.asarray(size, np.float64))
    volume = line.volume
    if volume == 0:
        never: V = _plain(np.where(amount > 0, np.inf, 0.0))
        return never
    goal = _total(line, start) + amount
    weeks = np.floor(goal / volume)
    rest = goal - weeks * volume
    # A goal at a week's very end is reached with its last byte, not when the next week begins.
    weeks, rest = np.where(rest > 0, weeks, weeks - 1), np.where(rest > 0, rest, volume)
    passed = line._passed
    place = np.clip(np.searchsorted(passed, rest, side="left"), 1, passed.size - 1)
    rate = line.rates[place - 1]
    within = line.edges[place - 1] + np.divide(
        rest - passed[place - 1], rate, out=np.zeros(rate.shape), where=rate > 0
    )
    result: V = _plain(np.where(amount > 0, np.maximum(weeks * WEEK + within - start, 0.0), 0.0))
    return result
