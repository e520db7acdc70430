"""Files read off a device: passes over them, in sessions without interruption, hosted in the event simulation.

Nothing of what is read waits in a page cache: when power fails nothing is lost, and only the files that were under
way are read again. What takes too many RPCs to be computed one by one is sampled, and its error is stated.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.course import Course
from devicesim.device.export import capacities
from devicesim.device.ingest.patience import Patience
from devicesim.device.ingest.queue import Queue
from devicesim.device.ingest.regime import regime
from devicesim.device.power import Busy
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.progress import Leg, LegEnded, LegInterrupted, LegResumed, LegStarted

EXACT = 20_000_000
"""RPCs up to which a session is computed one by one, in a second or two; beyond, it is sampled."""

LOOKS, SHORTEST_LOOK = 16, 1.0
"""A session is looked at after this share of the time that is left, and at most once a second."""

Numbers = NDArray[np.int64]


@dataclass(slots=True)
class Stretch:
    """A session.

    Attributes:
        course: what computes it.
        left: for each client of the core, whose files these are and which, in reading order.
        regime: what it goes by; of the clients one by one.
        sampled: whether all clients are taken together and computed in samples.
        start, end: [s].
    """

    course: Course
    left: list[tuple[Numbers, Numbers]]
    regime: throughput.Regime
    sampled: bool
    start: float
    end: float = float("inf")

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.end == float("inf")


@dataclass(frozen=True, slots=True)
class _Read:
    """What a session has read, as the progress stream asks."""

    stretch: Stretch
    setting: Setting

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times [s]."""
        course, present = self.stretch.course, min(self.stretch.end, self.setting.now)
        course.advance(present)
        size, count = course.progress(np.minimum(t, present))
        return np.asarray(size, dtype=np.float64), np.asarray(count, dtype=np.float64)


