"""Faults of what feeds a device, and of the air around it: no power, too little, too hot."""

from __future__ import annotations

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import BatteryDead, Blackout, BrownOut, Overheating, PowerCut


def _dark(scene: Scene, words: str, why: str, duration: float) -> Process:
    """Go off without warning, and stay so until power is back; somebody then starts the device again."""
    if not scene.at_work:
        scene.incident.miss("the device was not at work then")
        return
    scene.begin("supply", words, duration)
    scene.customer.darken(scene.now + duration)
    scene.device.fail(why, scene.id)
    yield scene.wait(duration)
    scene.end("power is back")


def blackout(scene: Scene, fault: Blackout) -> Process:
    """The mains of the site fail."""
    if scene.device.power.on_battery:  # at a site of a fleet
        scene.incident.miss("the device runs on a battery at this site")
        return
    yield from _dark(scene, "the site has no mains power", "no mains power", fault.duration)


def power_cut(scene: Scene, fault: PowerCut) -> Process:
    """The plug is pulled, whatever feeds the device."""
    yield from _dark(scene, "the plug is pulled", "the plug was pulled", fault.duration)


def battery_dead(scene: Scene, fault: BatteryDead) -> Process:
    """The battery dies."""
    yield from ()
    if not scene.device.power.on_battery:  # at a site of a fleet
        scene.incident.miss("the device runs on mains at this site")
        return
    if not scene.at_work:
        scene.incident.miss("the device was not at work then")
        return
    scene.begin("battery", "the battery dies")
    scene.device.power.die()
    scene.device.fail("the battery died", scene.id)


def brown_out(scene: Scene, fault: BrownOut) -> Process:
    """The supply sags; whether the device stands that depends on what it draws."""
    device, until = scene.device, scene.now + fault.duration
    scene.begin("supply", f"the supply gives {fault.supply:g} W at most", fault.duration)
    device.power.sags[scene.id] = fault.supply
    scene.customer.darken(until)
    device.brown_out()
    yield scene.wait(fault.duration)
    del device.power.sags[scene.id]
    scene.end("the supply has recovered")


def overheating(scene: Scene, fault: Overheating) -> Process:
    """The room is hot."""
    device = scene.device
    scene.begin("room", f"the air is at {fault.ambient:g} °C", fault.duration)
    device.change()
    device.heat.surround(scene.id, fault.ambient)
    yield scene.wait(fault.duration)
    device.change()
    device.heat.surround(scene.id, None)
    scene.end()


LIVES: Lives = {
    Blackout: blackout,
    PowerCut: power_cut,
    BatteryDead: battery_dead,
    BrownOut: brown_out,
    Overheating: overheating,
}
