"""Traces: what an instance took over time, or when requests came, as CSV, read row by row.

A load has the columns ``time``, any of ``cpu``, ``disk`` and ``network``, and ``until`` if rows end of themselves. A
plain number is in seconds, a share of the vCPUs, bytes a second; text has its unit. Rows follow one another without a
gap: each begins where the one before ended, or, without ``until``, one step later. Arrivals have ``time``, in order,
and ``work`` if each request has its own.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devicesim import units
from devicesim.errors import Problem, UnitError
from devicesim.scenario.quantities import shown
from devicesim.units import Dimension

Floats = NDArray[np.float64]

SHOWN = 20
"""Problems of one file that are told one by one."""

SLACK = 0.5
"""A row without ``until`` may come so many steps early or late: clocks and loggers are not exact."""


@dataclass(frozen=True, eq=False)
class Load:
    """What an instance took: levels, each from its time to the next; nothing from ``end`` on.

    Attributes:
        time: when each row begins, from the instance's start [s].
        cpu: share of its vCPUs. disk, network: bytes a second.
        end: when the last row ends [s].
    """

    time: Floats
    cpu: Floats
    disk: Floats
    network: Floats
    end: float


@dataclass(frozen=True, eq=False)
class Arrivals:
    """When requests came, from the instance's start [s], and how long each takes, if the trace tells [s]."""

    time: Floats
    work: Floats | None


Trace = Load | Arrivals

_LOAD: Mapping[str, Dimension] = {
    "time": units.DURATION, "until": units.DURATION,
    "cpu": units.FRACTION, "disk": units.RATE, "network": units.RATE,
}  # fmt: skip
_ARRIVALS: Mapping[str, Dimension] = {"time": units.DURATION, "work": units.DURATION}

Row = tuple[int, str, dict[str, float]]
"""Line number, its text, and the numbers in SI."""


class _Sheet:
    """One file: its rows, and what is wrong with it."""

    def __init__(self, path: Path, file: str, columns: Mapping[str, Dimension]) -> None:
        self.file, self.problems = file, list[Problem]()
        self.more = 0
        self.orphans: set[int] = set()  # rows whose predecessor could not be read: nothing follows from it
        self.names: tuple[str, ...] = ()
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            self.rows = list(self._read(stream, columns))
        if self.names and not self.rows and not self.problems:
            self.complain(1, "", "must have at least one row below the names of its columns")

    def complain(self, line: int, text: str, why: str) -> None:
        """Note a problem; beyond the first twenty they are only counted."""
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(f"row {line}", why, self.file, line, 1, text[:200]))
        else:
            self.more += 1

    @property
    def found(self) -> list[Problem]:
        """Every problem, and how many more there are."""
        if not self.more:
            return self.problems
        return [*self.problems, Problem("", f"{self.more} more rows are bad", self.file)]

    def column(self, name: str) -> Floats:
        """One column's numbers, 0 where the file does not have it."""
        return np.array([row.get(name, 0.0) for _, _, row in self.rows], dtype=np.float64)

    def _read(self, lines: Iterator[str], columns: Mapping[str, Dimension]) -> Iterator[Row]:
        bad = 0
        for line, text in enumerate(lines, 1):
            if not text.strip():
                continue
            try:
                cells = [cell.strip() for cell in next(csv.reader([text], strict=True))]
            except csv.Error as error:
                self.complain(line, text.rstrip(), f"not CSV: {error}")
                continue
            if not self.names:
                if not self._head(line, text.rstrip(), cells, columns):
                    return
            elif row := self._row(line, text.rstrip(), cells, columns):
                if len(self.problems) + self.more > bad:
                    self.orphans.add(line)
                bad = len(self.problems) + self.more
                yield line, text.rstrip(), row
        if not self.names:
            self.complain(1, "", f"must begin with the names of its columns, of {', '.join(columns)}")

    def _head(self, line: int, text: str, cells: Sequence[str], columns: Mapping[str, Dimension]) -> bool:
        names = tuple(cell.lower() for cell in cells)
        if "time" not in names or set(names) - set(columns) or len(set(names)) < len(names):
            known = ", ".join(columns)
            self.complain(line, text, f"must name its columns, time and any of {known}, got {shown(text)}")
            return False
        self.names = names
        return True

    def _row(
        self, line: int, text: str, cells: Sequence[str], columns: Mapping[str, Dimension]
    ) -> dict[str, float]:
        if len(cells) != len(self.names):
            self.complain(line, text, f"must have {len(self.names)} columns, got {len(cells)}")
            return {}
        row = {}
        for name, cell in zip(self.names, cells, strict=True):
            try:
                row[name] = _number(cell, columns[name])
            except UnitError as error:
                self.complain(line, text, f"{name}: {error}")
                return {}
            bound = 1.0 if name == "cpu" else np.inf
            if not 0 <= row[name] <= bound or row[name] == np.inf:
                words = "in 0 to 100 %" if name == "cpu" else "at least 0 and finite"
                self.complain(line, text, f"{name} must be {words}, got {shown(cell)}")
                return {}
        return row


