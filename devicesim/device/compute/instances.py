"""Compute instances beside the copy: when they run, what they take over time, and the requests they serve."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from math import floor
from typing import NamedTuple

import numpy as np
import simpy

from devicesim import catalog, scenario
from devicesim.device.compute.admission import Admission
from devicesim.device.compute.pool import Batch, Pool
from devicesim.device.compute.requests import Source
from devicesim.device.setting import Setting
from devicesim.physics.queueing import Slots
from devicesim.progress import InstanceChanged

LATE = 1e-6
"""A change is due although the clock, rounded, has not quite come to it [s]."""


class Level(NamedTuple):
    """What an instance takes for a while: vCPUs kept busy, bytes a second of disk and network."""

    cpu: float = 0.0
    disk: float = 0.0
    network: float = 0.0


@dataclass(slots=True)
class _Run:
    """One instance: what it takes while running, and how long it has still to run."""

    name: str
    wanted: scenario.Instance
    vcpus: float
    boot: float
    left: float
    trace: scenario.Load | None = None
    source: Source | None = None
    pool: Pool | None = None
    level: Level = field(default=Level())
    ran: float = 0.0
    since: float = 0.0
    state: str = "waiting"

    def due(self) -> tuple[Level, float]:
        """What it takes from now on, and until when that holds, in running time [s]."""
        wanted, burst = self.wanted, self.wanted.burst
        if self.trace is not None:
            times = self.trace.time
            row = int(np.searchsorted(times, self.ran + LATE, side="right")) - 1
            if self.ran + LATE >= self.trace.end:
                return Level(), float("inf")
            end = float(times[row + 1]) if row + 1 < times.size else self.trace.end
            level = (float(column[row]) for column in (self.trace.cpu, self.trace.disk, self.trace.network))
            cpu, disk, network = level
            return Level(cpu * self.vcpus, disk, network), end
        usual = Level(wanted.cpu * self.vcpus, wanted.disk, wanted.network)
        if burst is None:
            return usual, float("inf")
        begin = floor((self.ran + LATE) / burst.every) * burst.every
        if self.ran + LATE >= begin + burst.length:
            return usual, begin + burst.every
        more = Level(
            usual.cpu if burst.cpu is None else burst.cpu * self.vcpus,
            usual.disk if burst.disk is None else burst.disk,
            usual.network if burst.network is None else burst.network,
        )
        return more, begin + burst.length

    @property
    def highest(self) -> float:
        """The most vCPUs that it ever keeps busy."""
        if self.trace is not None:
            busy = float(self.trace.cpu.max(initial=0.0))
        else:
            burst = self.wanted.burst
            busy = max(self.wanted.cpu, (burst.cpu or 0.0) if burst is not None else 0.0)
        served = self.pool.slots if self.pool is not None else 0
        return min(self.vcpus, busy * self.vcpus + served)


@dataclass(slots=True)
class Instances:
    """The scenario's instances on one device.

    They start ``start`` after the device was first unlocked. A power cut stops them; the customer starts them
    again after the next unlocking, and their duration counts running time only, as do bursts, traces and requests.

    Attributes:
        moved: event that fires at the next change of an instance's state.
    """

    setting: Setting
    device: str
    job: str
    changed: Callable[[], None]
    runs: list[_Run] = field(default_factory=list)
    unlocked_at: float | None = None
    moved: simpy.Event = field(init=False)
    _admission: Admission | None = field(init=False)

    def __post_init__(self) -> None:
        self.moved = self.setting.env.event()
        story = self.setting.scenario
        serving = {str(client.interface) for client in story.clients}
        serving |= {"functions"} if story.functions else set()
        self._admission = (
            Admission(self.setting.figures, self.device, sorted(serving)) if story.instances else None
        )
        images = {image.name: image for image in story.images}
        for wanted in story.instances:
            key = catalog.instance_types(self.device)[wanted.type]
            vcpus = self.setting.figures.si(f"{key}.vcpus")
            image = images.get(wanted.image or "")
            boot = self.setting.figures.si(f"{self.device}.instances.boot")
            if image is not None and image.boot is not None:
                boot = image.boot
            for number in range(wanted.count):
                name = wanted.name if wanted.count == 1 else f"{wanted.name}-{number + 1}"
                left = float("inf") if wanted.duration is None else wanted.duration
                run = _Run(name, wanted, vcpus, boot, left)
                self._furnish(run)
                self.runs.append(run)

    def _furnish(self, run: _Run) -> None:
        """Give an instance its trace, and the requests that it serves."""
        setting, wanted, traces = self.setting, run.wanted, self.setting.scenario.source.traces
        if wanted.trace is not None:
            loaded = traces["load", wanted.trace]
            run.trace = loaded if isinstance(loaded, scenario.Load) else None
        if wanted.requests is not None:
            told = traces["arrivals", wanted.requests.trace] if wanted.requests.trace is not None else None
            trace = told if isinstance(told, scenario.Arrivals) else None
            run.source = Source(setting, f"{run.name}/{self.job}", wanted.requests, trace)
            run.pool = Pool(run.name, Slots(wanted.requests.concurrency), wanted.weight, setting.now)

    def _sum(self, part: Callable[[_Run], float]) -> float:
        return sum(part(run) for run in self.running)

    @property
    def running(self) -> list[_Run]:
        """The instances that run now."""
        return [run for run in self.runs if run.state == "running"]

    @property
    def busy_vcpus(self) -> float:
        """Virtual CPUs kept busy now, requests not counted."""
        return self._sum(lambda run: run.level.cpu)

    @property
    def vcpus(self) -> float:
        """The most virtual CPUs ever kept busy if all ran at once."""
        return sum(run.highest for run in self.runs)

    @property
    def disk_rate(self) -> float:
        """Bytes a second taken from the disk now, requests not counted."""
        return self._sum(lambda run: run.level.disk)

    @property
    def network_rate(self) -> float:
        """Bytes a second taken from the network port now, requests not counted."""
        return self._sum(lambda run: run.level.network)

    def settle(self, now: float) -> None:
        """Let the requests that have come be served, up to now."""
        for run in self.running:
            if run.pool is not None and run.source is not None and run.wanted.requests is not None:
                run.pool.settle(now, self._batch(run, run.wanted.requests, run.source, now))

    def _batch(self, run: _Run, requests: scenario.Requests, source: Source, now: float) -> Batch:
        figures = self.setting.figures.si
        times, work = source.take(run.ran + now - run.since)
        count = times.size
        accesses = (requests.reads > 0) + (requests.writes > 0)
        disk = (requests.reads + requests.writes) / figures(f"{self.device}.disk.outer_rate")
        disk += accesses * figures(f"{self.device}.disk.access_time") if accesses else 0.0
        return Batch(
            run.since + np.maximum(times - run.ran, 0.0),
            work,
            np.full(count, disk),
            np.full(count, requests.sends),
            np.ones(count, dtype=np.bool_),
            np.ones(count, dtype=np.int64),
        )

    def resume(self, off: simpy.Event) -> None:
        """Start, or start again, whatever is due now that the device is unlocked, until ``off`` fires."""
        if self.unlocked_at is None:
            self.unlocked_at = self.setting.now
        for run in self.runs:
            if run.state != "terminated":
                self.setting.env.process(self._live(run, off))

    @property
    def left(self) -> float:
        """How long instances that have a duration have still to run, together [s]."""
        return sum(run.left for run in self.runs if run.left < float("inf"))

    def _live(self, run: _Run, off: simpy.Event) -> Generator[simpy.Event, object, None]:
        env = self.setting.env
        due = (self.unlocked_at or 0.0) + run.wanted.start - self.setting.now
        if due > 0:
            yield env.timeout(due) | off
        yield from self._admit(run, off)
        if off.triggered:
            return
        self._enter(run, "pending")
        yield env.timeout(run.boot) | off
        if not off.triggered:
            began, left = self.setting.now, run.left
            run.since = began
            if run.pool is not None:
                run.pool.resume(began)
            run.level, until = run.due()
            self._enter(run, "running")
            end = env.timeout(left) if left < float("inf") else env.event()
            yield from self._work(run, until, end, off)
            # The clock's rounding must not leave a run of a picosecond that nobody waits for.
            run.left = 0.0 if end.processed else max(0.0, left - (self.setting.now - began))
            if run.pool is not None:
                run.pool.stop(self.setting.now, lose=True)
        self._enter(run, "terminated" if run.left == 0 else "stopped")

    def _admit(self, run: _Run, off: simpy.Event) -> Generator[simpy.Event, object, None]:
        """Wait until there is room for an instance beside those that run."""
        refused = False
        while not off.triggered:
            others = [other.wanted.type for other in self.runs if other.state in ("pending", "running")]
            if self._admission is None or self._admission.admits(run.wanted.type, others):
                return
            if not refused:
                refused = True
                now, kind = self.setting.now, run.wanted.type
                self.setting.say(
                    InstanceChanged(now, self.job, run.name, kind, "InsufficientInstanceCapacity")
                )
            yield self.moved | off

    def _work(
        self, run: _Run, until: float, end: simpy.Event, off: simpy.Event
    ) -> Generator[simpy.Event, object, None]:
        """Run to the end, or until the device goes off, taking more or less from change to change."""
        env, began, ran = self.setting.env, self.setting.now, run.ran
        while True:
            wait = max(0.0, began + until - ran - self.setting.now)
            change = env.timeout(wait) if until < float("inf") else env.event()
            yield end | off | change
            self._count(run, ran + self.setting.now - began)
            if end.processed or off.triggered:
                return
            run.level, until = run.due()
            self.changed()

    def _count(self, run: _Run, ran: float) -> None:
        """Note how long an instance has run; what came until now is served first, by the time it came."""
        self.settle(self.setting.now)
        run.ran, run.since = ran, self.setting.now

    def _enter(self, run: _Run, state: str) -> None:
        run.state = state
        self.setting.say(InstanceChanged(self.setting.now, self.job, run.name, run.wanted.type, state))
        self.changed()
        moved, self.moved = self.moved, self.setting.env.event()
        moved.succeed()
