"""What went wrong on purpose, in words, with what it cost; and which faults befell nobody."""

from __future__ import annotations

from devicesim.device import rooms
from devicesim.device.customer import Customer
from devicesim.device.faults.ledger import MISSED, Incident
from devicesim.device.order import Life
from devicesim.progress import ImportFailed, LegInterrupted, Lost, Refused
from devicesim.report.model import Section
from devicesim.report.sections.told import Told
from devicesim.units import format_duration, format_size
from devicesim.world import World

MOST = 8
"""Most faults of a fleet that are told one by one."""

CONSEQUENCES = (LegInterrupted, Lost, Refused, ImportFailed)
"""Events that name the fault by which they came."""


def tell(world: World, life: Life) -> Told | None:
    """Tell of a job's faults: what they did, and once it is over, which befell nobody."""
    mine = [each for each in world.faults if each.job in ("", life.job.id)]
    if world.clusters or not isinstance(life.customer, Customer):
        mine = [each for each in mine if each.began is not None]
    lines = tuple(_line(world, each) for each in mine if each.began is not None)
    over = bool(life.job.outcome) and not life.job.parts
    missed = tuple(
        _missed(each) for each in mine if each.began is None and over and (each.job or not world.clusters)
    )
    if not lines:
        return Told(notes=missed) if missed else None
    data = {"faults": [_data(world, each) for each in mine]}
    return Told(sections=(Section("faults", "Faults", lines, data),), notes=missed)


def of_fleet(world: World, fleet: rooms.Fleet) -> Told:
    """Tell of the faults of a fleet's jobs together: the first that befell one, and those that befell none."""
    numbers = {turn.life.job.id: number for number, turn in enumerate(fleet.turns, 1)}
    began = [each for each in world.faults if each.began is not None]
    lines = [
        _line(world, each, f" of job {numbers[each.job]}" if each.job in numbers else "")
        for each in began[:MOST]
    ]
    if len(began) > MOST:
        lines.append(f"and {len(began) - MOST:,} more")
    missed = () if fleet.under_way else tuple(_missed(each) for each in world.faults if each.began is None)
    if not lines:
        return Told(notes=missed)
    data = {"faults": [_data(world, each) | {"job": each.job} for each in world.faults]}
    return Told(sections=(Section("faults", "Faults", tuple(lines), data),), notes=missed)


def _missed(each: Incident) -> str:
    return f"fault {each.kind} at {format_duration(each.fault.at)}: {each.words or _nothing(each)}"


def _nothing(each: Incident) -> str:
    """Why a fault befell nobody that says nothing itself."""
    number = getattr(each.fault, "number", None)
    if not each.job and number is not None and each.fault.since == "ready":
        return f"there is no job {number}"
    if each.fault.since == "ordered":
        return "nothing came for it to befall"
    return "the device was not at work then"


def _line(world: World, each: Incident, whose: str = "") -> str:
    lasted = (
        f" for {format_duration(each.ended - (each.began or 0.0))}"
        if each.ended not in (None, each.began)
        else ""
    )
    cost = "; ".join(_costs(world, each))
    return f"{each.id} {each.kind}{whose}: {each.words}{lasted}{f'; {cost}' if cost else ''}"


def _costs(world: World, each: Incident) -> list[str]:
    told = []
    events = [event for event in world.events if isinstance(event, CONSEQUENCES) and event.fault == each.id]
    for event in events:
        match event:
            case LegInterrupted():
                words = "the copy stopped" if event.leg == "ingest" else "reading stopped"
            case Lost():
                words = f"{_files(event.files)} lost ({format_size(event.bytes)})"
            case Refused():
                words = f"{_files(event.files)} refused ({format_size(event.bytes)})"
            case ImportFailed():
                words = f"{_files(event.objects)} not imported ({format_size(event.bytes)})"
        if words not in told:
            told.append(words)
    return told


def _files(count: int) -> str:
    return f"{count:,} file{'s' if count != 1 else ''}"


def _data(world: World, each: Incident) -> dict[str, object]:
    state = MISSED if each.began is None else each.state
    return {
        "fault": each.id, "kind": each.kind, "where": each.where, "words": each.words, "state": state,
        "began": each.began, "ended": each.ended,
    }  # fmt: skip
