"""What faults do to the account in the cloud: how fast S3 is, who is barred, which calls of an API they spoil.

Everything here lasts for a while, which a process of its own labels and lays; what befalls one delivery or one import
is taken there, once, by :meth:`Account.take`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from math import inf, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import simpy

from devicesim.device.faults.ledger import DUE, Incident
from devicesim.scenario import faults

if TYPE_CHECKING:
    from devicesim.device.setting import Setting

Process = Generator[simpy.Event, object, None]


class Bar(NamedTuple):
    """Why AWS may not, and the fault by which it may not."""

    why: str
    fault: str


@dataclass(slots=True)
class Account:
    """The account under faults.

    Attributes:
        since: from when ``at`` counts of what was injected [s], by the fault's id; the story's own count from 0.
        imports: what faults let fail of each job's import, once that is over.
        calls: of each API's operation, those that a fault might have hit so far.
    """

    since: dict[str, float] = field(default_factory=dict)
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    imports: dict[str, list[Incident]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _laid: dict[str, Incident] = field(default_factory=dict)
    _changed: simpy.Event | None = None

    # Devices, and what befalls one of them once.

    def enter(self, job: str) -> None:
        """Number the next device's job; the first is 1."""
        self._numbers.setdefault(job, len(self._numbers) + 1)

    def number(self, job: str) -> int:
        """The number of a job's device, in the order in which they were ordered; 0 of one that has none."""
        return self._numbers.get(job, 0)

    def take(self, setting: Setting, kind: str, job: str, leg: str = "") -> Incident | None:
        """The first fault of a kind that is due for a job, on a leg of its parcel if told; None if there is none."""
        return next(iter(self.all_due(setting, kind, job, leg)), None)

    def all_due(self, setting: Setting, kind: str, job: str, leg: str = "") -> list[Incident]:
        """All faults of a kind that are due for a job."""
        found = []
        for each in setting.faults.incidents.values():
            fault = each.fault
            if (
                each.state == DUE
                and each.kind == kind
                and isinstance(fault, faults.DeliveryFault)
                and (each.job == job if each.job else self._numbers.get(job) == fault.number)
                and setting.now >= self.since.get(each.id, 0.0) + fault.at
                and leg in ("", getattr(fault, "leg", ""))
            ):
                found.append(each)
        return found

    # What lasts.

    def lay(self, incident: Incident) -> None:
        """Let a fault hold."""
        self._laid[incident.id] = incident
        self._stir()

    def lift(self, incident: Incident) -> None:
        """Let a fault hold no longer."""
        self._laid.pop(incident.id, None)
        self._stir()

    def _stir(self) -> None:
        changed, self._changed = self._changed, None
        if changed is not None:
            changed.succeed()

    def changed(self, env: simpy.Environment) -> simpy.Event:
        """What fires when a fault begins or ends to hold."""
        if self._changed is None:
            self._changed = env.event()
        return self._changed

    @property
    def s3(self) -> float:
        """What is left of S3's speed, in [0, 1]."""
        laid = (each.fault for each in self._laid.values())
        return prod(fault.factor for fault in laid if isinstance(fault, faults.S3Throttled))

    def barred(self, *kinds: str) -> Bar | None:
        """What bars AWS from the buckets now, of faults of some kinds."""
        for each in self._laid.values():
            if each.kind in kinds:
                return Bar(each.words, each.id)
        return None

    # APIs.

    def spoils(self, service: str, operation: str) -> list[Incident]:
        """The faults that may hit a call of an operation now."""
        return [
            each
            for each in self._laid.values()
            if isinstance(fault := each.fault, faults.ApiFault)
            and fault.service in (None, service)
            and (not fault.operations or operation in fault.operations)
        ]

    def hit(self, setting: Setting, service: str, operation: str) -> tuple[Incident, int] | None:
        """Count a call, and tell which fault hits it, as the how manieth; each fault decides by draws of its own."""
        found = None
        for each in self.spoils(service, operation):
            fault = each.fault
            key = (each.id, service, operation)
            number = self.calls[key] = self.calls[key] + 1
            chance = float(setting.draw(f"fault/{each.id}/{service}/{operation}/{number}").random())
            if found is None and isinstance(fault, faults.ApiFault) and chance < fault.share:
                found = each, number
        return found


def lasting(setting: Setting, incident: Incident) -> Process:
    """Let a fault of the account begin when it is due, and end if it does."""
    fault, env, account = incident.fault, setting.env, setting.account
    yield env.timeout(fault.at)
    duration = getattr(fault, "duration", None)
    where, words = _told(fault)
    incident.begin(setting.say, setting.now, where, words, lasts=inf if duration is None else duration)
    account.lay(incident)
    if duration is None:
        return
    yield env.timeout(duration)
    account.lift(incident)
    incident.end(setting.say, setting.now)


def _told(fault: faults.FaultTable) -> tuple[str, str]:
    """What a fault befalls, and what happens."""
    match fault:
        case faults.RoleRevoked():
            return "role", "the role was revoked and cannot be assumed"
        case faults.KeyRevoked():
            what = "is disabled" if fault.how == "disabled" else "may not be used: its grant was revoked"
            return "key", f"the KMS key {what}"
        case faults.S3Throttled():
            left = f"{100 * fault.factor:.3g} % of its speed" if fault.factor else "nothing"
            return "S3", f"S3 answers SlowDown and gives {left}"
        case faults.ApiErrors() | faults.ApiThrottled():
            error = fault.error if isinstance(fault, faults.ApiErrors) else "ThrottlingException"
            which = " and ".join(fault.operations) or "all operations"
            return f"API of {fault.service or 'snowball and datasync'}", (
                f"{100 * fault.share:.3g} % of the calls of {which} are answered with {error}"
            )
    raise TypeError(f"{fault.name()} does not befall an account")


def failing(
    setting: Setting, incident: Incident, job: str, count: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of the objects of an import, of so many, that a fault lets fail; in order."""
    fault = incident.fault
    objects, share = getattr(fault, "objects", None), getattr(fault, "share", None)
    wanted = min(count, objects) if objects is not None else round(count * (share or 0.0))
    draw = setting.draw(f"fault/{incident.id}/import/{job}")
    return np.sort(draw.choice(count, wanted, replace=False)).astype(np.int64)


def open_ended(incident: Incident) -> bool:
    """Whether a fault befalls the account for a while, and not one job."""
    return isinstance(incident.fault, faults.AccountFault)


__all__ = ["Account", "Bar", "failing", "lasting", "open_ended"]
