"""When a story's stretches are, so that what is drawn into it finds something to befall.

*Model.* The story is told once as it is. Of each job, in the order of their ids, it is then known when the device was
ready, when each leg of its data began and ended, and when it came into each of its states. A fault that lasts is laid
so that it meets a stretch; one that is over at once, into it; one that waits for its occasion (a parcel's leg, an
import), before that.

*Scope and limits.* Other faults, another seed or another replication move a story: what was laid into a copy may then
come before or after it, most of all on long roads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from devicesim.jobs import JobState
from devicesim.progress import JobStateChanged
from devicesim.scenario import Scenario
from devicesim.scenario.faults import (
    AccountFault,
    ApiFault,
    FaultTable,
    ImportFailures,
    ParcelFault,
    StockOut,
)
from devicesim.world import World, simulate

T = TypeVar("T")

Span = tuple[float, float]
"""From when to when [s]."""

AT_SITE = ("ingest", "read", "verify")
"""Legs between clients and a device."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Stretches of one telling of a story, by what they are of.

    Attributes:
        work: of each job's device, from its being ready, or of a cluster, from its being formed: when clients copy or
            read [s].
        cloud: from the beginning of the story: when AWS reads or writes S3 [s].
        imports: likewise, of each job that has one, when its import begins.
        ways: likewise, of each job, when its parcel leaves: outbound, and on its return.
        end: of the story.
    """

    work: Sequence[Sequence[Span]]
    cloud: Sequence[Span]
    imports: Sequence[float]
    ways: Sequence[Span]
    end: float

    def of(self, model: type[FaultTable], leg: str = "return", number: int = 1) -> Sequence[Span]:
        """Where ``at`` of a kind of fault may lie so that it finds something to befall; empty where that is unknown.

        Args:
            model: the kind.
            leg: of a parcel's way.
            number: of the job, from 1; one that there is not is taken for the last.
        """
        if issubclass(model, ApiFault):
            return [(0.0, self.end)]
        if issubclass(model, AccountFault):
            return self.cloud
        if issubclass(model, ImportFailures):
            return [(0.0, at) for at in _the(self.imports, number)]
        if issubclass(model, StockOut):
            return [(0.0, 0.0)]  # an order that is placed at once does not wait for one that comes later
        if issubclass(model, ParcelFault):
            return [(0.0, way[leg == "return"]) for way in _the(self.ways, number)]
        return [span for spans in _the(self.work, number) for span in spans]


def _the(of_jobs: Sequence[T], number: int) -> Sequence[T]:
    """That of a job, as a sequence of one; none where no job has one."""
    index = min(number, len(of_jobs)) - 1
    return of_jobs[index : index + 1] if index >= 0 else ()


def moments(story: Scenario) -> Moments:
    """Tell a story once, and note when what happened."""
    world = simulate(story)
    jobs = [job for job in world.jobs if not world.job(job).master]
    legs = world.stream.legs
    return Moments(
        [found for job in jobs if (found := _work(world, job))],
        [(leg.start, leg.end or world.now) for leg in legs if leg.name not in AT_SITE],
        [leg.start for leg in legs if leg.name == "import"],
        [_ways(world, job) for job in jobs],
        world.now,
    )


def _work(world: World, job: str) -> list[Span]:
    formed = [cluster.work.formed for cluster in world.clusters.values()]
    ready = world.life(job).device.ready
    since = formed[0] if formed else ready.value if ready.triggered else None
    legs = [leg for leg in world.stream.legs if leg.job == job and leg.name in AT_SITE]
    return [(leg.start - since, (leg.end or world.now) - since) for leg in legs] if since is not None else []


def _ways(world: World, job: str) -> Span:
    """When a job's parcel leaves AWS, and the customer; the end of the story where it never does."""
    when = {event.state: event.at for event in world.stream.of(JobStateChanged, job)}
    out, back = (
        when.get(state.value, world.now)
        for state in (JobState.IN_TRANSIT_TO_CUSTOMER, JobState.IN_TRANSIT_TO_AWS)
    )
    return out, back
