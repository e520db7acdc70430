"""The transfer core against the event-per-RPC SimPy model: the same finish times, in less CPU time.

The model in events is :mod:`devicesim.benchmark.oracle`. Each cell is one list over one net; a call of the core is
timed whole, from the sizes to the finish times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.benchmark.oracle import Oracle
from devicesim.benchmark.pairs import Spread, nearest, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.benchmark.workloads import DISK, NETS, operations, steps, workload
from devicesim.throughput import Client, Regime, Server, simulate
from devicesim.throughput.core import COMPILED, PURE
from devicesim.throughput.reading import Core

KINDS = {"large": 43, "64 KB": 5, "lognormal": 6, "mix": 7}
"""About how many RPCs a file of each list needs."""
STREAMS = (1, 4, 16)
LEAST = 0.01
"""Each timing of a core lasts at least so long [s]: a single call is soon over."""
WORK = "finish time of every file equal to SimPy's, bit for bit"


@dataclass(frozen=True, slots=True)
class Cell:
    """One list over one net."""

    kind: str
    net: str
    streams: int
    cores: int
    environment: str

    def __str__(self) -> str:
        noun = "core" if self.cores == 1 else "cores"
        return f"{self.kind}, {self.net}, K={self.streams}, {self.cores} {noun}, {self.environment}"


@dataclass(frozen=True, slots=True)
class Story:
    """A cell's transfer, drawn."""

    server: Server
    client: Client
    sizes: NDArray[np.float64]
    schedule: Sequence[tuple[float, Regime]]

    @classmethod
    def of(cls, cell: Cell, rpcs: int, seed: int, durability: str = "async") -> Story:
        """The transfer of a cell with about so many RPCs."""
        sizes = workload(cell.kind, max(rpcs // KINDS[cell.kind], cell.streams), seed)
        client = Client(operations(durability), streams=cell.streams, window=16, block=2**20)
        server = Server(cell.cores, buffer=1.2e9, store=DISK)
        rate, latency = NETS[cell.net]
        constant = [(0.0, Regime((rate,), (latency,)))]
        if cell.environment == "constant":
            return cls(server, client, sizes, constant)
        alone = simulate(server, [client], [sizes], constant).end
        return cls(server, client, sizes, steps(cell.net, alone, seed))

    @property
    def rpcs(self) -> int:
        """RPCs that it takes."""
        life = self.client.operations
        writes = np.ceil(self.sizes / self.client.block).sum()
        return int(writes) + self.sizes.size * (len(life.before) + len(life.after))

    def core(self, core: type[Core] | None = None) -> NDArray[np.float64]:
        """Finish times by the core."""
        return simulate(self.server, [self.client], [self.sizes], self.schedule, core=core).finish(0)

    def events(self) -> NDArray[np.float64]:
        """Finish times by SimPy."""
        return Oracle(self.server, [self.client], [self.sizes.tolist()], self.schedule).finish[0]


def cells(long: bool) -> list[Cell]:
    """Every cell, or a dozen in which every list meets every net, and all else comes up evenly."""
    if long:
        return [Cell(*each) for each in product(KINDS, NETS, STREAMS, (1, 2), ("constant", "steps"))]
    few = []
    for (i, kind), (j, net) in product(enumerate(KINDS), enumerate(NETS)):
        streams, cores = STREAMS[(i + j) % 3], 1 + (i + j + i // 2) % 2
        few.append(Cell(kind, net, streams, cores, "steps" if (j + i // 2) % 2 else "constant"))
    return few


@dataclass(frozen=True, slots=True)
class Measured:
    """What a cell gave: how many times as fast as SimPy each core was."""

    cell: Cell
    rpcs: int
    ratios: dict[str, Spread]

    def line(self, core: str) -> dict[str, Any]:
        """The figures of a core, for machines."""
        spread = self.ratios[core]
        figures = {"median": spread.median, "least": spread.least, "most": spread.most}
        return {"cell": str(self.cell), "rpcs": self.rpcs, **figures}


def measure(cell: Cell, scale: Scale) -> Measured:
    """Time a cell: the cores, SimPy, the cores again, and so on."""
    story = Story.of(cell, scale.oracle_rpcs, scale.seed)
    expected = story.events()
    check(bool(np.isfinite(expected).all()), f"{cell}: SimPy ends")
    forms = {"compiled": COMPILED, "pure": PURE}
    cores = {name: core for name, core in forms.items() if core is not None}
    for name, core in cores.items():
        check(
            np.array_equal(story.core(core), expected),
            f"{cell}: finish times differ from SimPy's, {name} core",
        )
    events: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in cores}
    for i in range(scale.pairs):
        if i * scale.oracle_runs // scale.pairs == len(events):
            events.append(seconds(story.events))
        for name, core in cores.items():
            least = LEAST if name == "compiled" else 0.0
            taken[name].append(seconds(lambda core=core: story.core(core), least))  # type: ignore[misc]
    return Measured(cell, story.rpcs, {name: nearest(events, each) for name, each in taken.items()})


AGAINST = "a SimPy event per step of each RPC"
COMPILED_ROW = Row(
    "simpy-compiled",
    "compiled core, median of cells",
    AGAINST,
    target=Target(">=", 2000),
    binds="four fifths in the one loop over the RPCs, 200 to 400 instructions each where no period repeats; a list is "
    "done in a fraction of a millisecond, of which setting up is a tenth",
)
WORST_ROW = Row(
    "simpy-worst",
    "compiled core, worst cell",
    AGAINST,
    target=Target(">=", 1000),
    binds="with two cores an RPC that touches the store waits in a line until none can overtake it, and takes 250 to "
    "370 instructions, four fifths of them in that loop",
)
PURE_ROW = Row(
    "simpy-pure",
    "pure-Python core, median of cells",
    AGAINST,
    target=Target(">=", 50),
    binds="nine tenths in the loops' own bytecode: some 200 instructions of Python an RPC, 300 with two cores, where "
    "it waits in a line until none can overtake it; no line of them takes a twentieth",
)
EQUAL_ROW = Row("simpy-equal", "cells with the same finish times", AGAINST, "%", target=Target(">=", 100))
ORDERED = (
    "the events keep the core's order at ties; a plainer model, unequal there, was 1.3 to 2 times as quick"
)
ABSENT = "compiled core absent: there was no compiler when it was installed"


def compare(scale: Scale) -> Iterator[Row]:
    """Give the median and the worst cell of each core, and in how many cells the answers were equal."""
    grid = cells(scale.long)
    done = []
    for number, cell in enumerate(grid, 1):
        scale.tell(f"SimPy's model, cell {number} of {len(grid)}: {cell}")
        done.append(measure(cell, scale))
    paired = f"{scale.pairs} timings of the core among {scale.oracle_runs} of SimPy in each cell, in turn"
    known = {
        "pairs": scale.pairs,
        "work": WORK,
        "notes": (f"{len(grid)} cells of about {scale.oracle_rpcs:,} RPCs; {paired}", ORDERED),
    }
    yield _median(COMPILED_ROW, done, "compiled", known)
    if COMPILED is None:
        yield WORST_ROW.of(notes=(ABSENT,))
    else:
        worst = min(done, key=lambda each: each.ratios["compiled"].median)
        told = known | {"notes": (str(worst.cell),), "cells": (worst.line("compiled"),)}
        yield WORST_ROW.of(*worst.ratios["compiled"].values, **told)
    yield _median(PURE_ROW, done, "pure", known)
    # A cell that differs is no figure but an error: see measure.
    names = " and ".join(done[0].ratios)
    yield EQUAL_ROW.of(100.0, work=WORK, notes=(f"all {len(done)} cells, {names} core",))


def _median(row: Row, done: Sequence[Measured], core: str, known: dict[str, Any]) -> Row:
    if core not in done[0].ratios:
        return row.of(notes=(ABSENT,))
    medians = [each.ratios[core].median for each in done]
    return row.of(*medians, **known, cells=tuple(each.line(core) for each in done))


BENCH = Bench("simpy", (COMPILED_ROW, WORST_ROW, PURE_ROW, EQUAL_ROW), compare)
