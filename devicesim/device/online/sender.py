"""A customer who keeps the device until its agent has sent what it is to send."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import simpy

from devicesim.device.customer import Customer
from devicesim.device.job import Job
from devicesim.device.online.agent import Agent
from devicesim.device.online.line import Line
from devicesim.device.online.post import Aboard
from devicesim.device.online.roads import Errand
from devicesim.device.online.sending import Sending
from devicesim.device.online.shelf import Shelf
from devicesim.device.online.source import Batch, DeviceSource, parted
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.progress import Cleared
from devicesim.scenario import Files, Wan


class Sender(Customer):
    """A customer whose device sends files over the line, beside and after the copy.

    Attributes:
        shelf: the files on the device. agent: who sends them.
        sendings: the tasks at work, parts of split ones each for itself.
    """

    def __init__(
        self,
        setting: Setting,
        job: Job,
        device: SnowDevice,
        files: Sequence[Files],
        *,
        wan: Wan,
        line: Line,
        errands: Sequence[Errand],
    ) -> None:
        super().__init__(setting, job, device, files)
        self.shelf = Shelf(setting, device, lambda: self.ingest)
        post = Aboard(setting, device, lambda: self.shelf.copying)
        self.agent = Agent(setting, wan, line, post, "device", job.id)
        device.listeners.append(self.agent.stir)
        most = int(setting.figures.si("datasync.max_files"))
        self.sendings = [
            Sending(setting, name, errand.task, self.shelf.source(batches), self.agent)
            for errand in errands
            for name, batches in named(errand, most)
        ]
        self._working = False

    @property
    def elsewhere(self) -> tuple[int, int]:
        """Files and bytes on the device that are in S3 already, sent over the line."""
        there = [(each.source, each.source.sent & each.source.there) for each in self.sendings]
        return sum(int(sent.sum()) for _, sent in there), sum(int(of.sizes[sent].sum()) for of, sent in there)

    # What the customer does.

    @property
    def _left(self) -> float:
        return super()._left + sum(sending.left for sending in self.sendings)

    def _awaited(self) -> simpy.Event:
        return simpy.AnyOf(
            self._setting.env, [super()._awaited(), *(sending.moved for sending in self.sendings)]
        )

    def _done(self) -> tuple[float, ...]:
        return (*super()._done(), float(sum(sending.source.sent.sum() for sending in self.sendings)))

    def _served(self) -> None:
        """The NFS service is there: the agent has its files."""
        for sending in self.sendings:
            if not self._working:
                sending.begin()
            sending.stir()
        self._working = True
        self.agent.stir()

    def _copied(self) -> None:
        """The copy is over: what is to be sent is all there."""
        for sending in self.sendings:
            sending.stir()
        self.agent.stir()

    def _work(self) -> Generator[simpy.Event, object, None]:
        """Work, then take off the device what is in S3 already, so that AWS does not import it again."""
        yield from super()._work()
        for sending in self.sendings:
            sending.close("the device had to go back")
        count = size = 0
        for sending in self.sendings:
            if sending.task.afterwards == "remove" and isinstance(sending.source, DeviceSource):
                files, each = sending.source.remove()
                count, size = count + files, size + each
        if count:
            self._setting.say(Cleared(self._setting.now, self._job.id, count, size))


def named(errand: Errand, most: int) -> list[tuple[str, list[Batch]]]:
    """A task's name and files, or those of the parts it is split into."""
    batches = list(errand.batches)
    if not errand.task.split:
        return [(errand.task.name, batches)]
    parts = parted(batches, most)
    if len(parts) == 1:
        return [(errand.task.name, parts[0])]
    return [(f"{errand.task.name}-{number}", part) for number, part in enumerate(parts, start=1)]
