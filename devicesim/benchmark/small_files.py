"""The exact core on many small files, against one ``np.cumsum`` over their sizes.

The yardstick is what anybody pays who looks at every file at all. As one calls it, it makes the array that it returns,
which is also where its time varies; into memory that is already there it is quicker, and that ratio is told as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import numpy as np
from numpy.typing import NDArray

from devicesim.benchmark.pairs import Spread, Work, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.benchmark.workloads import DISK, NETS, operations, workload
from devicesim.throughput import Client, Regime, Server, Transfer, simulate
from devicesim.throughput.core import COMPILED

SERVER = Server(cores=1, buffer=1.2e9, store=DISK)
CLIENT = Client(operations(), streams=4, window=16, block=2**20)
CONSTANT = [(0.0, Regime((NETS["1GbE"][0],), (NETS["1GbE"][1],)))]
LEAST = 0.02
"""Each timing of the yardstick lasts at least so long [s]."""
PURE_SHARE = 250
"""Where there is only the pure-Python core, its list is so many times shorter."""

AGAINST = "one np.cumsum of the sizes"
EQUAL_ROW = Row(
    "small-equal",
    "exact core, files of 64 KB",
    AGAINST,
    target=Target("<=", 10),
    compiled=True,
    binds="a quarter is new memory that the system clears: 24 bytes a file (its end, when it was admitted, meters) "
    "against the cumsum's 8; the rest are its 5 RPCs' maxima and sums, one after another, once the store paces "
    "the list and no period repeats",
)
LOGNORMAL_ROW = Row(
    "small-lognormal",
    "exact core, lognormal files",
    AGAINST,
    target=Target("<=", 20),
    compiled=True,
    binds="a fifth is new memory that the system clears, 58 bytes a file; the rest some 540 instructions for a file's "
    "6.1 RPCs; how many WRITEs a file takes no processor foresees, and where all take one an RPC costs 0.6 of the time",
)


def against_cumsum(work: Work, sizes: NDArray[np.float64], pairs: int) -> tuple[Spread, str]:
    """How many times as long some work takes as one np.cumsum; and, in words, as one into memory already there."""
    out = np.empty(sizes.size)
    work()
    np.cumsum(sizes)
    fresh, there = [], []
    for _ in range(pairs):
        taken = seconds(work)
        fresh.append(taken / seconds(lambda: np.cumsum(sizes), LEAST))
        there.append(taken / seconds(lambda: np.cumsum(sizes, out=out), LEAST))
    return Spread(tuple(fresh)), f"against a cumsum into memory already there: {median(there):.2f}x"


def measure(scale: Scale) -> Iterator[Row]:
    """Both lists, each from the sizes to the last file finished."""
    for row, kind in ((EQUAL_ROW, "64 KB"), (LOGNORMAL_ROW, "lognormal")):
        yield _measured(row, kind, scale)


def _measured(row: Row, kind: str, scale: Scale) -> Row:
    count = scale.small_files // (1 if COMPILED else PURE_SHARE)
    scale.tell(f"{row.what}: {count:,}")
    sizes = workload(kind, count, scale.seed)

    def run() -> Transfer:
        return simulate(SERVER, [CLIENT], [sizes], CONSTANT)

    transfer = run()
    check(transfer.done and bool(np.isfinite(transfer.finish(0)).all()), "a file was not finished")
    check(bool(transfer.progress(transfer.end)[0] == sizes.sum()), "bytes admitted are not those of the list")
    del transfer
    spread, strict = against_cumsum(run, sizes, scale.pairs)
    form = "compiled" if COMPILED else "pure-Python (there is no other)"
    notes = (f"{form} core; {count:,} files", strict)
    return row.of(
        *spread.values, pairs=scale.pairs, work="every file finished, every byte admitted", notes=notes
    )


BENCH = Bench("small-files", (EQUAL_ROW, LOGNORMAL_ROW), measure)
