"""Fold a run into a Report: reads the stream and the catalog, moves nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from devicesim import __version__
from devicesim.device import rooms
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.order import Life
from devicesim.jobs import JobState
from devicesim.physics import thermal
from devicesim.progress import (
    ImportFailed,
    InstanceChanged,
    LegEnded,
    LegInterrupted,
    Stream,
    TemperatureChanged,
    timestamp,
)
from devicesim.report import fleet as fleets
from devicesim.report import footer
from devicesim.report.bottleneck import attribute
from devicesim.report.costs import bill
from devicesim.report.losses import losses_of
from devicesim.report.model import (
    BatterySummary,
    Bottleneck,
    BottleneckSpan,
    Cost,
    IngestSummary,
    Loss,
    Report,
)
from devicesim.report.sections import Told, of_fleet, outlook, told
from devicesim.report.steps import timeline
from devicesim.report.swings import ranked as rank
from devicesim.report.swings import swings
from devicesim.scenario import Scenario
from devicesim.units import format_duration
from devicesim.world import World

if TYPE_CHECKING:
    from devicesim.device.fleet import Turn

DAY = 86400.0


def answer(world: World, job_id: str | None = None) -> Report:
    """Say what became of a job.

    Args:
        world: the run, as far as it has come.
        job_id: which job; the first one, or all jobs of a fleet, if none is named.
    """
    if job_id is None and _jobless(world):
        return cast(Report, importlib.import_module("devicesim.report.wire").answer(world))
    fleet = _fleet(world)
    if job_id is None and fleet is not None and fleet.turns:
        return _of_fleet(world, fleet)
    life = world.life(job_id)
    story, job = life.setting.scenario, life.job
    ingest = life.customer.ingest
    bottlenecks, spans = _bottlenecks(world.stream, story, ingest)
    summary = _ingest(world.stream, ingest, bottlenecks, job.id)
    tellings = told(world, life)
    losses = (*losses_of(world.stream, job.id), *(loss for telling in tellings for loss in telling.losses))
    battery = _said(tellings, "battery") or _battery(life, story)
    own = () if job.master else _costs(world, life)
    costs = (*own, *(cost for telling in tellings for cost in telling.costs))
    arrived = _arrived(world.stream, life)
    metrics = _metrics(life, summary, losses, battery, costs, arrived)
    for telling in tellings:
        metrics |= telling.metrics
    notes = (*_notes(world, story), *(note for telling in tellings for note in telling.notes))
    load = life.load
    roads = outlook(world, life, load)
    ranked = swings(world.figures, story, load) if roads is None else rank(world.figures, roads)
    last = _last(world.stream, job.id) if job.outcome else world.now
    return Report(
        name=story.name,
        seed=world.seed,
        repeat=footer.repeat_line(world),
        version=__version__,
        start=timestamp(world.epoch, job.created),
        job=job.id,
        job_type=job.order.type.value,
        device=job.order.device,
        state=job.state.value,
        outcome=job.outcome or "under way",
        days_to_s3=metrics.get("days_to_s3"),
        end=max([last, *(telling.end for telling in tellings)]),
        timeline=_said(tellings, "timeline") or timeline(world.stream, job),
        ingest=summary,
        losses=losses,
        battery=battery,
        instances=_instances(world.stream, job.id),
        costs=costs,
        goals=tuple(footer.goals(story, metrics)),
        metrics=metrics,
        swings=ranked,
        figures=tuple(footer.figures(world)),
        progress=tuple(footer.progress(world.stream, [part.id for part in job.parts] or [job.id], world.now)),
        spans=spans,
        series=tuple(footer.series(world.stream)),
        notes=notes,
        sections=tuple(section for telling in tellings for section in telling.sections),
        subject=_said(tellings, "subject") or "",
    )


def _of_fleet(world: World, fleet: rooms.Fleet) -> Report:
    """What became of a fleet's jobs together; the device with the most bytes speaks for its like."""
    accounts = [_account(world, turn, part) for turn, part in _apart(world.stream, fleet.turns)]
    told_of = max(accounts, key=lambda account: account.bytes).turn.life.job.id
    told = fleets.answer(fleet.story, world.stream, fleet, answer(world, told_of), accounts, world.now)
    if not world.faults:
        return told
    faults = of_fleet(world, fleet)
    notes = tuple(note for note in faults.notes if note not in told.notes)
    return replace(told, sections=(*told.sections, *faults.sections), notes=(*told.notes, *notes))


