"""The verb of those who want something to go wrong while the World runs."""

from __future__ import annotations

from typing import Any

from devicesim.device import rooms
from devicesim.device.customer import Customer
from devicesim.device.faults.account import lasting
from devicesim.device.faults.ledger import Incident
from devicesim.device.order import Life
from devicesim.errors import VerbError
from devicesim.jobs import JobState
from devicesim.progress import CallSpoiled
from devicesim.scenario import faults
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
        life = self.life(job_id) if job_id is not None or self._lives else None
        if life is None:
            return self._to_account(faults.read(self._default, kind, members), kind, members)
        fault = faults.read(life.setting.scenario, kind, members)
        if isinstance(fault, faults.AccountFault):
            return self._to_account(fault, kind, members)
        incident = self._befall(life, fault)
        self._at_once()
        self._note("inject", kind=kind, job_id=life.job.id, **members)
        return incident.id

    def _to_account(self, fault: faults.FaultTable, kind: str, members: dict[str, Any]) -> str:
        """Let a fault befall the account, which has it before it has any job."""
        if not isinstance(fault, faults.AccountFault):
            raise VerbError(f"there is no job yet that {kind} could befall; create_job() makes one")
        incident = self._setting.faults.of(fault)
        self._setting.account.since[incident.id] = self.now
        self._setting.env.process(lasting(self._setting, incident))
        self._at_once()
        self._note("inject", kind=kind, **members)
        return incident.id

    def called(self, service: str, operation: str) -> str:
        """Tell of a call of an API; answers the error that a fault gives in its place, empty if none does.

        Only while a fault may hit such calls is it a verb; it never moves the clock, and draws for itself alone.
        """
        account, setting = self._setting.account, self._setting
        if not account.spoils(service, operation):
            return ""
        hit = account.hit(setting, service, operation)
        self._note("called", service=service, operation=operation)
        if hit is None:
            return ""
        incident, number = hit
        error = getattr(incident.fault, "error", "ThrottlingException")
        setting.say(CallSpoiled(self.now, "", incident.id, service, operation, number, error))
        return str(error)

    def _befall(self, life: Life, fault: faults.FaultTable) -> Incident:
        ledger = self._setting.faults
        if isinstance(fault, faults.DeliveryFault):
            return self._await(life, fault)
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

    def _await(self, life: Life, fault: faults.DeliveryFault) -> Incident:
        """Let a fault befall the next delivery, or the import, of a job."""
        if life.job.outcome:
            raise VerbError(f"job {life.job.id} is over: {life.job.outcome}")
        incident = self._setting.faults.of(fault, life.job.id)
        self._setting.account.since[incident.id] = self.now
        return incident

    def _strike(self, life: Life, fault: faults.FaultTable) -> Incident:
        """Let a fault befall the cluster of a node."""
        cluster = next((each for each in self.clusters.values() if life in each.lives), None)
        if cluster is None or not isinstance(fault, faults.NodeFault):
            raise VerbError(f"{fault.name()} does not befall a node of a cluster")
        if cluster.work.formed is None:
            raise VerbError(f"the nodes of {cluster.id} do not work together yet")
        cluster.work.befall(fault)
        return self._setting.faults.of(fault, cluster.work.anchor)
