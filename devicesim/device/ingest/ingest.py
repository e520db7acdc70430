"""The copy onto the device: hosts the throughput core in the event simulation.

The core owns no clock. A session is a stretch in which the device serves without interruption: the host asks the
core when it may be done, waits for that or for the next change (link faded, instance started, device off), lets
the core advance, and asks again. Files finished when the device goes off are kept; the rest are copied again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import islice

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces
from devicesim.device.compute.puts import Puts
from devicesim.device.course import Copying, Course
from devicesim.device.ingest import announce, backlog
from devicesim.device.ingest.patience import Patience
from devicesim.device.ingest.queue import Queue, queues
from devicesim.device.ingest.receiver import Receiver
from devicesim.device.ingest.regime import ahead, regime
from devicesim.device.ingest.room import WHY, Room
from devicesim.device.ingest.session import Copied, Session
from devicesim.device.power import Busy
from devicesim.device.radio import Radio
from devicesim.device.setting import Setting
from devicesim.device.share import Collection
from devicesim.progress import (
    MOST_NAMES,
    Leg,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    Lost,
    Refused,
)
from devicesim.scenario import Files

LOOKS, SHORTEST_LOOK = 16, 1.0
"""A copy is looked at after this share of the time that is left, and at most once a second: for a terminal's bar."""

SAMPLED = 2_000
"""Files of a job that is over whose sizes are kept."""


