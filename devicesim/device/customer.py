"""What the customer does with a device: unpacks it, copies onto it, packs it up again.

A job that only the API knows has no scenario of its own; the catalog's ``default_customer`` then takes the
device, copies the default data set and returns it, so that an import never moves zero bytes by accident.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
import simpy

from devicesim import scenario
from devicesim.catalog import Figures
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.job import Job, Order
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.jobs import JobType
from devicesim.scenario import Files, Scenario, loads

if TYPE_CHECKING:
    from devicesim.scenario.faults import FaultTable

Asked = tuple[str, Sequence[str]]
"""A function that a job names: its ARN, and the ARNs of the buckets that trigger it."""


class Task(Protocol):
    """What a customer does with a device that serves: a copy onto it, or off it."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""

    @property
    def copied(self) -> int:
        """Files done so far."""

    def session(self) -> Generator[simpy.Event, object, None]:
        """Work until all is done or the device goes off."""

    def end(self) -> None:
        """Say that it is over, whatever is left."""


class Guest(Protocol):
    """What keeps a device at the customer's beside its own work.

    Attributes:
        left: more than nothing while it is to stay.
        moved: event that fires when that changes.
    """

    left: float
    moved: simpy.Event

    @property
    def done(self) -> float:
        """How far its work has come."""


