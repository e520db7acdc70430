"""Timings in pairs: one thing and another, in turn, so that a busy moment of the machine meets both.

Only ratios within one run mean anything from machine to machine, and CPU time says more than the clock on the wall
where others are at work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from time import process_time
from typing import Any

from devicesim.errors import MissingExtraError, require

Work = Callable[[], Any]
"""What is timed."""
Clock = Callable[[], float]
"""Tells seconds."""

PAIRS = 5
"""Fewest pairs of which a median is told."""

_resource: Any = None
with suppress(ImportError):
    # Not on every system.
    _resource = import_module("resource")


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of one kind, from several pairs or cells.

    >>> Spread((4.0, 2.0, 3.0)).median
    3.0
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        require(len(self.values) > 0, "len(values)", "> 0", len(self.values))

    @property
    def median(self) -> float:
        """The middle one."""
        return float(median(self.values))

    @property
    def least(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest."""
        return max(self.values)


def children_time() -> float:
    """CPU time of the child processes that have ended [s]."""
    if _resource is None:
        raise MissingExtraError("CPU time of child processes", "dev")
    used = _resource.getrusage(_resource.RUSAGE_CHILDREN)
    return float(used.ru_utime + used.ru_stime)


def seconds(work: Work, least: float = 0.0, clock: Clock = process_time) -> float:
    """Time of one call: the mean over as many as make at least so many seconds in all, and more than none [s].

    >>> ticks = iter(range(10))
    >>> seconds(lambda: None, least=3.0, clock=lambda: float(next(ticks)))
    1.0
    """
    calls, start = 0, clock()
    while True:
        work()
        calls += 1
        taken = clock() - start
        if taken > 0 and taken >= least:
            return taken / calls


def ratios(
    one: Work, other: Work, pairs: int = PAIRS, least: float = 0.0, clock: Clock = process_time
) -> Spread:
    """How many times as long the one takes as the other, timed in turn.

    Args:
        one, other: what is compared; each is called once beforehand.
        pairs: how often.
        least: that each timing must last, by repeating the call [s].
        clock: what tells the time.
    """
    one()
    other()
    return Spread(tuple(seconds(one, least, clock) / seconds(other, least, clock) for _ in range(pairs)))


def nearest(ones: Sequence[float], others: Sequence[float]) -> Spread:
    """Ratios of timings taken in turn when the ones were too dear to repeat as often as the others.

    >>> nearest([10.0, 20.0], [1.0, 1.0, 2.0, 2.0]).values
    (10.0, 10.0, 10.0, 10.0)
    """
    count = len(others)
    return Spread(tuple(ones[i * len(ones) // count] / other for i, other in enumerate(others)))
