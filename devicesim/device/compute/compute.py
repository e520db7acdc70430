"""What computes on one device, and how it shares processors, disk and network with the copy.

Model
-----
Everything that computes is a fluid to the copy and a queue to itself. From one settling to the next, a minute apart
at most, speeds are constant. Processors are divided by weight among those who ask for them (generalised processor
sharing), the disk among those who are at it (processor sharing, by mean value analysis); each pool's clock runs at
what that leaves it, and its requests are served one by one on that clock. What they took is taken from the copy in
the stretches that follow (:mod:`devicesim.device.compute.charge`), to the last byte and second: the copy drives
the functions and the functions slow the copy, and a lag is what keeps cause before effect.

Scope and limits
----------------
The copy feels a change late, by some stretches: a second each at the beginning, a sixty-fourth of the time that has
passed later, a minute at most. For as long a station may be booked for more than it has; over the whole it never is.
Below saturation requests do not hinder the copy, nor each other at the processors. Instances have their vCPUs to
themselves and the functions theirs, as AWS's guides have it, unless ``job.nfs_cpu`` is ``shared``. What instances are
said to read and write comes before all else, where their volumes are on the same disks. An object is read from the
disk, though memory may still hold it.

Checked against
---------------
An event for every step of every request, the disk shared anew at each: the copy's time within 5 %, mean times of
requests within 20 %; worked shares; what was taken against what was served.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import simpy

from devicesim import catalog, scenario
from devicesim.device.compute.charge import Charge
from devicesim.device.compute.functions import Functions
from devicesim.device.compute.instances import Instances
from devicesim.device.compute.pool import Pool
from devicesim.device.power import Busy
from devicesim.device.setting import Setting
from devicesim.physics import cpu, queueing
from devicesim.progress import FunctionsChanged

SOONEST, LATEST, IDLE = 1.0, 60.0, 600.0
"""Shortest and longest stretch beside a copy, and the longest without one [s]."""

STRETCHES = 64
"""A stretch is this part of the time that has passed since the device was unlocked."""

FULL = 0.98
"""A disk that is busy for so much of a stretch has no time left: the copy would take more if it could."""


class Alone(NamedTuple):
    """Share of the cores, factor on the disk's speed, and what others take of the network port [bytes/s]."""

    share: float
    store: float
    network: float


class Copy(Protocol):
    """A copy, as far as it matters here."""

    @property
    def running(self) -> object | None:
        """What computes it now, if it runs."""


