"""World: the account, the site, the devices and the one clock.

A World's state is its scenario, its seed and an ordered log of verbs; the same three give the same World, bit
for bit, so forking, repeating and recovering are replay. Verbs move it; reads never do.

>>> import devicesim
>>> world = devicesim.World(seed=7)
>>> job = world.create_job()
>>> world.until("WithCustomer") < world.now + 1
True
>>> world.job(job).state
<JobState.WITH_CUSTOMER: 'WithCustomer'>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import numpy as np

from devicesim import catalog
from devicesim.catalog import Figures
from devicesim.device import rooms
from devicesim.device.customer import Customer, default_story, furnished
from devicesim.device.faults.account import lasting, open_ended
from devicesim.device.job import Job, Order, changed, ordered, read_order
from devicesim.device.neighbours import Neighbours
from devicesim.device.order import Hire, Life, Live
from devicesim.device.rehearsal import rehearse
from devicesim.device.setting import Setting, Timeline
from devicesim.device.share import Policy, policy
from devicesim.device.testimony import Testimony
from devicesim.device.undertaking import Marks, Undertaking, drawn, taken, undertake
from devicesim.errors import DevicesimError, VerbError, require, unknown
from devicesim.jobs import ALLOWED, JobType
from devicesim.progress import Stream
from devicesim.scenario import Files, Scenario
from devicesim.world.clock import factor_of
from devicesim.world.doors import Doors
from devicesim.world.faults import FaultVerbs
from devicesim.world.online import OnlineVerbs
from devicesim.world.verbs import HEAR, Verb

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
"""Second 0 of a World without a scenario."""

BESIDE = ("region", "buckets", "key_ranges", "functions")
"""What a job is created with besides its order."""


class World(Doors, FaultVerbs, OnlineVerbs):
    """Everything that is simulated, and the verbs that move it.

    Args:
        scenario: the story; without one, an empty account whose jobs the catalog's default customer handles.
        seed: of every draw; the scenario's own if not given.
        replication: which of many futures of that seed; ``run`` is replication 0.
        neighbours: object store, keys, roles and notifications around the account; nothing by default.
        content: what becomes of the bytes that real clients write, as :func:`devicesim.device.share.policy` reads
            it, or what makes the policy of each device; it is no part of the World's state.
        clock: ``manual`` moves only when told; ``driven`` also by what clients push through doors; ``real`` or
            ``real:N`` follows the wall clock, N times as fast, at each :meth:`tick`.

    Attributes:
        stream: the events and legs so far.
        factor: how fast the clock follows the wall; None where it does not.
        undertaking: what the scenario set out to do; None in an empty account.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        seed: int | None = None,
        replication: int = 0,
        neighbours: Neighbours | None = None,
        content: str | Policy = "discard",
        clock: str = "manual",
        wall: Callable[[], float] = monotonic,
    ) -> None:
        self.seed = seed if seed is not None else (scenario.seed if scenario else 0)
        require(self.seed >= 0, "seed", ">= 0", self.seed)
        require(replication >= 0, "replication", ">= 0", replication)
        self.replication = replication
        self.factor = factor_of(clock)
        self.clock, self._wall, self._wall_last = clock, wall, wall()
        overrides = dict(scenario.assume.items()) if scenario else {}
        self.figures = Figures(overrides, scenario.source.measured if scenario else None)
        if scenario is not None:
            scenario = furnished(Figures(overrides), scenario)
        self.scenario = scenario
        self._default = scenario or default_story(Figures(), START)
        epoch = self._default.start
        self.stream = Stream(epoch)
        self._log: list[Verb] = []
        self._actors: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
        self._lives: dict[str, Life] = {}
        self._clusters: dict[str, rooms.Cluster] = {}
        self._setting = Setting(
            Timeline(),
            self._default,
            epoch,
            self.figures,
            self.stream,
            neighbours or Neighbours(),
            self._draw,
            heard=Testimony(lambda question, answer: self._note(HEAR, question=question, answer=answer)),
            content=policy(content) if isinstance(content, str) else content,
        )
        self.undertaking: Undertaking | None = None
        if scenario is not None:
            for fault in scenario.faults:
                incident = self._setting.faults.of(fault)
                if open_ended(incident):
                    self._setting.env.process(lasting(self._setting, incident))
            rehearse(scenario, ordered(scenario))
            self.undertaking = undertake(self._setting, scenario, self._open)
            if scenario.cluster is not None and isinstance(self.undertaking, rooms.Whole):
                self._clusters[self.undertaking.cluster.id] = self.undertaking.cluster

    # Verbs. Each is logged with the time at which it was applied; one that was refused is not.

    def create_job(self, **members: Any) -> str:
        """Create a job at the World's site, which the catalog's default customer handles; returns its JobId.

        Members: type, device, capacity, shipping, wifi, description, forwarded, role; region (the World's own if not
        given) and buckets, to which the customer's files go in equal numbers (the catalog's if none is given). An
        EXPORT takes key_ranges beside them, (begin, end) for each: they count where an object store is attached; any
        other job functions, (ARN, ARNs of buckets) for each, which run for every object put into one of them.

        Raises:
            UnknownNameError: no such member.
            BoundError: a value that a job cannot have, or that its Region does not offer.
        """
        given = dict(members)
        region, buckets = given.pop("region", self.region), list(given.pop("buckets", ()))
        ranges, functions = given.pop("key_ranges", None), given.pop("functions", ())
        order = read_order(region, given)
        if order.type is JobType.EXPORT:
            label = str(len(self._lives))
            story = default_story(self.figures, self.epoch, region, order, list(dict.fromkeys(buckets)))
            setting, story, files = taken(self._setting, story, buckets, ranges, label, self._later)
            life = rooms.Export(setting, story, self._open, order, files, label).master
        else:
            life = self._open(
                order, default_story(self.figures, self.epoch, region, order, buckets, functions)
            )
        beside = {name: members[name] for name in BESIDE if name in members}
        self._note("create_job", **order.members, **beside)
        return life.job.id

    def update_job(
        self, job_id: str, *, buckets: Sequence[str] = (), key_ranges: Marks | None = None, **members: Any
    ) -> None:
        """Change a job's order; AWS allows it only while the job is New. What is not given stays.

        Members: shipping, description, forwarded, role, capacity, functions, as of :meth:`create_job`; buckets
        and key_ranges likewise.

        Raises:
            VerbError: the job is in another state.
            BoundError: a shipping option that the job's Region does not have.
        """
        life, told = self.life(job_id), buckets
        if life.job.state not in ALLOWED["UpdateJob"]:
            raise VerbError(f"job {job_id} is {life.job.state}; only a New job can be changed")
        order = {name: value for name, value in members.items() if name != "functions"}
        region, functions = life.setting.scenario.site.region, members.get("functions")
        asked = changed(life.job.order, region, order)
        if (
            key_ranges is not None
            and isinstance(life, rooms.Master)
            and rooms.attached(self._setting, job_id)
        ):
            story = default_story(self.figures, self.epoch, region, asked, list(dict.fromkeys(buckets)))
            life.export.take(*taken(self._setting, story, buckets, key_ranges, job_id, self._later))
            buckets = ()
        life.change(asked, buckets, functions)
        marks = {} if key_ranges is None else {"key_ranges": list(key_ranges)}
        self._note("update_job", job_id=job_id, **members, buckets=list(told), **marks)

    def cancel_job(self, job_id: str) -> None:
        """Cancel a job; AWS allows it only while the job is New, an export's until a device is prepared for it."""
        life = self.life(job_id)
        if life.job.state not in ALLOWED["CancelJob"]:
            raise VerbError(f"job {job_id} is {life.job.state}; only a New job can be cancelled")
        life.cancel()
        self._note("cancel_job", job_id=job_id)

    def create_cluster(self, **members: Any) -> str:
        """Create an empty cluster; AWS prepares nothing before it has its node jobs. Returns its ClusterId.

        Members: those of a job but its type, and nodes (5) and era ("2020", or "today").

        Raises:
            UnknownNameError: no such member.
            BoundError: a value that a cluster cannot have.
        """
        given = dict(members)
        nodes, era = given.pop("nodes", 5), given.pop("era", "2020")
        region = given.pop("region", self.region)
        first = catalog.entry("cluster").listing("2020.devices" if era == "2020" else "today.devices")[0]
        order = read_order(region, {"device": first} | given | {"type": JobType.LOCAL_USE})
        story = rooms.default_cluster(self.figures, self.epoch, region, order, nodes, era)
        setting = replace(self._setting, scenario=story)
        number = rooms.cluster_id(self._draw, len(self._clusters))
        cluster = rooms.Cluster(setting, number, order, self._open)
        self._clusters[cluster.id] = cluster
        self._note("create_cluster", **members)
        return cluster.id

    def create_node(self, cluster_id: str) -> str:
        """Create the next node job of a cluster, or one in the place of a node that was lost; returns its JobId.

        Raises:
            VerbError: the cluster has all its nodes, or is over.
        """
        life = self.cluster(cluster_id).add_node()
        self._note("create_node", cluster_id=cluster_id)
        return life.job.id

    def update_cluster(self, cluster_id: str, **members: Any) -> None:
        """Change the order of a cluster's nodes, while it is AwaitingQuorum; members as of :meth:`update_job`."""
        cluster = self.cluster(cluster_id)
        cluster.change(changed(cluster.order, cluster.setting.scenario.site.region, members))
        self._note("update_cluster", cluster_id=cluster_id, **members)

    def cancel_cluster(self, cluster_id: str) -> None:
        """Cancel a cluster with its node jobs; AWS allows it only while it is AwaitingQuorum."""
        self.cluster(cluster_id).cancel()
        self._note("cancel_cluster", cluster_id=cluster_id)

    def attach(self, name: str, act: Callable[[Mapping[str, Any]], Any]) -> None:
        """Let an upper layer (an API) have verbs of its own, applied by :meth:`act`."""
        self._actors[name] = act

    def act(self, actor: str, what: Mapping[str, Any]) -> Any:
        """Apply a verb of an upper layer, which may use this World's own; the log keeps the one verb.

        Args:
            actor: the name under which it was attached.
            what: the verb's arguments, plain enough for a log.

        Raises:
            UnknownNameError: nothing is attached by that name.
        """
        if actor not in self._actors:
            raise unknown("actor", actor, self._actors)
        length = len(self.log)
        try:
            result = self._actors[actor](what)
        except DevicesimError:
            del self._log[length:]
            raise
        # The verbs of this World that it used follow from it; what neighbours said does not.
        self._log[length:] = [verb for verb in self._log[length:] if verb.name == HEAR]
        self._note("act", actor=actor, what=what)
        return result

    def tick(self) -> float:
        """Follow the wall clock (``real`` only): move by what has passed since the last tick, times the factor."""
        factor = self.factor
        if factor is None:
            return self.now
        wall = self._wall()
        passed, self._wall_last = wall - self._wall_last, wall
        last = len(self._log) - 1 if self._ticked and self._traffic is None else None
        now = self._follow(self.now + passed * factor)
        if last is not None and self._log[-1].name == "advance":
            del self._log[last]  # one look at the wall after the other is one advance
        self._ticked = True
        return now

    def stand(self) -> None:
        """Forget how much time has passed on the wall since the last tick: the World stood meanwhile."""
        self._wall_last = self._wall()

    # What the verbs stand on.

    @property
    def _later(self) -> str:
        """What tells the files of a second job of the same customer from those of the first."""
        return f"/{len(self._lives)}" if self._lives else ""

    def _open(
        self,
        order: Order,
        story: Scenario,
        files: Sequence[Files] | None = None,
        hire: Hire = Customer,
        live: Live = Life,
    ) -> Life:
        job = Job(_job_id(self._draw(f"job/{len(self._lives)}")), order, self.now)
        setting = replace(self._setting, scenario=story)
        if files is None:
            files = drawn(setting, story, self._later)
        life = self._lives[job.id] = live(setting, job, files, hire)
        life.device.share.tell = partial(self._pass, job.id)
        if self.doors:
            life.device.hand.open_doors()
        return life


def _job_id(draw: np.random.Generator) -> str:
    digits = draw.bytes(16).hex()
    return f"JID{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
