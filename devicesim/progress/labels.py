"""Which faults were under way when a sample was taken: the ground truth of whoever watches the samples.

A sample has the label of every fault that was under way at some moment since the sample before, of its job's last leg
for a leg's first: a fault that is over at once, or that came between two legs, is in the next sample. A fault of the
account touches every job. Labels are true at the sample's time, however late a view's counters are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.progress.events import Event, FaultBegan, FaultEnded


class Label(NamedTuple):
    """What, when, where.

    Attributes:
        fault: its id. kind: as ``[[fault]]`` names it.
        where: what it befalls. words: what happens.
        since: when it began [s].
    """

    fault: str
    kind: str
    where: str
    words: str
    since: float


Labels = tuple[Label, ...]


class Spell(NamedTuple):
    """A fault from its beginning to its end [s]; infinite while there is none."""

    label: Label
    job: str
    end: float


def spells(events: Sequence[Event]) -> list[Spell]:
    """Every fault that has begun, in the order in which they did."""
    ended = {each.fault: each.at for each in events if isinstance(each, FaultEnded)}
    return [
        Spell(
            Label(each.fault, each.kind, each.where, each.words, each.at),
            each.job,
            each.at if each.lasts == 0 else ended.get(each.fault, inf),
        )
        for each in events
        if isinstance(each, FaultBegan)
    ]


def stretches(
    found: Sequence[Spell], times: NDArray[np.float64], since: float
) -> Iterator[tuple[int, int, Labels]]:
    """Stretches of samples with the same labels: first, the one behind the last, and what was under way.

    Args:
        found: faults that may touch them.
        times: of the samples, in order, shape (n,) [s].
        since: when the sample before the first was taken [s].

    >>> spell = Spell(Label("F1", "cable-pulled", "link of laptop", "", 15.0), "", 25.0)
    >>> [(first, last, len(labels)) for first, last, labels in stretches([spell], np.arange(0.0, 60, 10), -inf)]
    [(0, 2, 0), (2, 4, 1), (4, 6, 0)]
    """
    # A sample tells of the time after the one before up to itself: the first is at the beginning or after it, and the
    # last is the one that first is at the end or after it.
    marks = []
    for spell in found:
        first, last = np.searchsorted(times, [spell.label.since, spell.end], side="left")
        if spell.end > since and first < times.size:
            marks.append((int(first), min(int(last) + 1, times.size), spell.label))
    cuts = sorted({0, times.size, *(first for first, _, _ in marks), *(last for _, last, _ in marks)})
    for first, last in pairwise(cuts):
        yield first, last, tuple(label for begin, end, label in marks if begin <= first < end)


def told(labels: Labels) -> str:
    """Labels as one text: ``F1 cable-pulled; F2 slow-disk``."""
    return "; ".join(f"{label.fault} {label.kind}" for label in labels)


__all__ = ["Label", "Labels", "Spell", "spells", "stretches", "told"]
