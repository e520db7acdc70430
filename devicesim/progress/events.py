"""The events of a run; frozen, each with its time and job. What they all do alike is written once, in :class:`Event`.

What follows from a fault that was laid into the story names it by its id, in ``fault``; empty where nobody meant it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_NAMES = 1_000
"""Most files that one event names; it always says how many there are."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Event:
    """Something that happened at a time [s] to a job; alike are two of one kind with the same members.

    >>> Cleared(3600.0, "JID1", files=2, bytes=10)
    Cleared(at=3600.0, job='JID1', files=2, bytes=10)
    """

    at: float
    job: str

    def _members(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, type(self))
            and type(self) is type(other)
            and self._members() == other._members()
        )

    def __hash__(self) -> int:
        return hash(self._members())

    def __repr__(self) -> str:
        told = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self))
        return f"{type(self).__qualname__}({told})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JobStateChanged(Event):
    """The job entered a state of the API."""

    state: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DeviceChanged(Event):
    """The device became ``off``, ``booting``, ``locked`` or ``unlocked``; why is for people."""

    state: str
    why: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ServiceChanged(Event):
    """An on-device service (``nfs``) entered a state as ``describe-service`` names it."""

    service: str
    state: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InstanceChanged(Event):
    """A compute instance entered an EC2 state (``pending``, ``running``, ``stopped``, ``terminated``).

    ``InsufficientInstanceCapacity``: it was to start and could not; it starts when there is room.
    """

    instance: str
    type: str
    state: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FunctionsChanged(Event):
    """The copy is done and functions are ``behind`` it, or have ``caught up``; with the runs still to come."""

    state: str
    runs: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BatteryChanged(Event):
    """The battery was ``connected``, ``low``, ``empty``, ``swapped`` or ``recharged``; charge in [0, 1]."""

    what: str
    charge: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TemperatureChanged(Event):
    """The case crossed a limit: ``throttled``, ``disk stopped``, ``brown-out`` or ``recovered`` [°C]."""

    what: str
    temperature: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LegStarted(Event):
    """Data began to move on a leg."""

    leg: str
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LegInterrupted(Event):
    """Data stopped moving before the end; what is partly copied starts again."""

    leg: str
    why: str
    bytes: int
    objects: int
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LegResumed(Event):
    """Data moves again after an interruption, with what was kept of the time before."""

    leg: str
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LegEnded(Event):
    """Data stopped moving for good, with what arrived."""

    leg: str
    complete: bool
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Refused(Event):
    """Files were refused: ``ENOSPC`` by a full device, ``EDQUOT`` at its file limit; no error: left behind."""

    error: str
    files: int
    bytes: int
    why: str
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lost(Event):
    """Data that was acknowledged and is gone, with where and why, and the paths of at most :data:`MOST_NAMES` files."""

    where: str
    files: int
    bytes: int
    why: str
    fault: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImportFailed(Event):
    """Objects that the import at AWS could not make; named in the job's failure log."""

    objects: int
    bytes: int
    why: str
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExportListed(Event):
    """S3 has listed what an export takes."""

    objects: int
    bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExportFailed(Event):
    """Objects that could not be exported; some of their keys, and all of them in the job's failure log."""

    objects: int
    bytes: int
    why: str
    keys: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParcelMoved(Event):
    """The parcel was ``collected``, ``late``, ``delivered``, ``lost`` or ``damaged``.

    Also ``held`` and ``released`` by customs; ``misrouted`` to another address, or ``returned`` to its sender.

    Its direction is ``outbound``, ``forwarding`` (from there to a forwarding address) or ``return``.
    """

    direction: str
    what: str
    carrier: str
    days: float = 0.0
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AccessBarred(Event):
    """AWS cannot reach the buckets of an import, says why, and waits until a time [s]."""

    why: str
    until: float
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterChanged(Event):
    """A cluster entered a state of the API; ``job`` is its ClusterId."""

    state: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NodeChanged(Event):
    """A node of a cluster became ``associated``, ``unreachable`` or ``lost``; ``job`` is the cluster's first node's."""

    node: int
    node_job: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class QuorumChanged(Event):
    """A cluster came to serve ``read/write``, ``read only`` or ``offline``, or was ``packed up``; nodes in reach."""

    service: str
    reachable: int
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExecutionChanged(Event):
    """An execution of a DataSync task entered a status, with what it has sent so far; the job is its device's."""

    task: str
    execution: str
    status: str
    files: int = 0
    bytes: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AgentChanged(Event):
    """A DataSync agent became ``ONLINE`` or ``OFFLINE``: out of contact for longer than AWS waits."""

    agent: str
    status: str
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cleared(Event):
    """The customer took files off the device that are in S3 already."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FaultBegan(Event):
    """A label: something that was meant to go wrong begins to, and where.

    Attributes:
        fault: its id, ``F1`` and on: those of the scenario first, in their order.
        kind: as ``[[fault]]`` names it.
        where: what it befalls: ``supply``, ``disk``, ``link of laptop``, ``nodes 2, 4``.
        words: what happens, for people.
        lasts: how long it is to last [s]; infinite for good, 0 for what is over at once.
        files, bytes: what it touches, where that is a set of files.
        names: the paths of at most :data:`MOST_NAMES` of them.
    """

    fault: str
    kind: str
    where: str
    words: str
    lasts: float = 0.0
    files: int = 0
    bytes: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CallSpoiled(Event):
    """A label: a call of an API was answered with an error on purpose: which, and as the how manieth of its kind."""

    fault: str
    service: str
    operation: str
    number: int
    error: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FaultEnded(Event):
    """A label: what was meant to go wrong is over, whatever still follows from it."""

    fault: str
    kind: str
    where: str
    words: str = ""
