"""The verb of those who want something to go wrong while the World runs."""

from __future__ import annotations

from typing import Any

from devicesim.device import rooms
from devicesim.device.customer import Customer
from devicesim.device.faults.ledger import Incident
from devicesim.device.order import Life
from devicesim.errors import VerbError
from devicesim.jobs import JobState
from devicesim.scenario.faults import FaultTable, NodeFault, injected
from devicesim.world.engine import Engine


class FaultVerbs(Engine):
    """The part of a World that goes wrong on purpose."""

    def inject(self, kind: str, job_id: str | None = None, **members: Any) -> str:
        """Let something go wrong: now, or so long after now as ``at`` says.

        Args:
            kind: as ``[[fault]]`` in a scenario names it.
            job_id: whose device, or whose cluster, it befalls; the first job's if not named.
            members: of that kind, with quantities as text, as in a scenario.

        Returns:
            The fault's id, under which the stream labels it.

        Raises:
            UnknownNameError: no such kind, or job.
            BoundError: a member that the kind does not take, or not so.
            VerbError: it cannot befall that job, or not now.
        """
        life = self.life(job_id)
        fault = injected.read(life.setting.scenario, kind, members)
        incident = self._befall(life, fault)
        self._at_once()
        self._note("inject", kind=kind, job_id=life.job.id, **members)
        return incident.id

    def _befall(self, life: Life, fault: FaultTable) -> Incident:
        ledger = self._setting.faults
        if not isinstance(life.customer, Customer):
            return self._strike(life, fault)
        state = life.job.state
        if life.job.outcome or (
            fault.at == 0 and (state is not JobState.WITH_CUSTOMER or life.device.hand.packed)
        ):
            raise VerbError(
                f"{fault.name()} befalls a device at its customer's, and job {life.job.id} is {state}; "
                "say when: at = '12 d'"
            )
        incident = ledger.of(fault, life.job.id)
        rooms.befall(life, incident)
        return incident

    def _strike(self, life: Life, fault: FaultTable) -> Incident:
        """Let a fault befall the cluster of a node."""
        cluster = next((each for each in self.clusters.values() if life in each.lives), None)
        if cluster is None or not isinstance(fault, NodeFault):
            raise VerbError(f"{fault.name()} does not befall a node of a cluster")
        if cluster.work.formed is None:
            raise VerbError(f"the nodes of {cluster.id} do not work together yet")
        cluster.work.befall(fault)
        return self._setting.faults.of(fault, cluster.work.anchor)
