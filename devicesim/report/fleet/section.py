"""A fleet in lines for the text answer, a document, and the table of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from devicesim import catalog
from devicesim.device.fleet import Fleet
from devicesim.jobs import JobState
from devicesim.report import phrases
from devicesim.report.fleet.account import PHASES, Account, most_at_once, together, way
from devicesim.report.model import Report, Section
from devicesim.units import format_size

DAY = 86400.0
WEEK = 7 * DAY
LEAST = 0.01
"""Least share of the time that a line names."""
SOONER = {"returned": "collected", "collected": "delivered", "delivered": "at once"}
"""What orders the next device sooner than each rule does."""
COLUMNS = ("Job", "Site", "Device", "Turn", "Data", "Ordered", "With you", "Back at AWS", "In S3", "Cost", "")


def devices(fleet: Fleet) -> str:
    """The devices of the rotation: ``'6 SNC1_HDD'``, ``'1 EDGE_S and 3 SNC1_HDD'``."""
    kinds = Counter(device.kind for device in fleet.devices)
    return " and ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))


def sections(fleet: Fleet, accounts: Sequence[Account], base: Report, start: datetime) -> tuple[Section, ...]:
    """What the answer says of a fleet besides what it says of every job."""
    last = max(accounts, key=_final)
    turns, on_the_way = way(accounts, last)
    whole = together([account.time() for account in accounts])
    lines = {
        "Fleet": [*_jobs(accounts), *_quota(fleet, accounts), *_sites(fleet, accounts)],
        "Time": [_shares(whole, f"of {phrases.days(sum(whole.values()) / DAY)} of jobs: ")],
        "Rate": list(_rate(accounts)),
        "Held up": list(_held_up(fleet, on_the_way, last, turns, base)),
        "Again": list(_again(accounts)),
    }
    data = _document(fleet, accounts, whole, on_the_way, start)
    rows = tuple(_row(account, start) for account in accounts)
    first = Section("fleet", "Fleet", tuple(lines.pop("Fleet")), data, COLUMNS, rows)
    more = (
        Section(f"fleet_{key.lower().replace(' ', '_')}", key, tuple(said), {}) for key, said in lines.items()
    )
    return (first, *(section for section in more if section.lines))


def per_week(accounts: Sequence[Account]) -> float:
    """Bytes a week that came to S3, from the first order to the last arrival."""
    arrived = [account.arrived for account in accounts if account.arrived is not None]
    span = max(arrived, default=0.0) - min(account.created for account in accounts)
    return sum(account.bytes for account in accounts) / span * WEEK if span > 0 else 0.0


def _final(account: Account) -> float:
    return account.end if account.arrived is None else account.arrived


def _jobs(accounts: Sequence[Account]) -> Iterator[str]:
    done = [account for account in accounts if account.arrived is not None]
    if len(done) < 2:
        return
    took = sorted((_final(account) - account.created, account.turn.life.job.id, account) for account in done)
    slowest = took[-1][2]
    middle = median(seconds for seconds, _, _ in took)
    # A job's length counts from its order: what it waited before that is no part of it.
    spent = {phase: s for phase, s in slowest.time().items() if phase not in {"quota", "queue"}}
    why = max(spent, key=lambda phase: spent[phase])
    yield (
        f"a job takes {phrases.days(took[0][0] / DAY)} at best, {phrases.days(middle / DAY)} in the middle, "
        f"{phrases.days(took[-1][0] / DAY)} at worst ({_name(accounts, slowest)}: {PHASES[why]} "
        f"{phrases.days(spent[why] / DAY)})"
    )


def _quota(fleet: Fleet, accounts: Sequence[Account]) -> Iterator[str]:
    most, granted = most_at_once(accounts), fleet.plan.quota
    held = sum(account.turn.held for account in accounts)
    default = int(fleet.limit)
    if granted is None:
        if most > default:
            yield (
                f"up to {most:,} devices at once, and AWS's quota is {default} until it grants more: ask for {most:,}"
            )
    elif held > 0:
        yield f"quota {granted:,}: orders waited {phrases.days(held / DAY)} for it, all jobs together"
    else:
        yield f"up to {phrases.count(most, 'device')} at once of a quota of {granted:,}"


def _sites(fleet: Fleet, accounts: Sequence[Account]) -> Iterator[str]:
    if len(fleet.places) < 2:
        return
    parts = []
    for place in fleet.places:
        mine = [account for account in accounts if account.turn.device.place is place]
        arrived = [account.arrived for account in mine if account.arrived is not None]
        when = f"done after {phrases.days(max(arrived) / DAY)}" if arrived else "nothing in S3"
        size = format_size(sum(account.bytes for account in mine))
        parts.append(f"{place.name} {phrases.count(len(mine), 'job')}, {size}, {when}")
    shown = parts[:4]
    more = [f"and {len(parts) - len(shown)} more sites"] if len(parts) > len(shown) else []
    yield "; ".join([*shown, *more])


def _shares(spent: dict[str, float], words: str) -> str:
    whole = sum(spent.values()) or 1.0
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    told = [f"{PHASES[phase]} {phrases.percent(s / whole)}" for phase, s in ranked if s / whole >= LEAST]
    return words + ", ".join(told)


def _rate(accounts: Sequence[Account]) -> Iterator[str]:
    weeks = _weeks(accounts)
    if len(accounts) > 1 and len(weeks) > 1:
        yield f"{format_size(per_week(accounts))} a week into S3; the best week {format_size(max(weeks))}"


def _weeks(accounts: Sequence[Account]) -> list[int]:
    """Bytes that came to S3 in each week from the start."""
    arrived = [(account.arrived, account.bytes) for account in accounts if account.arrived is not None]
    weeks = [0] * (1 + int(max((at for at, _ in arrived), default=-WEEK) // WEEK))
    for at, size in arrived:
        weeks[int(at // WEEK)] += size
    return weeks


def _held_up(fleet: Fleet, spent: dict[str, float], last: Account, turns: int, base: Report) -> Iterator[str]:
    if not spent:
        return
    whole = sum(spent.values())
    phase = max(spent, key=lambda phase: spent[phase])
    number = last.turn.device.number
    one = "its one turn" if turns == 1 else f"{turns} turns"
    yield (
        f"{PHASES[phase]}, {phrases.percent(spent[phase] / whole)} of the way of the last data "
        f"(device {number}, {one}); {_lift(fleet, phase, last, turns, base)}"
    )


def _lift(fleet: Fleet, phase: str, last: Account, turns: int, base: Report) -> str:
    """What would shorten a phase on the way of the last data."""
    plan = fleet.plan
    more = "more devices" if plan.quota is None or plan.quota > plan.devices else "more devices and quota"
    if phase == "preparation" and turns > 1 and plan.order in SOONER:
        return f'lifted by ordering the next device sooner (order = "{SOONER[plan.order]}"), or by {more}'
    if phase == "road":
        lane = catalog.lane_for(last.turn.device.place.story.site.region)
        fastest = lane.listing("options")[0]
        ways = [f"{fastest} shipping"] if last.turn.life.job.order.shipping != fastest else []
        ways += [more] if turns > 1 else []
        return f"lifted by {', or by '.join(ways)}" if ways else "nothing at the site lifts it"
    if phase == "copying":
        found = base.ingest.bottlenecks[:1] if base.ingest is not None else ()
        return next((phrases.lifted(part.lift) for part in found if part.lift), "lifted by faster clients")
    return {
        "quota": "lifted by a higher quota",
        "queue": "lifted by a shorter stagger",
        "bench": "lifted by clients for one more bench",
        "site": "lifted by unpacking and handing over sooner",
    }.get(phase, "nothing at the site lifts it")


def _again(accounts: Sequence[Account]) -> Iterator[str]:
    lost = [account for account in accounts if account.turn.again]
    for account in lost[:2]:
        why = account.turn.life.job.outcome.partition(":")[0]
        yield f"{_name(accounts, account)} was {why}: its {format_size(account.turn.load.bytes)} went again"
    if len(lost) > 2:
        yield f"and {phrases.count(len(lost) - 2, 'more job')} likewise"


def _name(accounts: Sequence[Account], account: Account) -> str:
    return f"job {1 + next(i for i, other in enumerate(accounts) if other is account):,}"


def _row(account: Account, start: datetime) -> tuple[str, ...]:
    turn = account.turn

    def at(seconds: float | None) -> str:
        return "" if seconds is None else phrases.date_time(start + timedelta(seconds=seconds))

    outcome = turn.life.job.outcome or turn.life.job.state.value
    return (
        turn.label.removeprefix("job-").lstrip("0"),
        turn.device.place.name,
        f"{turn.device.number} ({turn.device.kind})",
        str(turn.number),
        f"{phrases.count(turn.load.count, 'file')}, {format_size(turn.load.bytes)}",
        at(account.created),
        at(account.entered(JobState.WITH_CUSTOMER)),
        at(account.back),
        at(account.arrived),
        phrases.money(account.usd),
        f"{outcome}; sent again" if turn.again else "" if outcome == "complete" else outcome,
    )


def _document(
    fleet: Fleet,
    accounts: Sequence[Account],
    whole: dict[str, float],
    on_the_way: dict[str, float],
    start: datetime,
) -> dict[str, Any]:
    """The section of the JSON document, times in seconds since the run's start."""
    spans = {}
    for device in fleet.devices:
        mine = [account for account in accounts if account.turn.device is device]
        spans[device.number] = {
            "site": device.place.name,
            "type": device.kind,
            "turns": len(mine),
            "seconds": together([account.time() for account in mine]),
        }
    return {
        "start": start.isoformat(),
        "devices": spans,
        "most_at_once": most_at_once(accounts),
        "quota": fleet.plan.quota,
        "seconds": whole,
        "seconds_of_the_last": on_the_way,
        "bytes_per_week": _weeks(accounts),
        "copies_computed": fleet.courses.computed,
        "copies": fleet.courses.asked,
        "largest_error": fleet.courses.error,
        "jobs": [_job(account) for account in accounts],
    }


def _job(account: Account) -> dict[str, Any]:
    turn = account.turn
    return {
        "number": int(turn.label.removeprefix("job-")),
        "job": turn.life.job.id,
        "site": turn.device.place.name,
        "device": turn.device.number,
        "type": turn.device.kind,
        "turn": turn.number,
        "files": turn.load.count,
        "bytes": turn.load.bytes,
        "ordered": account.created,
        "waited_for_quota": turn.held,
        "with_customer": account.entered(JobState.WITH_CUSTOMER),
        "waited_for_clients": turn.bench.waited,
        "at_the_bench": turn.bench.worked,
        "collected": account.entered(JobState.IN_TRANSIT_TO_AWS),
        "back": account.back,
        "in_s3": account.arrived,
        "files_in_s3": account.files,
        "bytes_in_s3": account.bytes,
        "cost_usd": account.usd,
        "outcome": turn.life.job.outcome or "under way",
        "sent_again": turn.again,
    }