class Customer:
    """One customer with one device.

    Attributes:
        ingest: the copy onto the device, once begun.
        task: what is done with the device: that copy, unless a room of the scenario sends somebody else.
        guests: what else the device stays for, where somebody asks while the World runs.
    """

    def __init__(self, setting: Setting, job: Job, device: SnowDevice, datasets: Sequence[Files]) -> None:
        self._setting, self._job, self._device, self._datasets = setting, job, device, datasets
        self.ingest: Ingest | None = None
        self.task: Task | None = None
        self.guests: list[Guest] = []
        self._dark = -1.0

    def suffers(self, fault: FaultTable) -> bool:
        """Whether a fault of the scenario is of this device; parts of an export and jobs of a fleet have their own."""
        number = getattr(fault, "number", None)
        own = number in (None, self._setting.account.number(self._job.id))
        return own and getattr(fault, "part", 1) == 1

    def darken(self, until: float) -> None:
        """Let there be no power up to a time [s]; whoever looks after the device waits for it."""
        self._dark = max(self._dark, until)

    @property
    def elsewhere(self) -> tuple[int, int]:
        """Files and bytes on the device that are in S3 already."""
        return 0, 0

    def keep(self) -> Generator[simpy.Event, object, None]:
        """Unpack, work, pack; returns when the device is off and waits for the courier."""
        setting, device, story = self._setting, self._device, self._setting.scenario
        draw, returned = setting.draw(f"customer/{self._job.id}"), device.hand.returned
        unpacking = story.job.unpack
        yield (
            setting.env.timeout(
                setting.figures.si("default_customer.unpacking") if unpacking is None else unpacking
            )
            | returned
        )
        if not returned.triggered:
            self.task = self._take_up()
            yield from self._work()
            if self.task is not None:
                self.task.end()
            yield from self._keep(setting.now + story.job.keep)
            device.hand.packed = True
            if not device.off.triggered:
                yield from device.shut_down("powered off for the return")
        yield from self._until_off()
        yield setting.env.timeout(self._hand_over(draw))

    def _take_up(self) -> Task | None:
        """What there is to do; only a device that nobody wrote to through a door gets the scenario's files.

        A customer about whom nothing is known leaves the copying to who comes through the doors, where they are open.
        """
        story, hand = self._setting.scenario, self._device.hand
        if hand.doors and story.source.by_default:
            return None
        if story.clients and self._serves and not self._device.share.files:
            self.ingest = Ingest(self._setting, self._device, self._job.id, self._datasets)
        return self.ingest

    def _hand_over(self, draw: np.random.Generator) -> float:
        story = self._setting.scenario
        if story.job.hand_over is not None:
            return story.job.hand_over
        waits = self._setting.figures.si_values("courier.handover")
        return waits[int(draw.integers(len(waits)))]

    @property
    def _serves(self) -> bool:
        """Whether anything is written to or read: AWS has the NFS service for data on its way to or from S3 only."""
        others = any(service != "nfs" for service in self._device.services)
        return self._job.order.type is not JobType.LOCAL_USE or others

    def _work(self) -> Generator[simpy.Event, object, None]:
        """Copy, and wait for instances that have an end, as long as there is power and it gets anywhere."""
        device, fruitless = self._device, 0
        while True:
            before = self._done()
            if (yield from device.start(self._serves)):
                if not device.ready.triggered:
                    device.ready.succeed(self._setting.now)
                device.hand.ready()
                self._served()
                if self.task is not None and not self.task.finished:
                    device.spoils.forget_missing()
                    yield from self.task.session()
                # What stands still on a device that is on has been given up: nothing more will come of it.
                if self.task is not None and (self.task.finished or not device.off.triggered):
                    self.task.end()
                    self._copied()
                if device.compute.waits:
                    self._setting.env.process(device.compute.catch_up(device.off))
                while self._left and not device.off.triggered:
                    yield self._awaited() | device.off
                yield from self._attend_doors()
            if not device.off.triggered:
                return
            yield from self._until_off()
            if device.hand.returned.triggered:
                return
            if device.hand.stopped:
                if not (yield from self._until_on()):
                    return
                continue
            fruitless = fruitless + 1 if self._done() == before else 0
            left = self._left or device.compute.backlog
            idle = (self.task is None or self.task.finished) and not left and not self._stay()
            if (
                idle
                or fruitless == self._setting.figures.si("default_customer.fruitless")
                or not (yield from self._power())
            ):
                return

    # Who comes through the doors, and whoever stands beside the device.

    def _stay(self) -> float:
        """How much longer the device is left on for those who come through its doors [s]."""
        hand, figures = self._device.hand, self._setting.figures
        if not hand.doors or not self._serves or hand.returned.triggered:
            return 0.0
        alone = self._setting.scenario.source.by_default
        stay = figures.si("default_customer.door_stay" if alone else "default_customer.door_pause")
        return max(0.0, hand.came + stay - self._setting.now)

    def _attend_doors(self) -> Generator[simpy.Event, object, None]:
        """Leave the device on until nobody has come through its doors for a while, or it is to go back."""
        device = self._device
        while not device.off.triggered and (left := self._stay()) > 0:
            yield self._setting.env.timeout(left) | device.off | device.hand.returned

    def _keep(self, until: float) -> Generator[simpy.Event, object, None]:
        """Keep the device after its work up to a time, and as long as somebody comes through its doors."""
        device, env, hand = self._device, self._setting.env, self._device.hand
        while not hand.returned.triggered:
            off = device.off.triggered
            if off and hand.stopped:
                yield from self._until_off()
                if not (yield from self._until_on()):
                    return
                if (yield from device.start(self._serves)):
                    hand.ready()
                continue
            left = max(until - self._setting.now, 0.0 if off else self._stay())
            if left <= 0:
                return
            yield env.timeout(left) | hand.returned | (env.event() if off else device.off)

    def _until_on(self) -> Generator[simpy.Event, object, bool]:
        """Wait for whoever switched the device off to switch it on again; False when it is given back instead."""
        hand, env = self._device.hand, self._setting.env
        patience = env.timeout(self._setting.figures.si("default_customer.patience"))
        yield hand.on | hand.returned | patience
        if not hand.on.triggered or hand.returned.triggered:
            return False
        hand.stopped = False
        if self._dark > self._setting.now:
            yield env.timeout(self._dark - self._setting.now)
        return True

    def _power(self) -> Generator[simpy.Event, object, bool]:
        """Wait for mains that come back, or see to the battery; False when there is nothing left to run on."""
        now = self._setting.now
        if self._dark > now:
            yield self._setting.env.timeout(self._dark - now)
            return True
        return (yield from self._device.power.replenish())

    @property
    def _left(self) -> float:
        """What is still to be done beside the copy: what instances have to run [s], and what waits for them."""
        own = self._device.instances.left + self._device.compute.waits
        return own + sum(guest.left for guest in self.guests)

    def _awaited(self) -> simpy.Event:
        """What fires when :attr:`_left` may be another."""
        own = self._device.instances.moved | self._device.compute.moved
        return simpy.AnyOf(own.env, [own, *(guest.moved for guest in self.guests)]) if self.guests else own

    def _served(self) -> None:
        """The device is on and its services run."""

    def _copied(self) -> None:
        """The copy is over."""

    def _done(self) -> tuple[float, ...]:
        """How far the work has come: files copied, what instances have still to run [s], functions' runs."""
        device = self._device
        files = self.task.copied if self.task is not None else 0
        guests = (guest.done for guest in self.guests)
        return files, device.instances.left, device.compute.backlog, device.hand.operations, *guests

    def _until_off(self) -> Generator[simpy.Event, object, None]:
        device = self._device
        while device.state != "off":
            yield self._setting.env.timeout(self._setting.figures.si(f"{device.kind}.shutdown.time"))


