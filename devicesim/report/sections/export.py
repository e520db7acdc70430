"""What an export tells: what was listed, each part's way to the site and back, how it was read, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from devicesim import throughput
from devicesim.device.export.export import Export, Master, Part
from devicesim.device.export.reader import Reader
from devicesim.device.export.reading import Reading
from devicesim.device.order import Life
from devicesim.jobs import JobState, JobType
from devicesim.progress import ExportFailed, Leg, LegInterrupted
from devicesim.report import phrases
from devicesim.report.costs import bill
from devicesim.report.losses import losses_of
from devicesim.report.model import Cost, Loss, Section
from devicesim.report.sections.told import Told
from devicesim.units import format_duration, format_rate, format_size
from devicesim.world import World

DAY, PAGE = 86400.0, 1000
CENT = 0.01
NAMED = 3
"""Keys of failed objects that a line names."""

COLUMNS = ("Part", "State", "Files", "Data", "Loaded at AWS", "Delivered", "Read", "Rate", "Sent back")
STATIONS = {
    "link": "the Ethernet link",
    "cores": "the device's CPU",
    "store": "the disks",
    "round trips": "round trips",
}


@dataclass(frozen=True)
class Way:
    """One part's way, as far as it has come."""

    world: World
    part: Part
    number: int

    def entered(self, state: JobState) -> float | None:
        """When the part entered a state [s]."""
        return next((at for at, entered in self.part.job.history if entered is state), None)

    def leg(self, name: str) -> Leg | None:
        """One of its legs."""
        return self.world.stream.leg(name, self.part.job.id)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Files and bytes."""
        return sum(f.count for f in self.part.files), sum(f.total for f in self.part.files)

    @property
    def reading(self) -> Reading | None:
        """The pass in which it was read."""
        reader = self.part.customer
        return reader.readings.passes[0] if isinstance(reader, Reader) and reader.readings else None

    @property
    def read(self) -> float | None:
        """When the last of its files was read; None if it was not, or is not yet."""
        leg, reading = self.leg("read"), self.reading
        if leg is None or leg.end is None or reading is None or not reading.kept()[1]:
            return None
        ends = [stretch.end for stretch in reading.stretches if stretch.end <= leg.end]
        return max(ends, default=leg.end)

    @property
    def settled(self) -> bool:
        """Whether nothing more will be read."""
        leg = self.leg("read")
        return bool(self.part.job.outcome) or (leg is not None and leg.end is not None)

    @property
    def working(self) -> float:
        """Seconds in which it was read, interruptions left out."""
        reading = self.reading
        stretches = reading.stretches if reading is not None else []
        return sum(min(s.end, self.world.now) - s.start for s in stretches)

    @property
    def rate(self) -> float:
        """Mean rate of reading [bytes/s]."""
        reading, working = self.reading, self.working
        return reading.kept()[0] / working if reading is not None and working > 0 else 0.0


def tell(world: World, life: Life) -> Told | None:
    """What became of an export, or of one part of it."""
    if life.job.order.type is not JobType.EXPORT:
        return None
    if isinstance(life, Master):
        ways = [Way(world, part, n) for n, part in enumerate(life.export.parts, 1)]
        lost = _lost(world, ways)
        metrics = _metrics(life, ways)
        section = _section(world, life.export, ways, life)
        return Told((section,), metrics, _costs(world, life, ways), lost, _subject(life.export, life))
    if isinstance(life, Part):
        number = life.export.parts.index(life) + 1
        way = Way(world, life, number)
        files, size = way.size
        data = f"{phrases.count(files, 'file')}, {format_size(size)}"
        subject = f"EXPORT on {life.job.order.device}: part {number} of {len(life.export.parts)}, {data}"
        section = _section(world, life.export, [way], life)
        return Told((section,), _metrics(life, [way]), _data_out(world, [way]), (), subject)
    return None


def _subject(export: Export, life: Life) -> str:
    found, parts = export.inventory, len(export.parts)
    dealt = f", {phrases.count(parts, 'part')}" if parts else ""
    data = f"{phrases.count(found.count, 'object')}, {format_size(found.total)}{dealt}"
    return f"EXPORT on {life.job.order.device}: {data}"


def _lost(world: World, ways: Sequence[Way]) -> tuple[Loss, ...]:
    """What parts lost; what several lost for one reason as one."""
    found: dict[tuple[str, str], Loss] = {}
    for way in ways:
        for loss in losses_of(world.stream, way.part.job.id):
            before = found.get((loss.at, loss.why), Loss(loss.at, 0, 0, loss.why))
            total = Loss(loss.at, before.files + loss.files, before.bytes + loss.bytes, loss.why)
            found[loss.at, loss.why] = total
    return tuple(found.values())


def _metrics(life: Life, ways: Sequence[Way]) -> dict[str, float]:
    metrics = {}
    read = [way.read for way in ways if way.read is not None]
    if ways and read and all(way.settled for way in ways):
        metrics["days_to_site"] = (max(read) - life.job.created) / DAY
    kept = []
    for way in ways:
        given, taken = way.entered(JobState.WITH_CUSTOMER), way.entered(JobState.IN_TRANSIT_TO_AWS)
        if given is not None and taken is not None:
            kept.append((taken - given) / DAY)
    if kept:
        metrics["device_days"] = sum(kept)
    return metrics


def _costs(world: World, master: Life, ways: Sequence[Way]) -> tuple[Cost, ...]:
    """The bill: each device's fee and way, what leaves S3 by the gigabyte, and its listing."""
    lines: list[Cost] = []
    region = master.setting.scenario.site.region
    for way in ways:
        given, taken = way.entered(JobState.WITH_CUSTOMER), way.entered(JobState.IN_TRANSIT_TO_AWS)
        if way.entered(JobState.PREPARING_APPLIANCE) is None:
            continue
        last = taken if taken is not None else world.now
        on_site = last - given if given is not None else 0.0
        lines += bill(world.figures, region, way.part.job.order, on_site, way.part.device.share.bytes)
    found = [*_together(lines), *_data_out(world, ways)]
    request = world.figures.figure("prices.s3.put_1000")
    if isinstance(master, Master) and master.job.history[-1][1] is not JobState.NEW:
        pages = -(-master.export.inventory.listed // PAGE)
        if (usd := pages * request.si / 1000) >= CENT:
            found.append(Cost("S3 listing", usd, request.kind))
    return tuple(found)


def _together(lines: Sequence[Cost]) -> Iterator[Cost]:
    """Like lines of several devices as one."""
    found: dict[tuple[str, str], list[float]] = {}
    for line in lines:
        item = "extra days" if "extra day" in line.item else line.item
        found.setdefault((item, line.kind), []).append(line.usd)
    for (item, kind), each in found.items():
        times = f" × {len(each)}" if len(each) > 1 and item != "extra days" else ""
        yield Cost(item + times, sum(each), kind)


def _data_out(world: World, ways: Sequence[Way]) -> tuple[Cost, ...]:
    """What AWS charges for data that leaves S3: all that is on devices."""
    price = world.figures.figure("prices.data_out")
    size = sum(way.part.device.share.bytes for way in ways)
    return (Cost(f"{format_size(size)} out of S3", size * price.si, price.kind),) if size else ()


# What is printed.


def _section(world: World, export: Export, ways: Sequence[Way], life: Life) -> Section:
    return Section(
        "export",
        "Export",
        tuple(_lines(world, export, ways, life)),
        _data(world, export, ways),
        COLUMNS,
        tuple(_row(world, way) for way in ways),
    )


def _lines(world: World, export: Export, ways: Sequence[Way], life: Life) -> Iterator[str]:
    found = export.inventory
    if isinstance(life, Master):
        many = phrases.count(len(ways), "part") if ways else "not dealt to parts yet"
        yield f"{phrases.count(found.count, 'object')}, {format_size(found.total)}, from {_buckets(export)}: {many}"
        if found.restore:
            yield f"Waited {format_duration(found.restore)} for objects to be restored from S3 Glacier"
        if found.twice:
            yield f"{phrases.count(found.twice, 'key')} in more than one range; each is exported once"
    for way in ways:
        yield f"Part {way.number}: " + "; ".join(_steps(world, way))
    yield from _read(export, ways)
    yield from _named(world, ways, life)
    if any(mark.begin == mark.end != "" for d in life.setting.scenario.datasets for mark in d.key_range):
        yield "A key range begins and ends with the same marker, which AWS advises against"
    yield "Tags and metadata stay in S3: only names and content come along"


def _buckets(export: Export) -> str:
    names = list(
        dict.fromkeys(files.bucket.rpartition(":")[2] for files in export.inventory.files if files.count)
    )
    return ", ".join(names) if len(names) <= NAMED else f"{len(names)} buckets"


def _steps(world: World, way: Way) -> Iterator[str]:
    """What happened to a part, in short."""
    files, size = way.size
    yield f"{phrases.count(files, 'file')}, {format_size(size)}"
    if (leg := way.leg("export")) is not None and leg.end is not None:
        yield f"loaded in {format_duration(leg.end - leg.start)}"
    if (given := way.entered(JobState.WITH_CUSTOMER)) is not None:
        yield f"delivered {_day(world, given)}"
    if (read := way.read) is not None:
        stops = len(world.stream.of(LegInterrupted, way.part.job.id))
        often = f", interrupted {'once' if stops == 1 else f'{stops} times'}" if stops else ""
        yield f"read by {_day(world, read)} in {format_duration(way.working)}, {format_rate(way.rate)}{often}"
    if (again := way.leg("verify")) is not None and again.complete and again.end is not None:
        what = "read again" if again.total_bytes else "looked up again"
        yield f"{what} in {format_duration(again.end - again.start)}"
    job = way.part.job
    if job.outcome not in {"", "complete"}:
        yield job.outcome
    elif (taken := way.entered(JobState.IN_TRANSIT_TO_AWS)) is not None:
        yield f"sent back {_day(world, taken)}"
    elif not job.outcome:
        yield str(job.state)


def _day(world: World, at: float) -> str:
    return phrases.day(world.epoch + timedelta(seconds=at))


def _read(export: Export, ways: Sequence[Way]) -> Iterator[str]:
    """Who read it, what held them back, and how sure the time is."""
    readings = [way.reading for way in ways if way.reading is not None and way.reading.stretches]
    if not readings:
        return
    if held := _held_back(readings[0]):
        yield held
    clients = [client.name for client in ways[0].part.setting.scenario.clients]
    if len(clients) > 1:
        shares = [
            f"{name} {format_size(sum(int(r.queues[k].sizes[r.queues[k].done].sum()) for r in readings))}"
            for k, name in enumerate(clients)
        ]
        yield f"Read by {', '.join(shares)}"
    error = max(reading.error for reading in readings)
    if error:
        together = ", clients taken together" if len(clients) > 1 else ""
        yield f"Reading is estimated from samples{together}: to {100 * error:.2g} % of its time"


def _held_back(reading: Reading) -> str:
    """The station that bound the reading, and the next."""
    stretch = reading.stretches[0]
    course = stretch.course
    sizes = reading.sample()
    if not sizes.size:
        return ""
    rates = throughput.bounds(course.server, course.clients, course.regime, sizes)
    first, *others = sorted(rates, key=lambda name: rates[name])
    after = f"; next is {STATIONS[others[0]]} at {format_rate(rates[others[0]])}" if others else ""
    return f"Reading is held back by {STATIONS[first]}{after}"


def _named(world: World, ways: Sequence[Way], life: Life) -> Iterator[str]:
    """Some keys of objects that failed."""
    ids = {life.job.id, *(way.part.job.id for way in ways)}
    failed = [event for event in world.stream.of(ExportFailed) if event.job in ids]
    keys = [key for event in failed for key in event.keys]
    if keys:
        more = sum(event.objects for event in failed) - len(keys[:NAMED])
        others = f" and {more:,} more" if more else ""
        yield f"Not exported: {', '.join(keys[:NAMED])}{others}"


def _row(world: World, way: Way) -> tuple[str, ...]:
    files, size = way.size

    def at(moment: float | None) -> str:
        return phrases.run_time(world.epoch, moment, world.now) if moment is not None else ""

    loaded = way.leg("export")
    return (
        str(way.number),
        str(way.part.job.state),
        f"{files:,}",
        format_size(size),
        at(loaded.end if loaded is not None else None),
        at(way.entered(JobState.WITH_CUSTOMER)),
        at(way.read),
        format_rate(way.rate) if way.rate else "",
        at(way.entered(JobState.IN_TRANSIT_TO_AWS)),
    )


def _data(world: World, export: Export, ways: Sequence[Way]) -> dict[str, Any]:
    found = export.inventory
    return {
        "objects": found.count,
        "bytes": found.total,
        "listed": found.listed,
        "in_several_ranges": found.twice,
        "not_exported": [
            {"why": b.why, "objects": b.objects, "bytes": b.bytes, "keys": list(b.keys)} for b in found.behind
        ],
        "parts": [_part(way) for way in ways],
    }


def _part(way: Way) -> dict[str, Any]:
    files, size = way.size
    loaded, read = way.leg("export"), way.leg("read")
    return {
        "number": way.number,
        "job": way.part.job.id,
        "state": str(way.part.job.state),
        "outcome": way.part.job.outcome,
        "files": files,
        "bytes": size,
        "loading": [loaded.start, loaded.end] if loaded is not None else None,
        "delivered": way.entered(JobState.WITH_CUSTOMER),
        "reading": [read.start, way.read] if read is not None else None,
        "rate": way.rate,
        "sent_back": way.entered(JobState.IN_TRANSIT_TO_AWS),
        "error": way.reading.error if way.reading is not None else 0.0,
    }
