"""The stream of a run, and its forms: samples, columns, JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from math import inf
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.progress import ascii, labels
from devicesim.progress.chunks import CHUNK, COUNTERS, PROGRESS_SCHEMA, SAMPLE, Chunk
from devicesim.progress.events import Event, ExportFailed, ImportFailed, LegInterrupted, LegResumed, Refused
from devicesim.progress.labels import Labels
from devicesim.progress.legs import Leg
from devicesim.progress.times import sample_times, timestamp
from devicesim.progress.view import EXACT, View

EVENT_SCHEMA = "devicesim.event/1"

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class DataTransferProgress:
    """One sample of a leg, with AWS's member names; ``seconds`` since the run's start.

    ``Faults`` is no member of AWS's: what was under way on purpose, as a truth to hold a monitor against.
    """

    seconds: float
    time: str
    leg: str
    JobId: str
    BytesTransferred: int
    ObjectsTransferred: int
    TotalBytes: int
    TotalObjects: int
    Faults: Labels = ()

    def to_json(self) -> str:
        """One JSON Lines record, with its schema; faults only where there are some."""
        told = {name: getattr(self, name) for name in _MEMBERS}
        if not told.pop("Faults"):
            return _encode({"schema": PROGRESS_SCHEMA} | told)
        faults = [label._asdict() for label in self.Faults]
        return _encode({"schema": PROGRESS_SCHEMA} | told | {"Faults": faults})


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

    def chunks(self, every: float, now: float, view: View = EXACT) -> Iterator[Chunk]:
        """Sample every leg from its start, each ``every`` seconds and at its end, up to ``now``.

        The other forms of a stream are made from these: at most :data:`CHUNK` samples of one leg at a time.
        """
        require(0 < every < inf, "every", "> 0 s and finite", every)
        sampled = [(leg, sample_times(leg, every, now)) for leg in self.legs]
        found = labels.spells(self.events)
        return (chunk for leg, times in sampled for chunk in self._sample(leg, times, view, found))

    def _sample(
        self, leg: Leg, times: NDArray[np.float64], view: View, found: Sequence[labels.Spell]
    ) -> Iterator[Chunk]:
        listed, failures = view.listed(leg), view.failures(leg)
        resumed = [e.at for e in self.of(LegResumed, leg.job) if e.leg == leg.name]
        failed_at, failed = self._failed(leg)
        for first, last, faults in self._alike(leg, times, found):
            seconds = times[first:last]
            rows = np.zeros(seconds.size, dtype=SAMPLE)
            rows["seconds"] = seconds
            seen = view.moments(leg, seconds)
            size, count, sent = leg.sample(seen)
            rows["BytesTransferred"], rows["ObjectsTransferred"] = size, count
            known = True if seen[0] >= listed else seen >= listed
            rows["TotalBytes"], rows["TotalObjects"] = leg.total_bytes * known, leg.total_objects * known
            rows["BytesSent"] = sent
            if failures.objects.size:
                rows["Retries"], again = failures.by(count)
                rows["BytesSent"] += again
            if resumed:
                rows["Retries"] += np.searchsorted(resumed, seen, side="right")
            if failed_at:
                rows["ObjectsFailed"] = failed[np.searchsorted(failed_at, seen, side="right")]
            ended = leg.end is not None and bool(seconds[-1] >= leg.end)
            about = leg.name, leg.job, self.epoch, leg.start, listed, ended, leg.complete
            yield Chunk(*about, rows, faults)

    def _alike(
        self, leg: Leg, times: NDArray[np.float64], found: Sequence[labels.Spell]
    ) -> Iterator[tuple[int, int, Labels]]:
        """Stretches of a leg's samples for a chunk each: the first, the one behind the last, and their labels."""
        before = [each.end for each in self.legs if each.job == leg.job and each is not leg]
        since = max((end for end in before if end is not None and end <= leg.start), default=-inf)
        touching = [spell for spell in found if spell.job in ("", leg.job)]
        for first, last, faults in labels.stretches(touching, times, since):
            for begin in range(first, last, CHUNK):
                yield begin, min(begin + CHUNK, last), faults

    def _failed(self, leg: Leg) -> tuple[list[float], NDArray[np.int64]]:
        """When objects were given up, and how many had been: none, then after each time."""
        told: list[tuple[float, int]] = []
        if leg.name == "ingest":
            told = [(event.at, event.files) for event in self.of(Refused, leg.job)]
        elif leg.name == "import":
            told = [(event.at, event.objects) for event in self.of(ImportFailed, leg.job)]
        elif leg.name == "export":
            told = [(event.at, event.objects) for event in self.of(ExportFailed, leg.job)]
        return [at for at, _ in told], np.cumsum([0, *(count for _, count in told)])

    def progress(self, every: float, now: float, view: View = EXACT) -> Iterator[DataTransferProgress]:
        """The samples of :meth:`chunks` one by one."""
        chunks = self.chunks(every, now, view)
        return (DataTransferProgress(*row) for chunk in chunks for row in zip(*_members(chunk), strict=True))

    def columns(self, every: float, now: float, view: View = EXACT) -> dict[str, NDArray[Any]]:
        """The samples of :meth:`chunks` as numpy columns."""
        chunks = list(self.chunks(every, now, view))
        rows = np.concatenate([np.zeros(0, dtype=SAMPLE), *(chunk.rows for chunk in chunks)])
        lengths = [len(chunk) for chunk in chunks]
        columns: dict[str, NDArray[Any]] = {
            "seconds": rows["seconds"],
            "time": np.concatenate([np.zeros(0, dtype=np.str_), *map(_times, chunks)]),
            "leg": np.repeat(np.array([chunk.leg for chunk in chunks], dtype=np.str_), lengths),
            "JobId": np.repeat(np.array([chunk.job for chunk in chunks], dtype=np.str_), lengths),
        } | {name: rows[name] for name in COUNTERS}
        columns["Faults"] = np.repeat(np.array([labels.told(c.faults) for c in chunks], np.str_), lengths)
        return {name: np.ascontiguousarray(column) for name, column in columns.items()}


def _members(chunk: Chunk) -> tuple[Sequence[Any], ...]:
    """The members of DataTransferProgress, in their order."""
    return (
        chunk["seconds"].tolist(),
        _times(chunk).tolist(),
        [chunk.leg] * len(chunk),
        [chunk.job] * len(chunk),
        *(chunk[name].tolist() for name in COUNTERS),
        [chunk.faults] * len(chunk),
    )


def _times(chunk: Chunk) -> NDArray[np.str_]:
    return ascii.joined(ascii.times(chunk.epoch, chunk["seconds"]), len(chunk))


def event_json(event: Event, epoch: datetime) -> str:
    """One event as a JSON Lines record; what it says nothing of a fault, or of names, is left out."""
    data = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in {"at", "job"}}
    data = {name: value for name, value in data.items() if value not in _UNSAID.get(name, ())}
    head = {"schema": EVENT_SCHEMA, "time": timestamp(epoch, event.at), "seconds": event.at}
    return _encode(head | {"event": type(event).__name__, "JobId": event.job} | data)


def _plain(value: object) -> object:
    """A numpy scalar as json knows it."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an event cannot hold a {type(value).__name__}")


_UNSAID = {"fault": ("",), "names": ((),), "lasts": (inf,)}
"""Members that a record leaves out, with these values: JSON has no infinity."""

_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