def default_story(
    figures: Figures,
    start: datetime,
    region: str = "us-west-2",
    order: Order | None = None,
    buckets: Sequence[str] = (),
    functions: Sequence[Asked] = (),
) -> Scenario:
    """The scenario of a customer about whom nothing is known, from the catalog's ``default_customer``.

    Args:
        figures: where the customer stands.
        start: second 0.
        region: of the job.
        order: the job; an import by Snowcone if not given.
        buckets: names of the buckets that get the files in equal numbers; the catalog's if none is given.
        functions: what runs when an object is put.
    """
    text, order = figures.text, order or Order()
    named = tuple(dict.fromkeys(buckets)) or (text("default_customer.bucket"),)
    files = int(figures.si("default_customer.files"))
    each = [len(range(number, files, len(named))) for number in range(len(named))]
    workload = text("default_customer.workload")
    copy = "".join(
        _dataset(bucket, max(1, count), workload) for bucket, count in zip(named, each, strict=True)
    )
    copy += f"""
        [[client]]
        name = "customer"
        dataset = [{", ".join(f'"{bucket}"' for bucket in named)}]
        link = "ethernet"
        rate = "{text("default_customer.link_rate")}"
        streams = {int(figures.si("default_customer.streams"))}
        """
    stay = f'keep = "{text("default_customer.days_on_site")}"'
    story = loads(
        f"""
        name = "Default customer"
        start = {start.isoformat()}
        [site]
        region = "{region}"
        {"" if order.type is JobType.LOCAL_USE else copy}
        [job]
        type = "{order.type}"
        device = "{order.device}"
        capacity = "{order.capacity}"
        {stay if order.type is JobType.LOCAL_USE else ""}
        """,
        "default_customer",
    )
    if functions:
        story = story.model_copy(update={"functions": default_functions(figures, functions)})
    return story.from_source(replace(story.source, by_default=True))


def default_functions(figures: Figures, asked: Sequence[Asked]) -> tuple[scenario.Function, ...]:
    """What a job's functions cost, of which only the names are known."""
    return tuple(
        scenario.Function.model_validate(
            {
                "name": f"function {number}",
                "arn": arn,
                "triggers": tuple(triggers),
                "work": f"{figures.si('default_customer.function_work')} s",
            }
        )
        for number, (arn, triggers) in enumerate(asked, 1)
    )


def furnished(figures: Figures, story: Scenario) -> Scenario:
    """The scenario with the default customer's copy, where it names buckets and nobody who copies anything to them.

    Clients that it names without data are those that make this copy, or for whom real ones stand at the doors.
    """
    if story.job.type is not JobType.IMPORT or not story.job.buckets or story.datasets:
        return story
    order = Order(device=story.job.device, capacity=story.job.capacity)
    names = [arn.rpartition(":")[2] for arn in story.job.buckets]
    usual = default_story(figures, story.start, story.site.region, order, names)
    whole = {"dataset": tuple(files.name for files in usual.datasets)}
    clients = tuple(client.model_copy(update=whole) for client in story.clients) or usual.clients
    copied = story.model_copy(update={"datasets": usual.datasets, "clients": clients})
    note = "nobody copies anything: what comes through a door is the data, or else the catalog's customer's"
    notes = (*story.source.notes, note)
    return copied.from_source(replace(story.source, by_default=True, notes=notes))


def _dataset(bucket: str, files: int, workload: str) -> str:
    return f"""
        [[dataset]]
        name = "{bucket}"
        bucket = "arn:aws:s3:::{bucket}"
        model = "{workload}"
        files = {files}
        """
