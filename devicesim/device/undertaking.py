"""How a scenario becomes jobs: one, or as many as its rooms ask for.

A room (a cluster, an export, a fleet) orders jobs one by one through ``open``, when it wants them; the World
gives each its JobId and its files, and keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from devicesim.device.customer import Customer
from devicesim.device.fleet import Fleet
from devicesim.device.job import Order, ordered
from devicesim.device.online import Online
from devicesim.device.online.roads import has as sends_online
from devicesim.device.order import Hire, Life
from devicesim.device.setting import Setting
from devicesim.scenario import Files, Scenario, files_of


class Open(Protocol):
    """Places an order with AWS now."""

    def __call__(
        self, order: Order, story: Scenario, files: Sequence[Files] | None = None, hire: Hire = Customer
    ) -> Life:
        """Create a job.

        Args:
            order: what is asked of AWS.
            story: the scenario as this job sees it.
            files: what is copied; all of the story's data sets, drawn for this job, if not given.
            hire: finds who works with the device.
        """


class Undertaking(Protocol):
    """What a scenario sets out to do."""

    @property
    def lives(self) -> Sequence[Life]:
        """Its jobs so far, in the order of their creation."""


class SingleJob:
    """One job, as most scenarios have it."""

    def __init__(self, setting: Setting, story: Scenario, open: Open) -> None:
        self._life = open(ordered(story), story)

    @property
    def lives(self) -> Sequence[Life]:
        """The one job."""
        return (self._life,)


def undertake(setting: Setting, story: Scenario, open: Open) -> Undertaking:
    """Begin what a scenario tells of."""
    if story.fleet is not None:
        return Fleet(setting, story, open)
    if sends_online(story):
        return online(setting, story, open)
    return SingleJob(setting, story, open)


def online(setting: Setting, story: Scenario, open: Open, files: Sequence[Files] | None = None) -> Online:
    """Send data over the line, with a device beside it where one is ordered."""
    if files is None:
        files = [
            files_of(story, dataset.name, setting.draw(f"files/{dataset.name}"), setting.figures)
            for dataset in story.datasets
        ]
    return Online(setting, story, ordered(story) if story.job.ordered else None, open, files)


__all__ = ["Open", "SingleJob", "Undertaking", "online", "ordered", "undertake"]
