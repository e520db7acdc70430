"""Random schedules of faults over several kinds of story: nothing is made or lost unsaid, and each ends with a report.

Held for every run: bytes and files on the device, lost, refused and imported add up; energy drawn from a supply is
what was used; every fault that is over or under way has its label, and every loss names a fault or a chance of the
model; the report is written.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from small_story import TEXT

from devicesim import World, scenario
from devicesim.faults import laid, schedule
from devicesim.progress import FaultBegan, FaultEnded, ImportFailed, Lost, Refused
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

SINGLE = ("one job", "several clients", "Wi-Fi, battery")
"""Stories of which every file is followed."""


@cache
def story(name: str) -> scenario.Scenario:
    return scenario.loads(STORIES[name], name)


def hold(name: str, seed: int, told: Counter[str]) -> None:
    """Run a story with a schedule and hold it to what is promised."""
    drawn = schedule(story(name), seed, 1 + seed % 4)
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
    if name in SINGLE:
        _add_up(world)


def _add_up(world: World) -> None:
    """What was to be copied is in S3, lost, refused or failed: every file and byte once."""
    life = world.life()
    files, size = sum(each.count for each in life.files), sum(each.total for each in life.files)
    leg = world.stream.leg("import", life.job.id)
    there = (leg.total_objects, leg.total_bytes) if leg is not None and leg.complete else (0, 0)
    failed = [event for event in world.events if isinstance(event, ImportFailed)]
    gone = [event for event in world.events if isinstance(event, Lost | Refused)]
    for began in (event for event in world.events if isinstance(event, FaultBegan)):
        # What a fault brings onto the device beside the data set: a link is no file before the import meets it.
        if began.kind == "bad-name" or (began.kind == "symbolic-link" and there[0]):
            files += began.files
    in_s3 = there[0] - sum(event.objects for event in failed), there[1] - sum(event.bytes for event in failed)
    assert in_s3[0] >= 0
    assert there[0] + sum(event.files for event in gone) == files
    assert there[1] + sum(event.bytes for event in gone) == size


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
