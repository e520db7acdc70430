"""An export: its master lists S3 and deals the objects to parts; each part is loaded, ships, and is read.

Devices go one after another: the next part waits until the one before it is on its way back to AWS, and only then is
a device prepared for it. The master is tied to no device, and is complete when all parts are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.device import access, cloud
from devicesim.device.capacities import limits, room
from devicesim.device.customer import Asked
from devicesim.device.expectation import Load
from devicesim.device.export import inventory
from devicesim.device.export.inventory import Inventory
from devicesim.device.export.reader import Reader
from devicesim.device.faults.pace import at_the_pace_of_s3
from devicesim.device.job import Job, Order
from devicesim.device.order import SAMPLE, Hire, Life, Process
from devicesim.device.ordering import Open
from devicesim.device.setting import Setting
from devicesim.device.share import Numbered, ShareError
from devicesim.errors import VerbError
from devicesim.jobs import JobState
from devicesim.physics import cloud as listing
from devicesim.physics import export as physics
from devicesim.progress import Curve, ExportFailed, ExportListed, Leg, LegEnded, LegStarted, Lost
from devicesim.scenario import Files, KeyRange, Scenario, keys


class Export:
    """A whole export.

    Attributes:
        master: its first job; the parts follow once S3 has been listed.
        inventory: what it takes.
    """

    def __init__(
        self, setting: Setting, story: Scenario, open: Open, order: Order, drawn: Sequence[Files],
        label: str = "",
    ) -> None:  # fmt: skip
        self._open, self._story, self._order, self._drawn = open, story, order, list(drawn)
        self._limits = limits(setting, order.device, room(setting, order.device))
        self.inventory = inventory.take(setting, drawn, self._limits, label)
        self.master = open(order, story, self.inventory.files, live=self._live)
        self.parts: list[Part] = []

    @property
    def lives(self) -> Sequence[Life]:
        """The master, then the parts in the order in which they ship."""
        return (self.master, *self.parts)

    def change(self, setting: Setting, order: Order, buckets: Sequence[str]) -> None:
        """Take another order, and other buckets if any are given, before S3 is listed."""
        self._order = order
        if buckets:
            arns = [f"arn:aws:s3:::{buckets[n % len(buckets)]}" for n in range(len(self._drawn))]
            self._drawn = [replace(files, bucket=arn) for files, arn in zip(self._drawn, arns, strict=True)]
            pairs = zip(self._story.datasets, arns, strict=True)
            datasets = tuple(dataset.model_copy(update={"bucket": arn}) for dataset, arn in pairs)
            self._story = self._story.model_copy(update={"datasets": datasets})
            taking = replace(setting, scenario=self._story)
            self.inventory = inventory.take(taking, self._drawn, self._limits, self.master.job.id)

    def take(self, setting: Setting, story: Scenario, drawn: Sequence[Files]) -> None:
        """Take what another story asks for, before S3 is listed."""
        self.inventory = inventory.take(setting, drawn, self._limits, self.master.job.id)
        self._story, self._drawn = story, list(drawn)

    def _live(self, setting: Setting, job: Job, files: Sequence[Files], hire: Hire) -> Life:
        return Master(setting, job, files, hire, self)

    def deal(self) -> list[Part]:
        """Open a job for each part; all of them appear at once, and wait for one another."""
        sizes = np.concatenate([files.sizes for files in self.inventory.files])
        cuts = physics.parts(sizes, self._limits.capacity, self._limits.files)
        turn: simpy.Event | None = None
        for number in range(cuts.size - 1):
            files = _between(self.inventory.files, int(cuts[number]), int(cuts[number + 1]))
            part = self._part(files, turn)
            self.parts.append(part)
            turn = part.gone
        return self.parts

    def _part(self, files: Sequence[Files], turn: simpy.Event | None) -> Part:
        def live(setting: Setting, job: Job, files: Sequence[Files], hire: Hire) -> Life:
            return Part(setting, job, files, hire, self, turn)

        hire = partial(Reader, part=len(self.parts) + 1)
        part = self._open(self._order, self._story, files, hire=hire, live=live)
        if not isinstance(part, Part):
            raise VerbError(f"job {part.job.id} is no part of an export")
        return part


def asked_for(story: Scenario, buckets: Sequence[str], marks: Sequence[tuple[str, str]]) -> Scenario:
    """A story that takes what the API's list of resources asks for.

    Args:
        story: with a data set for each bucket, in their order.
        buckets: as listed; one may be listed several times with several ranges.
        marks: first and last key of each; empty for no bound. A bucket listed without either is taken whole.
    """
    found: dict[str, list[KeyRange]] = {}
    for bucket, (begin, end) in zip(buckets, marks, strict=True):
        found.setdefault(bucket, []).append(KeyRange(begin=begin, end=end))
    datasets = [
        dataset.model_copy(update={"key_range": tuple(found.get(dataset.bucket.rpartition(":")[2], ()))})
        for dataset in story.datasets
    ]
    return story.model_copy(update={"datasets": tuple(datasets)})


def _between(datasets: Sequence[Files], start: int, stop: int) -> list[Files]:
    """The objects from one position to another, counted through all data sets; none of those outside."""
    found, first = [], 0
    for files in datasets:
        low, high = (min(max(edge - first, 0), files.count) for edge in (start, stop))
        found.append(keys.chosen(files, [range(low, high)]))
        first += files.count
    return found


def _load_of(datasets: Sequence[Files]) -> Load:
    """How much there is, with a sample of the sizes."""
    sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(files.sizes for files in datasets)])
    some = sizes[np.linspace(0, sizes.size - 1, min(sizes.size, SAMPLE)).astype(np.int64)]
    return Load(some, sizes.size, int(sizes.sum()))


class Master(Life):
    """The job that an export is asked for by."""

    def __init__(
        self, setting: Setting, job: Job, files: Sequence[Files], hire: Hire, export: Export
    ) -> None:
        job.master = True
        self.export = export
        super().__init__(setting, job, files, hire)

    def _run(self) -> Process:
        setting, found = self.setting, self.export.inventory
        yield from cloud.accept(setting)
        if self._cancelled:
            return
        self._enter(JobState.LISTING)
        if bar := (yield from access.wait(setting, self.job)):
            self._enter(JobState.CANCELLED)
            self.job.outcome = f"cancelled by AWS: {bar.why}"
            return
        if self._cancelled:
            return
        rate = setting.figures.si("aws_export.listing_rate")
        yield setting.env.timeout(float(listing.listing_time(found.listed, rate)) + found.restore)
        if self._cancelled:
            return
        self._tell_what_stays(found)
        yield setting.env.timeout(setting.figures.si("aws_export.parts.delay"))
        if self._cancelled:
            return
        self._enter(JobState.PENDING)
        parts = self.export.deal()
        for part in parts:
            part.job.part_of = self.job.id
            self.job.parts.append(part.job)
        yield parts[0].begun
        if self._cancelled:
            return
        self._enter(JobState.IN_PROGRESS)
        yield setting.env.all_of([part.over for part in parts])
        self._conclude(parts)

    def change(
        self, order: Order, buckets: Sequence[str] = (), functions: Sequence[Asked] | None = None
    ) -> None:
        """Take a changed order, and other buckets; the parts come by it. Nothing is put, so no function runs."""
        self.export.change(self.setting, order, buckets)
        self.job.order = order

    @property
    def load(self) -> Load:
        """What the export takes."""
        return _load_of(self.export.inventory.files)

    @property
    def _cancelled(self) -> bool:
        return self.job.state is JobState.CANCELLED

    def _tell_what_stays(self, found: Inventory) -> None:
        setting, job = self.setting, self.job
        setting.say(ExportListed(setting.now, job.id, found.count, found.total))
        for behind in found.behind:
            setting.say(
                ExportFailed(setting.now, job.id, behind.objects, behind.bytes, behind.why, behind.keys)
            )

    def _conclude(self, parts: Sequence[Part]) -> None:
        missing = [n for n, part in enumerate(parts, 1) if part.job.state is not JobState.COMPLETE]
        if not missing:
            self._enter(JobState.COMPLETE)
            self.job.outcome = "complete"
            return
        first = parts[missing[0] - 1].job
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        self.job.outcome = f"part {missing[0]} of {len(parts)} was {first.outcome}{more}"

    def cancel(self) -> None:
        """Cancel the export, and the parts that there are; allowed until a device is prepared."""
        for part in self.export.parts:
            if part.job.state is not JobState.CANCELLED:
                part.cancel()
        super().cancel()


@dataclass(slots=True)
class Loaded:
    """What was loaded onto a part's device.

    Attributes:
        failed: for each data set, the objects that did not make it, by their number within the part.
    """

    failed: list[NDArray[np.int64]] = field(default_factory=list)


class Part(Life):
    """One device's worth of an export.

    Attributes:
        begun: event that fires when its turn has come, or when it never will.
        gone: event that fires when its device is on its way back to AWS, or never will be: the next part's turn.
    """

    def __init__(
        self, setting: Setting, job: Job, files: Sequence[Files], hire: Hire, export: Export,
        turn: simpy.Event | None,
    ) -> None:  # fmt: skip
        self.export, self._turn, self.loaded = export, turn, Loaded()
        self.begun, self.gone = setting.env.event(), setting.env.event()
        super().__init__(setting, job, files, hire)

    @property
    def files(self) -> Sequence[Files]:
        """What it holds of each data set, failed objects included."""
        return self._datasets

    @property
    def load(self) -> Load:
        """What it holds."""
        return _load_of(self._datasets)

    def outcomes(self) -> Iterator[tuple[str, str, int, bool]]:
        """Bucket, key and size [bytes] of each object once it was loaded, and whether it made it."""
        for files, failed in zip(self._datasets, self.loaded.failed, strict=False):
            bucket, left = files.bucket.rpartition(":")[2], set(failed.tolist())
            for number, size in enumerate(files.sizes.tolist()):
                yield bucket, files.path(number), size, number not in left

    def _run(self) -> Process:
        yield from super()._run()
        self._pass_on()

    def _pass_on(self) -> None:
        for event in (self.begun, self.gone):
            if not event.triggered:
                event.succeed()

    def _enter(self, state: JobState) -> None:
        super()._enter(state)
        if state is JobState.PREPARING_APPLIANCE:
            self.device.made = (
                self.setting.now
            )  # its certificate counts from here, however long the part has waited
            self.begun.succeed()
        elif state is JobState.IN_TRANSIT_TO_AWS:
            self._pass_on()

    def _wait(self) -> Process:
        """Stay New for a while, then wait until the part before it is on its way back."""
        yield from super()._wait()
        if self._turn is not None and not self._turn.processed:
            if self.job.state is not JobState.CANCELLED:
                self._enter(JobState.PENDING)
            yield self._turn

    def _load(self) -> Process:
        """Copy the part's objects from S3 onto the device."""
        setting, job, figure = self.setting, self.job.id, self.setting.figures.si
        bar = yield from access.wait(setting, self.job)
        self._enter(JobState.IN_PROGRESS)
        sizes = np.concatenate([files.sizes for files in self._datasets])
        size, count = int(sizes.sum()), sizes.size
        leg = Leg("export", job, setting.now, size, count, listed=setting.now)
        setting.stream.legs.append(leg)
        setting.say(LegStarted(setting.now, job, "export", size, count))
        each = physics.object_time(
            figure("aws_export.first_byte"),
            figure("aws_export.connections"),
            figure("aws_export.request_rate"),
        )
        knots = Curve(
            *physics.loading_knots(sizes, figure("aws_export.rate"), each, setting.now), linear=True
        )
        yield from at_the_pace_of_s3(setting, leg, knots, float(knots.time[-1]) - setting.now)
        self._fail(sizes, bar)
        self._fill()
        leg.end, leg.complete = setting.now, True
        setting.say(LegEnded(setting.now, job, "export", True, size, count))

    def _fail(self, sizes: NDArray[np.int64], bar: access.Bar | None) -> None:
        """Draw which objects did not make it, or let none where AWS is barred; the failure log names them."""
        setting, job = self.setting, self.job.id
        draw = setting.draw(f"export/{job}")
        number = int(draw.binomial(sizes.size, setting.figures.si("aws_export.failed")))
        number = sizes.size if bar else number
        failed = np.sort(draw.choice(sizes.size, number, replace=False)) if number else np.zeros(0, np.int64)
        ends = np.cumsum([files.count for files in self._datasets])
        parted = np.split(failed, np.searchsorted(failed, ends[:-1])) if ends.size else []
        starts = [0, *ends[:-1].tolist()]
        self.loaded.failed = [numbers - first for numbers, first in zip(parted, starts, strict=True)]
        if number:
            named = [
                files.path(int(i))
                for files, numbers in zip(self._datasets, self.loaded.failed, strict=True)
                for i in numbers[: inventory.NAMED]
            ]
            why = f"{bar.why if bar else 'S3 did not give them'}; the part's failure log names them"
            lost = int(sizes[failed].sum())
            keys, fault = tuple(named[: inventory.NAMED]), bar.fault if bar else ""
            setting.say(ExportFailed(setting.now, job, number, lost, why, keys, fault))

    def _fill(self) -> None:
        """Let the device's share hold what was loaded."""
        setting, share = self.setting, self.device.share
        for files, failed in zip(self._datasets, self.loaded.failed, strict=True):
            if not files.count:
                continue
            bucket = files.bucket.rpartition(":")[2]
            if bucket not in share.buckets:
                share.add_bucket(bucket, setting.now)
            try:
                collection = share.add_collection(bucket, files.name, files.sizes, _paths(files), setting.now)
            except ShareError as error:
                why = f"S3 has the key in two data sets: {error.strerror}"
                setting.say(ExportFailed(setting.now, self.job.id, files.count, files.total, why))
                failed.resize(files.count, refcheck=False)
                failed[:] = np.arange(files.count)
                continue
            collection.content = inventory.content(setting, self.export.inventory, files)
            mask = np.ones(files.count, dtype=np.bool_)
            mask[failed] = False
            collection.complete(mask) if failed.size else collection.complete_first(files.count)

    def _receive(self, damaged: bool) -> Process:
        """AWS erases the device, whatever state it comes back in."""
        yield from super()._receive(False)

    def _never(self, why: str, fault: str = "") -> None:
        """The device never came to the customer; S3 still has everything."""
        share, setting = self.device.share, self.setting
        self.job.outcome = why
        told = f"the device was {why}; S3 still has them"
        setting.say(Lost(setting.now, self.job.id, "outbound", share.files, share.bytes, told, fault))

    def _lose(self, why: str, where: str = "return", fault: str = "") -> None:
        """Nothing is lost with a device that was read."""
        self.job.outcome = why

    def cancel(self) -> None:
        """Cancel this part; the next one ships in its place."""
        super().cancel()
        if not self.begun.triggered:
            self.begun.succeed()


def _paths(files: Files) -> Numbered | Sequence[str]:
    run = files.paths.run if isinstance(files.paths, keys.Keys) else None
    if run is not None:
        name, first, whole = run
        return Numbered(name, files.count, first, whole)
    return files.paths if files.paths is not None else [files.path(i) for i in range(files.count)]
