"""What a copy sees of a cluster: one receiver with the room of all nodes, as quick as its slowest node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from devicesim.device.capacities import limits, room
from devicesim.device.cluster.member import ASSOCIATED, Member
from devicesim.device.cluster.plan import Plan
from devicesim.device.compute.compute import Alone, Copy
from devicesim.device.compute.puts import Put
from devicesim.device.power import Busy
from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.device.snow_device import Cache
from devicesim.device.strain import Strain


class Front:
    """A :class:`~devicesim.device.receiver.Receiver` for a whole cluster.

    Attributes:
        share: the objects of all clients; its room is the cluster's.
        off: event that fires when the cluster takes no more writes.
    """

    def __init__(self, setting: Setting, kind: str, drawn: Plan, members: Sequence[Member]) -> None:
        self._nodes, self._members = drawn.nodes, members
        self.kind, self.room, self.made = kind, room(setting, kind), setting.now
        alone = limits(setting, kind, self.room)
        self.share = Share(replace(alone, capacity=int(drawn.capacity), files=alone.files * drawn.nodes))
        self.off = setting.env.event()
        self.abrupt, self.fault = False, ""
        self.strain = Strain()
        self.cache: Cache | None = None
        self.listeners: list[Callable[[], None]] = []
        self._counted: Callable[[], Busy] = Busy
        self._dealt = 0

    @property
    def counted(self) -> Callable[[], Busy]:
        """Busy seconds of the copy, of all nodes together."""
        return self._counted

    @counted.setter
    def counted(self, count: Callable[[], Busy]) -> None:
        self._counted = count
        for each in self._members:
            each.device.counted = count if count is Busy else partial(_one_of, count, self._nodes)
            each.device.change()

    @property
    def computes(self) -> bool:
        """Whether anything computes on the nodes; it slows them down."""
        return any(each.device.computes for each in self._members)

    @property
    def reacts(self) -> bool:
        """Whether functions or instances serve requests on the nodes, so that no two copies go alike."""
        return any(each.device.reacts for each in self._members)

    @property
    def alone(self) -> Alone:
        """What the slowest node in reach would have if nothing computed on any."""
        each = [member.device.alone for member in self._serving]
        share, store = (min((getattr(a, part) for a in each), default=1.0) for part in ("share", "store"))
        return Alone(share, store, max((a.network for a in each), default=0.0))

    def attend(self, tell: Callable[[Put], None], copy: Copy) -> None:
        """Deal the objects that a copy puts out to the functions of the nodes in reach, in turn."""

        def deal(bucket: str, times: NDArray[np.float64], sizes: NDArray[np.float64]) -> None:
            nodes = self._serving or list(self._members)
            for number, each in enumerate(nodes):
                turn = (np.arange(times.size) + self._dealt) % len(nodes) == number
                each.device.compute.functions.put(bucket, times[turn], sizes[turn])
            self._dealt += times.size

        for each in self._members:
            each.device.compute.attend(lambda: tell(deal), copy)

    @property
    def cpu_share(self) -> float:
        """What the slowest node in reach has left of its processor."""
        return min((each.device.cpu_share for each in self._serving), default=1.0)

    @property
    def disk_factor(self) -> float:
        """What the slowest node in reach has left of its disks."""
        return min((each.device.disk_factor for each in self._serving), default=1.0)

    @property
    def network_taken(self) -> float:
        """What else takes of the port of the node that it takes most of [bytes/s]."""
        return max((each.device.network_taken for each in self._serving), default=0.0)

    @property
    def _serving(self) -> list[Member]:
        return [each for each in self._members if each.state == ASSOCIATED]

    def change(self) -> None:
        """Let the copy know that a capacity changed."""
        for listener in self.listeners:
            listener()


def _one_of(count: Callable[[], Busy], among: int) -> Busy:
    """A node's part of the busy seconds: its share of the cores, and its disks whenever the store is busy."""
    busy = count()
    return Busy(busy.cpu / among, busy.disk, busy.wifi)