class Compute:
    """Instances and functions of one device.

    Attributes:
        instances, functions: what computes.
        images: of each machine image by name, its SnowballAmiId.
        nfs_share: part of its processors that the NFS service gets, heat not counted.
        moved: event that fires now and then while something waits.
    """

    def __init__(
        self,
        setting: Setting,
        device: str,
        job: str,
        changed: Callable[[], None],
        counted: Callable[[], Busy],
    ) -> None:
        self._setting, self._device, self._changed, self._counted = setting, device, changed, counted
        self._job = job
        self.images = _on_device(setting, job)
        self.instances = Instances(setting, device, job, changed)
        self.functions = Functions(setting, device, job)
        self._feeds: list[Callable[[], None]] = []
        self._doors: list[Callable[[bool], None]] = []
        self._copies: list[Copy] = []
        self.moved = setting.env.event()
        self.nfs_share = 1.0
        separate = f"{device}.instances.separate"
        self._separate = catalog.has(separate) and setting.figures.flag(separate)
        self._shared = setting.scenario.job.nfs_cpu == "shared"
        self._cpu, self._disk, self._network = Charge(), Charge(), Charge()
        self._last, self._since = setting.now, setting.now
        self._disk_busy, self._copy_disk, self._copied = 0.0, 0.0, False
        self._heat = (1.0, 1.0)
        self._moving, self._waited = setting.now, 0

    @property
    def pools(self) -> Sequence[Pool]:
        """Every pool that serves now."""
        return [*self.functions.pools, *(run.pool for run in self.instances.running if run.pool is not None)]

    @property
    def any(self) -> bool:
        """Whether the scenario has requests or functions at all."""
        return bool(self.functions.pools) or any(run.pool is not None for run in self.instances.runs)

    @property
    def present(self) -> bool:
        """Whether anything at all computes beside the copy."""
        return bool(self.functions.pools or self.instances.runs)

    @property
    def backlog(self) -> int:
        """Runs of functions that wait or are under way, those that a device that is off holds included."""
        return sum(pool.left + pool.held for pool in self.functions.pools)

    @property
    def waits(self) -> bool:
        """Whether something waits that is worth waiting for: it moves, or stood still only a while ago."""
        patience = self._setting.figures.si("default_customer.patience")
        return self.backlog > 0 and self._setting.now - self._moving < patience

    # What the copy, the supply and the heat see.

    @property
    def busy_vcpus(self) -> float:
        """Virtual CPUs kept busy now."""
        return self.instances.busy_vcpus + self._cpu.rate

    @property
    def vcpus(self) -> float:
        """The most virtual CPUs ever kept busy."""
        return self.instances.vcpus + sum(pool.slots for pool in self.functions.pools)

    @property
    def disk_share(self) -> float:
        """Share of the disk that is taken now."""
        return self._instances_disk + self._disk.rate

    @property
    def network_rate(self) -> float:
        """Bytes a second taken from the network port now."""
        return self.instances.network_rate + self._network.rate

    @property
    def _instances_disk(self) -> float:
        rate = self.instances.disk_rate
        if self._separate:
            return 0.0
        return rate / self._setting.figures.si(f"{self._device}.disk.outer_rate") if rate else 0.0

    def assign(self, functions: Sequence[scenario.Function]) -> None:
        """Take other functions in the place of those there are, before the device has ever been on."""
        story = self._setting.scenario.model_copy(update={"functions": tuple(functions)})
        self._setting = replace(self._setting, scenario=story)
        self.functions = Functions(self._setting, self._device, self._job)

    # Settling.

    def listen(self, feed: Callable[[bool], None]) -> None:
        """Take notice of what else puts objects; ``feed`` is told whether it is the last time before going off."""
        self._doors.append(feed)

    def attend(self, feed: Callable[[], None], copy: Copy) -> None:
        """Take notice of a copy; ``feed`` tells :attr:`functions` what it has put since the last time."""
        self._feeds.append(feed)
        self._copies.append(copy)

    @property
    def copying(self) -> bool:
        """Whether a copy runs."""
        return any(copy.running is not None for copy in self._copies)

    def settle(self, cpu_factor: float, disk_factor: float) -> None:
        """Serve what has come up to now, book what that took, and divide anew.

        Args:
            cpu_factor, disk_factor: what heat leaves of their speed.
        """
        now, self._heat = self._setting.now, (cpu_factor, disk_factor)
        if self.any:
            self._hear()
            self.functions.settle(now)
            self.instances.settle(now)
            self._book(now)
        self._divide()

    def _hear(self, *, last: bool = False) -> None:
        """Let copies and doors tell what they have put."""
        for feed in self._feeds:
            feed()
        for door in self._doors:
            door(last)

    def _book(self, now: float) -> None:
        elapsed = now - self._last
        if elapsed > 0:
            taken = [pool.taken for pool in self.pools]
            stretch = self.stretch
            if self.copying != self._copied:
                self._copied = self.copying
                for charge in (self._cpu, self._disk, self._network):
                    charge.renew()
            self._cpu.book(sum(t.cpu * t.speed for t in taken), elapsed, stretch)
            self._disk.book(sum(t.disk * t.speed for t in taken), elapsed, stretch)
            self._network.book(sum(t.network * t.speed for t in taken), elapsed, stretch)
            busy = self._counted().disk
            passed = max(0.0, busy - self._disk_busy) / elapsed
            room = max(0.0, 1.0 - self.disk_share)
            self._copy_disk = 0.0 if not self.copying else 1.0 if passed > FULL else passed * room
            self._disk_busy, self._last = busy, now
            if any(pool.left and pool.speed > 0 for pool in self.pools):
                self._moving = now
        self._cpu.set(self.stretch, self.vcpus)
        self._disk.set(self.stretch, max(0.0, 1.0 - self._instances_disk))
        self._network.set(self.stretch, float("inf"))

    def _divide(self) -> None:
        """Give every pool its speed, and the NFS service its share."""
        pools = self.pools
        self._share_cpu(pools)
        if not pools:
            return
        clock, spins = self._heat
        taken = [pool.taken for pool in pools]
        # What sharing the processors adds to each second of a request's own; see fair_shares.
        slowed = [
            (t.cpu / clock + (t.cpu + t.disk) * (1 / max(part, 1e-9) - 1)) / max(t.busy, 1e-300)
            for t, part in zip(taken, self._processors, strict=True)
        ]
        speeds = queueing.shared_speed(
            [t.busy for t in taken],
            slowed,
            [t.disk / max(t.busy, 1e-300) for t in taken],
            [pool.weight for pool in pools],
            copy=self._copy_disk,
            room=max(0.0, 1.0 - self._instances_disk) if spins else 0.0,
        )
        for pool, t, each, slow in zip(pools, taken, speeds.tolist(), slowed, strict=True):
            own = (t.cpu + t.disk) / max(t.busy, 1e-300)
            at_disk = t.disk / max(t.busy, 1e-300)
            pool.speed = min(1.0, each * own / (slow + at_disk)) if t.busy else 1.0

    def _share_cpu(self, pools: Sequence[Pool]) -> None:
        """Divide processors: among all who have them in common, or among the functions alone."""
        wanted = [pool.taken.cpu for pool in pools]
        weights = [pool.weight * max(need, 1e-9) for pool, need in zip(pools, wanted, strict=True)]
        if not self._shared:
            self.nfs_share = 1.0
            own = len(self.functions.pools)
            self._processors = [1.0] * len(pools)
            if own:
                parts = cpu.granted_parts(wanted[:own], weights[:own], self.functions.vcpus)
                self._processors[:own] = parts.tolist()
            return
        figures = self._setting.figures.si
        service, vcpus = figures(f"{self._device}.nfs.vcpus"), figures(f"{self._device}.cpu.vcpus")
        steady = [(run.level.cpu, run.wanted.weight) for run in self.instances.running if run.level.cpu > 0]
        parts = cpu.granted_parts(
            [service, *(need for need, _ in steady), *wanted],
            [service, *(need * weight for need, weight in steady), *weights],
            vcpus,
        )
        self.nfs_share = float(parts[0]) if steady or pools else 1.0
        self._processors = parts[1 + len(steady) :].tolist()

    # From unlocking to switching off.

    @property
    def stretch(self) -> float:
        """How long the next stretch is to be [s]."""
        passed = (self._setting.now - self._since) / STRETCHES
        return min(max(passed, SOONEST), LATEST if self.copying else IDLE)

    def resume(self, off: simpy.Event) -> None:
        """Go on now that the device is unlocked, until ``off`` fires."""
        self._since = self._last = self._moving = self._setting.now
        for pool in self.functions.pools:
            pool.resume(self._setting.now)
        self.instances.resume(off)
        if self.any:
            self._setting.env.process(self._pulse(off))

    def stop(self, lose: bool) -> None:
        """Stop as the device goes off; a power cut loses the functions' queue."""
        self._hear(last=True)
        self.functions.settle(self._setting.now)
        for pool in self.functions.pools:
            pool.stop(self._setting.now, lose)
        self._cpu, self._disk, self._network = Charge(), Charge(), Charge()

    def catch_up(self, off: simpy.Event) -> Generator[simpy.Event, object, None]:
        """Say that functions are behind, and when they no longer are, or the device is off."""
        setting = self._setting
        setting.say(FunctionsChanged(setting.now, self._job, "behind", self.backlog))
        while self.backlog and not off.triggered:
            yield self.moved | off
        if not self.backlog:
            setting.say(FunctionsChanged(setting.now, self._job, "caught up", 0))

    def _pulse(self, off: simpy.Event) -> Generator[simpy.Event, object, None]:
        """Settle at the end of each stretch, and when a backlog is done."""
        env = self._setting.env
        while True:
            wait = self.stretch
            if self.backlog and not self.copying:
                wait = min(wait, max(max(pool.done_in for pool in self.functions.pools), 1e-3))
            yield env.timeout(wait) | off
            if off.triggered:
                return
            self._changed()
            self._record()
            moved, self.moved = self.moved, env.event()
            moved.succeed()

    def _record(self) -> None:
        """Note what waits, for a chart."""
        waiting = sum(pool.waiting for pool in self.pools)
        if waiting != self._waited:
            self._waited = waiting
            self._setting.stream.record("compute.backlog", self._setting.now, float(waiting))


def _on_device(setting: Setting, job: str) -> dict[str, str]:
    """The names that AWS gives the job's machine images on the device, as it is created."""
    return {
        image.name: image.snowball_ami
        or f"s.ami-{setting.draw(f'image/{image.name}/{job}').bytes(9).hex()[:17]}"
        for image in setting.scenario.images
    }
