"""A row of the table: what was compared with what, what came out, and what it was to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from devicesim.benchmark.pairs import Spread
from devicesim.throughput.core import COMPILED

IN_PYTHON = "in Python: there was no compiler when this was installed, and the target is the compiled form's"
"""Why most rows fall short without a compiler."""


class WrongAnswerError(AssertionError):
    """What was timed did not do its work."""


class UnavailableError(Exception):
    """What it takes to measure is not on this machine, or not asked for."""


def check(right: bool, what: str) -> None:
    """Refuse a timing of work that was not done.

    Raises:
        WrongAnswerError: it was not.
    """
    if not right:
        raise WrongAnswerError(what)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to reach, from below or from above.

    >>> str(Target(">=", 2000.0)), Target("<=", 0.75).reached(0.8)
    ('>= 2,000', False)
    """

    sign: str
    value: float

    def reached(self, figure: float) -> bool:
        """Whether a figure is at least, or at most, as the sign says; not if it is no number."""
        return figure >= self.value if self.sign == ">=" else figure <= self.value

    def __str__(self) -> str:
        return f"{self.sign} {self.value:,.6g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with what it means.

    Attributes:
        name: for machines, and for people who talk about it.
        what: what was measured.
        against: what it was compared with.
        unit: of the figure: ``x`` is times.
        spread: the figure of every pair (or cell); the median is the row's figure. None if it could not be had.
        target: what the median is to reach, if anything.
        pairs: timings compared for each figure.
        work: what was made sure of, besides the time.
        notes: what else one must know.
        cells: the figures behind it, cell by cell.
        wrong: what the answer was wrong in; then there is no figure.
        binds: where profiles say that the time goes, should the target be missed.
        compiled: whether the target is that of the compiled form.
    """

    name: str
    what: str
    against: str
    unit: str = "x"
    spread: Spread | None = None
    target: Target | None = None
    pairs: int = 0
    work: str = ""
    notes: tuple[str, ...] = ()
    cells: tuple[dict[str, Any], ...] = ()
    wrong: str = ""
    binds: str = ""
    compiled: bool = False

    def of(self, *values: float, **details: Any) -> Row:
        """This row with its figures, and with whatever else is known of them."""
        return replace(self, spread=Spread(values) if values else None, **details)

    @property
    def figure(self) -> float | None:
        """The median, None if there is none."""
        return None if self.spread is None else self.spread.median

    @property
    def missed(self) -> bool:
        """Whether there is a figure, and it falls short of the target."""
        return not self.wrong and self.reached is False

    @property
    def in_python(self) -> bool:
        """Whether it falls short of a target that is the compiled form's, where there is none."""
        return self.missed and self.compiled and COMPILED is None

    @property
    def why(self) -> str:
        """Why a row has missed its target; empty of any other."""
        if self.in_python:
            return IN_PYTHON
        return f"where the time goes: {self.binds}" if self.missed and self.binds else ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one, or without a figure."""
        if self.wrong:
            return False
        if self.target is None or self.spread is None:
            return None
        return self.target.reached(self.spread.median)


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes:
        long: the whole grids, and what takes many million files.
        seed: of everything that is drawn anew.
        pairs: timings compared for each figure.
        oracle_rpcs: RPCs of a cell that SimPy computes.
        oracle_runs: how often it does.
        small_files: files of the exact core's list.
        fast_files: files of the fast tier's list.
        samples: progress records written.
        changes: unforeseen changes of regime.
        replications: futures of a forecast.
        tell: what is called with words about how far a row is.
    """

    long: bool = False
    seed: int = 0
    pairs: int = 5
    oracle_rpcs: int = 8000
    oracle_runs: int = 3
    small_files: int = 10_000_000
    fast_files: int = 10_000_000
    samples: int = 200_000
    changes: int = 2000
    replications: int = 100_000
    tell: Callable[[str], None] = field(default=_silent, compare=False)


LONG = Scale(long=True, oracle_rpcs=20_000, oracle_runs=5, samples=1_000_000)
"""Everything."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Rows that are measured together.

    Attributes:
        name: for ``--only``.
        rows: what it will give, without figures.
        measure: gives these rows with their figures, in order.
    """

    name: str
    rows: tuple[Row, ...]
    measure: Callable[[Scale], Iterator[Row]]

    def run(self, scale: Scale) -> Iterator[Row]:
        """Measure; what cannot be had, or turns out wrong, is a row that says so."""
        given = 0
        try:
            for row in self.measure(scale):
                given += 1
                yield row
        except UnavailableError as why:
            yield from (row.of(notes=(str(why),)) for row in self.rows[given:])
        except WrongAnswerError as why:
            yield from (row.of(wrong=str(why)) for row in self.rows[given:])
