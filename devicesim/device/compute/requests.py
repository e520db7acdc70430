"""Requests that come to an instance, and times drawn for them: in batches, as far as the clock has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from devicesim.device.setting import Setting

if TYPE_CHECKING:
    from devicesim.scenario.trace import Arrivals
    from devicesim.scenario.work import Requests, Surge, Times

Floats = NDArray[np.float64]

AHEAD = 4096
"""Requests that are drawn at a time."""


def drawn(times: Times, rng: np.random.Generator, count: int) -> Floats:
    """Draw so many times [s]."""
    if times.distribution == "fixed":
        return np.full(count, times.value)
    if times.distribution == "exponential":
        return rng.exponential(times.mean, count)
    return rng.lognormal(np.log(times.median), times.sigma, count)


def surging(even: Floats, surge: Surge | None) -> Floats:
    """Move evenly paced times into surges: so much sooner that they come so many times as often meanwhile.

    >>> from devicesim.scenario.work import Surge
    >>> rush = Surge(every="10 min", length="1 min", times=10.0)
    >>> surging(np.array([0.0, 300.0, 600.0, 640.0, 1140.0, 1440.0]), rush).tolist()
    [0.0, 30.0, 60.0, 100.0, 600.0, 630.0]
    """
    if surge is None:
        return even
    inside = surge.length * surge.times
    whole = inside + surge.every - surge.length
    period, rest = np.divmod(even, whole)
    return period * surge.every + np.where(rest < inside, rest / surge.times, surge.length + (rest - inside))


class Source:
    """The requests of one instance, by its running time.

    Args:
        setting: of the run.
        name: of the instance and its job, for the draws.
        requests: what the scenario says of them.
        trace: when they come, where a file tells.
    """

    def __init__(self, setting: Setting, name: str, requests: Requests, trace: Arrivals | None) -> None:
        self._requests, self._trace = requests, trace
        self._gaps, self._works = setting.draw(f"requests/{name}/gaps"), setting.draw(f"requests/{name}/work")
        self._even = 0.0
        self._times = trace.time if trace is not None else np.zeros(0)
        self._work = trace.work if trace is not None else None
        self._taken = 0

    def take(self, ran: float) -> tuple[Floats, Floats]:
        """Requests since the last time, up to a running time: when each came and its processor time [s]."""
        while self._trace is None and (not self._times.size or self._times[-1] <= ran):
            self._more()
        count = int(np.searchsorted(self._times, ran, side="right"))
        times = self._times[self._taken : count]
        work = (
            drawn(self._requests.work, self._works, times.size)
            if self._work is None
            else self._work[self._taken : count]
        )
        self._taken = count
        return times, work

    def _more(self) -> None:
        every = self._requests.every or 0.0
        if self._requests.arrivals == "periodic":
            gaps = np.full(AHEAD, every)
        else:
            gaps = self._gaps.exponential(every, AHEAD)
        even = self._even + np.cumsum(gaps)
        self._even = float(even[-1])
        self._times = np.concatenate([self._times[self._taken :], surging(even, self._requests.surge)])
        self._taken = 0
