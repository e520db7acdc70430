"""What may be asked of a World; nothing here moves it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.device import rooms
from devicesim.device.faults.account import Account
from devicesim.device.faults.ledger import Incident
from devicesim.device.job import Job
from devicesim.device.neighbours import Neighbours
from devicesim.device.order import Life
from devicesim.device.setting import Setting
from devicesim.device.undertaking import Undertaking
from devicesim.errors import VerbError, unknown
from devicesim.jobs import state_named
from devicesim.progress import EXACT, Chunk, DataTransferProgress, Event, Stream, View
from devicesim.scenario import Scenario
from devicesim.world.clock import seconds_of

GIVEN = "files/"
"""What the draws begin with that are the same in every replication."""


class Reads:
    """The part of a World that only looks.

    Attributes:
        scenario: the story; None in an empty account.
        seed, replication: of every draw.
        figures: the catalog with the scenario's overrides; notes what is read.
        stream: the events and legs so far.
        undertaking: what the scenario set out to do; None in an empty account.
    """

    scenario: Scenario | None
    seed: int
    replication: int
    figures: Figures
    stream: Stream
    undertaking: Undertaking | None
    _default: Scenario
    _setting: Setting
    _lives: dict[str, Life]
    _clusters: dict[str, rooms.Cluster]

    # Randomness: one child of the seed for every name, so that subsystems do not disturb each other.

    def _draw(self, name: str) -> np.random.Generator:
        # What the customer has is what it is, whatever becomes of it: all futures of a seed copy the same files.
        future = 0 if name.startswith(GIVEN) else self.replication
        key = (future, zlib.crc32(name.encode()))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def draw(self, name: str) -> np.random.Generator:
        """A generator of the seed's child of that name; every call with one name gives the same numbers."""
        return self._draw(name)

    @property
    def region(self) -> str:
        """The Region of the scenario's site, or of the catalog's default customer."""
        return self._default.site.region

    @property
    def neighbours(self) -> Neighbours:
        """What lies around the account."""
        return self._setting.neighbours

    @property
    def now(self) -> float:
        """Seconds since the World's start."""
        return self._setting.now

    @property
    def epoch(self) -> datetime:
        """Civil time of second 0."""
        return self.stream.epoch

    @property
    def events(self) -> Sequence[Event]:
        """What has happened so far."""
        return tuple(self.stream.events)

    @property
    def faults(self) -> Sequence[Incident]:
        """What goes wrong on purpose, by its id's number: what was, what is and what is to come."""
        return tuple(self._setting.faults.incidents.values())

    @property
    def account(self) -> Account:
        """What faults do to the account in the cloud."""
        return self._setting.account

    @property
    def jobs(self) -> Mapping[str, Job]:
        """The jobs by JobId, in the order of their creation."""
        return {name: life.job for name, life in self._lives.items()}

    @property
    def lives(self) -> Collection[Life]:
        """The jobs with their devices and customers, in the order of their creation."""
        return self._lives.values()

    @property
    def created(self) -> int:
        """How many jobs there are."""
        return len(self._lives)

    @property
    def _why(self) -> str:
        """How jobs ended that did not end well, for whoever waits for more."""
        ill = [job for job in self.jobs.values() if job.outcome not in {"", "complete"}]
        return f": {'; '.join(f'{job.id}, {job.outcome}' for job in ill[:3])}" if ill else ""

    def job(self, job_id: str | None = None) -> Job:
        """A job by its JobId; the first one if none is named."""
        return self.life(job_id).job

    def life(self, job_id: str | None = None) -> Life:
        """A job with its device and customer."""
        if job_id is None:
            if not self._lives:
                raise VerbError("there is no job yet; create_job() makes one")
            return next(iter(self._lives.values()))
        if job_id not in self._lives:
            raise unknown("job", job_id, self._lives)
        return self._lives[job_id]

    def usage(self, region: str | None = None) -> rooms.Usage:
        """How many devices the account has in a Region, and how many it may have; the scenario's if not named."""
        fleet = self.scenario.fleet if self.scenario is not None else None
        granted = fleet.quota if fleet is not None else None
        region = region or self._default.site.region
        return rooms.usage(self.figures, self._lives.values(), granted, region)

    def parts(self, job_id: str | None = None) -> tuple[Job, ...]:
        """The parts of an export by its master's JobId, once S3 has been listed; none of any other job."""
        return tuple(self.job(job_id).parts)

    @property
    def clusters(self) -> Mapping[str, rooms.Cluster]:
        """The clusters by ClusterId, in the order of their creation."""
        return dict(self._clusters)

    def cluster(self, cluster_id: str) -> rooms.Cluster:
        """A cluster by its ClusterId."""
        if cluster_id not in self._clusters:
            raise unknown("cluster", cluster_id, self._clusters)
        return self._clusters[cluster_id]

    def progress(self, every: float | str, view: View = EXACT) -> Iterator[DataTransferProgress]:
        """DataTransferProgress samples of both legs so far, each ``every`` seconds or ``"10 min"``.

        A view shows them as a monitor sees them: late, without totals at first, with attempts that fail.
        """
        return self.stream.progress(seconds_of(every), self.now, view)

    def columns(self, every: float | str, view: View = EXACT) -> dict[str, NDArray[Any]]:
        """The samples of :meth:`progress` as numpy columns."""
        return self.stream.columns(seconds_of(every), self.now, view)

    def chunks(self, every: float | str, view: View = EXACT) -> Iterator[Chunk]:
        """The same samples as structured arrays, some thousand at a time: for writers, and for speed."""
        return self.stream.chunks(seconds_of(every), self.now, view)

    @cached_property
    def datasync(self) -> rooms.DataSync:
        """Agents, tasks and executions of the road over the line, from when somebody first asks for them."""
        online = self.undertaking
        return rooms.DataSync(self._setting, online if isinstance(online, rooms.Online) else None)

    def executions(self) -> Sequence[rooms.Execution]:
        """The executions of DataSync tasks so far, in the order in which they were started."""
        return self.datasync.executions

    def watch(self, notice: Callable[[], None]) -> None:
        """Call ``notice`` now and then while a copy runs; it may read, and must not move the World."""
        self._setting.notice.append(notice)

    def _goal(
        self, what: str | Callable[[Any], bool], job_id: str | None
    ) -> tuple[Callable[[], bool], Callable[[], bool], str]:
        """Whether a goal is reached, whether it never will be, and what it is called."""
        if callable(what):
            return (lambda: bool(what(self))), (lambda: False), "the predicate"
        state, life = state_named(what), self.life(job_id)
        return (
            lambda: any(entered is state for _, entered in life.job.history),
            lambda: bool(life.job.outcome),
            f"state {state} of job {life.job.id}",
        )