def _number(cell: str, dimension: Dimension) -> float:
    try:
        return float(cell)
    except ValueError:
        return units.parse(cell, dimension)


def load(path: Path, file: str) -> tuple[Load, list[Problem]]:
    """Read what an instance took.

    Args:
        path: where the file is.
        file: how the scenario calls it, for messages.

    Returns:
        The load, and a problem for every row that is wrong, out of order, or comes after a gap.

    Raises:
        OSError: the file cannot be read.
    """
    sheet = _Sheet(path, file, _LOAD)
    ends = _follow(sheet) if "until" in sheet.names else _step(sheet)
    time = sheet.column("time")
    if sheet.rows and not sheet.problems and time[0] > 0:
        sheet.complain(
            *sheet.rows[0][:2], f"there is a gap of {_span(time[0])} before it: the first row is time 0"
        )
    cpu, disk, network = (sheet.column(name) for name in ("cpu", "disk", "network"))
    return Load(time, cpu, disk, network, ends), sheet.found


def _follow(sheet: _Sheet) -> float:
    """Rows with an end: each begins where the one before ended."""
    last = sheet.rows[0][2]["time"] if sheet.rows else 0.0
    for line, text, row in sheet.rows:
        begin, end = row["time"], row["until"]
        if end <= begin:
            sheet.complain(line, text, f"until must be after time, got {_span(end)} and {_span(begin)}")
        elif begin < last:
            sheet.complain(line, text, f"overlaps the row before it, which lasts until {_span(last)}")
        elif begin > last and line not in sheet.orphans:
            sheet.complain(
                line, text, f"there is a gap of {_span(begin - last)} before it, from {_span(last)}"
            )
        last = max(last, end)
    return last


def _step(sheet: _Sheet) -> float:
    """Rows at a regular step, the middle one of all the steps."""
    times = sheet.column("time")
    steps = np.diff(times)
    rising = steps[steps > 0]
    # The lower of two middle ones, so that one gap among few rows does not pass for the step.
    step = float(np.sort(rising)[(rising.size - 1) // 2]) if rising.size else 0.0
    if times.size == 1 and not sheet.problems:
        sheet.complain(*sheet.rows[0][:2], "a single row needs the column until: nothing tells when it ends")
    for (line, text, _), passed in zip(sheet.rows[1:], steps.tolist(), strict=True):
        if passed <= 0:
            got = f"{_span(-passed)} before it" if passed < 0 else "the same time"
            sheet.complain(line, text, f"must come after the row before it, got {got}")
        elif passed > (1 + SLACK) * step and line not in sheet.orphans:
            sheet.complain(
                line, text, f"there is a gap before it: {_span(passed)} where rows are {_span(step)} apart"
            )
    return float(times[-1]) + step if times.size else 0.0


def arrivals(path: Path, file: str) -> tuple[Arrivals, list[Problem]]:
    """Read when requests came; arguments, result and error as those of :func:`load`."""
    sheet = _Sheet(path, file, _ARRIVALS)
    last = 0.0
    for line, text, row in sheet.rows:
        if row["time"] < last:
            sheet.complain(line, text, f"must not come before the row before it, at {_span(last)}")
        last = max(last, row["time"])
    work = sheet.column("work") if "work" in sheet.names else None
    return Arrivals(sheet.column("time"), work), sheet.found


def _span(seconds: float) -> str:
    return f"{seconds:g} s"


TRACES: Mapping[str, Callable[[Path, str], tuple[Trace, list[Problem]]]] = {
    "load": load,
    "arrivals": arrivals,
}
"""How each kind of trace is read."""
