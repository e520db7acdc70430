"""What computed on the device: how long runs and requests took, what waited, and what the copy lost to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.compute.compute import Compute
from devicesim.device.compute.pool import Pool, Served
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.ingest.session import Session
from devicesim.device.order import Life
from devicesim.report import phrases
from devicesim.report.model import Section
from devicesim.report.sections.told import Told
from devicesim.units import format_duration, format_rate, format_size
from devicesim.world import World

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}

LITTLE = 1e-3
"""Part of the time of a copy that is not worth a word."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Serving:
    """What became of the runs of one function, or the requests to one instance and its like.

    Attributes:
        name: in the scenario; ``what`` a run of it is called.
        requests: how many came; those ``served`` succeeded, the others ``failed`` in every try, were ``cut`` off with
            the device or the instance, or are still ``left``.
        tries: how many it took together.
        cold: runs in a new runtime.
        latency_ms, wait_ms: from arrival to the end, and to the beginning, by quantile of all that came [ms].
        at_least: quantiles of the latency that are longer than told: they fall on what never finished.
        backlog_max: most that waited at a time, what was cut off later included; ``backlog_at`` is when [s];
            ``backlog_left`` waited at the copy's end.
        drain: how long it ran on after the copy [s].
        slots: how many run at a time; ``busy``: part of them from first to last.
    """

    name: str
    what: str
    requests: int
    served: int
    failed: int
    cut: int
    left: int
    tries: int
    cold: int
    latency_ms: dict[str, float]
    wait_ms: dict[str, float]
    at_least: tuple[str, ...]
    backlog_max: int
    backlog_at: float
    backlog_left: int
    drain: float
    slots: int
    busy: float


@dataclass(frozen=True, slots=True)
class Slowed:
    """What the copy lost to what ran beside it.

    Attributes:
        hours: how much longer it took for the same files.
        rate: by how much it was slower [bytes/s].
        alone: its rate, had nothing run beside it [bytes/s]; ``beside``: as it was.
        tier: how the copy alone was computed: ``exact`` or ``sampled``; ``error``: of its length, relative.
    """

    hours: float
    rate: float
    alone: float
    beside: float
    tier: str
    error: float


def tell(world: World, life: Life) -> Told | None:
    """Say how the functions and instances of a job fared, and the copy beside them."""
    story, compute, ingest = life.setting.scenario, life.device.compute, life.customer.ingest
    if not compute.present and not story.images:
        return None
    end = ingest.leg.end if ingest is not None and ingest.leg is not None else None
    servings = list(_servings(_nodes(world, life), end))
    # What a cluster would have written at alone hangs on more than links, cores and disks.
    slowed = _slowed(ingest) if ingest is not None and story.cluster is None else None
    lines = [line for serving in servings for line in _lines(serving)]
    images = {image.name: image for image in story.images}
    for name, image in images.items():
        on_device = compute.images[name]
        lines.append(f"{name}: {image.ami}, {on_device} on the device, {format_size(image.size)}")
    if slowed is not None:
        lines.append(_loss(slowed))
    if compute.functions.pools:
        lines.extend(_rests_on(world))
    if not lines:
        return None
    data = {
        "servings": [asdict(serving) for serving in servings],
        "ingest_lost": asdict(slowed) if slowed is not None else None,
        "images": {
            name: {"AmiId": image.ami, "SnowballAmiId": compute.images[name]}
            for name, image in images.items()
        },
    }
    section = Section("compute", "Compute", tuple(lines), data, _COLUMNS, tuple(map(_row, servings)))
    return Told((section,), _metrics(servings, slowed))


# What was served.


def _servings(devices: Sequence[Compute], end: float | None) -> Iterator[Serving]:
    """What became of each function and each kind of instance, on all nodes of a cluster together."""
    functions: dict[str, list[Pool]] = {}
    instances: dict[str, list[Pool]] = {}
    for compute in devices:
        for pool in compute.functions.pools:
            functions.setdefault(pool.name, []).append(pool)
        for run in compute.instances.runs:
            if run.pool is not None:
                instances.setdefault(run.wanted.name, []).append(run.pool)
    for what, named in (("run", functions), ("request", instances)):
        for name, pools in named.items():
            yield _serving(name, what, pools, end)


def _nodes(world: World, life: Life) -> list[Compute]:
    """The job's device, or those of all nodes of its cluster."""
    story = life.setting.scenario
    if story.cluster is None:
        return [life.device.compute]
    lives = [world.life(job) for job in world.jobs]
    return [each.device.compute for each in lives if each.setting.scenario is story]


