"""How faults come to a job's device: each waits until it is due, and is lived through in its room.

A room has a table from the models of its kinds to what lives through them: a function of the scene and the fault,
which is a SimPy process. It labels the beginning and the end by :meth:`Scene.begin` and :meth:`Scene.end`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.device.customer import Customer
from devicesim.device.faults import content, disk, link, supply
from devicesim.device.faults.ledger import Incident
from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import FaultTable

if TYPE_CHECKING:
    from devicesim.device.order import Life

LIVES: Lives = {**supply.LIVES, **disk.LIVES, **link.LIVES, **content.LIVES}
"""What lives through each kind that befalls one device."""

AWAY = "the device was not at work then"


def expect(life: Life) -> None:
    """Await the faults that a job's scenario holds for it."""
    customer, setting = life.customer, life.setting
    if not isinstance(customer, Customer):
        return
    for fault in setting.scenario.faults:
        if type(fault) in LIVES and customer.suffers(fault):
            setting.env.process(_from_ready(life, _incident(life, fault)))


def _incident(life: Life, fault: FaultTable) -> Incident:
    """A job's own incident of a fault of the scenario: what befalls every device of a fleet is one of each."""
    ledger, job = life.setting.faults, life.job.id
    incident = ledger.of(fault)
    if life.setting.scenario.fleet is not None and incident.job not in ("", job):
        fault = fault.model_copy()
    return ledger.of(fault, job)


def befall(life: Life, incident: Incident) -> None:
    """Let a fault befall a job's device, so long after now as it says."""
    life.setting.env.process(_due(life, incident))


def _from_ready(life: Life, incident: Incident) -> Process:
    yield life.device.ready
    yield from _due(life, incident)


def _due(life: Life, incident: Incident) -> Process:
    scene = Scene(incident, life)
    yield scene.wait(incident.fault.at)
    if not scene.at_site:
        incident.miss(AWAY)
        return
    yield from LIVES[type(incident.fault)](scene, incident.fault)