def _said(tellings: Sequence[Told], what: str) -> Any:
    """What the first room that has anything of the kind to say says."""
    return next((said for telling in tellings if (said := getattr(telling, what))), None)


def measures(world: World) -> tuple[dict[str, float], str]:
    """The metrics of a run and how it ended, without all else that an answer tells: for thousands of runs.

    Args:
        world: the run, to its end.
    """
    if _jobless(world) or _fleet(world) is not None:
        whole = answer(world)
        return whole.metrics, whole.outcome
    life = world.life()
    job = life.job
    summary, tellings = _ingest(world.stream, life.customer.ingest, (), job.id), told(world, life)
    losses = (*losses_of(world.stream, job.id), *(loss for telling in tellings for loss in telling.losses))
    own = () if job.master else _costs(world, life)
    costs = (*own, *(cost for telling in tellings for cost in telling.costs))
    battery = next(
        (telling.battery for telling in tellings if telling.battery), _battery(life, life.setting.scenario)
    )
    metrics = _metrics(life, summary, losses, battery, costs, _arrived(world.stream, life))
    for telling in tellings:
        metrics |= telling.metrics
    return metrics, job.outcome or "under way"


def _jobless(world: World) -> bool:
    """Whether a run has no job, only tasks that send data."""
    if world.scenario is None or not world.scenario.sends_online:
        return False
    return isinstance(world.undertaking, rooms.Online) and not world.jobs


def _fleet(world: World) -> rooms.Fleet | None:
    """The fleet that a run is of, if it is of one."""
    if world.scenario is None or world.scenario.fleet is None:
        return None
    return world.undertaking if isinstance(world.undertaking, rooms.Fleet) else None


def _apart(stream: Stream, turns: Sequence[Turn]) -> Iterator[tuple[Turn, Stream]]:
    """Part a stream by job: hundreds of jobs must not each look at the events of all."""
    parts = {turn.life.job.id: Stream(stream.epoch) for turn in turns}
    for event in stream.events:
        if event.job in parts:
            parts[event.job].events.append(event)
    for leg in stream.legs:
        if leg.job in parts:
            parts[leg.job].legs.append(leg)
    return ((turn, parts[turn.life.job.id]) for turn in turns)


def _account(world: World, turn: Turn, stream: Stream) -> fleets.Account:
    life = turn.life
    arrived = _arrived(stream, life)
    leg = stream.leg("import", life.job.id)
    failed = stream.of(ImportFailed)
    there = arrived is not None and leg is not None
    return fleets.Account(
        turn=turn,
        end=world.now if not life.job.outcome else _last(stream, life.job.id),
        arrived=arrived,
        bytes=leg.total_bytes - sum(event.bytes for event in failed) if there and leg else 0,
        files=leg.total_objects - sum(event.objects for event in failed) if there and leg else 0,
        ingest=_ingest(stream, life.customer.ingest, (), life.job.id),
        losses=losses_of(stream, life.job.id),
        costs=_costs(world, life),
        battery=_battery(life, life.setting.scenario),
    )


def _entered(life: Life, state: JobState) -> float | None:
    return next((at for at, entered in life.job.history if entered is state), None)


def _arrived(stream: Stream, life: Life) -> float | None:
    """When the data was in S3; None if no object ever was."""
    leg = stream.leg("import", life.job.id)
    failed = sum(event.objects for event in stream.of(ImportFailed, life.job.id))
    if leg is None or leg.total_objects <= failed:
        return None
    return _entered(life, JobState.COMPLETE)


def _last(stream: Stream, job: str) -> float:
    return max((event.at for event in stream.events if event.job == job), default=0.0)


def _bottlenecks(
    stream: Stream, story: Scenario, ingest: Ingest | None
) -> tuple[tuple[Bottleneck, ...], tuple[BottleneckSpan, ...]]:
    if ingest is None or not ingest.sessions or ingest.sessions[-1].end == float("inf"):
        return (), ()
    stopped: list[tuple[float, float]] = []
    for event in stream.of(TemperatureChanged):
        if event.what == "disk stopped":
            stopped.append((event.at, float("inf")))
        elif event.what == "disk runs again" and stopped:
            stopped[-1] = (stopped[-1][0], event.at)
    return attribute(story, ingest, stopped)


