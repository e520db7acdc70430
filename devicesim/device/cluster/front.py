"""What a copy sees of a cluster: one receiver with the room of all nodes, as quick as its slowest node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from devicesim.device.cluster.member import ASSOCIATED, Member
from devicesim.device.cluster.plan import Plan
from devicesim.device.compute import Compute
from devicesim.device.power import Busy
from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.device.snow_device import Cache, limits, room


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
        self.abrupt = False
        self.cache: Cache | None = None
        self.listeners: list[Callable[[], None]] = []
        self._counted: Callable[[], Busy] = Busy

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
    def compute(self) -> Compute | None:
        """Nothing: what computes runs on single nodes, and slows them down."""
        return None

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
