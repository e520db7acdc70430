"""Every bench there is, in the order of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devicesim.benchmark import (
    against_simgrid,
    against_simpy,
    fast_tier,
    fleet,
    hosting,
    memory,
    planned,
    records,
    replications,
    small_files,
    start,
    workers,
)
from devicesim.benchmark.rows import Row, Scale
from devicesim.errors import unknown

BENCHES = (
    against_simpy.BENCH,
    fast_tier.SPEED,
    fast_tier.ACCURACY,
    small_files.BENCH,
    against_simgrid.BENCH,
    replications.BENCH,
    planned.BENCH,
    workers.BENCH,
    hosting.BENCH,
    fleet.BENCH,
    records.BENCH,
    start.BENCH,
    memory.BENCH,
)
NAMES = tuple(bench.name for bench in BENCHES)


def run(scale: Scale, only: Sequence[str] = ()) -> Iterator[Row]:
    """Measure all of them, or those named, and give rows as they are done.

    Raises:
        UnknownNameError: there is no bench of a name.
    """
    for name in only:
        if name not in NAMES:
            raise unknown("bench", name, NAMES)
    chosen = [bench for bench in BENCHES if not only or bench.name in only]
    return (row for bench in chosen for row in bench.run(scale))
