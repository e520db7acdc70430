"""A cluster as AWS knows it: its state, its node jobs, and when it is complete.

The state (AwaitingQuorum, Pending, InUse, Complete) says nothing of whether the cluster serves: that is a matter of
the nodes in reach, and of :class:`~devicesim.device.cluster.work.Work`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import simpy

from devicesim.device.cluster import member as nodes
from devicesim.device.cluster.member import Member
from devicesim.device.cluster.plan import plan
from devicesim.device.cluster.work import Work
from devicesim.device.job import Job, Order
from devicesim.device.order import Life
from devicesim.device.ordering import Open
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.errors import VerbError
from devicesim.jobs import CLUSTER_ALLOWED, CLUSTER_MOVES, ClusterState, JobState
from devicesim.progress import ClusterChanged
from devicesim.scenario import Files

Process = Generator[simpy.Event, object, None]


class Cluster:
    """One cluster, from its order to the return of its last node.

    Attributes:
        id: its ClusterId.
        order: of each of its nodes.
        state: of the API; ``history`` has all with their times.
        drawn: the cluster on paper.
        members: every node job's node, in the order of their creation.
        lives: their jobs' lives.
        work: what the nodes do together.
    """

    def __init__(
        self, setting: Setting, id: str, order: Order, open: Open, files: Sequence[Files] = ()
    ) -> None:
        story = setting.scenario
        assert story.cluster is not None
        self.setting, self.id, self.order, self._open = setting, id, order, open
        self.drawn = plan(setting.figures, order.device, story.cluster)
        self.state, self.history = ClusterState.AWAITING_QUORUM, list[tuple[float, ClusterState]]()
        self.members: list[Member] = []
        self.lives: list[Life] = []
        self.work = Work(setting, order.device, self.drawn, self.members, files, self._replace)
        self._quorum = setting.env.event()
        self._enter(ClusterState.AWAITING_QUORUM)

    def _enter(self, state: ClusterState) -> None:
        if self.history and state not in CLUSTER_MOVES[self.state]:
            raise VerbError(f"cluster {self.id} cannot go from {self.state} to {state}")
        self.state = state
        self.history.append((self.setting.now, state))
        self.setting.say(ClusterChanged(self.setting.now, self.id, str(state)))

    # Node jobs.

    @property
    def over(self) -> bool:
        """Whether it takes no more nodes."""
        return self.state in (ClusterState.CANCELLED, ClusterState.COMPLETE) or self.work.ended is not None

    def add_node(self) -> Life:
        """Create a node job for the first place that is free: a new one's, or that of a node which was lost.

        Raises:
            VerbError: every place is taken, or the cluster is over.
        """
        if self.over:
            raise VerbError(f"cluster {self.id} is {self.state} and takes no more nodes")
        free = [place for place in range(self.drawn.nodes) if self.work.holder(place) is None]
        if not free:
            raise VerbError(
                f"cluster {self.id} supports {self.drawn.nodes} nodes, and has a job for each of them"
            )

        def hire(setting: Setting, job: Job, device: SnowDevice, files: Sequence[Files]) -> Member:
            self.members.append(Member(setting, job, device, free[0], self._moved))
            return self.members[-1]

        life = self._open(self.order, self.setting.scenario, [], hire)
        life.held = self._quorum
        life.device.listeners.append(self.work.quicker)
        self.lives.append(life)
        self.setting.env.process(self._follow(life, self.members[-1]))
        waiting = sum(each.job.state is JobState.NEW for each in self.members)
        if self.state is ClusterState.AWAITING_QUORUM and waiting >= self.drawn.ordered:
            self._enter(ClusterState.PENDING)
            self._quorum.succeed()
            self.setting.env.process(self.work.run())
        return life

    def change(self, order: Order) -> None:
        """Take a changed order for every node.

        Raises:
            VerbError: AWS has begun to prepare it.
        """
        self._require("UpdateCluster", "changed")
        self.order = order
        for life in self.lives:
            life.change(order)

    def cancel(self) -> None:
        """Cancel the cluster and its node jobs.

        Raises:
            VerbError: it has all the node jobs that AWS waits for.
        """
        self._require("CancelCluster", "cancelled")
        self._enter(ClusterState.CANCELLED)
        for life in self.lives:
            if life.job.state is JobState.NEW:
                life.cancel()
        self._quorum.succeed()

    def _require(self, call: str, done: str) -> None:
        if self.state not in CLUSTER_ALLOWED[call]:
            raise VerbError(f"cluster {self.id} is {self.state}; it can be {done} while it is AwaitingQuorum")

    # What becomes of them.

    def _moved(self, member: Member, why: str) -> None:
        if self.state is ClusterState.PENDING:
            self._enter(ClusterState.IN_USE)
        self.work.moved(member, why)

    def _follow(self, life: Life, member: Member) -> Process:
        """See a node job through: one that never comes is ordered again, and the last one back ends the cluster."""
        yield life.over
        if member.state == nodes.AWAITED and life.job.state is not JobState.CANCELLED:
            self._replace()
        self.work.look()
        if self.state is ClusterState.IN_USE and all(each.over.processed for each in self.lives):
            self._enter(ClusterState.COMPLETE)

    def _replace(self) -> None:
        """Order a new node after a while, where the scenario has it so."""
        story = self.setting.scenario.cluster
        if story is None or not story.replace or self.over:
            return
        wait = self.setting.figures.si("cluster.replacement.notice") if story.notice is None else story.notice
        self.work.expected += 1

        def order() -> Process:
            yield self.setting.env.timeout(wait)
            self.work.expected -= 1
            if not self.over:
                self.add_node()

        self.setting.env.process(order())
