"""Capacities that are constant between changes, and the schedule that holds all of a transfer's.

Model
-----
For a capacity ``v(t)`` that is piecewise constant, work ``w`` begun at ``s`` is finished at the ``f`` with
``integral of v from s to f = w``. A stretch at zero is sat out; work that never gets done ends at infinity.

A change that leaves a capacity as it was leaves no trace in it. So the arithmetic of a service does not depend
on what else changed meanwhile, and a schedule known beforehand gives the same bits as one learned step by step.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import inf
from typing import Any

from devicesim.throughput.model import Client, Regime


class Capacity:
    """One piecewise-constant quantity: work done per second, or (for latency) merely a value in time."""

    __slots__ = ("times", "values")

    def __init__(self, value: float) -> None:
        self.times = [-inf]
        self.values = [float(value)]

    @classmethod
    def of(cls, steps: tuple[Sequence[float], Sequence[float]]) -> Capacity:
        """Return the capacity of given steps: from when on which value holds, the first since ever."""
        made = cls(0.0)
        made.times, made.values = list(steps[0]), list(steps[1])
        return made

    def lay(self, at: float, value: float) -> float:
        """Let ``value`` hold from ``at`` on, for good; return from when on this differs from what was laid before.

        >>> rate = Capacity(5.0)
        >>> rate.lay(10.0, 0.0), rate.lay(20.0, 5.0), rate.lay(15.0, 0.0), rate.lay(15.0, 0.0)
        (10.0, 20.0, 20.0, inf)
        >>> rate.times, rate.values
        ([-inf, 10.0], [5.0, 0.0])
        """
        # Of numpy's floats the arithmetic would be the same, but several times slower from here to the end.
        at, value = float(at), float(value)
        now = self.at(at)
        later = bisect_right(self.times, at)
        differs = at if now != value else self.times[later] if later < len(self.times) else inf
        keep = max(bisect_left(self.times, at), 1)
        del self.times[keep:], self.values[keep:]
        if self.values[-1] != value:
            self.times.append(at)
            self.values.append(value)
        return differs

    def at(self, time: float) -> float:
        """Return the value at a time; at a change it is the new one."""
        return self.values[bisect_right(self.times, time) - 1]

    def busy(self, start: float, end: float) -> float:
        """Return how much of the time from ``start`` to ``end`` it was not zero.

        >>> rate = Capacity(5.0)
        >>> _ = rate.lay(10.0, 0.0), rate.lay(20.0, 2.0)
        >>> rate.busy(8.0, 22.0)
        4.0
        """
        if 0.0 not in self.values:
            return end - start
        total = 0.0
        for i in range(bisect_right(self.times, start) - 1, len(self.times)):
            if self.times[i] >= end:
                break
            if self.values[i]:
                until = self.times[i + 1] if i + 1 < len(self.times) else inf
                total += min(until, end) - max(self.times[i], start)
        return total

    def done(self, start: float, end: float) -> float:
        """Return the work done from ``start`` to ``end``.

        >>> rate = Capacity(5.0)
        >>> _ = rate.lay(10.0, 0.0), rate.lay(20.0, 2.0)
        >>> rate.done(8.0, 22.0)
        14.0
        """
        total = 0.0
        for i in range(bisect_right(self.times, start) - 1, len(self.times)):
            until = min(self.times[i + 1] if i + 1 < len(self.times) else inf, end)
            begin = max(self.times[i], start)
            if until > begin:
                total += (until - begin) * self.values[i]
        return total

    def since(self, time: float) -> list[float]:
        """Return the values from a time on."""
        return self.values[bisect_right(self.times, time) - 1 :]

    def next_change(self, time: float) -> float:
        """Return the first change after a time, infinity if there is none."""
        after = bisect_right(self.times, time)
        return self.times[after] if after < len(self.times) else inf

    def serve(self, start: float, work: float) -> tuple[float, float]:
        """Return when work begun at ``start`` is done, and how long it was served: not while the rate was zero.

        >>> rate = Capacity(5.0)
        >>> _ = rate.lay(10.0, 0.0), rate.lay(20.0, 2.0)
        >>> rate.serve(8.0, 10.0), rate.serve(8.0, 14.0)
        ((10.0, 2.0), (22.0, 4.0))
        """
        times, values = self.times, self.values
        if start >= times[-1]:
            if value := values[-1]:
                took = work / value
                return start + took, took
            return (inf if work > 0 else start), 0.0
        if work <= 0:
            return start, 0.0
        served = 0.0
        after = bisect_right(times, start)
        while after < len(times):
            value, end = values[after - 1], times[after]
            if value:
                took = work / value
                if start + took <= end:
                    return start + took, served + took
                served += end - start
                work -= (end - start) * value
                if work <= 0:
                    return end, served
            start = end
            after += 1
        took = work / values[-1] if values[-1] else inf
        return start + took, served + took if took < inf else served

    def finish(self, start: float, work: float) -> float:
        """Return when work begun at ``start`` is done."""
        return self.serve(start, work)[0]


Differences = tuple[list[float], list[float], float, float]
"""From when on each client's bandwidth, each latency, the share, the store's speed differ from what was laid before."""


class Schedule:
    """All capacities of a transfer: bandwidth and latency of each client, share of the cores, speed of the store.

    What :class:`~devicesim.throughput.front.Front` makes of them is kept in ``chains``, by client, bandwidth and share.
    """

    __slots__ = ("_links", "bandwidth", "chains", "latency", "share", "store")

    def __init__(self, clients: Sequence[Client], regime: Regime) -> None:
        self._links = {client.link for client in clients}
        self.chains: dict[tuple[int, float, float], Any] = {}
        self.bandwidth = [Capacity(value) for value in regime.bandwidth]
        self.latency = [Capacity(value) for value in regime.latency]
        self.share = Capacity(regime.share)
        self.store = Capacity(regime.store)

    def lay(self, at: float, regime: Regime) -> Differences:
        """Let a regime hold from ``at`` on, and tell what that changes."""
        return (
            [
                capacity.lay(at, value)
                for capacity, value in zip(self.bandwidth, regime.bandwidth, strict=True)
            ],
            [capacity.lay(at, value) for capacity, value in zip(self.latency, regime.latency, strict=True)],
            self.share.lay(at, regime.share),
            self.store.lay(at, regime.store),
        )

    def front_change(self, time: float) -> float:
        """Return the first change after a time of anything ahead of the store."""
        ahead = (*self.bandwidth, *self.latency, self.share)
        return min(capacity.next_change(time) for capacity in ahead)

    @property
    def keeps_order(self) -> bool:
        """Tell whether RPCs reach the server in the order of their issue, whatever the clients do.

        One link serves in that order, and so arrive those of one client; those of several only while their
        latencies are equal and never fall.
        """
        if len(self._links) > 1:
            return False
        first = self.latency[0]
        return len(self.latency) == 1 or (
            all(other.times == first.times and other.values == first.values for other in self.latency)
            and first.values == sorted(first.values)
        )
