"""The exact core on many small files, against one ``np.cumsum`` over their sizes.

The yardstick is what anybody pays who looks at every file at all. It writes into memory that is already there, its
quickest form: into fresh memory it takes up to several times as long, and a ratio to that would flatter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.benchmark.pairs import Spread, ratios
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.benchmark.workloads import DISK, NETS, operations, workload
from devicesim.throughput import Client, Regime, Server, simulate
from devicesim.throughput.core import COMPILED

SERVER = Server(cores=1, buffer=1.2e9, store=DISK)
CLIENT = Client(operations(), streams=4, window=16, block=2**20)
CONSTANT = [(0.0, Regime((NETS["1GbE"][0],), (NETS["1GbE"][1],)))]
LEAST = 0.02
"""Each timing of the yardstick lasts at least so long [s]."""
PURE_SHARE = 50
"""Where there is only the pure-Python core, its list is so many times shorter."""

AGAINST = "one np.cumsum over the sizes"
YARDSTICK = "np.cumsum into memory that is there"
EQUAL_ROW = Row("small-equal", "exact core, files of 64 KB", AGAINST, target=Target("<=", 10))
LOGNORMAL_ROW = Row("small-lognormal", "exact core, lognormal files", AGAINST, target=Target("<=", 20))


def against_cumsum(work: Callable[[], Any], sizes: NDArray[np.float64], pairs: int) -> Spread:
    """How many times as long some work takes as one cumulated sum over sizes."""
    out = np.empty(sizes.size)
    return ratios(work, lambda: np.cumsum(sizes, out=out), pairs, LEAST)


def measure(scale: Scale) -> Iterator[Row]:
    """Both lists, each from the sizes to the last file finished."""
    count = scale.small_files // (1 if COMPILED else PURE_SHARE)
    for row, kind in ((EQUAL_ROW, "64 KB"), (LOGNORMAL_ROW, "lognormal")):
        scale.tell(f"{row.what}: {count:,}")
        sizes = workload(kind, count, scale.seed)
        transfer = simulate(SERVER, [CLIENT], [sizes], CONSTANT)
        check(transfer.done and bool(np.isfinite(transfer.finish(0)).all()), "a file was not finished")
        check(
            bool(transfer.progress(transfer.end)[0] == sizes.sum()),
            "bytes admitted are not those of the list",
        )
        del transfer
        spread = against_cumsum(lambda: simulate(SERVER, [CLIENT], [sizes], CONSTANT), sizes, scale.pairs)  # noqa: B023
        form = "compiled" if COMPILED else "pure-Python (there is no other)"
        notes = (f"{form} core; {count:,} files; {YARDSTICK}",)
        yield row.of(
            *spread.values, pairs=scale.pairs, work="every file finished, every byte admitted", notes=notes
        )


BENCH = Bench("small-files", (EQUAL_ROW, LOGNORMAL_ROW), measure)