def _serving(name: str, what: str, pools: Sequence[Pool], end: float | None) -> Serving:
    parts = [pool.served() for pool in pools]
    each = Served(*(np.concatenate([getattr(part, column) for part in parts]) for column in Served.__slots__))
    done = each.finish < inf
    latency, at_least = _quantiles(each, each.finish)
    wait, _ = _quantiles(each, each.begin)
    slots = sum(pool.slots for pool in pools)
    most, at = _most(each)
    left = bool(np.any(~done & ~each.lost))
    last = max(pool.settled for pool in pools) if left else float(each.finish[done].max(initial=0.0))
    length = last - float(each.arrive.min(initial=last))
    worked = float((each.finish[done] - each.begin[done]).sum())
    return Serving(
        name=name,
        what=what,
        requests=int(each.arrive.size),
        served=int(np.count_nonzero(done & each.good)),
        failed=int(np.count_nonzero(done & ~each.good)),
        cut=int(np.count_nonzero(each.lost)),
        left=int(np.count_nonzero(~done & ~each.lost)),
        tries=int(each.tries[done].sum()),
        cold=int(np.count_nonzero(each.cold)),
        latency_ms=latency,
        wait_ms=wait,
        at_least=at_least,
        backlog_max=most,
        backlog_at=at,
        backlog_left=_waiting(each, end) if end is not None else 0,
        drain=max(0.0, last - end) if end is not None and what == "run" and done.any() else 0.0,
        slots=slots,
        busy=worked / (slots * length) if length > 0 else 0.0,
    )


def _quantiles(each: Served, at: Floats) -> tuple[dict[str, float], tuple[str, ...]]:
    """How long it took all that came to get to ``at`` [ms], and which of these are only known to be longer.

    What never got there is slower than all that did. Where a quantile falls on it, it is told from how long each
    has waited until it was cut off, which is a lower bound.
    """
    if not at.size:
        return {}, ()
    last = (at.size - 1) * np.array(list(QUANTILES.values()))
    known = np.ceil(last) < np.count_nonzero(at < inf)
    least = (np.minimum(at, np.maximum(each.until, each.arrive)) - each.arrive) * 1e3
    took = np.where(at < inf, least, least.max())
    found = np.where(known, _ranked(took, last), _ranked(least, last))
    told = dict(zip(QUANTILES, found.tolist(), strict=True)) | {"mean": float(least.mean())}
    unsure = [key for key, sure in zip(QUANTILES, known.tolist(), strict=True) if not sure]
    return told, (*unsure, *(["mean"] if np.any(at == inf) else []))


def _ranked(values: Floats, at: Floats) -> Floats:
    return np.interp(at, np.arange(values.size), np.sort(values))


def _most(each: Served) -> tuple[int, float]:
    """The most that waited at a time, and when: it grows only when something comes."""
    arrive, leave = np.sort(each.arrive), np.sort(_leave(each))
    if not arrive.size:
        return 0, 0.0
    waiting = np.arange(1, arrive.size + 1) - np.searchsorted(leave, arrive, side="right")
    most = int(np.argmax(waiting))
    return int(waiting[most]), float(arrive[most])


def _waiting(each: Served, at: float) -> int:
    return int(np.count_nonzero((each.arrive <= at) & (_leave(each) > at)))


def _leave(each: Served) -> Floats:
    """When each stopped waiting: it began, or was cut off [s]."""
    return np.where(each.lost, np.minimum(each.begin, each.until), each.begin)


# What the copy lost.


def _slowed(ingest: Ingest) -> Slowed | None:
    """Compute the copy again, session by session, with what it would have had alone."""
    lost = took = size = error = 0.0
    tier = "exact"
    for session in ingest.sessions:
        if not session.alone or session.end == inf:
            continue
        sizes = ingest.copied_in(session)
        if not sum(files.size for files in sizes):
            continue
        again = _again(session, sizes)
        if again.end == inf:
            return None
        last = max(float(_last(session, k)) for k, files in enumerate(sizes) if files.size)
        lost, took = lost + last - again.end, took + last - session.start
        size += float(sum(files.sum() for files in sizes))
        error = max(error, again.error)
        tier = again.tier if again.tier != "exact" else tier
    if not took or took <= lost:
        return None
    beside, alone = size / took, size / (took - lost)
    return Slowed(lost / 3600, alone - beside, alone, beside, tier, error)


