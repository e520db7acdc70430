"""Two workers against one, on the wall: the slow form of ``devicesim bench --only workers``, with its target."""

import os

import pytest

from devicesim.benchmark import workers
from devicesim.benchmark.rows import Scale
from devicesim.planning.crew import usable

IDLE = 0.5
"""Load of the last minute below which nobody else computes."""


@pytest.mark.slow
def test_law_two_workers_tell_the_same_table_in_less_time() -> None:
    idle = usable() >= 2 and hasattr(os, "getloadavg") and os.getloadavg()[0] < IDLE
    (row,) = workers.measure(Scale(seed=1))
    print(f"\n{row.what}, against {row.against}: {row.figure:.2f}x; {'; '.join(row.notes)}")
    assert row.work
    if not idle:
        pytest.skip(
            f"{row.figure:.2f}x; no idle machine with two processors, so nothing is asked of the time"
        )
    assert row.reached, f"{row.figure:.2f}x, where {row.target} is asked"
