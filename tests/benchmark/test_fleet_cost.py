"""The work behind a fleet: fifty Snowcones, twelve rotations each of 8 TB in files of 100 MB over gigabit Ethernet."""

import pytest

from devicesim.benchmark.fleet import DEVICES, FILES, ROTATIONS, SIZE, told, worked
from devicesim.device.fleet import Fleet

JOBS = DEVICES * ROTATIONS


@pytest.mark.slow
def test_six_hundred_rotations_are_computed_as_one() -> None:
    """61 million RPCs once; of each job then its events, and nothing that grows with its files."""
    world = told(DEVICES, ROTATIONS, False, FILES, seed=7)
    assert worked(world, JOBS, FILES) == 1
    assert isinstance(world.undertaking, Fleet)
    assert world.undertaking.courses.asked >= JOBS
    assert len(world.events) < 60 * len(world.jobs)
    copied = sum(leg.total_bytes for leg in world.stream.legs if leg.name == "ingest")
    assert copied >= JOBS * FILES * SIZE
    # 48 million files went by; what is kept of each job is a sample.
    kept = [
        turn.life.customer.ingest.sample().size
        for turn in world.undertaking.turns
        if turn.life.customer.ingest
    ]
    assert max(kept) <= 2_000


def test_the_same_in_small() -> None:
    world = told(4, 3, True, 50, seed=7)
    assert worked(world, 12, 50) == 1