class Reading:
    """One pass over a device's files.

    Args:
        name: of the leg, ``read`` or ``verify``.
        queues: for each client, its files; those marked refused are not on the device.
        data: whether the bytes are read, or the files are only looked up.

    Attributes:
        queues: as given, and how far they have come.
        leg: the progress, from the first session on.
        stretches: its sessions.
        stopped: why it last stood still.
    """

    def __init__(
        self,
        setting: Setting,
        device: SnowDevice,
        job: str,
        name: str,
        queues: Sequence[Queue],
        *,
        data: bool = True,
    ) -> None:
        self._setting, self._device, self._job, self._name = setting, device, job, name
        self.queues = queues
        self._sizes = [queue.sizes if data else np.zeros_like(queue.sizes) for queue in queues]
        self.leg: Leg | None = None
        self.stretches: list[Stretch] = []
        self.stopped = ""
        self._began = setting.now
        self._changed = setting.env.event()
        device.listeners.append(self._on_change)
        device.compute.attend(lambda: None, self)

    @property
    def running(self) -> Course | None:
        """What computes the session under way."""
        return self.stretches[-1].course if self.stretches and self.stretches[-1].live else None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to read."""
        return not any(queue.left.size for queue in self.queues)

    @property
    def copied(self) -> int:
        """Files read so far."""
        return int(self.leg.at(self._setting.now)[1][0]) if self.leg is not None else 0

    @property
    def error(self) -> float:
        """By how much its end may be off, relative to its length; 0 where every RPC was computed."""
        return max((stretch.course.error for stretch in self.stretches), default=0.0)

    def kept(self) -> tuple[int, int]:
        """Bytes and files that have been read for good."""
        return self._sum([queue.done for queue in self.queues])

    def sample(self, count: int = 2_000) -> NDArray[np.int64]:
        """Sizes of at most so many files, evenly taken from what is read."""
        sizes = np.concatenate([queue.sizes[~queue.refused] for queue in self.queues])
        return sizes if sizes.size <= count else sizes[np.linspace(0, sizes.size - 1, count).astype(np.int64)]

    def _sum(self, masks: Sequence[NDArray[np.bool_]]) -> tuple[int, int]:
        size = sum(int(sizes[mask].sum()) for sizes, mask in zip(self._sizes, masks, strict=True))
        return size, sum(int(mask.sum()) for mask in masks)

    def session(self) -> Generator[simpy.Event, object, None]:
        """Read until all is done, the device goes off, or nobody waits any longer."""
        device, again = self._device, True
        while again and not self.finished and not device.off.triggered:
            stretch = self._open()
            yield from self._read(stretch)
            again = not self.stopped
            self._close(stretch)

    def _read(self, stretch: Stretch) -> Generator[simpy.Event, object, None]:
        """One stretch: to its end, or to what ends it early; ``stopped`` then says why it does not go on."""
        setting, device, course = self._setting, self._device, stretch.course
        patience = Patience(setting, device.kind, self._began, device.made)
        self.stopped = ""
        while not (course.done and course.end <= setting.now):
            if why := patience.spent(course, setting.now):
                self.stopped = why
                return
            changed = self._changed
            wake = min(course.bound(), patience.until)
            if not course.known and wake < np.inf:
                wake = min(wake, setting.now + max((wake - setting.now) / LOOKS, SHORTEST_LOOK))
            yield setting.env.timeout(max(wake - setting.now, 0.0)) | device.off | changed
            course.advance(setting.now)
            for notice in setting.notice:
                notice()
            if device.off.triggered:
                self.stopped = "power failed" if device.abrupt else "the device was off"
                return
            if changed.triggered and stretch.sampled:
                return  # what was sampled is sampled anew from here

    # Opening and closing a session.

    def _open(self) -> Stretch:
        setting, device = self._setting, self._device
        if self.leg is None:
            self.leg = self._begin()
        elif self.stopped:
            setting.say(LegResumed(setting.now, self._job, self._name, *self.kept()))
        figures, kind, now = setting.figures, device.kind, regime(setting, device)
        server = capacities.server(figures, kind, self.kept()[0], device.room, setting.scenario.clients)
        clients = capacities.clients(figures, setting.scenario, kind, self._began)
        left = [
            (np.full(queue.left.size, k, dtype=np.int64), queue.left) for k, queue in enumerate(self.queues)
        ]
        held, sampled = now, self._rpcs(clients) > EXACT
        if sampled:
            one, held = capacities.together(clients, now)
            clients = (one,)
            whose, which = capacities.in_turn([queue.left.size for queue in self.queues])
            places = np.zeros(whose.size, dtype=np.int64)
            for k, queue in enumerate(self.queues):
                places[whose == k] = queue.left[which[whose == k]]
            left = [(whose, places)]
        course = setting.courses.open(
            server,
            clients,
            held,
            [self._of(*each) for each in left],
            setting.now,
            sampled_from=EXACT if sampled else float("inf"),
        )
        stretch = Stretch(course, left, now, sampled, setting.now)
        self.stretches.append(stretch)
        self.leg.session(setting.now, *self.kept(), lambda: _Read(stretch, setting))
        device.counted = lambda: self._busy(stretch)
        device.change()
        return stretch

    def _begin(self) -> Leg:
        setting = self._setting
        self._began = setting.now
        size, count = self._sum([~queue.refused for queue in self.queues])
        leg = Leg(self._name, self._job, setting.now, size, count, listed=setting.now)
        setting.stream.legs.append(leg)
        setting.say(LegStarted(setting.now, self._job, self._name, size, count))
        return leg

    def _of(self, whose: Numbers, which: Numbers) -> Numbers:
        """Sizes of files."""
        sizes = np.zeros(whose.size, dtype=np.int64)
        for k, own in enumerate(self._sizes):
            mine = whose == k
            sizes[mine] = own[which[mine]]
        return sizes

    def _rpcs(self, clients: Sequence[throughput.Client]) -> float:
        total = 0.0
        for client, queue, sizes in zip(clients, self.queues, self._sizes, strict=True):
            left = sizes[queue.left]
            total += float(np.ceil(left / client.block).sum()) + left.size * (len(client.operations.all) - 1)
        return total

    def _close(self, stretch: Stretch) -> None:
        setting, device = self._setting, self._device
        stretch.end = setting.now
        for number, (whose, which) in enumerate(stretch.left):
            over = stretch.course.finish(number) <= setting.now
            for k, queue in enumerate(self.queues):
                queue.done[which[over & (whose == k)]] = True
        device.counted = Busy
        if self.stopped:
            setting.say(
                LegInterrupted(setting.now, self._job, self._name, self.stopped, *self.kept(), device.fault)
            )
        device.change()

    def end(self) -> None:
        """Say that the pass is over, whatever is left."""
        setting = self._setting
        if self.leg is None:
            self.leg = self._begin()  # the device never came to serve: say what was to be read
        if self.leg.end is None:
            size, count = self.kept()
            self.leg.end = setting.now
            self.leg.complete = (size, count) == (self.leg.total_bytes, self.leg.total_objects)
            setting.say(LegEnded(setting.now, self._job, self._name, self.leg.complete, size, count))

    # What changes on the way.

    def _on_change(self) -> None:
        stretch = self.stretches[-1] if self.stretches else None
        if stretch is None or not stretch.live:
            return
        now = regime(self._setting, self._device)
        if now == stretch.regime:
            return
        if not stretch.sampled:
            stretch.regime = now
            stretch.course.set_regime(now, self._setting.now)
        changed, self._changed = self._changed, self._setting.env.event()
        changed.succeed()

    def _busy(self, stretch: Stretch) -> Busy:
        now = self._setting.now
        stretch.course.advance(now)
        usage = stretch.course.usage(now)
        return Busy(cpu=float(usage.cores), disk=float(usage.store))
