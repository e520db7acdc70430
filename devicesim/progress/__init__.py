"""What happened: the events of a run, and the ``DataTransferProgress`` of its two legs.

A stream only grows. Device processes append frozen events and hand over curves; reports, doors and tests
read them.
The *ingest* leg is the copy onto the device, the *import* leg AWS's copy into S3 (the API shows its
``DataTransferProgress`` only while the job is InProgress, with totals of 0 until the listing is done). A part of an
export has the *export* leg, AWS's copy onto its device, and those of its readers: *read*, then *verify*.

Samples come as numpy structured arrays, :class:`Chunk` by chunk: exactly, or as a monitor would see them
(:class:`View`), each with a :class:`Label` of every fault that was under way. Progress objects, columns, and the
writers of all forms are made from chunks: JSON Lines and CSV here, the rest by name in
:mod:`devicesim.progress.writers`.

Times are seconds since the run's start; :func:`timestamp` turns them into ISO 8601.
"""

from devicesim.progress.chunks import CHUNK, COUNTERS, PROGRESS_SCHEMA, SAMPLE, Chunk
from devicesim.progress.events import (
    MOST_NAMES,
    AccessBarred,
    AgentChanged,
    BatteryChanged,
    CallSpoiled,
    Cleared,
    ClusterChanged,
    DeviceChanged,
    Event,
    ExecutionChanged,
    ExportFailed,
    ExportListed,
    FaultBegan,
    FaultEnded,
    FunctionsChanged,
    ImportFailed,
    InstanceChanged,
    JobStateChanged,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    Lost,
    NodeChanged,
    ParcelMoved,
    QuorumChanged,
    Refused,
    ServiceChanged,
    TemperatureChanged,
)
from devicesim.progress.labels import Label
from devicesim.progress.legs import Counted, Curve, Leg, Session
from devicesim.progress.lines import write_csv, write_jsonl
from devicesim.progress.stream import (
    EVENT_SCHEMA,
    DataTransferProgress,
    Stream,
    event_json,
)
from devicesim.progress.times import MOST_SAMPLES, sample_times, timestamp
from devicesim.progress.view import EXACT, View

__all__ = [
    "CHUNK",
    "COUNTERS",
    "EVENT_SCHEMA",
    "EXACT",
    "MOST_NAMES",
    "MOST_SAMPLES",
    "PROGRESS_SCHEMA",
    "SAMPLE",
    "AccessBarred",
    "AgentChanged",
    "BatteryChanged",
    "CallSpoiled",
    "Chunk",
    "Cleared",
    "ClusterChanged",
    "Counted",
    "Curve",
    "DataTransferProgress",
    "DeviceChanged",
    "Event",
    "ExecutionChanged",
    "ExportFailed",
    "ExportListed",
    "FaultBegan",
    "FaultEnded",
    "FunctionsChanged",
    "ImportFailed",
    "InstanceChanged",
    "JobStateChanged",
    "Label",
    "Leg",
    "LegEnded",
    "LegInterrupted",
    "LegResumed",
    "LegStarted",
    "Lost",
    "NodeChanged",
    "ParcelMoved",
    "QuorumChanged",
    "Refused",
    "ServiceChanged",
    "Session",
    "Stream",
    "TemperatureChanged",
    "View",
    "event_json",
    "sample_times",
    "timestamp",
    "write_csv",
    "write_jsonl",
]
