"""What the rooms of a scenario tell of a run: one module each, asked in turn."""

from __future__ import annotations

from collections.abc import Callable

from devicesim.device.order import Life
from devicesim.report.sections import archives, cluster, compute, export, faults, online
from devicesim.report.sections.told import Told
from devicesim.world import World

ROOMS: tuple[Callable[[World, Life], Told | None], ...] = (
    archives.tell,
    cluster.tell,
    compute.tell,
    export.tell,
    faults.tell,
    online.tell,
)
"""One function for each room; None where the scenario has no such room."""


def told(world: World, life: Life) -> list[Told]:
    """Ask every room what became of a job."""
    return [answer for room in ROOMS if (answer := room(world, life)) is not None]


__all__ = ["ROOMS", "Told", "told"]
