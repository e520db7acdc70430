"""A job as AWS keeps it: what was ordered, the state it is in, and when it entered each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devicesim import catalog
from devicesim.device.neighbours import Neighbours
from devicesim.errors import VerbError
from devicesim.jobs import JobState, JobType, ShippingOption, is_legal
from devicesim.progress import JobStateChanged, Stream
from devicesim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer asks AWS for; members as in CreateJob."""

    type: JobType = JobType.IMPORT
    device: str = catalog.FIRST
    capacity: str = catalog.NO_PREFERENCE
    shipping: ShippingOption = ShippingOption.SECOND_DAY
    wifi: bool = False
    description: str = ""


@dataclass(slots=True)
class Job:
    """An order under way.

    Attributes:
        outcome: empty while under way; then ``complete``, ``cancelled`` or what ended it badly.
        master: whether it is the master of an export, which is tied to no device.
        parts: of a master, in the order in which they ship.
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
