"""Requests served first come, first served by several slots, each computed and none an event.

Model
-----
A request takes a slot that is free, or waits for the first that becomes free; those who wait go in the order of their
arrival. Its time in the slot is given. For one slot that is Lindley's recursion, computed for all requests at once;
for several it is Kiefer and Wolfowitz's, with the slots' times in a heap.

Slots may be *warm* or *cold*: the first request that a slot serves, and one that comes after it has stood idle for
longer than it is kept, takes so much more. A request goes to the warm slot that became free last, as function
runtimes do, so that few slots stay warm at a low load; only if no idle slot is warm, and fewer slots are in use than
there may be, a new one is started cold.

Scope and limits
----------------
Nobody gives up, is turned away, or overtakes. All slots are equally fast; where their speed changes with time, times
are those of a clock that runs at that speed, and so is how long a slot is kept warm.

Sources
-------
Lindley 1952; Kiefer and Wolfowitz 1955. Which warm slot is taken is a reading of how function runtimes are observed
to behave; no maker documents it.

Checked against
---------------
M/M/c and M/D/1 in theory within 2 %; an event-per-request SimPy model, to the last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush, heapreplace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slots:
    """Where the slots stand: who is busy until when, and since when the others are idle.

    Attributes:
        most: how many there may be.
        cold: how much more a request takes in a cold slot [s].
        kept: how long an idle slot stays warm [s].
        busy: ends of what is under way, as a heap [s].
        idle: since when each slot in use has been idle, the latest last [s].
    """

    most: int
    cold: float = 0.0
    kept: float = float("inf")
    busy: tuple[float, ...] = ()
    idle: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        require(isinstance(self.most, int), "most", "a whole number", self.most)
        require(self.most >= 1, "most", ">= 1", self.most)
        require(0 <= self.cold < float("inf"), "cold", ">= 0 and finite", self.cold)
        require(self.kept >= 0, "kept", ">= 0", self.kept)


def serve(
    arrive: ArrayLike, work: ArrayLike, slots: Slots
) -> tuple[Floats, Floats, NDArray[np.bool_], Slots]:
    """Serve requests first come, first served.

    One slot: ``start[i] = max(arrive[i], finish[i-1])``, ``finish[i] = start[i] + work[i]``

    Parameters
    ----------
    arrive : array_like [n]
        Arrivals, not decreasing, none before those served earlier [s].
    work : array_like [n]
        Time that each needs of a slot [s].
    slots : Slots
        Where the slots stand.

    Returns
    -------
    start, finish : array [n]
        When each gets its slot and when it leaves it [s]; starts do not decrease.
    cold : array [n]
        Whether its slot was cold.
    slots : Slots
        Where the slots stand afterwards.

    Raises
    ------
    BoundError
        Arrivals that decrease, work that is negative or not finite.

    References
    ----------
    Lindley 1952; Kiefer and Wolfowitz 1955.

    Examples
    --------
    Two slots, three requests at once, the third waits for the second, which is short:

    >>> start, finish, cold, _ = serve([0.0, 0.0, 0.0], [3.0, 1.0, 1.0], Slots(2))
    >>> start.tolist(), finish.tolist()
    ([0.0, 0.0, 1.0], [3.0, 1.0, 2.0])
    """
    arrivals, works = np.asarray(arrive, float), np.asarray(work, float)
    require(np.diff(arrivals) >= 0, "arrive", "not decreasing", arrivals)
    require((works >= 0) & (works < np.inf), "work", ">= 0 and finite", works)
    require(works.shape == arrivals.shape, "len(work)", f"{arrivals.size}", works.size)
    if not arrivals.size:
        return arrivals, works, np.zeros(0, np.bool_), slots
    if slots.cold == 0 and slots.most == 1:
        return _lindley(arrivals, works, slots)
    if slots.cold == 0:
        return _plain(arrivals, works, slots)
    return _warm(arrivals.tolist(), works.tolist(), slots)


def _lindley(arrive: Floats, work: Floats, slots: Slots) -> tuple[Floats, Floats, NDArray[np.bool_], Slots]:
    """One slot: the latest of all the moments from which it may have been busy ever since."""
    free = max((*slots.busy, *slots.idle), default=-np.inf)
    done = np.cumsum(work)
    since = np.maximum.accumulate(np.maximum(arrive, free) - (done - work))
    finish = since + done
    start = np.maximum(finish - work, arrive)
    return start, finish, np.zeros(arrive.size, np.bool_), replace(slots, busy=(float(finish[-1]),), idle=())


def _plain(arrive: Floats, work: Floats, slots: Slots) -> tuple[Floats, Floats, NDArray[np.bool_], Slots]:
    """Several slots without a cold start: the first that is free, whichever that is."""
    free = sorted((*slots.busy, *slots.idle))
    free = [-np.inf] * (slots.most - len(free)) + free
    # Where even without any wait there is always a slot, nothing has to be computed one by one.
    ends = arrive + work
    running = np.arange(arrive.size) - np.searchsorted(np.sort(ends), arrive, side="right")
    taken = len(free) - np.searchsorted(free, arrive, side="right")
    if np.all(running + taken < slots.most):
        start, finish = arrive, ends
        free = sorted([*free, *np.sort(ends)[-slots.most :].tolist()])[-slots.most :]
    else:
        begins = []
        for at, need in zip(arrive.tolist(), work.tolist(), strict=True):
            begin = free[0] if free[0] > at else at
            heapreplace(free, begin + need)
            begins.append(begin)
        start = np.array(begins)
        finish = start + work
    known = tuple(sorted(end for end in free if end > -np.inf))
    return start, finish, np.zeros(arrive.size, np.bool_), replace(slots, busy=known, idle=())


def _warm(
    arrive: Sequence[float], work: Sequence[float], slots: Slots
) -> tuple[Floats, Floats, NDArray[np.bool_], Slots]:
    busy, idle = list(slots.busy), list(slots.idle)
    begins, chilled = [], []
    most, kept, extra = slots.most, slots.kept, slots.cold
    ends = []
    for at, need in zip(arrive, work, strict=True):
        while busy and busy[0] <= at:
            idle.append(heappop(busy))
        begin = at
        if idle and at - idle[-1] <= kept:
            idle.pop()
            cold = False
        elif len(busy) < most:
            idle.clear()  # the one that was idle last is cold, and so are all the others
            cold = True
        else:
            begin, cold = heappop(busy), False
        end = begin + need + (extra if cold else 0.0)
        heappush(busy, end)
        begins.append(begin)
        ends.append(end)
        chilled.append(cold)
    after = replace(slots, busy=tuple(busy), idle=tuple(idle))
    return np.array(begins), np.array(ends), np.array(chilled, np.bool_), after
