"""A sweep: the futures of every cell of a grid, as one table of columns."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import MissingExtraError, require
from devicesim.planning.crew import Crew
from devicesim.planning.futures import Futures
from devicesim.planning.outlook import Measure, headline, measured
from devicesim.scenario import Scenario

FORMS = (".csv", ".parquet")
Cells = Sequence[tuple[Mapping[str, Any], Scenario]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid: what was varied, by path, and what its futures come to."""

    values: Mapping[str, Any]
    headline: str
    futures: Futures

    def measure(self, metric: str) -> Measure:
        """A metric's percentiles."""
        return measured(metric, self.futures.metric(metric))


@dataclass(frozen=True, slots=True)
class Sweep:
    """All cells, the last axis fastest."""

    name: str
    seed: int
    cells: tuple[Cell, ...]

    def columns(self) -> dict[str, NDArray[Any]]:
        """A row for each future of each cell: what was varied, how it ended, its metrics."""
        sizes = [len(cell.futures) for cell in self.cells]
        found: dict[str, NDArray[Any]] = {
            path: np.repeat(_column([cell.values[path] for cell in self.cells]), sizes)
            for path in self.cells[0].values
        }
        found["replication"] = np.concatenate([cell.futures.replication for cell in self.cells])
        ends = [np.array(cell.futures.outcomes)[cell.futures.outcome] for cell in self.cells]
        found["outcome"] = np.concatenate(ends)
        found["stock_out"] = np.concatenate([cell.futures.stock_out for cell in self.cells])
        for metric in dict.fromkeys(name for cell in self.cells for name in cell.futures.metrics):
            found[metric] = np.concatenate([cell.futures.metric(metric) for cell in self.cells])
        return found


def _column(values: Sequence[Any]) -> NDArray[Any]:
    """Numbers as numbers where all are, else texts."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values)
    return np.array([value if isinstance(value, str) else str(value) for value in values])


def sweep(
    story: Scenario, cells: Cells, replications: int, seed: int | None = None, crew: Crew | None = None
) -> Sweep:
    """Tell futures of every cell; all cells share their draws.

    Args:
        story: as written.
        cells: values by path, and the scenario they make.
        replications: futures of each cell.
        seed: the scenario's own if not given.
        crew: who computes; this process if not given.
    """
    require(replications > 0, "replications", "> 0", replications)
    chosen = story.seed if seed is None else seed
    stories = {str(number): cell for number, (_, cell) in enumerate(cells)}
    told = (crew or Crew()).tell(stories, replications, chosen, np.zeros(0))
    done = (Cell(values, headline(cell), told[str(number)]) for number, (values, cell) in enumerate(cells))
    return Sweep(story.name, chosen, tuple(done))


def write(made: Sweep, path: Path) -> None:
    """Write the table as CSV, or as Parquet where the file is named so.

    Raises:
        MissingExtraError: Parquet without the extra ``parquet``.
    """
    columns = made.columns()
    if path.suffix.lower() == ".parquet":
        arrow, parquet = parquet_of()
        parquet.write_table(arrow.table(columns), path)
        return
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*(_texts(column) for column in columns.values()), strict=True))


def parquet_of() -> tuple[Any, Any]:
    """The library that writes Parquet."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError("--out FILE.parquet", "parquet") from None


def _texts(column: NDArray[Any]) -> list[Any]:
    """Numbers so that they read back exactly; what there is not is empty."""
    if column.dtype.kind != "f":
        return [str(value).lower() if column.dtype.kind == "b" else value for value in column.tolist()]
    return ["" if np.isnan(value) else repr(value) for value in column.tolist()]
