"""Figures as columns: a number where a figure is certain, one for each replication where it was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.catalog import Figure, Figures
from devicesim.catalog.store import split
from devicesim.catalog.view import override
from devicesim.planning.laws import Law
from devicesim.scenario import Scenario

Floats = NDArray[np.float64]
Column = float | Floats

MARK = ".distribution"
"""End of the key that begins a component of a workload."""


class Columns:
    """The figures of many futures of one scenario.

    Attributes:
        story: the scenario.
        drawn: values of the uncertain figures in SI, by key, shape (n,) each.
        count: of futures.
    """

    def __init__(
        self, story: Scenario, known: Mapping[str, Law], drawn: Mapping[str, Floats], count: int
    ) -> None:
        self.story, self.drawn, self.count = story, drawn, count
        self._known, self._certain = known, Figures(story.assume, story.source.measured)
        self._told: dict[str, float] = {}
        self._workloads: dict[str, tuple[dict[str, Any], ...]] = {}

    def si(self, key: str) -> Column:
        """A figure in SI, shape (n,) if it was drawn."""
        if key in self.drawn:
            return self.drawn[key]
        if key not in self._told:
            self._told[key] = self._certain.si(key)
        return self._told[key]

    def all(self, key: str) -> Floats:
        """A figure in SI, shape (n,) whether drawn or not."""
        return np.broadcast_to(np.asarray(self.si(key), dtype=np.float64), (self.count,))

    def own(self, device: str, path: str) -> Floats:
        """A figure that some devices have of their own, shape (n,)."""
        return self.all(catalog.own(device, path))

    def text(self, key: str) -> str:
        """A word."""
        return self._certain.text(key)

    def values(self, key: str) -> tuple[float, ...]:
        """The numbers of a list in SI."""
        return self._certain.si_values(key)

    def varies(self, entry: str) -> list[str]:
        """The figures of an entry that were drawn."""
        return [key for key in self.drawn if split(key)[0] == entry]

    def workload(self, entry: str) -> tuple[dict[str, Any], ...]:
        """The components of a workload's sizes, as ``catalog.components``; what was drawn is a column."""
        if entry in self._workloads:
            return self._workloads[entry]
        found = catalog.components(catalog.entry(entry), self._certain)
        marks = [key for key in catalog.entry(entry).figures if key.endswith(MARK)]
        for part, mark in zip(found, marks, strict=True):
            own = f"{entry}.{mark.removesuffix(MARK)}."
            part.update((name, self.drawn[own + name]) for name in part if own + name in self.drawn)
        self._workloads[entry] = found
        return found

    def row(self, row: int) -> Figures:
        """The figures of one future, as its World has them."""
        return Row(
            self._certain, {key: float(column[row]) for key, column in self.drawn.items()}, self._known
        )


class Row(Figures):
    """The figures of one future, some of them drawn; quicker to make than from a scenario."""

    def __init__(self, certain: Figures, values: Mapping[str, float], known: Mapping[str, Law]) -> None:
        super().__init__()
        self._set, self._values, self._laws = certain.overrides, values, known

    def si(self, key: str) -> float:
        """Give a number in SI."""
        found = self._values.get(key)
        return super().si(key) if found is None else found

    def figure(self, key: str) -> Figure:
        """Give a figure."""
        if key in self._values and key not in self.used:
            self.used[key] = override(key, self._laws[key].written(self._values[key]))
        return super().figure(key)
