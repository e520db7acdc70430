"""The timeline: job states, and within them what the device, its supply, its instances and the copy did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devicesim.device import interfaces
from devicesim.device.job import Job
from devicesim.jobs import ClusterState, JobState
from devicesim.progress import (
    AccessBarred,
    BatteryChanged,
    Cleared,
    DeviceChanged,
    Event,
    ExecutionChanged,
    FunctionsChanged,
    InstanceChanged,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    NodeChanged,
    ParcelMoved,
    QuorumChanged,
    ServiceChanged,
    Stream,
    TemperatureChanged,
    timestamp,
)
from devicesim.report.model import Step

OVER = {"disk stopped": "disk runs again", "throttled": "full speed again"}
"""What ends a state of heat."""


_BRIEF = {JobState.NEW, JobState.PENDING, JobState.PREPARING_SHIPMENT, JobState.WITH_AWS, JobState.COMPLETE}
"""States of a part that say little beside those around them."""

_COPYING = {"ingest": "copying", "read": "reading", "verify": "verifying"}
"""What is done on a leg, in the timeline; other legs are states of their own."""


def timeline(stream: Stream, job: Job) -> tuple[Step, ...]:
    """The steps of a job in the order in which they began; what takes no time has no end."""
    events = [event for event in stream.events if event.job == job.id]
    notes = _parcels(events)
    states = [at for at, _ in job.history]
    steps = [
        Step(
            at,
            _first(states, at),
            timestamp(stream.epoch, at),
            state.value,
            0,
            "; ".join(notes.get(state, ())),
        )
        for at, state in job.history
    ]
    for number, event in enumerate(events):
        if words := _words(event):
            end = _end(event, events[number + 1 :], _first(states, event.at))
            steps.append(Step(event.at, end, timestamp(stream.epoch, event.at), words[0], 1, words[1]))
    for number, part in enumerate(job.parts, 1):
        steps += _of_part(stream, part, number)
    return tuple(sorted(steps, key=lambda step: step.start))


def of_cluster(
    stream: Stream, anchor: str, history: Sequence[tuple[float, ClusterState]]
) -> tuple[Step, ...]:
    """The states of a cluster, and within them what befell it, its nodes and the copy; a node's own life is not."""
    shown = (QuorumChanged, NodeChanged, LegStarted, LegResumed, LegInterrupted, LegEnded)
    events = [event for event in stream.events if event.job == anchor and isinstance(event, shown)]
    states = [at for at, _ in history]
    steps = [
        Step(at, _first(states, at), timestamp(stream.epoch, at), str(state), 0, "")
        for number, (at, state) in enumerate(history)
        if at not in states[number + 1 :]  # what passes at once is no state to tell of
    ]
    for number, event in enumerate(events):
        if words := _words(event):
            end = _end(event, events[number + 1 :], _first(states, event.at))
            steps.append(Step(event.at, end, timestamp(stream.epoch, event.at), words[0], 1, words[1]))
    return tuple(sorted(steps, key=lambda step: step.start))


def _of_part(stream: Stream, part: Job, number: int) -> Iterator[Step]:
    """The states of an export's part, as steps within those of its master; what passes at once is left out."""
    notes = _parcels([event for event in stream.events if event.job == part.id])
    states = [at for at, _ in part.history]
    for at, state in part.history:
        end = _first(states, at)
        if state not in _BRIEF:
            note = "; ".join(notes.get(state, ()))
            yield Step(at, end, timestamp(stream.epoch, at), f"part {number} {state}", 1, note)
    again = [event.at for event in stream.of(LegResumed, part.id)]
    for event in stream.of(LegInterrupted, part.id):
        time, end = timestamp(stream.epoch, event.at), _first(again, event.at)
        yield Step(event.at, end, time, f"part {number} reading stopped", 1, event.why)


def _first(times: Sequence[float], after: float) -> float | None:
    return next((at for at in times if at > after), None)


REMARKED = ("late", "held", "misrouted", "returned", "lost", "damaged")
"""What of a parcel's way is told beside its state."""


