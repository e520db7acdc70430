"""Faults of what a device stores on: a disk that slows down."""

from __future__ import annotations

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import SlowDisk


def slow_disk(scene: Scene, fault: SlowDisk) -> Process:
    """The disk reads and writes at a part of its speed."""
    speed = f"at {100 * fault.factor:.3g} % of its speed" if fault.factor else "not at all"
    yield from slowed(scene, f"the disk works {speed}", fault.factor, fault.duration)


def slowed(scene: Scene, words: str, factor: float, duration: float) -> Process:
    """Leave so much of the disk's speed for a while."""
    device = scene.device
    scene.begin("disk", words, duration)
    device.strain.lay(scene.id, disk=factor)
    device.change()
    yield scene.wait(duration)
    device.strain.lift(scene.id)
    scene.end()
    device.change()


LIVES: Lives = {SlowDisk: slow_disk}
