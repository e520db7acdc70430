"""How a scenario becomes jobs: one, or as many as its rooms ask for.

A room (a cluster, an export, a fleet) orders jobs through :class:`~devicesim.device.ordering.Open`; the World gives
each its JobId and its files, and keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from devicesim.device import rooms
from devicesim.device.job import ordered
from devicesim.device.order import Life
from devicesim.device.ordering import Open
from devicesim.device.setting import Setting
from devicesim.errors import BoundError, Problem, ScenarioError
from devicesim.jobs import JobType
from devicesim.scenario import Files, Scenario, files_of


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
    if story.cluster is not None:
        return rooms.Whole(setting, story, open, drawn(setting, story))
    if story.fleet is not None:
        return rooms.Fleet(setting, story, open)
    if story.job.type is JobType.EXPORT:
        return _export(setting, story, open)
    if story.sends_online:
        return online(setting, story, open)
    return SingleJob(setting, story, open)


def _export(setting: Setting, story: Scenario, open: Open) -> rooms.Export:
    """Begin an export; one of nothing is refused when it is created, as AWS does.

    Raises:
        ScenarioError: no object of the data sets can come along, or there is no such bucket.
    """
    try:
        return rooms.Export(setting, story, open, ordered(story), drawn(setting, story))
    except BoundError as error:
        hint = "keys that end in a slash, and what lies in Glacier, stay in S3"
        raise ScenarioError([Problem("dataset", str(error), story.source.file, hint=hint)]) from error


Marks = Sequence[tuple[str, str]]
"""First and last key of each bucket that is listed; empty for no bound."""


def taken(
    setting: Setting, story: Scenario, buckets: Sequence[str], marks: Marks | None, label: str, later: str
) -> tuple[Setting, Scenario, list[Files]]:
    """What an export is asked to take: by the marks where a store is attached, else what the story draws.

    Args:
        setting: the World's.
        story: with a data set for each bucket, in their order.
        buckets: as listed; one may be listed several times.
        marks: of each; None where nothing is said of keys.
        label: under which the store's answers are kept.
        later: as of :func:`drawn`.
    """
    if marks is not None and rooms.attached(setting, label):
        story = rooms.asked_for(story, buckets, marks)
    own = replace(setting, scenario=story)
    return own, story, drawn(own, story, later)


def online(
    setting: Setting, story: Scenario, open: Open, files: Sequence[Files] | None = None
) -> rooms.Online:
    """Send data over the line, with a device beside it where one is ordered."""
    found = drawn(setting, story) if files is None else files
    return rooms.Online(setting, story, ordered(story) if story.job.ordered else None, open, found)


def drawn(setting: Setting, story: Scenario, later: str = "") -> list[Files]:
    """A scenario's data sets; ``later`` tells those of a later job of the same customer apart."""
    return [
        files_of(story, dataset.name, setting.draw(f"files/{dataset.name}{later}"), setting.figures)
        for dataset in story.datasets
    ]


__all__ = ["Marks", "Open", "SingleJob", "Undertaking", "drawn", "online", "ordered", "taken", "undertake"]
