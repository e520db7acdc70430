"""The stream of a run, and its forms: samples, columns, JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from math import inf
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.progress.events import Event, LegInterrupted
from devicesim.progress.legs import Leg

PROGRESS_SCHEMA = "devicesim.progress/1"
EVENT_SCHEMA = "devicesim.event/1"

E = TypeVar("E", bound=Event)


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
        return _encode({"schema": PROGRESS_SCHEMA} | {name: getattr(self, name) for name in _MEMBERS})


_MEMBERS = tuple(f.name for f in fields(DataTransferProgress))


class Stream:
    """Everything a run has produced so far: events in order, legs, and sampled series."""

    def __init__(self, epoch: datetime) -> None:
        self.epoch = epoch
        self.events: list[Event] = []
        self.legs: list[Leg] = []
        self.series: dict[str, list[tuple[float, float]]] = {}

    def append(self, event: Event) -> None:
        """Add an event; time never goes back, and a leg that is interrupted stands still."""
        last = self.events[-1].at if self.events else -inf
        require(event.at >= last, "event time", ">= the last event's", event.at)
        self.events.append(event)
        if isinstance(event, LegInterrupted) and (leg := self.leg(event.leg, event.job)) is not None:
            leg.pause(event.at)

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
        parts = self._parts(every, now)
        return (DataTransferProgress(*row) for part in parts for row in zip(*part, strict=True))

    def columns(self, every: float, now: float) -> dict[str, NDArray[Any]]:
        """The samples of :meth:`progress` as numpy columns."""
        parts = list(self._parts(every, now))
        kinds: dict[str, Any] = {"seconds": np.float64, "time": np.str_, "leg": np.str_, "JobId": np.str_}
        return {
            name: np.array([value for part in parts for value in part[i]], dtype=kinds.get(name, np.int64))
            for i, name in enumerate(_MEMBERS)
        }

    def _parts(self, every: float, now: float) -> Iterator[tuple[Sequence[Any], ...]]:
        """The members' columns, in the order of DataTransferProgress, for a part of a leg at a time."""
        require(0 < every < inf, "every", "> 0 s and finite", every)
        sampled = [(leg, sample_times(leg, every, now)) for leg in self.legs]
        return (
            self._part(leg, part)
            for leg, times in sampled
            for part in np.array_split(times, range(_PART, times.size, _PART))
        )

    def _part(self, leg: Leg, times: NDArray[np.float64]) -> tuple[Sequence[Any], ...]:
        size, count = leg.at(times)
        listed = (times >= leg.listed).astype(np.int64)
        seconds = times.tolist()
        return (
            seconds,
            [timestamp(self.epoch, second) for second in seconds],
            [leg.name] * times.size,
            [leg.job] * times.size,
            size.tolist(),
            count.tolist(),
            (leg.total_bytes * listed).tolist(),
            (leg.total_objects * listed).tolist(),
        )


_PART = 65_536
"""Samples computed at once: long series are read as they come."""

MOST_SAMPLES = 10_000_000
"""Most samples of a leg; a step that gives more is taken for a slip of the unit."""


def sample_times(leg: Leg, every: float, now: float) -> NDArray[np.float64]:
    """Times at which a leg is sampled: its start, every step, its end; nothing after ``now``.

    A step that falls on the end but for rounding is the end.
    """
    require(0 < every < inf, "every", "> 0 s and finite", every)
    ended = leg.end is not None and leg.end <= now
    last = leg.end if leg.end is not None and ended else now
    if not last >= leg.start:
        return np.zeros(0)
    steps = (last - leg.start) / every
    require(steps < MOST_SAMPLES, "every", f">= {(last - leg.start) / MOST_SAMPLES:g} s for this leg", every)
    grid = leg.start + every * np.arange(int(steps + _SAME) + 1, dtype=np.float64)
    if grid.size > 1 and grid[-1] >= last - _SAME * every:
        grid[-1] = last
    if ended and grid[-1] < last:
        grid = np.append(grid, last)
    return grid


_SAME = 1e-6
"""Share of a step that is rounding."""


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
    return _encode(head | {"event": type(event).__name__, "JobId": event.job} | data)


def _plain(value: object) -> object:
    """A numpy scalar as json knows it."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an event cannot hold a {type(value).__name__}")


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
