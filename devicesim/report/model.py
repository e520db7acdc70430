"""The Report: everything an answer holds, as plain data, and its JSON form ``devicesim.run/1``.

Folding a run makes one (:mod:`devicesim.report.fold`); text and HTML only read it. All quantities are SI:
bytes, seconds since the run's start, watts, fractions in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

SCHEMA = "devicesim.run/1"


class Step(NamedTuple):
    """A line of the timeline: a job state, or what the device and the customer did.

    Attributes:
        start: seconds since the run's start.
        end: when the next step began; None for the last.
        time: ISO 8601 of the start.
        what: the API's job state, or a phrase for a step within it.
        level: 0 for job states, 1 for what happens inside one.
        note: a short remark, as "1 business day late".
    """

    start: float
    end: float | None
    time: str
    what: str
    level: int = 0
    note: str = ""


class Bottleneck(NamedTuple):
    """What held the copy back for part of its time, and what would lift it."""

    station: str
    share: float
    lift: str = ""


class IngestSummary(NamedTuple):
    """How the copy onto the device went.

    Attributes:
        start, end: first byte and last [s]; copying: time without interruptions [s].
        rate: bytes a second over ``copying``; files_rate likewise.
        bottlenecks: largest share first; the shares sum to 1.
        sessions: stretches without interruption.
    """

    start: float
    end: float
    copying: float
    bytes: int
    files: int
    total_bytes: int
    total_files: int
    rate: float
    files_rate: float
    complete: bool
    bottlenecks: tuple[Bottleneck, ...]
    sessions: int
    median_file: float


class Loss(NamedTuple):
    """Data that did not reach S3, or was refused, and why; ``at`` is where the story lost it."""

    at: str
    files: int
    bytes: int
    why: str


class GoalResult(NamedTuple):
    """A goal of the scenario: its expression, what came out, and whether it was met."""

    expr: str
    value: float | None
    met: bool


class FigureUsed(NamedTuple):
    """A catalog figure that the run read, as printed: value with unit, range, kind and source."""

    key: str
    value: str
    range: str
    kind: str
    source: str
    note: str = ""


class Swing(NamedTuple):
    """An assumed figure and how far the answer moves over its range, all else equal.

    Attributes:
        key: the figure; value and range as printed.
        low_days, high_days: estimated change of the answer at the low and high end of the range [days].
        low_hours, high_hours: of that, the change of the work at the site [hours].
    """

    key: str
    value: str
    range: str
    low_days: float
    high_days: float
    low_hours: float = 0.0
    high_hours: float = 0.0


class Cost(NamedTuple):
    """One line of the bill in US dollars, and what the price rests on."""

    item: str
    usd: float
    kind: str


class BatterySummary(NamedTuple):
    """What the battery did: swaps, recharges, energy drawn [J], mean draw while on [W], lowest charge."""

    source: str
    swaps: int
    recharges: int
    energy: float
    mean_power: float
    lowest_charge: float


class Series(NamedTuple):
    """A quantity over time for a chart: ``unit`` names the SI unit of ``value``."""

    name: str
    unit: str
    time: tuple[float, ...]
    value: tuple[float, ...]


class BottleneckSpan(NamedTuple):
    """A stretch of the copy and the station that bound it, for the chart."""

    start: float
    end: float
    station: str
    rate: float


@dataclass(frozen=True, slots=True)
class Section:
    """What a room of the scenario (a cluster, a fleet) adds to the answer.

    Attributes:
        name: its key in the JSON document, under ``sections``.
        title: as people read it; ten characters at most fit the text answer's margin.
        lines: the text answer's lines.
        data: the JSON document's content.
        columns: titles of the page's table; ``rows`` has its cells, already as people read them.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    data: dict[str, Any]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer of one run.

    ``start`` is when the job was created; the timeline's and series' seconds count from the run's second 0, which
    is the same moment for a scenario's own job. ``subject`` says what it is about where a job and its device do not.
    """

    name: str
    seed: int
    repeat: str
    version: str
    start: str
    job: str
    job_type: str
    device: str
    state: str
    outcome: str
    days_to_s3: float | None
    end: float
    timeline: tuple[Step, ...]
    ingest: IngestSummary | None
    losses: tuple[Loss, ...]
    battery: BatterySummary | None
    instances: tuple[str, ...]
    costs: tuple[Cost, ...]
    goals: tuple[GoalResult, ...]
    metrics: dict[str, float]
    swings: tuple[Swing, ...]
    figures: tuple[FigureUsed, ...]
    progress: tuple[Series, ...] = ()
    spans: tuple[BottleneckSpan, ...] = ()
    series: tuple[Series, ...] = ()
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    subject: str = ""

    @property
    def goals_met(self) -> bool:
        """Whether every goal was met; true when there is none."""
        return all(goal.met for goal in self.goals)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document; charts' series are left out, the progress file has them."""
        told = (each.name for each in fields(self) if each.name not in ("progress", "spans", "series"))
        document = {"schema": SCHEMA} | {name: _told(getattr(self, name)) for name in told}
        document["sections"] = {section.name: section.data for section in self.sections}
        return document


def _told(part: Any) -> Any:
    """A part of the JSON document: a record, which is a tuple with names, is a table."""
    if hasattr(part, "_asdict"):
        return {name: _told(each) for name, each in part._asdict().items()}
    return tuple(map(_told, part)) if isinstance(part, tuple) else part
