"""The life of a job, from the order to its end, in the documented order of states."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import simpy

from devicesim import catalog
from devicesim.device import access, cloud, rooms
from devicesim.device.course import Copying
from devicesim.device.customer import Asked, Customer, default_functions
from devicesim.device.door import Door
from devicesim.device.expectation import Load
from devicesim.device.job import Job, Order
from devicesim.device.keeper import Keeper
from devicesim.device.neighbours import Neighbours
from devicesim.device.setting import Setting
from devicesim.device.shipment import Shipment
from devicesim.device.snow_device import SnowDevice
from devicesim.jobs import JobState, JobType
from devicesim.progress import Lost, Refused
from devicesim.scenario import Files

Process = Generator[simpy.Event, object, None]

SAMPLE = 2_000
"""Sizes of files that stand for all, where only their distribution matters."""

Hire = Callable[[Setting, Job, SnowDevice, Sequence[Files]], Keeper]
"""Finds who works with a job's device: :class:`Customer`, or whom a room of the scenario sends."""


class Life:
    """One job under way: its device, whoever works with it, its parcel.

    Attributes:
        device: the device, there from the start so that doors can look at it.
        customer: who works with it.
        over: event that fires when nothing more will happen to the job.
        held: event that AWS waits for before it prepares the device, beside the job's time as New.
    """

    def __init__(self, setting: Setting, job: Job, datasets: Sequence[Files], hire: Hire = Customer) -> None:
        self.setting, self.job = setting, job
        self._datasets = list(datasets)
        self.device = SnowDevice(setting, job.order.device, job.id, job.order.wifi)
        self.customer: Keeper = hire(setting, job, self.device, self._datasets)
        self._shipment = Shipment(setting, job.id, job.order)
        self._door = Door(setting, self.device)
        self.held: simpy.Event | None = None
        self._enter(JobState.NEW)
        if not job.master:
            setting.account.enter(job.id)
        if setting.scenario.faults:
            rooms.expect(self)
        self.over: simpy.Process = setting.env.process(self._run())

    @property
    def files(self) -> Sequence[Files]:
        """What the job is to move."""
        return tuple(self._datasets)

    @cached_property
    def console(self) -> rooms.Console:
        """The device's own commands."""
        return rooms.Console(self.setting, self.device)

    @property
    def load(self) -> Load:
        """What it copies, as far as that is known yet."""
        ingest = self.customer.ingest
        if ingest is None or ingest.leg is None:
            return Load(np.zeros(0, dtype=np.int64), 0, 0)
        unpacked, archives = ingest.unpacked
        return Load(
            ingest.sample(SAMPLE), ingest.leg.total_objects, ingest.leg.total_bytes, archives, unpacked
        )

    @property
    def buckets(self) -> Sequence[str]:
        """Names of the buckets of the order, each once."""
        arns = (*self.setting.scenario.job.buckets, *(files.bucket for files in self._datasets))
        return tuple(dict.fromkeys(arn.rpartition(":")[2] for arn in arns))

    def _enter(self, state: JobState) -> None:
        setting, notify = self.setting, self.setting.scenario.job.notify
        wanted = notify is None or not notify.states or state in notify.states
        self.job.move(setting.now, state, setting.stream, setting.neighbours if wanted else Neighbours())

    def _run(self) -> Process:
        setting, job = self.setting, self.job
        yield from self._wait()
        if job.state is JobState.CANCELLED:
            return
        self._enter(JobState.PREPARING_APPLIANCE)
        out = cloud.out_of_stock(setting, job.id)
        preparation = yield from cloud.preparation(setting, job.id, out)
        packing = preparation * setting.figures.si(
            catalog.own(job.order.device, "preparation.preparing_shipment.share")
        )
        yield setting.env.timeout(preparation - packing)
        yield from self._load()
        self._enter(JobState.PREPARING_SHIPMENT)
        yield setting.env.timeout(packing)
        fate = yield from self._ship("outbound", JobState.IN_TRANSIT_TO_CUSTOMER)
        if fate == "lost":
            self._never("lost on the way to the customer", self._shipment.fault)
            return
        self._enter(JobState.WITH_CUSTOMER)
        if fate == "damaged":
            self._never("damaged on the way to the customer", self._shipment.fault)
            return
        yield from self.customer.keep()
        fate = yield from self._ship("return", JobState.IN_TRANSIT_TO_AWS)
        if fate == "lost":
            self._lose("lost on the way back to AWS", fault=self._shipment.fault)
            return
        yield from self._receive(fate == "damaged")

    def _wait(self) -> Process:
        """Stay New for a while."""
        yield from cloud.accept(self.setting)
        if self.held is not None:
            yield self.held

    def _load(self) -> Process:
        """Put onto the device what is to be on it when it ships: the buckets of an import, and nothing in them."""
        yield from ()
        share, now = self.device.share, self.setting.now
        for bucket in self.buckets if self.job.order.type is JobType.IMPORT else ():
            share.add_bucket(bucket, now)

    def _ship(self, direction: str, state: JobState) -> Generator[simpy.Event, object, str]:
        yield from self._shipment.collect(direction)
        self._enter(state)
        fate = yield from self._shipment.carry(direction)
        if fate == "lost" or direction != "outbound" or not self.job.order.forwarded:
            return fate
        onward = yield from self._shipment.forward()
        return fate if onward == "delivered" else onward  # what was damaged before stays so

    def _receive(self, damaged: bool) -> Process:
        setting, job = self.setting, self.job
        self._enter(JobState.WITH_AWS_SORTING_FACILITY)
        yield from cloud.sort(setting, job.id)
        self._enter(JobState.WITH_AWS)
        yield from cloud.queue(setting, job.id)
        if damaged:
            why = "damaged on the way back: AWS erases such a device without any work"
            self._lose(why, fault=self._shipment.fault)
            return
        if job.order.type is JobType.IMPORT:
            if bar := (yield from access.wait(setting, job, self.device.share)):
                self._give_up(bar)
                return
            self._enter(JobState.IN_PROGRESS)
            yield from cloud.import_objects(setting, job.id, self.device.share, self.device.spoils)
        self._enter(JobState.COMPLETE)
        job.outcome = "complete"

    def _never(self, why: str, fault: str = "") -> None:
        """End a job whose device never came to work, with what was to be copied."""
        job, setting = self.job, self.setting
        job.outcome = why
        copied = {name for client in setting.scenario.clients for name in client.dataset}
        waiting = [files for files in self._datasets if files.name in copied]
        if waiting and job.order.type is JobType.IMPORT:
            count, size = sum(files.count for files in waiting), sum(files.total for files in waiting)
            setting.say(Refused(setting.now, job.id, "", count, size, f"the device was {why}", fault))

    def _give_up(self, bar: access.Bar) -> None:
        """AWS cancels an import whose buckets it could not reach in time, and erases the device."""
        self._enter(JobState.CANCELLED)
        days = self.setting.figures.si("aws_import.repair.limit") / 86400
        self._lose(f"cancelled by AWS after {days:g} days: {bar.why}", "import", bar.fault)

    def _lose(self, why: str, where: str = "return", fault: str = "") -> None:
        """The device is gone, with all that is on it and nowhere else."""
        share, keeper = self.device.share, self.customer
        sent, size = keeper.elsewhere if isinstance(keeper, Customer) else (0, 0)
        self.job.outcome = why
        if share.files > sent:
            lost = (share.files - sent, share.bytes - size)
            self.setting.say(Lost(self.setting.now, self.job.id, where, *lost, why, fault))

    @property
    def transfer(self) -> Copying | None:
        """What computes the copy, or what real clients do: the core under way, if there is one."""
        ingest = self.customer.ingest
        return (ingest.running if ingest is not None else None) or self._door.core

    def offer(self, operation: str, payload: int, client: int, at: float) -> float:
        """Push one operation of a real client through the device; returns when its reply arrives [s]."""
        reply = self._door.offer(self.customer.ingest, operation, payload, client, at)
        self.device.hand.note(reply)
        self.device.writeback.heed()
        return reply

    def change(
        self, order: Order, buckets: Sequence[str] = (), functions: Sequence[Asked] | None = None
    ) -> None:
        """Take a changed order, and other buckets for the files and functions if given; while the job is New."""
        self.job.order = order
        if functions is not None:
            self.device.compute.assign(default_functions(self.setting.figures, functions))
        self._shipment = Shipment(self.setting, self.job.id, order)
        for number, files in enumerate(self._datasets if buckets else ()):
            bucket = f"arn:aws:s3:::{buckets[number % len(buckets)]}"
            self._datasets[number] = replace(
                files, bucket=bucket
            )  # whoever works with the device sees it too

    def cancel(self) -> None:
        """Cancel the job; allowed only while it is New."""
        self._enter(JobState.CANCELLED)
        self.job.outcome = "cancelled"


Live = Callable[[Setting, Job, Sequence[Files], Hire], Life]
"""Begins a job's life: :class:`Life`, or what a room of the scenario makes of it."""
