"""A job as AWS keeps it: what was ordered, the state it is in, and when it entered each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from devicesim import catalog
from devicesim.device.neighbours import Neighbours
from devicesim.errors import VerbError, require, unknown
from devicesim.jobs import JobState, JobType, ShippingOption, is_legal
from devicesim.progress import JobStateChanged, Stream
from devicesim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer asks AWS for; members as in CreateJob.

    Attributes:
        forwarded: whether the device goes on to a forwarding address from the one it is sent to.
        role: ARN of the role by which AWS reaches the job's buckets.
    """

    type: JobType = JobType.IMPORT
    device: str = catalog.FIRST
    capacity: str = catalog.NO_PREFERENCE
    shipping: ShippingOption = ShippingOption.SECOND_DAY
    wifi: bool = False
    description: str = ""
    forwarded: bool = False
    role: str = ""

    @property
    def members(self) -> dict[str, Any]:
        """The same as plain values, as :func:`read_order` takes them."""
        return {
            "type": self.type.value,
            "device": self.device,
            "capacity": self.capacity,
            "shipping": self.shipping.value,
            "wifi": self.wifi,
            "description": self.description,
            **({"forwarded": True} if self.forwarded else {}),
            **({"role": self.role} if self.role else {}),
        }


def read_order(region: str, members: Mapping[str, Any]) -> Order:
    """Read what ``create_job`` was given; the lane's slowest option is the one nobody named."""
    options = catalog.lane_for(region).listing("options")
    job = asdict(Order()) | {"shipping": options[-1]}
    for name in members:
        if name not in job:
            raise unknown("member of a job", name, job)
    job |= members
    devices = catalog.names("device")
    require(job["device"] in devices, "device", f"one of {', '.join(devices)}", job["device"])
    capacities = (*catalog.capacities(job["device"]), catalog.NO_PREFERENCE)
    require(job["capacity"] in capacities, "capacity", f"one of {', '.join(capacities)}", job["capacity"])
    where = f"offered in {region}"
    require(catalog.offered(job["device"], region), "device", where, job["device"])
    require(catalog.offered(job["device"], region, job["capacity"]), "capacity", where, job["capacity"])
    kinds = catalog.entry(job["device"]).listing("job_types")
    require(job["type"] in kinds, "type", f"one of {', '.join(kinds)}", job["type"])
    require(
        job["shipping"] in options, "shipping", f"one of {', '.join(options)} in {region}", job["shipping"]
    )
    for name in ("wifi", "forwarded"):
        require(isinstance(job[name], bool), name, "True or False", job[name])
    return Order(**job | {"type": JobType(job["type"]), "shipping": ShippingOption(job["shipping"])})


CHANGEABLE = ("shipping", "description", "forwarded", "role", "capacity")
"""Members of an order that can be another while the job is New."""


def changed(order: Order, region: str, members: Mapping[str, Any]) -> Order:
    """The order with other members, as UpdateJob gives them; those not given stay."""
    for name in members:
        if name not in CHANGEABLE:
            raise unknown("member that can change", name, CHANGEABLE)
    return read_order(region, order.members | dict(members))


@dataclass(slots=True)
class Job:
    """An order under way.

    Attributes:
        outcome: empty while under way; then ``complete``, ``cancelled`` or what ended it badly.
        master: whether it is the master of an export, which is tied to no device.
        parts: of a master, in the order in which they ship.
        part_of: JobId of the master that this is a part of; empty for any other job.
    """

    id: str
    order: Order
    created: float
    state: JobState = JobState.NEW
    history: list[tuple[float, JobState]] = field(default_factory=list)
    outcome: str = ""
    moved: list[Callable[[Job], None]] = field(default_factory=list)
    master: bool = False
    parts: list[Job] = field(default_factory=list)
    part_of: str = ""

    def move(self, now: float, state: JobState, stream: Stream, neighbours: Neighbours) -> None:
        """Enter the next state, tell the stream and whoever is to be notified.

        Raises:
            VerbError: the documented order has no such step.
        """
        if self.history and not is_legal(self.order.type, self.state, state, master=self.master):
            raise VerbError(f"job {self.id} cannot go from {self.state} to {state}")
        self.state = state
        self.history.append((now, state))
        stream.append(JobStateChanged(now, self.id, str(state)))
        for tell in self.moved:
            tell(self)
        if neighbours.notifications is not None:
            neighbours.notifications.notify(self.id, str(state), now)


def ordered(story: Scenario) -> Order:
    """What a scenario's ``[job]`` asks of AWS."""
    job = story.job
    return Order(
        type=job.type,
        device=job.device,
        capacity=job.capacity,
        shipping=job.shipping or ShippingOption.SECOND_DAY,
        wifi=bool(job.wifi),
        description=job.description,
    )
