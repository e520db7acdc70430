"""What happened: the events of a run, and the ``DataTransferProgress`` of its two legs.

A stream only grows. Device processes append frozen events and hand over curves; reports, doors and tests
read them.
The *ingest* leg is the copy onto the device, the *import* leg AWS's copy into S3 (the API shows its
``DataTransferProgress`` only while the job is InProgress, with totals of 0 until the listing is done).

Times are seconds since the run's start; :func:`timestamp` turns them into ISO 8601.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

PROGRESS_SCHEMA = "devicesim.progress/1"
EVENT_SCHEMA = "devicesim.event/1"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a time [s] to a job."""

    at: float
    job: str


@dataclass(frozen=True, slots=True)
class JobStateChanged(Event):
    """The job entered a state of the API."""

    state: str


@dataclass(frozen=True, slots=True)
class DeviceChanged(Event):
    """The device became ``off``, ``booting``, ``locked`` or ``unlocked``; why is for people."""

    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ServiceChanged(Event):
    """An on-device service (``nfs``) entered a state as ``describe-service`` names it."""

    service: str
    state: str


@dataclass(frozen=True, slots=True)
class InstanceChanged(Event):
    """A compute instance entered an EC2 state (``pending``, ``running``, ``stopped``, ``terminated``)."""

    instance: str
    type: str
    state: str


@dataclass(frozen=True, slots=True)
class BatteryChanged(Event):
    """The battery was ``connected``, ``low``, ``empty``, ``swapped`` or ``recharged``; charge in [0, 1]."""

    what: str
    charge: float


@dataclass(frozen=True, slots=True)
class TemperatureChanged(Event):
    """The case crossed a limit: ``throttled``, ``disk stopped``, ``brown-out`` or ``recovered`` [°C]."""

    what: str
    temperature: float


@dataclass(frozen=True, slots=True)
class LegStarted(Event):
    """Data began to move on a leg."""

    leg: str
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True)
class LegInterrupted(Event):
    """Data stopped moving before the end; what is partly copied starts again."""

    leg: str
    why: str
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True)
class LegEnded(Event):
    """Data stopped moving for good, with what arrived."""

    leg: str
    complete: bool
    bytes: int
    objects: int


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """The device refused files: ``ENOSPC`` when full, ``EDQUOT`` at its file limit, or they were left out."""

    error: str
    files: int
    bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """Data that was acknowledged and is gone, with where and why."""

    where: str
    files: int
    bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class ImportFailed(Event):
    """Objects that the import at AWS could not make; named in the job's failure log."""

    objects: int
    bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class ParcelMoved(Event):
    """The parcel was ``collected``, ``late``, ``delivered``, ``lost`` or ``damaged`` on a direction."""

    direction: str
    what: str
    carrier: str
    days: float = 0.0


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative bytes and objects over time; steps for RPCs, straight lines for AWS's import.

    Attributes:
        time: seconds since the run's start, not decreasing, shape (n,).
        bytes: bytes arrived by then, shape (n,).
        objects: whole objects arrived by then, shape (n,).
        linear: interpolate between the knots instead of stepping at them.
    """

    time: NDArray[np.float64]
    bytes: NDArray[np.float64]
    objects: NDArray[np.float64]
    linear: bool = False

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times ``t``, zero before the first knot."""
        if not self.time.size:
            return np.zeros_like(t), np.zeros_like(t)
        if self.linear:
            return np.interp(t, self.time, self.bytes), np.interp(t, self.time, self.objects)
        index = np.searchsorted(self.time, t, side="right")
        return (
            np.where(index > 0, self.bytes[index - 1], 0.0),
            np.where(index > 0, self.objects[index - 1], 0.0),
        )


