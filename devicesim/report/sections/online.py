"""What went over the wire: by which road the data came, what held it back, and what every execution did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from devicesim.catalog import Figure, Figures
from devicesim.device.expectation import Load
from devicesim.device.online import Execution, Online
from devicesim.device.online.outlook import expected
from devicesim.device.online.sending import Sending
from devicesim.device.order import Life
from devicesim.progress import timestamp
from devicesim.report import phrases
from devicesim.report.model import Cost, Loss, Section
from devicesim.report.sections.told import Told
from devicesim.units import format_duration, format_rate, format_size
from devicesim.world import World

DAY = 86400.0
SHOWN = 3
"""Most tasks and causes that the text names one by one."""
COLUMNS = ("Task", "Began", "Files", "Data", "Preparing", "Transferring", "Verifying", "Rate", "Ended")


def tell(world: World, life: Life | None = None) -> Told | None:
    """Tell of the online road, if the scenario has one."""
    online = world.undertaking
    if not isinstance(online, Online):
        return None
    losses = tuple(_not_sent(online))
    return Told(
        sections=(_section(world, online, life),),
        metrics=_metrics(world, online, life),
        costs=tuple(_costs(world, online)),
        losses=losses,
        subject=_subject(online, life),
    )


def outlook(world: World, life: Life, load: Load) -> Callable[[Figures], tuple[float, float, float]] | None:
    """What all roads together are expected to take, from figures; None where there is no online road."""
    online, story = world.undertaking, life.setting.scenario
    if not isinstance(online, Online):
        return None
    return lambda figures: expected(figures, online, story, load)


# The whole.


def _arrived(sendings: Iterable[Sending]) -> tuple[int, int]:
    """Files and bytes in S3 by the wire, each file once."""
    parts = [(int(s.source.arrived.sum()), int(s.source.sizes[s.source.arrived].sum())) for s in sendings]
    return sum(files for files, _ in parts), sum(size for _, size in parts)


def _shipped(world: World, life: Life | None) -> tuple[int, int]:
    """Objects and bytes that the import brought to S3."""
    leg = world.stream.leg("import", life.job.id) if life is not None else None
    return (leg.total_objects, leg.total_bytes) if leg is not None and leg.complete else (0, 0)


def _subject(online: Online, life: Life | None) -> str:
    count = sum(files.count for files in online.files)
    size = sum(files.total for files in online.files)
    data = f"{phrases.count(count, 'file')}, {format_size(size)}"
    if life is None:
        return f"Online, no device: {data}"
    return f"Online and {life.job.order.type.value} on {life.job.order.device}: {data}"


def last_sent(executions: Sequence[Execution]) -> float | None:
    """When the last execution that sent anything had ended [s]; None where nothing was sent."""
    return max((e.ended for e in executions if e.files and e.ended is not None), default=None)


def first_complete(online: Online) -> float | None:
    """When all that there was to send at first had been sent [s]; None where some of it never was."""
    times = [sending.complete for sending in online.sendings]
    return max((time for time in times if time is not None), default=None) if None not in times else None


def _metrics(world: World, online: Online, life: Life | None) -> dict[str, float]:
    executions = online.executions
    ended = last_sent(executions)
    moving = sum(e.phases(world.now).get("TRANSFERRING", 0.0) for e in executions)
    moved = sum(e.bytes for e in executions)
    wire, parcel = _arrived(online.sendings)[1], _shipped(world, life)[1]
    metrics = {"executions": float(len(executions))}
    if wire + parcel:
        metrics["online_share"] = wire / (wire + parcel)
    if moving:
        metrics["online_mb_s"] = moved / moving / 1e6
    if ended is not None and all(sending.done for sending in online.sendings):
        metrics["online_days"] = ended / DAY
        ended = first_complete(online) or ended
        imported = world.stream.leg("import", life.job.id) if life is not None else None
        if imported is None or not imported.total_objects:
            under_way = life is not None and not life.job.outcome and life.device.share.files > 0
            if not under_way:
                metrics["days_to_s3"] = ended / DAY
        elif imported.end is not None:
            metrics["days_to_s3"] = max(ended, imported.end) / DAY
    return metrics


def _not_sent(online: Online) -> Iterator[Loss]:
    """Files of the site that no execution brought to S3; those of a device are imported, or told of by the copy."""
    for sending in online.sendings:
        missing = ~sending.source.arrived
        if sending.done and sending.task.source == "site" and missing.any():
            size = int(sending.source.sizes[missing].sum())
            why = f"{sending.name}: {sending.why or 'the last execution did not bring them'}"
            yield Loss("not sent", int(missing.sum()), size, why)


def _costs(world: World, online: Online) -> Iterator[Cost]:
    executions = online.executions
    price, put = world.figures.figure("prices.datasync"), world.figures.figure("prices.s3.put_1000")
    moved, files = sum(e.bytes for e in executions), sum(e.files for e in executions)
    if moved:
        yield Cost(f"DataSync ({format_size(moved)}{_dated(price)})", price.si * moved, price.kind)
    if files:
        item = f"S3 requests ({phrases.count(files, 'PUT')}{_dated(put)})"
        yield Cost(item, put.si * files / 1000, put.kind)


def _dated(price: Figure) -> str:
    """When a price was true; one that the scenario assumes has no date."""
    return f", prices of {price.date}" if price.date else ""


# The section.


def _section(world: World, online: Online, life: Life | None) -> Section:
    executions = online.executions
    lines = [_roads(world, online, life), *_held_back(world, executions), *_tasks(world, online)]
    if online.roads.reason:
        lines.append(f"Plan: {online.roads.reason}")
    lines += [f"{sending.name} ended short: {sending.why}" for sending in online.sendings if sending.why][
        :SHOWN
    ]
    return Section(
        "online",
        "Online",
        tuple(lines),
        _data(world, online, life),
        COLUMNS,
        tuple(_row(world, execution) for execution in executions),
    )


def _roads(world: World, online: Online, life: Life | None) -> str:
    files, size = _arrived(online.sendings)
    objects, parcel = _shipped(world, life)
    if not size + parcel:
        return "nothing has come to S3 by any road"
    share = phrases.percent(size / (size + parcel))
    text = f"{share} of the bytes over the line: {phrases.count(files, 'file')}, {format_size(size)}"
    if objects:
        text += f"; {phrases.count(objects, 'file')}, {format_size(parcel)} in the parcel"
    ended, first = last_sent(online.executions), first_complete(online)
    if ended is not None and first is not None and first < ended:
        return f"{text}; all there was at first by {_when(world, first)}, what came later by {_when(world, ended)}"
    return text if ended is None else f"{text}; the last of it by {_when(world, ended)}"


def _held_back(world: World, executions: Sequence[Execution]) -> Iterator[str]:
    """The rate, and what it was limited by."""
    moving = sum(execution.phases(world.now).get("TRANSFERRING", 0.0) for execution in executions)
    seconds: Counter[str] = Counter()
    for execution in executions:
        seconds.update(execution.held_back)
    total = sum(seconds.values())
    if not total:
        return
    moved = sum(execution.bytes for execution in executions)
    causes = "; ".join(
        f"{name}, {phrases.percent(lasting / total)} of the time"
        for name, lasting in seconds.most_common(SHOWN)
        if lasting / total > 0.005
    )
    line = world.scenario.site.wan if world.scenario is not None else None
    of = f" of the line's {format_rate(line.up)}" if line is not None else ""
    yield f"{format_rate(moved / moving)}{of} while transferring, held back by {causes}"


def _tasks(world: World, online: Online) -> Iterator[str]:
    """A line for each task as the scenario has it, parts of a split one together."""
    groups: dict[str, list[Execution]] = {}
    parts: Counter[str] = Counter()
    for sending in online.sendings:
        groups.setdefault(sending.task.name, []).extend(sending.executions)
        parts[sending.task.name] += 1
    for name, executions in list(groups.items())[:SHOWN]:
        if executions:
            yield _task(world, name, executions, parts[name])
        else:
            yield f"{name}: never ran"
    if len(groups) > SHOWN:
        yield phrases.count(len(groups) - SHOWN, "more task")


def _task(world: World, name: str, executions: Sequence[Execution], parts: int) -> str:
    lasted: Counter[str] = Counter()
    for execution in executions:
        lasted.update(execution.phases(world.now))
    phases = ", ".join(
        f"{phase.lower()} {format_duration(seconds)}" for phase, seconds in lasted.items() if seconds
    )
    early = Counter(execution.why for execution in executions if execution.status == "ERROR")
    text = f"{name}: {phrases.count(len(executions), 'execution')}"
    if parts > 1:
        text += f" of {parts} tasks, {_most_files(executions)}"
    if early:
        whys = "; ".join(why for why, _ in early.most_common(SHOWN))
        how = "with errors" if all(why.endswith("failed") for why in early) else "cut short"
        text += f", {sum(early.values())} {how} ({whys})"
    return f"{text}; {phases}"


def _most_files(executions: Sequence[Execution]) -> str:
    most = max((execution.listed for execution in executions), default=0)
    return f"{phrases.count(most, 'file')} each at most"


def _when(world: World, seconds: float) -> str:
    return phrases.run_time(world.epoch, seconds, world.now)


def _row(world: World, execution: Execution) -> tuple[str, ...]:
    phases = execution.phases(world.now)
    moving = phases.get("TRANSFERRING", 0.0)

    def lasted(status: str) -> str:
        return format_duration(phases[status]) if phases.get(status) else ""

    ended = execution.status if not execution.why else f"{execution.status}: {execution.why}"
    return (
        f"{execution.task} {execution.number}",
        _when(world, execution.queued),
        f"{execution.files:,}",
        format_size(execution.bytes),
        lasted("PREPARING"),
        lasted("TRANSFERRING"),
        lasted("VERIFYING"),
        format_rate(execution.bytes / moving) if moving else "",
        ended,
    )


def _data(world: World, online: Online, life: Life | None) -> dict[str, object]:
    """The section of the JSON document."""
    (files, size), (objects, parcel) = _arrived(online.sendings), _shipped(world, life)
    stale = sum(int((s.source.arrived & ~s.source.sent).sum()) for s in online.sendings)
    return {
        "online": {"files": files, "bytes": size},
        "shipped": {"files": objects, "bytes": parcel},
        "older_forms": stale,
        "reason": online.roads.reason,
        "expected_days": online.roads.expected,
        "executions": [
            {
                "id": execution.id,
                "task": execution.task,
                "number": execution.number,
                "status": execution.status,
                "why": execution.why,
                "queued": timestamp(world.epoch, execution.queued),
                "files": execution.files,
                "bytes": execution.bytes,
                "estimated_files": execution.estimated_files,
                "estimated_bytes": execution.estimated_bytes,
                "skipped": execution.skipped,
                "failed": execution.failed,
                "verified": execution.verified,
                "phases": {name.lower(): seconds for name, seconds in execution.phases(world.now).items()},
                "held_back": dict(execution.held_back),
            }
            for execution in online.executions
        ],
    }
