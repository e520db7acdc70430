"""Many futures of one ingest: how many a second."""

from __future__ import annotations

from collections.abc import Iterator

from devicesim.benchmark.rows import Bench, Row, Scale, Target, UnavailableError

RATE_ROW = Row(
    "replications", "replications of a 12-regime ingest, one core", "", "1/s", target=Target(">=", 250_000)
)
THREADS_ROW = Row(
    "replications-threads", "the same with two threads, wall time", "one thread", target=Target(">=", 1.6)
)


def measure(scale: Scale) -> Iterator[Row]:
    """Not measured yet."""
    raise UnavailableError("the throughput core has no batched forecast yet")
    yield


BENCH = Bench("replications", (RATE_ROW, THREADS_ROW), measure)