@dataclass(slots=True)
class Leg:
    """One direction of data for one job: its totals and the curves of its sessions.

    A session is a stretch without interruption. ``base`` is what earlier sessions kept, so that a file cut
    off half-way does not count twice; counters never fall, they wait until the copy has caught up.
    """

    name: str
    job: str
    start: float
    total_bytes: int
    total_objects: int
    listed: float = 0.0
    end: float | None = None
    complete: bool = False
    sessions: list[tuple[float, int, int, Callable[[], Curve]]] = field(default_factory=list)

    def session(self, start: float, base_bytes: int, base_objects: int, read: Callable[[], Curve]) -> None:
        """Open a session at ``start``; ``read`` gives its curve so far."""
        self.sessions.append((start, base_bytes, base_objects, read))

    def at(self, t: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bytes and objects on the leg at times ``t`` [s]: whole, never falling, shape of ``t``."""
        times = np.atleast_1d(np.asarray(t, dtype=np.float64))
        size, count = np.zeros_like(times), np.zeros_like(times)
        peak_size = peak_count = 0.0
        for index, (start, base_bytes, base_objects, read) in enumerate(self.sessions):
            until = self.sessions[index + 1][0] if index + 1 < len(self.sessions) else np.inf
            curve = read()
            inside = (times >= start) & (times < until)
            now = times[inside]
            got_bytes, got_objects = curve.at(now)
            size[inside] = np.maximum(peak_size, base_bytes + got_bytes)
            count[inside] = np.maximum(peak_count, base_objects + got_objects)
            if until < np.inf:
                last_bytes, last_objects = curve.at(np.array([until]))
                peak_size = max(peak_size, base_bytes + float(last_bytes[0]))
                peak_count = max(peak_count, base_objects + float(last_objects[0]))
        whole_bytes = np.minimum(np.floor(size), self.total_bytes).astype(np.int64)
        whole_objects = np.minimum(np.floor(count), self.total_objects).astype(np.int64)
        if self.complete and self.end is not None:
            whole_bytes[times >= self.end] = self.total_bytes
            whole_objects[times >= self.end] = self.total_objects
        return whole_bytes, whole_objects


@dataclass(frozen=True, slots=True)
class DataTransferProgress:
    """One sample of a leg, with AWS's member names; ``seconds`` since the run's start."""

    seconds: float
    time: str
    leg: str
    JobId: str
    BytesTransferred: int
    ObjectsTransferred: int
    TotalBytes: int
    TotalObjects: int

    def to_json(self) -> str:
        """One JSON Lines record, with its schema."""
        record = {"schema": PROGRESS_SCHEMA} | {f.name: getattr(self, f.name) for f in fields(self)}
        return json.dumps(record, separators=(",", ":"))


class Stream:
    """Everything a run has produced so far: events in order, legs, and sampled series."""

    def __init__(self, epoch: datetime) -> None:
        self.epoch = epoch
        self.events: list[Event] = []
        self.legs: list[Leg] = []
        self.series: dict[str, list[tuple[float, float]]] = {}

    def append(self, event: Event) -> None:
        """Add an event; time never goes back."""
        require(
            not self.events or event.at >= self.events[-1].at, "event time", ">= the last event's", event.at
        )
        self.events.append(event)

    def record(self, name: str, at: float, value: float) -> None:
        """Add a point to a named series (battery charge, link rate), for charts."""
        self.series.setdefault(name, []).append((at, value))

    def of(self, kind: type[E], job: str | None = None) -> list[E]:
        """The events of one kind, of one job if named."""
        return [e for e in self.events if isinstance(e, kind) and (job is None or e.job == job)]

    def leg(self, name: str, job: str) -> Leg | None:
        """The leg of that name of a job, if it has begun."""
        return next((leg for leg in self.legs if leg.name == name and leg.job == job), None)

    def progress(self, every: float, now: float) -> Iterator[DataTransferProgress]:
        """Sample every leg from its start, each ``every`` seconds and at its end, up to ``now``."""
        require(every > 0, "every", "> 0 s", every)
        for leg in self.legs:
            times = sample_times(leg, every, now)
            size, count = leg.at(times)
            listed = times >= leg.listed
            rows = zip(times.tolist(), size.tolist(), count.tolist(), listed.tolist(), strict=True)
            for at, got_bytes, got_objects, known in rows:
                yield DataTransferProgress(
                    at,
                    timestamp(self.epoch, at),
                    leg.name,
                    leg.job,
                    got_bytes,
                    got_objects,
                    leg.total_bytes if known else 0,
                    leg.total_objects if known else 0,
                )

    def columns(self, every: float, now: float) -> dict[str, NDArray[Any]]:
        """The samples of :meth:`progress` as numpy columns."""
        rows = list(self.progress(every, now))
        kinds: dict[str, Any] = {"seconds": np.float64, "time": np.str_, "leg": np.str_, "JobId": np.str_}
        return {
            f.name: np.array([getattr(row, f.name) for row in rows], dtype=kinds.get(f.name, np.int64))
            for f in fields(DataTransferProgress)
        }


def sample_times(leg: Leg, every: float, now: float) -> NDArray[np.float64]:
    """Times at which a leg is sampled: its start, every step, its end; nothing after ``now``."""
    last = now if leg.end is None else min(leg.end, now)
    if last < leg.start:
        return np.zeros(0)
    grid = leg.start + every * np.arange(int((last - leg.start) / every) + 1)
    grid = grid[grid <= last]
    if leg.end is not None and grid[-1] < last:
        grid = np.append(grid, last)
    return np.asarray(grid, dtype=np.float64)


def timestamp(epoch: datetime, seconds: float) -> str:
    """ISO 8601 time, to the millisecond, in the epoch's own offset.

    >>> from datetime import datetime, timezone
    >>> timestamp(datetime(2026, 6, 1, 8, tzinfo=timezone.utc), 90.5)
    '2026-06-01T08:01:30.500+00:00'
    """
    return (epoch + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def event_json(event: Event, epoch: datetime) -> str:
    """One event as a JSON Lines record."""
    data = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in {"at", "job"}}
    head = {"schema": EVENT_SCHEMA, "time": timestamp(epoch, event.at), "seconds": event.at}
    return json.dumps(
        head | {"event": type(event).__name__, "JobId": event.job} | data, separators=(",", ":")
    )