def _parcels(events: Sequence[Event]) -> dict[str, list[str]]:
    """Remarks on the transit states."""
    notes: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, ParcelMoved) and event.what in REMARKED:
            state = "InTransitToAWS" if event.direction == "return" else "InTransitToCustomer"
            days = f"{event.days:.0f} business day{'s' if event.days > 1 else ''} " if event.days else ""
            notes.setdefault(state, []).append(f"{days}{event.what}")
    return notes


def _words(event: Event) -> tuple[str, str] | None:
    """What happened, and a remark; nothing for what a timeline need not show."""
    match event:
        case LegStarted() | LegResumed() if event.leg in _COPYING:
            return _COPYING[event.leg], ""
        case LegInterrupted():
            return ("reading" if event.leg in {"read", "verify"} else "copy") + " stopped", event.why
        case LegEnded(leg="ingest"):
            return ("copy done", "") if event.complete else ("copy ended", "not all of it")
        case LegEnded(leg="read"):
            return ("all read", "") if event.complete else ("reading ended", "not all of it")
        case LegStarted(leg=leg) if leg.startswith("repair"):
            return "repairing", ""
        case QuorumChanged():
            return f"cluster {event.service}", event.why if event.service in ("read only", "offline") else ""
        case NodeChanged(state="lost" | "unreachable"):
            return f"node {event.node} {event.state}", event.why
        case DeviceChanged():
            return ("device off" if event.state == "off" else event.state), event.why
        case BatteryChanged(what="swapped" | "recharged"):
            return f"battery {event.what}", ""
        case FunctionsChanged(state="behind"):
            return "functions catch up", f"{event.runs:,} run{'s' if event.runs != 1 else ''} behind"
        case ServiceChanged(service=service, state="ACTIVATING") if service != "nfs":
            return f"{interfaces.NAMES[service]} starting", ""
        case InstanceChanged(state="InsufficientInstanceCapacity"):
            return f"{event.instance} has to wait", event.state
        case InstanceChanged(state="running"):
            return f"{event.instance} running", ""
        case ExecutionChanged(status="TRANSFERRING"):
            return "sending online", ""
        case ExecutionChanged(status="VERIFYING"):
            return "verifying online", ""
        case ExecutionChanged(status="ERROR"):
            return (
                "execution with errors" if event.why.endswith("failed") else "execution cut short"
            ), event.why
        case AccessBarred():
            return "waiting for access to the bucket", event.why
        case Cleared():
            return "sent files removed", ""
        case TemperatureChanged():
            return event.what, f"{event.temperature:.0f} °C"
        case _:
            return None


def _end(event: Event, later: Sequence[Event], state_end: float | None) -> float | None:
    """When a step was over; None for what takes no time."""
    match event:
        case LegStarted() | LegResumed():
            ends = (e.at for e in later if isinstance(e, LegInterrupted | LegEnded) and e.leg == event.leg)
        case QuorumChanged(service="packed up"):
            return None
        case QuorumChanged():
            ends = (e.at for e in later if isinstance(e, QuorumChanged))
        case NodeChanged(state="unreachable", node=number):
            ends = (e.at for e in later if isinstance(e, NodeChanged) and e.node == number)
        case NodeChanged():
            return None
        case DeviceChanged():
            ends = (e.at for e in later if isinstance(e, DeviceChanged))
        case FunctionsChanged(state="behind"):
            ends = (e.at for e in later if isinstance(e, FunctionsChanged | DeviceChanged))
        case ServiceChanged(service=name):
            ends = (e.at for e in later if isinstance(e, ServiceChanged) and e.service == name)
        case ExecutionChanged(status="TRANSFERRING" | "VERIFYING", execution=name):
            ends = (e.at for e in later if isinstance(e, ExecutionChanged) and e.execution == name)
        case InstanceChanged(instance=name):
            ends = (e.at for e in later if isinstance(e, InstanceChanged) and e.instance == name)
        case TemperatureChanged(what=what) if what in OVER:
            ends = (e.at for e in later if isinstance(e, TemperatureChanged) and e.what == OVER[what])
        case _:
            return None
    return next(ends, state_end)
