"""What a room of the scenario tells of a run, besides what every job has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devicesim.report.model import BatterySummary, Cost, Loss, Section, Step


@dataclass(frozen=True, slots=True)
class Told:
    """One room's part of an answer.

    Attributes:
        sections: what is printed.
        metrics: goals may name them; they take the place of the job's own of the same name.
        costs: further lines of the bill. losses: further losses.
        subject: what the answer is about, where job and device do not say it all.
        notes: remarks on the run.
        timeline: what takes the place of the job's own. battery: the same of what fed it.
        end: when all of it was over, where that is later than the job's own end [s].
    """

    sections: tuple[Section, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    costs: tuple[Cost, ...] = ()
    losses: tuple[Loss, ...] = ()
    subject: str = ""
    notes: tuple[str, ...] = ()
    timeline: tuple[Step, ...] = ()
    battery: BatterySummary | None = None
    end: float = 0.0
