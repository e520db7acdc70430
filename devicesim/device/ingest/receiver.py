"""What a copy needs of where it copies to: a device, or a cluster of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import simpy

from devicesim.device.compute.compute import Alone, Copy
from devicesim.device.compute.puts import Put
from devicesim.device.power import Busy
from devicesim.device.share import Share
from devicesim.device.snow_device import Cache
from devicesim.device.strain import Strain


class Receiver(Protocol):
    """Takes files, as long as it is not off.

    Attributes:
        kind: catalog entry of the device.
        room: key of the figure that says what a device holds.
        off: event that fires when it stops taking them; a new one each time it begins to.
        abrupt: whether it last stopped without warning, so that what only memory held is gone.
        fault: id of the fault by which it last stopped; empty if it was none.
        strain: what faults take of its disk and links.
        made: when the job that it is prepared for was created [s].
        counted: cumulative busy seconds of the copy, for the draw by activity.
        cache: what lies in its memory, as the copy knows it.
        listeners: called when a capacity has changed.
    """

    kind: str
    room: str
    off: simpy.Event
    abrupt: bool
    fault: str
    strain: Strain
    made: float
    counted: Callable[[], Busy]
    cache: Cache | None
    listeners: list[Callable[[], None]]

    @property
    def share(self) -> Share:
        """Where the files go."""

    @property
    def computes(self) -> bool:
        """Whether anything computes beside the copy."""

    @property
    def reacts(self) -> bool:
        """Whether functions or instances serve requests beside it, so that no two copies go alike."""

    @property
    def alone(self) -> Alone:
        """What the copy would have if nothing computed beside it."""

    def attend(self, tell: Callable[[Put], None], copy: Copy) -> None:
        """Take notice of a copy, which tells of every object that it has put since it was last asked."""

    @property
    def network_taken(self) -> float:
        """What is taken of the network port by whatever is not the copy [bytes/s]."""

    @property
    def cpu_share(self) -> float:
        """Share of its cores that the copy gets now."""

    @property
    def disk_factor(self) -> float:
        """Factor on the disk's speed now."""

    def change(self) -> None:
        """Let whoever listens know that a capacity changed."""