def _again(session: Session, sizes: Sequence[NDArray[np.int64]]) -> throughput.Estimate:
    transfer = session.transfer
    return throughput.estimate(
        transfer.server, transfer.clients, [files.astype(np.float64) for files in sizes], session.alone
    )


def _last(session: Session, client: int) -> float:
    finish = session.transfer.finish(client)
    return float(finish[finish <= session.end].max(initial=session.start))


# Words and numbers.


def _rests_on(world: World) -> Iterator[str]:
    """What functions cost besides their work, which nobody has published."""
    read = [(key, f) for key, f in sorted(world.figures.used.items()) if key.startswith("functions.")]
    words = [f"{key.partition('.')[2]} {f.text}" for key, f in read if f.kind == "assumed"]
    if words:
        yield f"rests on assumed figures of functions: {', '.join(words)}"


def _lines(serving: Serving) -> Iterator[str]:
    came = phrases.count(serving.requests, serving.what)
    if not serving.requests:
        yield f"{serving.name}: no {serving.what} came"
        return
    bad = [
        f"{number:,} {words}"
        for number, words in ((serving.failed, "failed"), (serving.cut, "cut off"), (serving.left, "left"))
        if number
    ]
    fate = ", ".join(bad) if bad else "all done"
    if serving.latency_ms:
        times = [f"{key} {_time(serving, key)}" for key in QUANTILES]
        yield f"{serving.name}: {came}, {fate}; {', '.join(times)}"
        if serving.at_least:
            never = f"the {serving.cut + serving.left:,} that never finished"
            yield f"  over all that came; ≥: at least, for it falls on {never}, and meets no goal"
    else:
        yield f"{serving.name}: {came}, {fate}"
    slots = phrases.count(serving.slots, "slot")
    told = [f"{slots} {phrases.percent(serving.busy)} busy", f"at most {serving.backlog_max:,} waiting"]
    if serving.drain > 1:
        told.append(f"{'on' if serving.left else 'done'} {format_duration(serving.drain)} after the copy")
    if serving.cold:
        told.append(phrases.count(serving.cold, "cold start"))
    if serving.tries > serving.served + serving.failed:
        told.append(phrases.count(serving.tries, "try").replace("trys", "tries"))
    yield f"  {'; '.join(told)}"


def _loss(slowed: Slowed) -> str:
    exact = "every RPC" if slowed.tier == "exact" else f"sampled, within {phrases.percent(slowed.error)}"
    by = f"computed again without it ({exact})"
    if abs(slowed.rate) < LITTLE * slowed.alone:
        return f"the copy lost nothing to it, {by}"
    rates = f"{format_rate(slowed.beside)} instead of {format_rate(slowed.alone)}"
    return f"the copy lost {format_duration(slowed.hours * 3600)} to it: {rates}, {by}"


_COLUMNS = ("name", "came", "done", "failed", "cut off", "p50", "p95", "p99", "max", "most waiting", "busy")


def _row(serving: Serving) -> tuple[str, ...]:
    times = [_time(serving, key) if serving.latency_ms else "–" for key in QUANTILES]
    numbers = [f"{n:,}" for n in (serving.requests, serving.served, serving.failed, serving.cut)]
    return (serving.name, *numbers, *times, f"{serving.backlog_max:,}", phrases.percent(serving.busy))


def _time(serving: Serving, key: str) -> str:
    return f"{'≥ ' if key in serving.at_least else ''}{format_duration(serving.latency_ms[key] / 1e3)}"


def _metrics(servings: Sequence[Serving], slowed: Slowed | None) -> dict[str, float]:
    metrics: dict[str, float] = {}
    timed = [serving for serving in servings if serving.latency_ms]
    for key in QUANTILES if timed else ():
        # A lower bound must meet no goal: without a value none is met.
        if not any(key in serving.at_least for serving in timed):
            metrics[f"latency_{key}_ms"] = max(serving.latency_ms[key] for serving in timed)
    if servings:
        metrics["backlog_max"] = float(max(serving.backlog_max for serving in servings))
        metrics["drain_hours"] = max(serving.drain for serving in servings) / 3600
        metrics["runs_failed"] = float(sum(serving.failed + serving.cut for serving in servings))
    if slowed is not None:
        metrics["ingest_hours_lost_to_compute"] = slowed.hours
        metrics["ingest_mb_s_lost_to_compute"] = slowed.rate / 1e6
    return metrics
