"""The rows of the validation: prediction, truth, error, and whether the model was tuned to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from devicesim import catalog, units
from devicesim.catalog import Entry, Figure, Figures
from devicesim.planning.validate.predictors import PREDICTORS

TOLERANCE = "tolerance"
TUNED, UNTUNED = "tuned", "untuned"


@dataclass(frozen=True, slots=True)
class Row:
    """One truth and what the model says.

    Attributes:
        group, case: its key in the catalog.
        prediction: in the truth's unit.
        truth: the figure, with its source.
        tolerance: by how much more than one time it may be off, unless the prediction lies in the truth's own range.
        tuned: whether a constant was chosen knowing this.
        excuse: why it is known to fail; empty if it is not.
    """

    group: str
    case: str
    prediction: float
    truth: Figure
    tolerance: float
    tuned: bool
    excuse: str

    @property
    def kind(self) -> str:
        """``tuned`` or ``untuned``."""
        return TUNED if self.tuned else UNTUNED

    @property
    def error(self) -> float:
        """Relative: above 0 where the model says more."""
        return self.prediction / _plain(self.truth.value) - 1

    @property
    def passed(self) -> bool:
        """Off by a factor of no more than one and its tolerance, or within the truth's own range."""
        low, high = _plain(self.truth.low), _plain(self.truth.high)
        factor = 1 + self.error
        within = max(factor, 1 / factor) <= 1 + self.tolerance + 1e-9
        return within or (low < high and low <= self.prediction <= high)

    @property
    def verdict(self) -> str:
        """In words."""
        if self.passed:
            return "ok"
        return "FAILS (known)" if self.excuse else "FAILS"


def _plain(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def rows() -> Iterator[Row]:
    """Every row of the catalog's validation tables."""
    figures = Figures()
    for entry in catalog.entries("validation"):
        tuned = _names(entry, "tuned")
        excuses = dict.fromkeys(_names(entry, "known_failures"), _note(entry, "known_failures"))
        for path, truth in entry.figures.items():
            group, _, case = path.partition(".")
            if group == TOLERANCE:
                continue
            said = PREDICTORS[group][1](figures, case) / units.si(1.0, truth.unit)
            yield Row(
                group,
                case,
                said,
                truth,
                entry[f"{TOLERANCE}.{group}"].si,
                group in tuned or path in tuned,
                excuses.get(path, ""),
            )


def _names(entry: Entry, listing: str) -> tuple[str, ...]:
    return entry.listing(listing) if listing in entry.lists else ()


def _note(entry: Entry, listing: str) -> str:
    return entry.lists[listing].note if listing in entry.lists else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one kind together."""

    name: str
    what: str
    kind: str
    rows: tuple[Row, ...]

    @property
    def median(self) -> float:
        """Of the errors without their signs."""
        return float(np.median([abs(row.error) for row in self.rows]))

    @property
    def worst(self) -> Row:
        """The row that is furthest off."""
        return max(self.rows, key=lambda row: abs(row.error) if abs(row.error) < inf else 0.0)

    @property
    def failed(self) -> int:
        """Rows that do not pass."""
        return sum(not row.passed for row in self.rows)


def groups(given: Sequence[Row]) -> list[Group]:
    """Rows by group and kind, in order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in given:
        found.setdefault((row.group, row.kind), []).append(row)
    return [Group(name, PREDICTORS[name][0], kind, tuple(mine)) for (name, kind), mine in found.items()]
