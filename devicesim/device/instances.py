"""Compute instances beside the copy: when they run, and what they take of CPU, disk and network."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import simpy

from devicesim import catalog, scenario
from devicesim.device.setting import Setting
from devicesim.progress import InstanceChanged


@dataclass(slots=True)
class _Run:
    """One instance: what it takes while running, and how long it has still to run."""

    name: str
    wanted: scenario.Instance
    vcpus: float
    left: float
    state: str = "waiting"


@dataclass(slots=True)
class Instances:
    """The scenario's instances on one device.

    They start ``start`` after the device was first unlocked. A power cut stops them; the customer starts them
    again after the next unlocking, and their duration counts running time only.

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

    def __post_init__(self) -> None:
        self.moved = self.setting.env.event()
        for wanted in self.setting.scenario.instances:
            key = catalog.instance_types(self.device)[wanted.type]
            vcpus = self.setting.figures.si(f"{key}.vcpus")
            for number in range(wanted.count):
                name = wanted.name if wanted.count == 1 else f"{wanted.name}-{number + 1}"
                left = float("inf") if wanted.duration is None else wanted.duration
                self.runs.append(_Run(name, wanted, vcpus, left))

    def _sum(self, part: Callable[[_Run], float]) -> float:
        return sum(part(run) for run in self.runs if run.state == "running")

    @property
    def busy_vcpus(self) -> float:
        """Virtual CPUs kept busy now."""
        return self._sum(lambda run: run.vcpus * run.wanted.cpu)

    @property
    def vcpus(self) -> float:
        """Virtual CPUs kept busy if all ran at once."""
        return sum(run.vcpus * run.wanted.cpu for run in self.runs)

    @property
    def disk_rate(self) -> float:
        """Bytes a second taken from the disk now."""
        return self._sum(lambda run: run.wanted.disk)

    @property
    def network_rate(self) -> float:
        """Bytes a second taken from the network port now."""
        return self._sum(lambda run: run.wanted.network)

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
        if off.triggered:
            return
        self._enter(run, "pending")
        yield env.timeout(self.setting.figures.si(f"{self.device}.instances.boot")) | off
        if not off.triggered:
            self._enter(run, "running")
            began = self.setting.now
            end = env.timeout(run.left) if run.left < float("inf") else env.event()
            yield end | off
            # The clock's rounding must not leave a run of a picosecond that nobody waits for.
            run.left = 0.0 if end.processed else max(0.0, run.left - (self.setting.now - began))
        self._enter(run, "terminated" if run.left == 0 else "stopped")

    def _enter(self, run: _Run, state: str) -> None:
        run.state = state
        self.setting.say(InstanceChanged(self.setting.now, self.job, run.name, run.wanted.type, state))
        self.changed()
        moved, self.moved = self.moved, self.setting.env.event()
        moved.succeed()
