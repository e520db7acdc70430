"""Every device with every capacity and job type that it is offered for runs to its end with the default customer."""

import pytest

from devicesim import catalog
from devicesim.world import World

OFFERED = [
    (device, capacity, kind)
    for device in catalog.names("device")
    for capacity in catalog.capacities(device)
    for kind in catalog.entry(device).listing("job_types")
]


@pytest.mark.parametrize(("device", "capacity", "kind"), OFFERED)
def test_law_a_job_runs_to_its_end(device: str, capacity: str, kind: str) -> None:
    world = World(seed=3)
    job = world.create_job(device=device, capacity=capacity, type=kind)
    world.run()
    assert world.job(job).outcome == "complete"
    limits = world.life(job).device.share.limits
    assert limits.capacity == catalog.find(catalog.room(device, capacity)).si
