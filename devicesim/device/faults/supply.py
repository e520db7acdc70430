"""Faults of what feeds a device: the mains fail, the plug is pulled."""

from __future__ import annotations

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import Blackout, PowerCut


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
    yield from _dark(scene, "the site has no mains power", "no mains power", fault.duration)


def power_cut(scene: Scene, fault: PowerCut) -> Process:
    """The plug is pulled, whatever feeds the device."""
    yield from _dark(scene, "the plug is pulled", "the plug was pulled", fault.duration)


LIVES: Lives = {Blackout: blackout, PowerCut: power_cut}
