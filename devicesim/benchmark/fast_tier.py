"""The fast tier: its time against one ``np.cumsum``, its byte curve against the exact core's.

Lists and schedules are drawn anew in every run: the seed is the run's. Cells that turned out too uncertain and were
computed exactly after all are counted apart, with what they cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from time import process_time
from typing import Any

import numpy as np

from devicesim.benchmark.against_simpy import KINDS, STREAMS
from devicesim.benchmark.rows import Bench, Row, Scale, Target, UnavailableError, check
from devicesim.benchmark.small_files import AGAINST, CLIENT, CONSTANT, SERVER, against_cumsum
from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts, workload
from devicesim.throughput import Client, Estimate, Regime, Server, estimate, simulate
from devicesim.throughput.core import COMPILED
from devicesim.throughput.estimates import RPC_BUDGET

EQUAL_ROW = Row(
    "fast-equal",
    "fast tier, 12 regimes, files of 64 KB",
    AGAINST,
    target=Target("<=", 0.75),
    binds="a quarter looks at every size once; half are leaps over blocks of the list, in numpy; a fifth samples, RPC "
    "by RPC",
    compiled=True,
)
LOGNORMAL_ROW = Row(
    "fast-lognormal",
    "fast tier, 12 regimes, lognormal files",
    AGAINST,
    target=Target("<=", 1.25),
    binds="a sixth looks at every size once; nearly half are leaps over blocks of the list, in numpy; more than a "
    "quarter samples, RPC by RPC",
    compiled=True,
)

EXACT = "the exact core, fresh seeds"
P99_ROW = Row(
    "error-p99", "error of the fast tier's byte curve, 99 % of cells", EXACT, "%", target=Target("<=", 1)
)
MOST_ROW = Row(
    "error-most", "error of the fast tier's byte curve, worst cell", EXACT, "%", target=Target("<=", 2)
)
COVERED_ROW = Row(
    "error-covered", "cells whose stated error covers the real one", EXACT, "%", target=Target(">=", 100)
)
FELL_BACK_ROW = Row("error-exact", "cells too uncertain, computed exactly after all", "all cells", "%")

DURABILITIES = ("async", "sync")
ENVIRONMENTS = ("constant", "a quarter of the cores", "steps", "thefts")
RPCS = 1.2 * RPC_BUDGET
POINTS = 2001
"""Times at which two curves are compared."""
PURE_SHARE = 4
"""Where there is only the pure-Python core, the short form has so many times fewer cells."""


def speed(scale: Scale) -> Iterator[Row]:
    """Two long lists through twelve regimes."""
    for row, kind in ((EQUAL_ROW, "64 KB"), (LOGNORMAL_ROW, "lognormal")):
        yield _timed(row, kind, scale)


def _timed(row: Row, kind: str, scale: Scale) -> Row:
    scale.tell(f"{row.what}: {scale.fast_files:,}")
    sizes = workload(kind, scale.fast_files, scale.seed)
    schedule = steps("1GbE", estimate(SERVER, [CLIENT], [sizes], CONSTANT).end, scale.seed)

    def run() -> Estimate:
        return estimate(SERVER, [CLIENT], [sizes], schedule)

    told = run()
    size, count = (float(each) for each in told.progress(told.end))
    check(
        abs(size / sizes.sum() - 1) < 1e-9 and abs(count / sizes.size - 1) < 1e-9, "not everything was sent"
    )
    spread, strict = against_cumsum(run, sizes, scale.pairs)
    form = "compiled" if COMPILED else "pure-Python (there is no other)"
    notes = (
        f"{form} core; {sizes.size:,} files; tier {told.tier}, stated error {told.error:.2%}",
        f"{told.computed:,.0f} of {told.rpcs:,.0f} RPCs computed one by one",
        strict,
    )
    work = "all bytes and files sent at the end"
    return row.of(*spread.values, pairs=scale.pairs, work=work, notes=notes)


@dataclass(frozen=True, slots=True)
class Cell:
    """One list over one net through one kind of weather, with a seed of its own."""

    kind: str
    net: str
    streams: int
    durability: str
    environment: str
    seed: int

    def __str__(self) -> str:
        return f"{self.kind}, {self.net}, K={self.streams}, {self.durability}, {self.environment}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Held:
    """A cell's answer held against the exact one; errors are relative to all bytes, or to the whole time."""

    cell: Cell
    tier: str
    curve: float
    end: float
    stated: float
    cost: float

    @property
    def covered(self) -> bool:
        """Whether the stated error is as large as the real ones."""
        return self.stated >= max(self.curve, self.end)

    def line(self) -> dict[str, Any]:
        """The figures, for machines."""
        return {
            "cell": str(self.cell),
            "tier": self.tier,
            "curve": self.curve,
            "end": self.end,
            "stated": self.stated,
            "covered": self.covered,
            "time_against_exact": self.cost,
        }