class Ingest:
    """All of one job's copying.

    Attributes:
        leg: the progress of the copy, from its first session on.
        sessions: stretches without interruption.
        finished: nothing is left to copy.
        reasons: why files are refused, by error.
    """

    reasons = WHY

    def __init__(self, setting: Setting, device: Receiver, job: str, datasets: Sequence[Files]) -> None:
        self._setting, self._device, self._job = setting, device, job
        story = setting.scenario
        self._datasets = datasets
        self._queues = queues(story, datasets)
        if story.job.holds is not None:
            announce.held(device.share, datasets[0], story.job.holds, setting.now)
        self._collections = [announce.files(device.share, each, setting.now) for each in datasets]
        self._wifi = [i for i, client in enumerate(story.clients) if client.link == "wifi"]
        self._radio = Radio(setting, len(self._wifi), job) if self._wifi else None
        self._began = setting.now
        self.leg: Leg | None = None
        self.sessions: list[Session] = []
        self._stopped, self._cause = "the device was off", ""
        self._changes: list[Callable[[], None]] = []
        self._room = Room(setting, device, job, self._queues, self.reasons)
        self._changed = setting.env.event()
        self._puts = Puts(self._queues, self.sessions, [files.bucket for files in datasets])
        device.listeners.append(self._on_change)
        device.cache = self
        device.attend(lambda put: self._puts.tell(setting.now, put), self)

    @property
    def unpacked(self) -> tuple[float, int]:
        """Objects that AWS unpacks from what is to be copied, and how many archives they are in."""
        packed = [files for files in self._datasets if files.inside > 1]
        return sum(files.count * files.inside for files in packed), sum(files.count for files in packed)

    @property
    def running(self) -> Copying | None:
        """The core of the session under way."""
        live = self.sessions and self.sessions[-1].end == np.inf
        return self.sessions[-1].transfer if live else None

    @property
    def figures(self) -> Figures:
        """The figures that the copy goes by."""
        return self._setting.figures

    @property
    def finished(self) -> bool:
        """Whether nothing is left to copy."""
        return all(bool((queue.done | queue.refused).all()) for queue in self._queues)

    def held(self, name: str) -> NDArray[np.bool_] | None:
        """Which files of a data set are on the device now, those of a session under way included; None if unknown."""
        i = next((i for i, files in enumerate(self._datasets) if files.name == name), None)
        if i is None:
            return None
        collection = self._collections[i]
        there = collection.are_complete(np.arange(len(collection)))
        if (transfer := self.running) is not None:
            transfer.look(self._setting.now)
            for k, queue in enumerate(self._queues):
                done = self.sessions[-1].left[k][transfer.finish(k) <= self._setting.now]
                there[queue.index[done[queue.dataset[done] == i]]] = True
        return there

    @property
    def copied(self) -> int:
        """Files copied so far."""
        return int(self.leg.at(self._setting.now)[1][0]) if self.leg is not None else 0

    def session(self) -> Generator[simpy.Event, object, None]:
        """Copy until all is done or the device goes off; what changes the files that are to come begins anew."""
        while True:
            yield from self._stretch()
            changes, self._changes = self._changes, []
            for change in changes:
                change()
            if not changes or self.finished or self._device.off.triggered:
                return

    def _stretch(self) -> Generator[simpy.Event, object, None]:
        setting, device = self._setting, self._device
        session = self._open()
        transfer = session.transfer
        patience = Patience(setting, device.kind, self._began, device.made)
        while not device.off.triggered and not (transfer.done and transfer.end <= setting.now):
            if why := patience.spent(transfer, setting.now):
                self._stopped, self._cause = why, device.strain.still
                break
            wake = min(transfer.bound(), patience.until)
            if wake < np.inf and not (isinstance(transfer, Course) and transfer.known):
                # Always, watched or not: where the core is asked decides the last digits of what it tells.
                wake = min(wake, setting.now + max((wake - setting.now) / LOOKS, SHORTEST_LOOK))
            if self._radio:
                wake = min(wake, self._radio.coming.start)
            yield setting.env.timeout(max(wake - setting.now, 0.0)) | device.off | self._changed
            transfer.advance(setting.now)
            if self._room.overrun:
                self.anew(lambda: None, "clients of its doors took the room that was left", "")
            if self._changes:
                break
            self._seen(transfer)
            if self._radio and self._radio.move(setting.now):
                self._lay(transfer)
            for notice in setting.notice:
                notice()
        session.end = setting.now
        self._close(session)

    def anew(self, change: Callable[[], None], why: str, fault: str) -> None:
        """Make a change to what can be copied, of a fault: between two stretches if a copy is under way."""
        if self.running is None or self._device.off.triggered:
            change()
            return
        self._changes.append(change)
        self._stopped, self._cause = why, fault
        self._disturb()

    def relent(self) -> None:
        """Try again, if the copy still goes on, the files for which there was no room."""
        if self.leg and self.leg.end is None:
            self._room.relent()

    def there(self) -> dict[int, NDArray[np.bool_]]:
        """Which files of each collection are on the device, by its number, those of a stretch under way included."""
        pairs = zip(self._datasets, self._collections, strict=False)
        return {each.number: held for files, each in pairs if (held := self.held(files.name)) is not None}

    def under_way(self, most: int) -> list[tuple[Collection, int]]:
        """Files that are being copied now, at most so many: the first of each client's that are not finished."""
        found: list[tuple[Collection, int]] = []
        if (transfer := self.running) is None:
            return found
        transfer.look(self._setting.now)
        for k, queue in enumerate(self._queues):
            streams = self._setting.scenario.clients[k].streams
            left = self.sessions[-1].left[k][transfer.finish(k) > self._setting.now][:streams].tolist()
            found += [(self._collections[queue.dataset[each]], int(queue.index[each])) for each in left]
        return found[:most]

    def _seen(self, transfer: Copying) -> None:
        """Look at how far the copy has come; where clients share a link, who is done leaves it to the others."""

    # Opening and closing a session.

    def _open(self) -> Session:
        setting, device = self._setting, self._device
        if self.leg is None:
            self.leg = self._begin()
        else:
            setting.say(LegResumed(setting.now, self._job, "ingest", *self._kept()))
        if self._radio:
            self._radio.move(setting.now)
        files = [queue.sizes for queue in self._queues]
        clients = capacities.clients(setting.figures, setting.scenario, self._began, files)
        server = self._server()
        self._room.mark(server, clients, self._regime())
        left = [queue.left for queue in self._queues]
        sizes = [
            queue.sizes if left[k].size == queue.sizes.size else queue.sizes[left[k]]
            for k, queue in enumerate(self._queues)
        ]
        transfer = self._transfer(server, clients, sizes)
        session = Session(transfer, left, setting.now)
        self._note(setting.now)
        if self._radio:
            self._note(self._radio.coming.start, coming=True)
        self.sessions.append(session)
        copied = Copied(session, setting)
        self.leg.session(setting.now, *self._kept(), lambda: copied)
        usage = device.share.usage
        usage.arriving = copied.contents
        usage.expected = sum(each.size for each in sizes), sum(int(each.sum()) for each in sizes)
        device.counted = lambda: self._busy(transfer)
        device.change()
        return session

    def _server(self) -> throughput.Server:
        """What serves the clients."""
        setting, device = self._setting, self._device
        clients = setting.scenario.clients
        return capacities.server(setting.figures, device.kind, device.share.used, device.room, clients)

    def _transfer(
        self,
        server: throughput.Server,
        clients: Sequence[throughput.Client],
        sizes: Sequence[NDArray[np.int64]],
    ) -> Copying:
        """What computes a session: over the air, or beside functions, each its own, since no two go alike."""
        now = self._setting.now
        if self._radio is None and not self._device.reacts:
            return self._setting.courses.open(server, clients, self._regime(), sizes, now)
        transfer = throughput.Transfer(server, clients, self._regime(), at=now)
        for k, files in enumerate(sizes):
            transfer.submit(k, files)
        self._lay(transfer)
        return transfer

    def _begin(self) -> Leg:
        setting = self._setting
        self._began = setting.now
        total = sum(int(queue.sizes.sum()) for queue in self._queues)
        count = sum(queue.sizes.size for queue in self._queues)
        leg = Leg("ingest", self._job, setting.now, total, count, listed=setting.now)
        setting.stream.legs.append(leg)
        setting.say(LegStarted(setting.now, self._job, "ingest", total, count))
        return leg

    def _kept(self) -> tuple[int, int]:
        done = [queue.done for queue in self._queues]
        return (
            sum(int(queue.sizes[mask].sum()) for queue, mask in zip(self._queues, done, strict=True)),
            sum(int(mask.sum()) for mask in done),
        )

    def _close(self, session: Session) -> None:
        setting, device, transfer = self._setting, self._device, session.transfer
        device.share.usage.arriving, device.share.usage.expected = None, (0, 0)
        self._room.take(session.left, [transfer.finish(k) for k in range(len(self._queues))])
        for queue in self._queues:
            for i, collection in enumerate(self._collections):
                mine = queue.done & ~queue.lost & (queue.dataset == i)
                collection.complete(queue.index[mine])
        if device.off.triggered and device.abrupt:
            self.drop()
        device.counted = Busy
        size, count = self._kept()
        if not self.finished:
            if device.off.triggered:
                self._stopped, self._cause = self._why_off(), device.fault
            why, cause = self._stopped, self._cause
            setting.say(LegInterrupted(setting.now, self._job, "ingest", why, size, count, cause))
        device.change()

    def _why_off(self) -> str:
        dead = "power failed" if self._setting.scenario.site.power.source == "mains" else "the battery died"
        return dead if self._device.abrupt else "the battery was low"

    def end(self) -> None:
        """Say that the copy is over, whatever is left."""
        setting = self._setting
        if self.leg is None:
            self.leg = self._begin()  # the device never came to serve: say what was to be copied
        if self.leg.end is not None:
            return
        self._room.say()
        left = [queue.left for queue in self._queues]
        files = sum(index.size for index in left)
        if files:
            size = sum(int(queue.sizes[index].sum()) for queue, index in zip(self._queues, left, strict=True))
            why = f"the copy could not go on: {self._stopped}"
            setting.say(Refused(setting.now, self._job, "", files, size, why, self._cause))
        size, count = self._kept()
        self.leg.end = setting.now
        self.leg.complete = (size, count) == (self.leg.total_bytes, self.leg.total_objects)
        setting.say(LegEnded(setting.now, self._job, "ingest", self.leg.complete, size, count))

    # What a power cut takes back.

    def drop(self) -> None:
        """Take back what only the page cache held: the files acknowledged after the last byte on the disk."""
        setting = self._setting
        if not self.sessions:
            return
        session = self.sessions[-1]
        transfer, now = session.transfer, min(session.end, setting.now)
        accepted = float(transfer.progress(now)[0])
        dirty = backlog.lying(setting.figures, self._device.kind, session, now, self._device.share.used)
        since = backlog.reached(session, accepted - dirty, now)
        cuts = []
        for k, queue in enumerate(self._queues):
            if interfaces.may_lose(setting.scenario.clients[k]):
                finish = transfer.finish(k)
                cuts += queue.lose(session.left[k][(finish >= since) & (finish <= now)], self._collections)
        loss = self._device.share.power_cut(setting.now, cuts=cuts)
        if loss.files:
            why = "acknowledged with durability async, and only in the page cache when power was lost"
            names, fault = tuple(islice(loss.names(), MOST_NAMES)), self._device.fault
            setting.say(Lost(setting.now, self._job, "device", loss.files, loss.bytes, why, fault, names))

    def cut(self) -> None:
        """Lose what lies in the page cache when power fails after a session; the kernel writes it back when old."""
        age = self._setting.figures.si(f"{self._device.kind}.cache.age")
        if self.running is None and self.sessions and self._setting.now - self.sessions[-1].end < age:
            self.drop()

    def drain(self) -> float:
        """How long the disk needs for what the page cache holds, data and journal; infinite while it stands still."""
        if not self.sessions:
            return 0.0
        device = self._device
        return backlog.drain_time(self.sessions[-1], self._setting.now, device.share.used, device.disk_factor)

    def copied_in(self, session: Session) -> list[NDArray[np.int64]]:
        """Sizes of the files that a session finished, for each client in copying order."""
        until = min(session.end, self._setting.now)
        parts = zip(self._queues, session.left, strict=True)
        return [
            queue.sizes[left[session.transfer.finish(k) <= until]] for k, (queue, left) in enumerate(parts)
        ]

    def sample(self, count: int = 20_000) -> NDArray[np.int64]:
        """Sizes of at most ``count`` files, evenly taken from what is copied."""
        sizes = np.concatenate([queue.sizes for queue in self._queues])
        return sizes if sizes.size <= count else sizes[np.linspace(0, sizes.size - 1, count).astype(np.int64)]

    def release(self) -> None:
        """Forget the files one by one once nothing more happens to them; what a report reads is kept."""
        sizes = self.sample(SAMPLED).copy()
        rest = np.zeros(sizes.size, dtype=np.int64)
        self._queues[:], self._collections = [Queue(sizes, rest, rest)], []
        self._queues[0].done[:] = True
        for session in self.sessions:
            session.left = []

    # Capacities.

    def _regime(self, coming: bool = False, alone: bool = False) -> throughput.Regime:
        segment = None
        if self._radio is not None:
            segment = self._radio.coming if coming else self._radio.current
        return regime(self._setting, self._device, segment, alone)

    def _lay(self, transfer: Copying) -> None:
        """Lay the next known capacity ahead, so that nothing computed has to be computed again."""
        if self._radio:
            transfer.set_regime(self._regime(coming=True), self._radio.coming.start)
            if self.running is transfer:
                self._note(self._radio.coming.start, coming=True)

    def _note(self, at: float, coming: bool = False) -> None:
        """Note what the copy would have from a time on, if nothing computed beside it."""
        if self.sessions and self._device.computes:
            self.sessions[-1].note(at, self._regime(coming, alone=True))

    def _on_change(self) -> None:
        transfer = self.running
        if transfer is None:
            return
        transfer.set_regime(self._regime(), self._setting.now)
        if self._radio is None and not self._device.computes:
            ahead(self._setting, self._device, transfer)
        self._note(self._setting.now)
        self._lay(transfer)
        self._disturb()

    def _disturb(self) -> None:
        changed, self._changed = self._changed, self._setting.env.event()
        changed.succeed()

    def _busy(self, transfer: Copying) -> Busy:
        now = self._setting.now
        transfer.look(now)
        usage = transfer.usage(now)
        return Busy(
            cpu=float(usage.cores), disk=float(usage.store), wifi=float(usage.link[0]) if self._wifi else 0.0
        )
