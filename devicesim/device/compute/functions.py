"""Lambda functions on one device: every object put into a bucket that triggers one is a run of it.

What AWS's guides say: the function is chosen when the job is created, with the bucket; each PUT into that bucket on
the device, through whichever interface, sends it a message. Messages wait in a queue; a run needs a runtime, which
is cold when new. A clean shutdown keeps what waits, a power cut loses it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devicesim import scenario
from devicesim.device.compute.pool import Batch, Pool
from devicesim.device.compute.requests import drawn
from devicesim.device.setting import Setting
from devicesim.errors import require
from devicesim.physics.queueing import Slots

Floats = NDArray[np.float64]


class _Runs:
    """One function: what each of its runs costs, drawn in the order in which objects come."""

    def __init__(self, setting: Setting, device: str, job: str, function: scenario.Function) -> None:
        figures, draw = setting.figures.si, setting.draw
        self.function = function
        self._works = draw(f"function/{function.name}/{job}/work")
        self._luck = draw(f"function/{function.name}/{job}/tries")
        self._overhead = figures("functions.overhead")
        self._most = figures("functions.timeout") if function.timeout is None else function.timeout
        again = figures("functions.retries") if function.retries is None else float(function.retries)
        require(again >= 0, "functions.retries", ">= 0", again)
        self._tries = 1 + int(again)
        self._rate = figures(f"{device}.disk.outer_rate")
        self._access = figures(f"{device}.disk.access_time")

    def batch(self, arrive: Floats, size: Floats) -> Batch:
        """The runs for some objects."""
        function, count = self.function, arrive.size
        cpu = self._overhead + drawn(function.work, self._works, count) + function.per_mb * size / 1e6
        accesses = (function.reads > 0) + (function.writes > 0)
        disk = (function.reads * size + function.writes) / self._rate + accesses * self._access
        late = cpu + disk > self._most
        within = np.where(late, self._most / np.maximum(cpu + disk, 1e-300), 1.0)
        if function.failure in (0.0, 1.0):
            needed = np.full(count, 1 if function.failure == 0.0 else self._tries + 1)
        else:
            needed = self._luck.geometric(1 - function.failure, count)
        good = ~late & (needed <= self._tries)
        tries = np.where(late, self._tries, np.minimum(needed, self._tries))
        spent = tries * within
        network = np.full(count, function.sends) * tries
        return Batch(arrive, cpu * spent, disk * spent, network, good, tries)


class Functions:
    """The scenario's functions on one device.

    Attributes:
        pools: of each, in the scenario's order.
        vcpus: processors that they have together.
    """

    def __init__(self, setting: Setting, device: str, job: str) -> None:
        figures, functions = setting.figures, setting.scenario.functions
        self.pools: list[Pool] = []
        self._runs: list[_Runs] = []
        self._inbox: list[tuple[str, Floats, Floats]] = []
        self.vcpus = figures.si(f"{device}.functions.vcpus") if functions else 0.0
        for function in functions:
            slots = self.vcpus * figures.si("functions.slots") / len(functions)
            cold = figures.si("functions.cold_start") if function.cold_start is None else function.cold_start
            most = function.concurrency or max(1, int(slots))
            fresh = Slots(most, cold, figures.si("functions.kept_warm"))
            self.pools.append(Pool(function.name, fresh, function.weight, setting.now))
            self._runs.append(_Runs(setting, device, job, function))

    def put(self, bucket: str, times: Floats, sizes: Floats) -> None:
        """Tell of objects put into a bucket, by its ARN, in order of time and no later than now."""
        if times.size and any(bucket in runs.function.triggers for runs in self._runs):
            self._inbox.append((bucket, times, sizes))

    def settle(self, now: float) -> None:
        """Run what has been put, up to now."""
        inbox, self._inbox = self._inbox, []
        for pool, runs in zip(self.pools, self._runs, strict=True):
            mine = [(times, sizes) for bucket, times, sizes in inbox if bucket in runs.function.triggers]
            batch = None
            if mine:
                times, sizes = (np.concatenate(column) for column in zip(*mine, strict=True))
                order = np.argsort(times, kind="stable")
                batch = runs.batch(times[order], sizes[order].astype(np.float64))
            pool.settle(now, batch)
