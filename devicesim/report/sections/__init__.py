"""What the rooms of a scenario tell of a run: one module each, asked in turn."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from devicesim.catalog import Figures
from devicesim.device import rooms
from devicesim.device.expectation import Load
from devicesim.device.order import Life
from devicesim.jobs import JobType
from devicesim.report.sections.told import Told
from devicesim.world import World

ROOMS: Mapping[str, Callable[[World, Life], bool]] = {
    "archives": lambda world, life: any(files.packed for files in life.files),
    "cluster": lambda world, life: bool(world.clusters),
    "compute": lambda world, life: life.device.compute.present or bool(life.setting.scenario.images),
    "export": lambda world, life: life.job.order.type is JobType.EXPORT,
    "faults": lambda world, life: bool(world.faults),
    "online": lambda world, life: world.scenario is not None and world.scenario.sends_online,
}
"""The module of each room, and whether a job may have it: only then is the module imported and asked."""


def told(world: World, life: Life) -> list[Told]:
    """Ask every room that a job may have what became of it."""
    asked = (importlib.import_module(f"{__name__}.{name}") for name, has in ROOMS.items() if has(world, life))
    return [answer for room in asked if (answer := room.tell(world, life)) is not None]


def of_fleet(world: World, fleet: rooms.Fleet) -> Told:
    """What became of the faults of a fleet's jobs."""
    found: Told = importlib.import_module(f"{__name__}.faults").of_fleet(world, fleet)
    return found


def outlook(world: World, life: Life, load: Load) -> Callable[[Figures], tuple[float, float, float]] | None:
    """What all roads together are expected to take, from figures; None where there is no online road."""
    if not ROOMS["online"](world, life):
        return None
    expected: Callable[[Figures], tuple[float, float, float]] | None
    expected = importlib.import_module(f"{__name__}.online").outlook(world, life, load)
    return expected


__all__ = ["ROOMS", "Told", "of_fleet", "outlook", "told"]
