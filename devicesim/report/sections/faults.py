"""Which blackouts of the scenario never came to pass, since the device was not at work when they were due."""

from __future__ import annotations

from devicesim.device.customer import Customer
from devicesim.device.order import Life
from devicesim.report.sections.told import Told
from devicesim.scenario import Blackout
from devicesim.units import format_duration
from devicesim.world import World


def tell(world: World, life: Life) -> Told | None:
    """Tell of a single device's blackouts that befell nobody, once its job is over."""
    if not life.job.outcome or not isinstance(life.customer, Customer) or life.job.parts or world.clusters:
        return None
    befell = life.customer.befell
    missed = (
        fault
        for fault in life.setting.scenario.faults
        if isinstance(fault, Blackout) and fault.part == 1 and not any(fault is each for each in befell)
    )
    notes = tuple(
        f"fault {fault.kind} at {format_duration(fault.at)}: the device was not at work then"
        for fault in missed
    )
    return Told(notes=notes) if notes else None
