"""One report of all of a fleet's jobs, made from the report of one and the accounts of all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from devicesim.device.fleet import Fleet
from devicesim.progress import Leg, Stream, timestamp
from devicesim.report import footer, phrases
from devicesim.report.fleet.account import Account, way
from devicesim.report.fleet.section import DAY, devices, per_week, sections
from devicesim.report.model import BatterySummary, Cost, IngestSummary, Loss, Report, Series, Step
from devicesim.scenario import Scenario
from devicesim.units import format_size

ROWS = 12
"""Most lines of the timeline."""
POINTS = 400
"""Points of a progress curve in a chart."""


def answer(
    story: Scenario, stream: Stream, fleet: Fleet, base: Report, accounts: Sequence[Account], now: float
) -> Report:
    """Say what became of a fleet.

    Args:
        story: the scenario. stream: the run's. fleet: its undertaking.
        base: the report of one of its jobs, for what all have in common.
        accounts: its jobs, in the order in which they were placed.
        now: up to when the run has come [s].
    """
    ingest = _ingest(accounts, base)
    losses = (*_losses(accounts), *_unsent(fleet))
    costs, battery = tuple(_costs(accounts)), _battery(accounts)
    under_way = fleet.under_way
    arrived = [account.arrived for account in accounts if account.arrived is not None]
    end = max([now if under_way else 0.0, *(account.end for account in accounts)])
    metrics = _metrics(accounts, ingest, losses, costs, battery)
    if arrived and not under_way:
        metrics["days_to_s3"] = max(arrived) / DAY
    last = max(accounts, key=lambda account: account.arrived or account.end)
    turns = way(accounts, last)[0]
    alone = len(accounts) == 1
    places = f" at {len(fleet.places)} sites" if len(fleet.places) > 1 else ""
    worked = len({account.turn.device.number for account in accounts})
    idle = "" if under_way or worked == len(fleet.devices) else f", {worked:,} of which had work"
    goals = tuple(footer.goals(story, metrics))
    error = fleet.courses.error
    notes = [f"copies are computed from samples, to {100 * error:.2g} % of their length"] if error else []
    return replace(
        base,
        start=timestamp(stream.epoch, 0.0),
        device=base.device if alone else f"{devices(fleet)}{places}{idle}, {len(accounts):,} jobs",
        state=last.turn.life.job.state.value,
        outcome="under way" if under_way else last.turn.life.job.outcome,
        days_to_s3=metrics.get("days_to_s3"),
        end=end,
        timeline=base.timeline if alone else tuple(_timeline(stream, accounts, under_way)),
        ingest=ingest,
        losses=losses,
        battery=battery,
        instances=(),
        costs=costs,
        goals=goals,
        metrics=metrics,
        swings=tuple(
            swing._replace(low_days=swing.low_days * turns, high_days=swing.high_days * turns)
            for swing in base.swings
        ),
        progress=tuple(_progress(stream, end)),
        spans=(),
        series=(),
        notes=(*base.notes, *notes),
        sections=sections(fleet, accounts, base, stream.epoch),
    )


def _ingest(accounts: Sequence[Account], base: Report) -> IngestSummary | None:
    copies = [account.ingest for account in accounts if account.ingest is not None]
    if not copies or base.ingest is None:
        return None
    kept = [a.ingest for a in accounts if a.ingest is not None and not a.turn.again]
    copying = sum(copy.copying for copy in copies)
    size, files = sum(copy.bytes for copy in copies), sum(copy.files for copy in copies)
    return base.ingest._replace(
        start=min(copy.start for copy in copies),
        end=max(copy.end for copy in copies),
        copying=copying,
        bytes=sum(copy.bytes for copy in kept),
        files=sum(copy.files for copy in kept),
        total_bytes=sum(account.turn.load.bytes for account in accounts if not account.turn.again),
        total_files=sum(account.turn.load.count for account in accounts if not account.turn.again),
        rate=size / copying if copying else 0.0,
        files_rate=files / copying if copying else 0.0,
        complete=all(copy.complete for copy in kept),
        sessions=1,
    )


def _losses(accounts: Sequence[Account]) -> Iterator[Loss]:
    """What is lost for good, by where and why; what went again is not."""
    lost: dict[tuple[str, str], tuple[int, int]] = {}
    for account in accounts:
        for loss in () if account.turn.again else account.losses:
            files, size = lost.get((loss.at, loss.why), (0, 0))
            lost[loss.at, loss.why] = files + loss.files, size + loss.bytes
    for (at, why), (files, size) in lost.items():
        yield Loss(at, files, size, why)


def _unsent(fleet: Fleet) -> Iterator[Loss]:
    if fleet.under_way:
        return
    for place in fleet.places:
        files, size = place.source.left
        if files:
            where = f" at {place.name}" if len(fleet.places) > 1 else ""
            yield Loss("not copied", files, size, f"no rotation was left for it{where}")


def _costs(accounts: Sequence[Account]) -> Iterator[Cost]:
    """Lines of the bills, added up: so many fees, so many extra days."""
    lines: dict[tuple[str, str], tuple[float, float]] = {}
    for cost in (cost for account in accounts for cost in account.costs):
        number, noun = re.fullmatch(r"(?:([\d,]+) )?(.*)", cost.item, re.DOTALL).groups()  # type: ignore[union-attr]
        counted = number is not None
        key = (noun.removesuffix("s") if counted else noun, cost.kind)
        amount, usd = lines.get(key, (0.0, 0.0))
        lines[key] = amount + float(number.replace(",", "")) if counted else amount, usd + cost.usd
    for (noun, kind), (amount, usd) in lines.items():
        yield Cost(phrases.count(amount, noun) if amount else noun, usd, kind)


def _battery(accounts: Sequence[Account]) -> BatterySummary | None:
    used = [account.battery for account in accounts if account.battery is not None]
    if not used:
        return None
    on_time = sum(part.energy / part.mean_power for part in used if part.mean_power > 0)
    energy = sum(part.energy for part in used)
    return BatterySummary(
        source="battery" if any(part.source == "battery" for part in used) else "mains",
        swaps=sum(part.swaps for part in used),
        recharges=sum(part.recharges for part in used),
        energy=energy,
        mean_power=energy / on_time if on_time else 0.0,
        lowest_charge=min(part.lowest_charge for part in used),
    )


def _metrics(
    accounts: Sequence[Account],
    ingest: IngestSummary | None,
    losses: Sequence[Loss],
    costs: Sequence[Cost],
    battery: BatterySummary | None,
) -> dict[str, float]:
    failed = [loss for loss in losses if loss.at == "import" or loss.at.startswith("refused")]
    metrics = {
        "cost_usd": sum(cost.usd for cost in costs),
        "battery_swaps": float(battery.swaps if battery else 0),
        "files_lost": float(sum(loss.files for loss in losses)),
        "bytes_lost": float(sum(loss.bytes for loss in losses)),
        "files_failed": float(sum(loss.files for loss in failed)),
        "device_days": sum(account.on_site for account in accounts) / DAY,
        "jobs": float(len(accounts)),
        "fleet_tb_per_week": per_week(accounts) / 1e12,
        "quota_days": sum(account.turn.held for account in accounts) / DAY,
    }
    if ingest is not None:
        metrics["ingest_hours"] = (ingest.end - ingest.start) / 3600
        metrics["ingest_mb_s"] = ingest.rate / 1e6
        metrics["ingest_files_s"] = ingest.files_rate
    return metrics


def _timeline(stream: Stream, accounts: Sequence[Account], under_way: bool) -> Iterator[Step]:
    """A line for each job, or for some jobs placed one after the other."""
    length = -(-len(accounts) // ROWS)
    for first in range(0, len(accounts), length):
        some = accounts[first : first + length]
        begun = some[0].created
        open_end = under_way and any(not account.turn.life.job.outcome for account in some)
        size = format_size(sum(account.turn.load.bytes for account in some))
        numbers = f"job {first + 1:,}" if len(some) == 1 else f"jobs {first + 1:,} to {first + len(some):,}"
        by = f"device {some[0].turn.device.number}, turn {some[0].turn.number}, " if len(some) == 1 else ""
        notes = [
            phrases.count(count, "job") + f" {what}" if len(some) > 1 else what
            for what, count in _misfortunes(some).items()
        ]
        end = None if open_end else max(account.end for account in some)
        yield Step(begun, end, timestamp(stream.epoch, begun), f"{numbers}: {by}{size}", 0, "; ".join(notes))


def _misfortunes(accounts: Sequence[Account]) -> dict[str, int]:
    found: dict[str, int] = {}
    for account in accounts:
        outcome = account.turn.life.job.outcome.partition(":")[0]
        if outcome and outcome != "complete":
            found[outcome] = found.get(outcome, 0) + 1
    return found


def _progress(stream: Stream, end: float) -> Iterator[Series]:
    """The legs of all jobs together."""
    times = np.linspace(0.0, end, POINTS)
    for name in dict.fromkeys(leg.name for leg in stream.legs):
        size, count = np.zeros((2, POINTS))
        for leg in (leg for leg in stream.legs if leg.name == name):
            size, count = _added(leg, times, size, count)
        at = tuple(times.tolist())
        yield Series(f"{name} bytes", "B", at, tuple(size.tolist()))
        yield Series(f"{name} objects", "", at, tuple(count.tolist()))


def _added(leg: Leg, times: np.ndarray, size: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = int(np.searchsorted(times, leg.start))
    done, objects = leg.at(times[first:])
    size[first:] += done
    count[first:] += objects
    return size, count
