"""What became of a cluster: its room, what it served and for how long, what was lost, repaired and replaced."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from devicesim.device.cluster.cluster import Cluster
from devicesim.device.cluster.member import AWAITED, LOST, Member
from devicesim.device.cluster.work import WORDS
from devicesim.device.order import Life
from devicesim.jobs import JobState
from devicesim.physics import erasure
from devicesim.physics.quorum import Service
from devicesim.progress import NodeChanged, timestamp
from devicesim.report import phrases
from devicesim.report.costs import bill
from devicesim.report.model import BatterySummary, Cost, Section
from devicesim.report.sections.told import Told
from devicesim.report.steps import of_cluster
from devicesim.scenario.faults import NodeFault
from devicesim.units import format_duration, format_rate, format_size
from devicesim.world import World

YEAR = 365.25 * 86400
COLUMNS = ("Node", "Job", "Delivered after", "In reach for", "What became of it")


def tell(world: World, life: Life) -> Told | None:
    """Tell of the cluster whose first node a job is; None of any other job."""
    cluster = next((each for each in world.clusters.values() if each.lives[:1] == [life]), None)
    if cluster is None:
        return None
    section = Section(
        "cluster",
        "Cluster",
        tuple(_lines(world, cluster)),
        _data(world, cluster),
        COLUMNS,
        tuple(_row(world, cluster, each) for each in cluster.members),
    )
    last = max((at for each in cluster.lives for at, _ in each.job.history), default=0.0)
    return Told(
        (section,),
        _metrics(world, cluster),
        tuple(_costs(world, cluster)),
        notes=tuple(_missed(world, cluster)),
        timeline=of_cluster(world.stream, cluster.work.anchor, cluster.history),
        battery=_supply(cluster),
        end=last,
    )


def _supply(cluster: Cluster) -> BatterySummary | None:
    """What all nodes drew together, and one of them on average while it was on."""
    supplies = [each.device.power for each in cluster.lives if each.device.power.on_time > 0]
    if not supplies:
        return None
    energy = sum(each.energy for each in supplies)
    mean = energy / sum(each.on_time for each in supplies)
    swaps, recharges = sum(each.swaps for each in supplies), sum(each.recharges for each in supplies)
    source, lowest = cluster.setting.scenario.site.power.source, min(each.lowest for each in supplies)
    return BatterySummary(source, swaps, recharges, energy, mean, lowest)


def _missed(world: World, cluster: Cluster) -> Iterator[str]:
    """Faults of the scenario that befell nobody."""
    work = cluster.work
    for fault in cluster.setting.scenario.faults:
        if not isinstance(fault, NodeFault) or work.ended is None:
            continue
        gone = work.struck.get(id(fault), getattr(fault, "nodes", None) or ())
        why = "was not there any more" if id(fault) in work.struck else "had been packed up"
        for node in gone:
            why = why if work.formed is not None else "never formed a cluster"
            yield f"fault {fault.kind} of node {node} at {format_duration(fault.at)}: it {why}"


def _spans(world: World, cluster: Cluster) -> dict[Service, float]:
    """How long it served at each level, up to now [s]."""
    return cluster.work.until_now(world.now)


def _metrics(world: World, cluster: Cluster) -> dict[str, float]:
    work, spans = cluster.work, _spans(world, cluster)
    told = {"nodes_lost": float(sum(each.state == LOST for each in cluster.members))}
    if whole := sum(spans.values()):
        told["cluster_read_write"] = spans[Service.READ_WRITE] / whole
        told["cluster_available"] = 1 - spans[Service.OFFLINE] / whole
        told["exposed_hours"] = work.exposed / 3600
        told["repair_hours"] = (work.repair.busy if work.repair is not None else 0.0) / 3600
    return told


def _lines(world: World, cluster: Cluster) -> Iterator[str]:
    drawn, code, work = cluster.drawn, cluster.drawn.code, cluster.work
    yield (
        f"{drawn.nodes} {cluster.order.device} nodes hold {format_size(drawn.capacity)}: {code.data} + "
        f"{code.parity} fragments of each object; writes need {drawn.rule.write} nodes, reads {drawn.rule.read}"
    )
    if work.formed is None:
        short = f"never formed: fewer than {drawn.rule.write} nodes came to work together"
        yield f"not formed yet: {cluster.state}" if work.ended is None else short
        return
    yield _served(world, cluster)
    if clients := _clients(cluster):
        yield clients
    yield from _mended(cluster)
    lost = sum(each.state == LOST for each in cluster.members)
    if lost:
        later = cluster.members[drawn.nodes :]
        joined = sum(each.state != AWAITED for each in later)
        yield f"{phrases.count(lost, 'node')} lost for good, {_replaced(len(later), joined)}"
    yield "what was drawn is that of all nodes together; the average is that of one while it is on"
    yield _left(cluster)
    if world.figures.si("cluster.node.failures") > 0:
        yield _durability(world, cluster)


def _served(world: World, cluster: Cluster) -> str:
    spans = _spans(world, cluster)
    whole = sum(spans.values())
    parts = [
        f"{WORDS[level]} {format_duration(spans[level])}"
        for level in sorted(Service, reverse=True)
        if spans[level] > 0
    ]
    formed = f"formed after {format_duration((cluster.work.formed or 0.0) - cluster.history[0][0])}"
    if not whole:
        return f"{formed}" if cluster.work.ended is None else f"{formed}, and was packed up at once"
    share = f"took writes {100 * spans[Service.READ_WRITE] / whole:.4g} % of the time"
    until = " until its nodes went back, given up" if cluster.work.given_up else ""
    return f"{formed}, then {', '.join(parts)}: {share}{until}"


def _clients(cluster: Cluster) -> str:
    writing = cluster.work.writing
    if writing is None:
        return ""
    rates = [(name, size / took) for name, size, took in writing.rates() if took > 0]
    if not rates:
        return ""
    return "written " + ", ".join(f"by {name} at {format_rate(rate)}" for name, rate in rates)


def _mended(cluster: Cluster) -> Iterator[str]:
    work = cluster.work
    if work.exposed > 0:
        yield f"some data lacked a fragment for {format_duration(work.exposed)}"
    repair = work.repair
    if repair is not None and repair.traffic > 0:
        yield (
            f"repaired in {format_duration(repair.busy)}: {format_size(repair.traffic)} carried between nodes to "
            f"make {format_size(repair.traffic / cluster.drawn.code.data)} of fragments"
        )
    if thin := work.books.thin[1]:
        yield f"{format_size(thin)} still lacked a fragment at the end"


def _replaced(ordered: int, joined: int) -> str:
    if not ordered:
        return "none replaced"
    return f"{ordered} ordered instead, {joined} joined"


def _left(cluster: Cluster) -> str:
    _, size = cluster.work.books.stored
    if not size:
        return "nothing is on it"
    after = f"; {cluster.work.why_ended}" if cluster.work.why_ended else ""
    return (
        f"{format_size(size)} on it at the end go nowhere: AWS erases returned nodes; what is to reach S3 takes "
        f"IMPORT jobs of their own{after}"
    )


def _durability(world: World, cluster: Cluster) -> str:
    figures, drawn, work = world.figures, cluster.drawn, cluster.work
    failures = figures.si("cluster.node.failures")
    waits = figures.si("cluster.replacement.notice") + (cluster.work.formed or 0.0) - cluster.history[0][0]
    loss = erasure.mean_time_to_loss(
        drawn.nodes, drawn.code.parity, YEAR / failures, waits + (work.repair.busy if work.repair else 0.0)
    )
    digits = 10 ** max(math.floor(math.log10(loss / YEAR)) - 1, 0)
    years = round(loss / YEAR / digits) * digits
    return (
        f"nodes that fail one by one ({100 * failures:g} % a year, assumed) would lose data once in "
        f"{years:,.0f} years; a power cut at the site is the likelier trouble"
    )


def _row(world: World, cluster: Cluster, member: Member) -> tuple[str, ...]:
    given = next((at for at, state in member.job.history if state is JobState.WITH_CUSTOMER), None)
    told = [
        event
        for event in world.stream.of(NodeChanged, cluster.work.anchor)
        if event.node_job == member.job.id and event.state != "associated"
    ]
    fate = "; ".join(f"{event.state} ({event.why})" if event.why else event.state for event in told)
    return (
        str(member.number + 1),
        member.job.id[:11],
        format_duration(given - member.job.created) if given is not None else "never",
        format_duration(member.reached(world.now)),
        f"{fate or 'served throughout'}; job {member.job.state}",
    )


def _data(world: World, cluster: Cluster) -> dict[str, Any]:
    drawn, work = cluster.drawn, cluster.work
    books = work.books
    return {
        "id": cluster.id,
        "state": str(cluster.state),
        "history": [
            {"state": str(state), "time": timestamp(world.epoch, at)} for at, state in cluster.history
        ],
        "nodes": drawn.nodes,
        "device": cluster.order.device,
        "capacity_bytes": drawn.capacity,
        "data_fragments": drawn.code.data,
        "parity_fragments": drawn.code.parity,
        "write_quorum": drawn.rule.write,
        "read_quorum": drawn.rule.read,
        "seconds": {WORDS[level]: span for level, span in _spans(world, cluster).items()},
        "stored": dict(zip(("files", "bytes"), books.stored, strict=True)),
        "lost": dict(zip(("files", "bytes"), books.lost, strict=True)),
        "short_of_a_fragment": dict(zip(("files", "bytes"), books.thin, strict=True)),
        "fragment_bytes": [books.on(place) for place in range(drawn.nodes)],
        "repair_seconds": work.repair.busy if work.repair is not None else 0.0,
        "repair_traffic_bytes": work.repair.traffic if work.repair is not None else 0.0,
        "exposed_seconds": work.exposed,
        "clients": [
            {"name": name, "bytes": size, "seconds": took}
            for name, size, took in (work.writing.rates() if work.writing is not None else ())
        ],
        "members": [
            {
                "node": each.number + 1,
                "job": each.job.id,
                "job_state": str(each.job.state),
                "state": each.state,
                "reached_seconds": each.reached(world.now),
            }
            for each in cluster.members
        ],
    }


def _costs(world: World, cluster: Cluster) -> Iterator[Cost]:
    """The bill of the other nodes, in one line for each kind of item."""
    sums: dict[tuple[str, str], float] = {}
    region = cluster.setting.scenario.site.region
    for life in cluster.lives[1:]:
        at = {state: moment for moment, state in life.job.history}
        given = at.get(JobState.WITH_CUSTOMER)
        until = at.get(JobState.IN_TRANSIT_TO_AWS, world.now)
        on_site = until - given if given is not None else 0.0
        for cost in bill(world.figures, region, life.job.order, on_site, 0.0):
            item = "extra days" if "extra day" in cost.item else cost.item
            sums[item, cost.kind] = sums.get((item, cost.kind), 0.0) + cost.usd
    others = len(cluster.lives) - 1
    for (item, kind), usd in sums.items():
        yield Cost(f"{item} of {phrases.count(others, 'more node')}", usd, kind)
