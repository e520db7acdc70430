"""Every row of ``devicesim bench``, in its short form: the work is asserted, the ratios are told, no time is held.

Run with ``pytest bench --benchmark-only``. pytest-benchmark's own table says how long measuring took; what was found
stands in the table beside it, and in ``extra_info`` of ``--benchmark-json``.
"""

import secrets
from typing import Any

import pytest

from devicesim.benchmark.rows import Bench, Row, Scale
from devicesim.benchmark.suite import BENCHES, NAMES


@pytest.mark.parametrize("bench", BENCHES, ids=NAMES)
def test_bench(benchmark: Any, found: list[Row], bench: Bench) -> None:
    scale = Scale(seed=secrets.randbelow(2**32))
    rows = benchmark.pedantic(lambda: list(bench.run(scale)), rounds=1, iterations=1)
    found += rows
    benchmark.extra_info["seed"] = scale.seed
    benchmark.extra_info |= {row.name: row.figure for row in rows}
    assert [row.name for row in rows] == [row.name for row in bench.rows]
    assert [(row.name, row.wrong) for row in rows if row.wrong] == []
    measured = [row for row in rows if row.spread is not None]
    assert all(row.work for row in measured)
    if not measured:
        pytest.skip("; ".join(sorted({note for row in rows for note in row.notes})))
