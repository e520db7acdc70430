"""What every process of a run shares: the environment, the figures, the draws, the stream, the neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import simpy

from devicesim.catalog import Figures
from devicesim.device.course import Courses
from devicesim.device.faults.account import Account
from devicesim.device.faults.ledger import Ledger
from devicesim.device.neighbours import Neighbours
from devicesim.device.share import Content, Discard, Policy
from devicesim.device.testimony import Testimony
from devicesim.progress import Event, Stream
from devicesim.scenario import Scenario


def _discard(job: str) -> Content:
    return Discard()


class Timeline(simpy.Environment):
    """SimPy's environment, which also goes where nothing happens: doors move it with every operation."""

    def reach(self, to: float) -> None:
        """Be at a time before which nothing is left to happen; an earlier one changes nothing.

        As ``run(until=to)`` there, without the event that this costs.
        """
        if to > self._now:
            self._now = to


@dataclass(slots=True)
class Setting:
    """The surroundings of a device.

    Attributes:
        env: the one SimPy environment; time is seconds since ``epoch``.
        epoch: civil time of second 0, with the customer's offset from UTC.
        figures: the catalog with the scenario's overrides; notes what is read.
        draw: a named random generator; each name has its own stream of numbers, so that a draw more in one
            place moves nothing in another.
        courses: what has been computed of copies, so that copies which begin alike are computed once.
        account: what faults do to the account in the cloud.
        faults: what goes wrong on purpose, with its ids and labels.
        heard: what neighbours have said so far.
        notice: called after each stretch of copying, so that a terminal can show how far it is.
        content: makes what becomes of the bytes that real clients write to a job's device, by its JobId.
    """

    env: Timeline
    scenario: Scenario
    epoch: datetime
    figures: Figures
    stream: Stream
    neighbours: Neighbours
    draw: Callable[[str], np.random.Generator]
    courses: Courses = field(default_factory=Courses)
    account: Account = field(default_factory=Account)
    faults: Ledger = field(default_factory=Ledger)
    heard: Testimony = field(default_factory=Testimony)
    notice: list[Callable[[], None]] = field(default_factory=list)
    content: Policy = _discard

    @property
    def now(self) -> float:
        """Seconds since the run's start."""
        return float(self.env.now)

    @property
    def civil(self) -> np.datetime64:
        """Civil time at the site, without a zone."""
        return self.civil_at(self.now)

    def civil_at(self, seconds: float) -> np.datetime64:
        """Civil time at the site, ``seconds`` after the run's start."""
        return np.datetime64(self._civil_epoch + np.timedelta64(round(seconds * 1000), "ms"))

    @property
    def _civil_epoch(self) -> np.datetime64:
        return np.datetime64(self.epoch.replace(tzinfo=None), "ms")

    def until(self, civil: np.datetime64) -> float:
        """Seconds from now to a civil time, never negative."""
        at = float((civil - self._civil_epoch) / np.timedelta64(1, "ms")) / 1000.0
        return max(0.0, at - self.now)

    def say(self, event: Event) -> None:
        """Append an event to the stream."""
        self.stream.append(event)