def cells(long: bool, seed: int) -> list[Cell]:
    """The whole grid, or two dozen cells in which every list meets every net in both durabilities."""
    draw = np.random.default_rng(seed)
    seeds = iter(draw.integers(0, 2**31, 1000).tolist())
    if long:
        grid = product(KINDS, NETS, STREAMS, DURABILITIES, ENVIRONMENTS)
        return [Cell(*each, next(seeds)) for each in grid]
    few = []
    turn = int(draw.integers(12))
    for number, (kind, net, durability) in enumerate(product(KINDS, NETS, DURABILITIES), turn):
        few.append(Cell(kind, net, STREAMS[number % 3], durability, ENVIRONMENTS[number % 4], next(seeds)))
    return few


def hold(cell: Cell) -> Held:
    """Compute a cell both ways."""
    rate, latency = NETS[cell.net]
    server = Server(cores=2, buffer=1.2e9, store=DISK)
    client = Client(operations(cell.durability), streams=cell.streams, window=16, block=2**20)
    sizes = workload(cell.kind, int(RPCS / KINDS[cell.kind]) + 1, cell.seed)
    share = 0.25 if cell.environment == ENVIRONMENTS[1] else 1.0
    schedule = [(0.0, Regime((rate,), (latency,), share))]
    if cell.environment in ("steps", "thefts"):
        change = steps if cell.environment == "steps" else thefts
        schedule = change(cell.net, simulate(server, [client], [sizes], schedule).end, cell.seed)
    started = process_time()
    exact = simulate(server, [client], [sizes], schedule)
    between = process_time()
    told = estimate(server, [client], [sizes], schedule)
    cost = (process_time() - between) / (between - started)
    check(exact.done and told.end < np.inf, f"{cell}: does not end")
    times = np.linspace(0.0, max(exact.end, told.end), POINTS)
    apart = np.abs(told.progress(times)[0] - exact.progress(times)[0]).max() / sizes.sum()
    return Held(cell, told.tier, float(apart), abs(told.end / exact.end - 1), told.error, cost)


def accuracy(scale: Scale) -> Iterator[Row]:
    """Hold the fast tier to the exact core, cell by cell."""
    done, grid = [], cells(scale.long, scale.seed)
    if COMPILED is None and not scale.long:
        grid = grid[::PURE_SHARE]
    for number, cell in enumerate(grid, 1):
        scale.tell(f"error of the fast tier, cell {number} of {len(grid)}: {cell}")
        done.append(hold(cell))
    sampled = [held for held in done if held.tier == "sampled"]
    if not sampled:
        raise UnavailableError("every cell was computed exactly")
    lines = tuple(held.line() for held in done)
    curves = np.array([held.curve for held in sampled]) * 100
    middle, high, p99 = np.percentile(curves, [50, 95, 99]).tolist()
    worst, cost = max(sampled, key=lambda held: held.curve), np.median([held.cost for held in sampled])
    work = "byte curve at 2,001 times and end, against the exact core's"
    notes: tuple[str, ...] = (
        f"{len(sampled)} sampled cells of {len(done)}, seed {scale.seed}; median {middle:.3f} %, 95 % {high:.3f} %",
        f"time of the fast tier against the exact core's, median of cells: {cost:.2f}x",
    )
    if len(sampled) < 100:
        notes += ("of so few cells the 99 % are nearly the worst one",)
    yield P99_ROW.of(p99, work=work, notes=notes, cells=lines)
    yield MOST_ROW.of(float(curves.max()), work=work, notes=(str(worst.cell),))
    bare = [held for held in sampled if not held.covered]
    told = tuple(
        f"not covered: {held.cell}: stated {held.stated:.2%}, curve {held.curve:.2%}, end {held.end:.2%}"
        for held in bare
    )
    yield COVERED_ROW.of(100 * (1 - len(bare) / len(sampled)), work=work, notes=told)
    back = [held for held in done if held.tier != "sampled"]
    costs = (
        f"each took {np.median([held.cost for held in back]):.2f}x the exact core alone"
        if back
        else "none did"
    )
    yield FELL_BACK_ROW.of(100 * len(back) / len(done), work=work, notes=(costs,))


SPEED = Bench("fast", (EQUAL_ROW, LOGNORMAL_ROW), speed)
ACCURACY = Bench("error", (P99_ROW, MOST_ROW, COVERED_ROW, FELL_BACK_ROW), accuracy)
