"""Faults of what a device stores on: it slows down, it fills up, its shingled drive has to clean up."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import FullDisk, SlowDisk, SmrCliff
from devicesim.units import format_size

ROOM = "something else took room on the disk"


def slow_disk(scene: Scene, fault: SlowDisk) -> Process:
    """The disk reads and writes at a part of its speed."""
    speed = f"at {100 * fault.factor:.3g} % of its speed" if fault.factor else "not at all"
    yield from _slowed(scene, f"the disk works {speed}", fault.factor, fault.duration)


def smr_cliff(scene: Scene, fault: SmrCliff) -> Process:
    """Every write waits for the drive's cleaning."""
    figures, kind = scene.setting.figures, scene.device.kind
    rate = figures.si(f"{kind}.disk.smr_rate")
    factor = min(1.0, rate / figures.si(f"{kind}.disk.outer_rate"))
    words = f"the drive falls to its sustained rate, {rate / 1e6:.3g} MB/s"
    yield from _slowed(scene, words, factor, fault.duration)


def _slowed(scene: Scene, words: str, factor: float, duration: float) -> Process:
    """Leave so much of the disk's speed for a while."""
    device = scene.device
    scene.begin("disk", words, duration)
    device.strain.lay(scene.id, scene.now + duration, disk=factor)
    device.change()
    yield scene.wait(duration)
    device.strain.lift(scene.id)
    scene.end()
    device.change()


def full_disk(scene: Scene, fault: FullDisk) -> Process:
    """Something else takes room, and may go again."""
    device = scene.device
    share = device.share
    taken = min(int(fault.taken), share.limits.capacity)
    lasts = inf if fault.duration is None else fault.duration
    words = f"something else takes {format_size(fault.taken)} of the disk"
    if taken < fault.taken:
        words = (
            f"something else would take {format_size(fault.taken)} of the disk, and gets {format_size(taken)}"
        )

    def crowd() -> None:
        share.limits = replace(share.limits, capacity=share.limits.capacity - taken)
        device.strain.crowding.append(scene.id)
        device.spoils.forget_missing()

    def leave() -> None:
        share.limits = replace(share.limits, capacity=share.limits.capacity + taken)
        device.strain.crowding.remove(scene.id)
        device.spoils.forget_missing()
        if scene.customer.ingest is not None:
            scene.customer.ingest.relent()

    ingest = scene.customer.ingest
    scene.begin("disk", words, lasts)
    if ingest is None:
        crowd()
    else:
        ingest.anew(crowd, ROOM, scene.id)
    if fault.duration is None:
        return
    yield scene.wait(fault.duration)
    scene.end()
    ingest = scene.customer.ingest
    if ingest is None:
        leave()
    else:
        ingest.anew(leave, "there is room on the disk again", scene.id)


LIVES: Lives = {SlowDisk: slow_disk, FullDisk: full_disk, SmrCliff: smr_cliff}
