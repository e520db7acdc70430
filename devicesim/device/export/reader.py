"""The customer of an export: reads what is on the device to the site, and looks whether it is all there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import simpy

from devicesim.device.customer import Customer, Task
from devicesim.device.export.reading import Reading
from devicesim.device.ingest.queue import Queue, queues
from devicesim.device.job import Job
from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.device.snow_device import SnowDevice
from devicesim.progress import Refused
from devicesim.scenario import Files
from devicesim.scenario.faults import FaultTable


class Readings:
    """The passes over a device's files, one after the other.

    Attributes:
        passes: the reading, and what verifies it.
    """

    def __init__(self, setting: Setting, job: str, passes: Sequence[Reading]) -> None:
        self._setting, self._job, self.passes = setting, job, passes

    @property
    def finished(self) -> bool:
        """Whether every pass is over."""
        return all(each.finished for each in self.passes)

    @property
    def copied(self) -> int:
        """Files passed over so far."""
        return sum(each.copied for each in self.passes)

    def session(self) -> Generator[simpy.Event, object, None]:
        """Go on with the pass that is under way, and begin the next when it is over."""
        for each in self.passes:
            if not each.finished:
                yield from each.session()
            if not each.finished:
                return
            each.end()

    def end(self) -> None:
        """Say that it is over, and what was not read."""
        reading = self.passes[0]
        told = reading.leg is not None and reading.leg.end is not None
        for each in self.passes:
            each.end()
        left = [queue.left for queue in reading.queues]
        files = sum(index.size for index in left)
        if files and not told:
            setting = self._setting
            size = sum(
                int(queue.sizes[index].sum()) for queue, index in zip(reading.queues, left, strict=True)
            )
            why = (
                f"not copied off the device: {reading.stopped or 'it never came to serve'}; S3 still has them"
            )
            setting.say(Refused(setting.now, self._job, "", files, size, why))


class Reader(Customer):
    """One customer with one part of an export.

    Attributes:
        readings: the passes over the device, once begun.
    """

    def __init__(
        self, setting: Setting, job: Job, device: SnowDevice, datasets: Sequence[Files], part: int = 1
    ) -> None:
        super().__init__(setting, job, device, datasets)
        self.readings: Readings | None = None
        self._part = part

    def suffers(self, fault: FaultTable) -> bool:
        """Whether a fault is of this part's device."""
        return getattr(fault, "part", 1) == self._part

    def _take_up(self) -> Task | None:
        setting, device, job = self._setting, self._device, self._job.id
        story = setting.scenario
        if not story.clients:
            return None
        verify = story.job.verify or "sizes"
        found = there(queues(story, self._datasets), self._datasets, device.share)
        passes = [Reading(setting, device, job, "read", found)]
        if verify != "none":
            again = [replace(queue) for queue in found]
            for queue, first in zip(again, found, strict=True):
                queue.refused |= first.refused
            passes.append(Reading(setting, device, job, "verify", again, data=verify == "content"))
        self.readings = Readings(setting, job, passes)
        return self.readings


def there(waiting: list[Queue], datasets: Sequence[Files], share: Share) -> list[Queue]:
    """Mark what is not on the device, so that nobody waits for it."""
    held = {
        (collection.bucket.name, collection.name): collection
        for bucket in share.buckets
        for collection in share.collections(bucket)
    }
    for number, files in enumerate(datasets):
        collection = held.get((files.bucket.rpartition(":")[2], files.name))
        for queue in waiting:
            mine = queue.dataset == number
            if collection is None:
                queue.refused[mine] = True
            else:
                missing = ~np.asarray(collection.are_complete(queue.index[mine]))
                queue.refused[np.flatnonzero(mine)[missing]] = True
    return waiting
