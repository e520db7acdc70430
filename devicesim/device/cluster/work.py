"""What the nodes of a cluster do together: they form it, serve, are struck by faults, repair, and are packed up.

Everything that changes comes to :meth:`Work.look`, after what held before has been settled: files written so far are
booked with the nodes that hold them, fragments made so far with theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
import simpy

from devicesim import throughput
from devicesim.device.cluster import member as nodes
from devicesim.device.cluster.fragments import Fragments, Index
from devicesim.device.cluster.front import Front
from devicesim.device.cluster.member import Member
from devicesim.device.cluster.network import Network
from devicesim.device.cluster.plan import Plan
from devicesim.device.cluster.repair import Repair
from devicesim.device.cluster.writing import Terms, Writing
from devicesim.device.faults.ledger import Incident
from devicesim.device.setting import Setting
from devicesim.errors import require
from devicesim.jobs import JobState
from devicesim.physics import erasure
from devicesim.physics.quorum import Service, service
from devicesim.progress import Lost, NodeChanged, QuorumChanged
from devicesim.scenario import Files
from devicesim.scenario.faults import NodeDown, NodeFault, NodeLost, PowerCut, QuorumLost

Process = Generator[simpy.Event, object, None]

WORDS = {Service.READ_WRITE: "read/write", Service.READ_ONLY: "read only", Service.OFFLINE: "offline"}
"""What a service level is called."""


class Work:
    """The storage that a cluster's nodes are together.

    Attributes:
        up: places of the nodes in reach.
        service: what it serves; None until it has formed.
        formed, ended: when the nodes first served together, and when they were packed up [s].
        why_ended: what ended it, if not the customer.
        spans: how long it served at each level [s].
        exposed: how long some data lacked a fragment [s].
        expected: nodes that will be ordered without anybody doing more.
        struck: the scenario's faults that came to pass, by identity, with the nodes that were not there to be struck.
        books: who holds what.
        front: what the copy sees of it.
        writing: the clients' copy, once begun.
        repair: the making of lost fragments, once it has formed.
    """

    def __init__(
        self,
        setting: Setting,
        kind: str,
        drawn: Plan,
        members: Sequence[Member],
        files: Sequence[Files],
        replace: Callable[[], None],
    ) -> None:
        """Prepare the work.

        Args:
            setting: of the run.
            kind: catalog entry of the nodes.
            drawn: the cluster on paper.
            members: its nodes; the list grows.
            files: what the clients write.
            replace: called for each node that fails for good.
        """
        self._setting, self._drawn, self._members, self._replace = setting, drawn, members, replace
        self._files = files
        self.up: set[int] = set()
        self.service: Service | None = None
        self.formed: float | None = None
        self.ended: float | None = None
        self.why_ended = ""
        self.spans = dict.fromkeys(Service, 0.0)
        self.exposed, self._thin_since = 0.0, float("inf")
        self.expected = 0
        self.struck: dict[int, tuple[int, ...]] = {}
        self._since, self._looking = 0.0, False
        self._share = setting.figures.si("cluster.repair.share")
        require(0 < self._share <= 1, "cluster.repair.share", "in (0, 1]", self._share)
        self._news = setting.env.event()
        sizes = np.concatenate([np.zeros(0, np.int64), *(each.sizes for each in files)])
        self.books = Fragments(sizes, drawn.code, drawn.nodes)
        self.front = Front(setting, kind, drawn, members)
        self._network = Network(setting, drawn, self.look)
        self.writing: Writing | None = None
        self.repair: Repair | None = None

    @property
    def anchor(self) -> str:
        """JobId of the first node, under which the stream tells of the cluster."""
        return self._members[0].job.id

    def holder(self, place: int) -> Member | None:
        """The node that has a place, or whose job is to bring one there."""
        for each in reversed(self._members):
            if each.number == place and each.state != nodes.LOST and each.job.outcome in ("", "complete"):
                return each
        return None

    @property
    def hope(self) -> bool:
        """Whether enough nodes are or may yet come in reach to take writes."""
        coming = sum(each.coming for each in self._members if self.holder(each.number) is each)
        return len(self.up) + coming + self.expected >= self._drawn.rule.write

    # What follows from a change.

    def moved(self, member: Member, why: str) -> None:
        """Take note of a node that was associated, or went by itself."""
        if self.ended is None and member.state in (nodes.ASSOCIATED, nodes.UNREACHABLE):
            self.settle()
            self._say(member, why)
        # Nodes that come back together are looked at together: at the end of this instant.
        if not self._looking:
            self._looking = True
            self._setting.env.process(self._look_soon(why))

    def _look_soon(self, why: str) -> Process:
        yield self._setting.env.timeout(0)
        self._looking = False
        self.look(why)

    def quicker(self) -> None:
        """Take note of a node's processor, disks or port becoming quicker or slower."""
        if self.formed is not None and self.ended is None:
            self.settle()
            self.front.change()

    def settle(self) -> None:
        """Book what was written and made under what held up to now; whoever changes something does so after this."""
        if self.writing is not None:
            self.writing.settle()
        if self.repair is not None:
            self.repair.settle()

    def look(self, why: str = "") -> None:
        """See which nodes are in reach, and what follows."""
        self.settle()
        up = {each.number for each in self._members if each.state == nodes.ASSOCIATED}
        changed, self.up = up != self.up, up
        if self.ended is None:
            self._form()
            if self.repair is not None:
                self._serve(why)
                if changed or self.repair.over:
                    self.repair.begin(up)
                else:
                    self.repair.pace()
                self._network.reach(up)
                self.front.change()
        self._watch()
        news, self._news = self._news, self._setting.env.event()
        news.succeed()

    def _watch(self) -> None:
        """Keep the time in which data lacks a fragment."""
        now, thin = self._setting.now, self.ended is None and self.books.thin[0] > 0
        if thin:
            self._thin_since = min(self._thin_since, now)
        elif self._thin_since < float("inf"):
            self.exposed += now - self._thin_since
            self._thin_since = float("inf")

    def _form(self) -> None:
        """The nodes first work together when all have joined, or those that have can take writes without the rest."""
        first = (each for each in self._members if each.state in (nodes.AWAITED, nodes.STARTING))
        waiting = any(not each.job.outcome for each in first)
        if self.formed is None and not waiting and len(self.up) >= self._drawn.rule.write:
            self.formed = self._since = self._setting.now
            self.repair = Repair(self._setting, self.anchor, self.books, self._repair_speed, self.look)

    def _serve(self, why: str) -> None:
        reachable = [place in self.up for place in range(self._drawn.nodes)]
        level = Service(int(service(self._drawn.rule, reachable)))
        if self.books.unreadable(self.up)[0]:
            level = Service.OFFLINE
        if level is self.service:
            return
        self._count()
        self.service = level
        self._setting.say(QuorumChanged(self._setting.now, self.anchor, WORDS[level], len(self.up), why))
        if level is not Service.READ_WRITE and not self.front.off.triggered:
            self.front.off.succeed()

    def _count(self) -> None:
        if self.service is not None:
            self.spans[self.service] += self._setting.now - self._since
        self._since = self._setting.now

    def until_now(self, now: float) -> dict[Service, float]:
        """How long it has served at each level, up to now [s].

        A cluster that was given up stays what it was when it was, until the last of its nodes goes back.
        """
        told = dict(self.spans)
        if self.service is not None and self.ended is None:
            told[self.service] += now - self._since
        elif self.service is not None and self.ended is not None and self.given_up:
            told[self.service] += max(min(self._taken(), now) - self.ended, 0.0)
        return told

    @property
    def given_up(self) -> bool:
        """Whether it was packed up before all was written, since it took no writes and never would."""
        unwritten = self.writing is not None and not self.writing.finished
        return self.ended is not None and unwritten and self.service is not Service.READ_WRITE

    def _taken(self) -> float:
        """When the last node was handed to the courier; never, if one has not been [s]."""
        there = [each.job.history for each in self._members if each.job.outcome in ("", "complete")]
        times = [[at for at, state in each if state is JobState.IN_TRANSIT_TO_AWS] for each in there]
        return max((each[0] if each else float("inf") for each in times), default=0.0)

    def _repair_speed(self, targets: int) -> erasure.Repair | None:
        """How fast fragments can be made for so many nodes now; None where too few can be read."""
        writes = self.writing is not None and self.writing.running is not None
        share = self._share if writes else 1.0
        code, front = self._drawn.code, self.front
        others = len(self.up) - targets
        sources = others if others >= code.data else len(self.up)
        if sources < code.data or front.disk_factor <= 0:
            return None
        raw = self.books.raw / self._drawn.nodes
        node = self._network.node(raw, front.cpu_share, front.disk_factor, front.network_taken)
        return erasure.repair_rate(node, code, sources, max(targets, 1), share)

    def _say(self, member: Member, why: str) -> None:
        now = self._setting.now
        told = NodeChanged(now, self.anchor, member.number + 1, member.job.id, member.state, why)
        self._setting.say(told)

    # What befalls the nodes.

    def strike(self, fault: NodeFault) -> None:
        """Let a fault befall nodes, all at once."""
        incident, nodes = self._setting.faults.of(fault, self.anchor), self._nodes(fault)
        if self.ended is not None:
            incident.miss("the cluster had been packed up")
            return
        gone = self.struck[id(fault)] = tuple(node for node in nodes if self.holder(node - 1) is None)
        if len(gone) == len(nodes):
            incident.miss("none of the nodes was there any more")
            return
        self._begin(incident, nodes)
        self.settle()
        lost = [np.zeros(0, np.int64)]
        replaced = 0
        for place in (node - 1 for node in nodes):
            member = self.holder(place)
            if member is None:
                continue
            match fault:
                case NodeLost():
                    why = "failed for good"
                    member.lose(why, incident.id)
                    lost.append(self.books.destroy(place))
                    replaced += 1
                case PowerCut():
                    why = "power cut"
                    member.cut(fault.duration, why, incident.id)
                case NodeDown() | QuorumLost():
                    why = "no network"
                    member.part(fault.duration)
            self._say(member, why)
        self._lose(np.concatenate(lost), incident.id)
        self.front.fault = incident.id
        for _ in range(replaced):
            self._replace()
        self.look(fault.kind.replace("-", " "))

    def _nodes(self, fault: NodeFault) -> Sequence[int]:
        """The nodes that a fault is of; a lost quorum is of as many as it takes, the last ones first."""
        if isinstance(fault, QuorumLost):
            spare = self._drawn.rule.read - 1
            return [place + 1 for place in sorted(self.up)[spare:]] or [self._drawn.nodes]
        return fault.nodes or ()

    def _begin(self, incident: Incident, nodes: Sequence[int]) -> None:
        """Label a fault, and its end where it has one."""
        setting, fault = self._setting, incident.fault
        one = len(nodes) == 1
        words = {
            "node-lost": "fails for good" if one else "fail for good",
            "power-cut": "loses power" if one else "lose power",
        }.get(incident.kind, "is out of reach" if one else "are out of reach")
        lasts = getattr(fault, "duration", float("inf"))
        where = f"node{'s' if len(nodes) > 1 else ''} {', '.join(map(str, nodes))}"
        incident.begin(setting.say, setting.now, where, f"{where} {words}", lasts=lasts)
        if lasts < float("inf"):
            setting.env.process(self._over(incident, lasts))

    def _over(self, incident: Incident, lasts: float) -> Process:
        yield self._setting.env.timeout(lasts)
        incident.end(self._setting.say, self._setting.now)

    def _lose(self, index: Index, fault: str) -> None:
        """Say which data has too few fragments left."""
        if not index.size:
            return
        if self.writing is not None:
            self.writing.forget(index)
        size = int(self.books.sizes[index].sum())
        why = f"fewer than {self._drawn.code.data} of its fragments were left on the nodes"
        self._setting.say(Lost(self._setting.now, self.anchor, "cluster", index.size, size, why, fault))

    def befall(self, fault: NodeFault) -> None:
        """Let a fault befall nodes, so long after now as it says."""
        self._setting.env.process(self._befall(fault))

    def _befall(self, fault: NodeFault) -> Process:
        yield self._setting.env.timeout(fault.at)
        self.strike(fault)

    # The customer's work with the cluster.

    def run(self) -> Process:
        """Wait for the nodes, write, keep the cluster for a while, pack it up."""
        story, env = self._setting.scenario, self._setting.env
        while self.formed is None and self.hope:
            yield self._news
        if self.formed is not None:
            for fault in story.faults:
                if isinstance(fault, NodeFault):
                    self.befall(fault)
            yield from self._copy()
            while self._left > 0 and (computing := [m for m in self._members if m.device.compute.waits]):
                yield env.any_of([each.device.compute.moved for each in computing])
            yield env.timeout(max(min(story.job.keep, self._left), 0.0))
        self._close("" if self._left > 0 else "the nodes locked when their certificate ended")

    @property
    def _left(self) -> float:
        """How long the nodes' certificate still holds [s]."""
        return self.front.made + self._drawn.lifetime - self._setting.now

    def _copy(self) -> Process:
        """Write whenever the cluster takes writes, until all is written or it never will be."""
        if not self._setting.scenario.clients:
            return
        terms = Terms(self.books, self._server, self._regime, lambda: self.up, self._why_not)
        writing = self.writing = Writing(self._setting, self.front, self.anchor, self._files, terms)
        self._members[0].ingest = writing
        while not writing.finished and self._left > 0:
            if self.service is Service.READ_WRITE:
                self.front.off, self.front.fault = self._setting.env.event(), ""
                yield from writing.session()
                self.look()
                if not (self.front.off.triggered or writing.finished):
                    break  # the clients' patience is at its end
            elif self.hope:
                yield self._news
            else:
                break
        writing.end()
        self.look()

    def _server(self) -> throughput.Server:
        return self._network.server(self.books.stored[1])

    def _regime(self, busy: Sequence[int]) -> throughput.Regime:
        repair, front = self.repair, self.front
        takes = repair.now if repair is not None else None
        share, disk, taken = front.cpu_share, front.disk_factor, front.network_taken
        return self._network.regime(sorted(self.up), busy, takes, share, disk, taken)

    def _why_not(self) -> str:
        return f"the cluster was {WORDS[self.service or Service.OFFLINE]}"

    def _close(self, why: str) -> None:
        """Pack everything up."""
        self.settle()
        self._count()
        self.ended, self.why_ended = self._setting.now, why
        self._watch()
        if self.formed is not None:
            self._setting.say(QuorumChanged(self._setting.now, self.anchor, "packed up", len(self.up)))
        if self.repair is not None:
            self.repair.begin(set())
        for each in self._members:
            each.dismiss()
