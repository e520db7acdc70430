"""Random schedules of faults over several kinds of story: nothing is made or lost unsaid, and each ends with a report.

Held for every run: bytes and files on the device, lost, refused and imported add up; energy drawn from a supply is
what was used; every fault that is over or under way has its label, and every loss names a fault or a chance of the
model; the report is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import numpy as np
import pytest
from small_story import TEXT

from devicesim import World, scenario
from devicesim.faults import laid, schedule
from devicesim.faults.moments import Moments, moments
from devicesim.progress import Event, ExportFailed, FaultBegan, FaultEnded, ImportFailed, Leg, Lost, Refused
from devicesim.report import text
from devicesim.report.fold import answer

MORE = """
[[client]]
name = "desk"
dataset = "docs"
link = "ethernet"
[[dataset]]
name = "docs"
bucket = "arn:aws:s3:::small-docs"
files = 30
size = { distribution = "fixed", value = "2 MB" }
"""
WIFI = """
name = "By radio"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
power = { source = "battery", capacity = "71 Wh", spares = 2, swap = "10 min" }
wifi = { band = "5 GHz", width = "80 MHz", distance = "15 m" }
[[dataset]]
name = "photos"
bucket = "arn:aws:s3:::trail-cams"
files = 2_000
size = { distribution = "fixed", value = "4 MB" }
[[client]]
name = "laptop"
dataset = "photos"
link = "wifi"
nfs = { durability = "async" }
[job]
"""
CLUSTER = """
name = "Five nodes"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[cluster]
nodes = 5
[[dataset]]
name = "scans"
bucket = "arn:aws:s3:::scans"
files = 200
size = { distribution = "fixed", value = "50 MB" }
[[client]]
name = "desk"
dataset = "scans"
link = "ethernet"
rate = "10 Gbit/s"
[job]
type = "LOCAL_USE"
device = "EDGE"
keep = "5 d"
"""
EXPORT = """
name = "Home again"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "takes"
bucket = "arn:aws:s3:::takes"
files = 300
size = { distribution = "fixed", value = "20 MB" }
[[client]]
name = "desk"
dataset = "takes"
link = "ethernet"
[job]
type = "EXPORT"
device = "EDGE"
"""
ONLINE = """
name = "Over the line"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
wan = { up = "100 Mbit/s" }
[[dataset]]
name = "logs"
bucket = "arn:aws:s3:::logs"
files = 100
size = { distribution = "fixed", value = "5 MB" }
[[client]]
name = "desk"
dataset = "logs"
link = "ethernet"
[job]
[[task]]
name = "sync"
source = "device"
dataset = "logs"
"""
FLEET = TEXT.replace("[job]", "[fleet]\ndevices = 2\nrotations = 2\ndata = 'each'\n[job]")
STORIES = {
    "one job": TEXT,
    "several clients": TEXT.replace("[job]", MORE + "[job]"),
    "Wi-Fi, battery": WIFI,
    "cluster": CLUSTER,
    "export": EXPORT,
    "online": ONLINE,
    "fleet": FLEET,
}


@cache
def story(name: str) -> scenario.Scenario:
    return scenario.loads(STORIES[name], name)


@cache
def when(name: str) -> Moments:
    return moments(story(name))


def hold(name: str, seed: int, told: Counter[str]) -> None:
    """Run a story with a schedule and hold it to what is promised."""
    drawn = schedule(story(name), seed, 1 + seed % 4, when(name))
    world = World(laid(story(name), drawn), seed=seed)
    world.run()
    told["runs"] += 1
    told["faults"] += len(drawn)
    _labels(world, told)
    _conserve(name, world)
    assert text.render(answer(world), width=100, color=False).strip()


def _labels(world: World, told: Counter[str]) -> None:
    began = {event.fault: event for event in world.events if isinstance(event, FaultBegan)}
    ended = {event.fault for event in world.events if isinstance(event, FaultEnded)}
    for incident in world.faults:
        told[f"fault {incident.state}"] += 1
        assert (incident.began is not None) == (incident.id in began), incident
        assert ended <= began.keys()
    for event in world.events:
        if isinstance(event, Lost | Refused | ImportFailed):
            told["losses"] += 1
            assert event.why, event
            assert not event.fault or event.fault in began, event
            told["losses by a fault"] += bool(event.fault)


def _conserve(name: str, world: World) -> None:
    for life in map(world.life, world.jobs):
        share, power = life.device.share, life.device.power
        assert 0 <= share.bytes <= share.limits.capacity
        assert share.files >= 0
        assert 0 <= power.energy <= power.rating * power.on_time * (1 + 1e-9)
        if power.on_battery:
            charges = 1 + power.swaps + power.recharges
            assert power.energy <= power.capacity * charges * (1 + 1e-9)
    for leg in world.stream.legs:
        end = world.now if leg.end is None else leg.end
        size, count = leg.at([leg.start, (leg.start + end) / 2, end])
        assert size[-1] <= leg.total_bytes
        assert count[-1] <= leg.total_objects
        assert (size[1:] >= size[:-1]).all()
        assert (count[1:] >= count[:-1]).all()
    ACCOUNTS.get(name, _imported)(world)
    _named(world)


Counts = tuple[int, int]
"""Files and bytes."""


def total(counts: Iterable[Counts]) -> Counts:
    return tuple(np.sum([(0, 0), *counts], axis=0).tolist())  # type: ignore[return-value]


def of(world: World, kind: type[Event], job: str | None = None) -> Counts:
    """Files, or objects, and bytes that events of a kind tell of."""
    return total(
        (getattr(each, "files", getattr(each, "objects", 0)), each.bytes)  # type: ignore[attr-defined]
        for each in world.stream.of(kind, job)
    )


def arrived(world: World, leg: str, job: str | None = None) -> Counts:
    """Objects and bytes that legs of a name have brought, of a job or of all."""
    found = [each for each in world.stream.legs if each.name == leg and job in (None, each.job)]
    ends = [each.at([world.now if each.end is None else each.end]) for each in found]
    return total((int(count[0]), int(size[0])) for size, count in ends)


def _imported(world: World) -> None:
    """Job by job, what was to be copied is in S3, lost, refused or failed: every file and byte once."""
    for job in world.jobs:
        files = world.life(job).files
        there = total((each.count, each.total) for each in files)
        leg = world.stream.leg("import", job)
        met = (leg.total_objects, leg.total_bytes) if leg is not None and leg.complete else (0, 0)
        brought = [event for event in world.stream.of(FaultBegan, job) if event.kind in BRINGS]
        # What a fault brings onto the device beside the data set: a link is no file before the import meets it.
        more = total((each.files, 0) for each in brought if each.kind == "bad-name" or met[0])
        sent = arrived(world, "online")
        assert np.all(np.array(met) >= of(world, ImportFailed, job))
        assert total([met, sent, of(world, Lost, job), of(world, Refused, job)]) == total([there, more])


BRINGS = ("bad-name", "symbolic-link")
"""Kinds that bring names of their own."""


def _clustered(world: World) -> None:
    """What was to be copied onto the nodes together was copied or refused; no more of it is lost than was there."""
    there = (200, 200 * 50_000_000)  # as the story has it
    copied, lost = arrived(world, "ingest"), of(world, Lost)
    assert total([copied, of(world, Refused)]) == there
    assert np.all(np.array(lost) <= copied)


def _exported(world: World) -> None:
    """Part by part, what S3 was asked for failed, was lost on the way, was refused to its reader, or was read."""
    parts = [job for job in world.jobs if not world.job(job).master]
    asked = total((each.count, each.total) for each in world.life().files)
    if arrived(world, "export") != (0, 0):
        assert total((leg.total_objects, leg.total_bytes) for leg in legs(world, "export")) == asked
    for job in parts:
        given = arrived(world, "export", job)
        ends = [of(world, kind, job) for kind in (ExportFailed, Lost, Refused)]
        files, size = total([arrived(world, "read", job), *ends])
        assert files == given[0]
        # Whoever gives up has read a part of the files that were under way: less than one for each stream.
        (client,) = world.life(job).setting.scenario.clients
        given_up = of(world, Refused, job) != (0, 0)
        assert 0 <= size - given[1] < (client.streams * 20_000_000 if given_up else 1)


def legs(world: World, name: str) -> list[Leg]:
    return [each for each in world.stream.legs if each.name == name]


ACCOUNTS: Mapping[str, Callable[[World], None]] = {"cluster": _clustered, "export": _exported}
"""How a kind of story is held to its bytes; as imports, job by job, where it is not here."""


def _named(world: World) -> None:
    """A file that is named as lost is lost once, and no event names more than it counts."""
    for job in world.jobs:
        gone: Counter[str] = Counter()
        for event in world.stream.of(Lost, job):
            assert len(event.names) <= event.files
            gone.update(event.names)
        assert not gone or max(gone.values()) == 1, gone.most_common(1)


@pytest.mark.parametrize("name", STORIES)
def test_law_a_few_random_schedules_leave_nothing_unsaid(name):
    told = Counter[str]()
    for seed in range(6):
        hold(name, seed, told)
    assert told["runs"] == 6


@pytest.mark.slow
def test_law_a_thousand_random_schedules_leave_nothing_unsaid(capsys):
    told = Counter[str]()
    names = list(STORIES)
    for number in range(1_000):
        hold(names[number % len(names)], number, told)
    with capsys.disabled():
        print("\n" + "\n".join(f"{what}: {count:,}" for what, count in sorted(told.items())))
    assert told["runs"] == 1_000
    hit = told["fault over"] + told["fault under way"]
    assert hit > 0.7 * (hit + told["fault missed"] + told["fault due"]), (
        "most faults find something to befall"
    )