def _ingest(
    stream: Stream, ingest: Ingest | None, bottlenecks: tuple[Bottleneck, ...], job: str
) -> IngestSummary | None:
    if ingest is None or ingest.leg is None:
        return None
    leg = ingest.leg
    end = leg.end if leg.end is not None else ingest.sessions[-1].start
    copying = sum(min(s.end, end) - s.start for s in ingest.sessions)
    stops: list[LegInterrupted | LegEnded] = [*stream.of(LegInterrupted, job), *stream.of(LegEnded, job)]
    last = max((e for e in stops if e.leg == "ingest"), key=lambda e: e.at, default=None)
    size, files = (last.bytes, last.objects) if last is not None else (0, 0)
    return IngestSummary(
        start=leg.start,
        end=end,
        copying=copying,
        bytes=size,
        files=files,
        total_bytes=leg.total_bytes,
        total_files=leg.total_objects,
        rate=size / copying if copying else 0.0,
        files_rate=files / copying if copying else 0.0,
        complete=leg.complete,
        bottlenecks=bottlenecks,
        sessions=len(ingest.sessions),
        median_file=float(np.median(ingest.sample())) if ingest.sample().size else 0.0,
    )


def _battery(life: Life, story: Scenario) -> BatterySummary | None:
    supply = life.device.power
    if supply.on_time == 0:
        return None
    return BatterySummary(
        source=story.site.power.source,
        swaps=supply.swaps,
        recharges=supply.recharges,
        energy=supply.energy,
        mean_power=supply.energy / supply.on_time,
        lowest_charge=supply.lowest,
    )


def _costs(world: World, life: Life) -> tuple[Cost, ...]:
    given, taken = _entered(life, JobState.WITH_CUSTOMER), _entered(life, JobState.IN_TRANSIT_TO_AWS)
    last = taken if taken is not None else world.now
    on_site = last - given if given is not None else 0.0
    region = life.setting.scenario.site.region
    return bill(world.figures, region, life.job.order, on_site, life.device.share.bytes)


def _metrics(
    life: Life,
    summary: IngestSummary | None,
    losses: Iterable[Loss],
    battery: BatterySummary | None,
    costs: Iterable[Cost],
    arrived: float | None,
) -> dict[str, float]:
    given, taken = _entered(life, JobState.WITH_CUSTOMER), _entered(life, JobState.IN_TRANSIT_TO_AWS)
    failed = [loss for loss in losses if loss.at in {"import", "export"} or loss.at.startswith("refused")]
    metrics = {
        "cost_usd": sum(cost.usd for cost in costs),
        "battery_swaps": float(battery.swaps if battery else 0),
        "files_lost": float(sum(loss.files for loss in losses)),
        "bytes_lost": float(sum(loss.bytes for loss in losses)),
        "files_failed": float(sum(loss.files for loss in failed)),
    }
    if arrived is not None:
        metrics["days_to_s3"] = (arrived - life.job.created) / DAY
    if given is not None and taken is not None:
        metrics["device_days"] = (taken - given) / DAY
    if summary is not None:
        metrics["ingest_hours"] = (summary.end - summary.start) / 3600
        metrics["ingest_mb_s"] = summary.rate / 1e6
        metrics["ingest_files_s"] = summary.files_rate
    return metrics


def _instances(stream: Stream, job: str) -> tuple[str, ...]:
    running: dict[str, tuple[str, float]] = {}
    lines = []
    for event in stream.of(InstanceChanged, job):
        if event.state == "running":
            running[event.instance] = (event.type, event.at)
        elif event.instance in running:
            kind, since = running.pop(event.instance)
            ran = format_duration(event.at - since)
            lines.append(f"{event.instance} ({kind}) ran {ran}, then {event.state}")
    return tuple(lines)


def _notes(world: World, story: Scenario) -> tuple[str, ...]:
    low, high = (world.figures.si(f"{story.job.device}.thermal.ambient_{end}") for end in ("min", "max"))
    ambient, heat = story.site.ambient, []
    if ambient is not None and not thermal.within_limits(ambient, low, high):
        heat = [f"{ambient:g} °C is outside the {low:g} to {high:g} °C the device is made for"]
    return (*story.source.notes, *heat, *footer.unread(world))
