"""Many futures of one job, with figures drawn: what they cost in runs, and whether more files make them dearer."""

from __future__ import annotations

from collections.abc import Iterator

from devicesim.benchmark.pairs import ratios, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.planning import Futures, replicate, story_of
from devicesim.report.fold import measures
from devicesim.scenario import Scenario, loads
from devicesim.throughput.core import COMPILED
from devicesim.world import simulate

RUNS_ROW = Row(
    "futures",
    "10,000 futures of one Snowcone's job, figures drawn",
    "the simulation time of one run",
    "runs",
    target=Target("<=", 50),
    binds="a quarter is the exact core for some ten futures, in which heat or the courier decides to the minute, and "
    "for two Worlds; a quarter the copies that efficiencies and the error are measured with; the rest columns, named "
    "draws and the watch of 300 fluid copies",
    compiled=True,
)
FILES_ROW = Row(
    "futures-files", "a future of 100 million files", "one of 10,000 files", target=Target("<=", 1.1)
)

STORY = """
name = "A week of inspection video"
start = 2026-05-04T09:00:00-05:00
seed = 1
[site]
region = "us-east-2"
[[dataset]]
name = "inspection"
bucket = "arn:aws:s3:::plant7-inspection"
model = "camera_iot"
files = 1800
[[client]]
name = "recorder"
dataset = "inspection"
link = "ethernet"
rate = "1 Gbit/s"
streams = 4
nfs = { wsize = "1 MiB" }
[job]
shipping = "SECOND_DAY"
"""
MANY = """
name = "Small files"
overflow = "run"
start = 2026-05-04T09:00:00-05:00
[site]
region = "us-east-2"
[[dataset]]
name = "notes"
bucket = "arn:aws:s3:::plant7-notes"
size = { distribution = "lognormal", median = "40 kB", sigma = 0.5 }
files = FILES
[[client]]
name = "recorder"
dataset = "notes"
link = "ethernet"
rate = "1 Gbit/s"
[job]
shipping = "SECOND_DAY"
[assume]
"SNC1_HDD.storage.max_files" = "400000000 files"
"SNC1_HDD.certificate.lifetime" = "3600 d"
"aws_import.failed" = 0
"SNC1_HDD.thermal.resistance" = "0.1 K/W"
"""
PER = 10_000
"""Futures that the target is for; fewer are counted as if setting up came with each."""
SHARE = 1000
"""Of the futures of a forecast, one in so many is told where nothing is compiled."""
LEAST = 128
"""Futures at least: fewer would be run one by one."""
RUNS = 12
"""Runs that the time of one is taken from, half of them before and half after what they are compared with."""
HELD = 2
"""Futures that are run alone as well."""
MOST_WRONG = 0.05
"""Difference of a copy's hours to its own run's beyond which they are another's."""


def _hold(story: Scenario, futures: Futures) -> None:
    """Make sure that some futures are the runs of their draws."""
    for row in range(0, len(futures), len(futures) // HELD):
        own = story_of(story, futures, row)
        metrics, outcome = measures(simulate(own, futures.seed, replication=int(futures.replication[row])))
        check(futures.outcomes[futures.outcome[row]] == outcome, "a future ends as its run does not")
        hours = metrics.get("ingest_hours")
        if hours is not None:
            wrong = abs(float(futures.metrics["ingest_hours"][row]) / hours - 1)
            check(wrong <= MOST_WRONG, f"a copy is {wrong:.1%} off its run's")


def measure(scale: Scale) -> Iterator[Row]:
    """Whole calls, with all that has to be set up for them, and with the futures that only a World tells."""
    story = loads(STORY)
    count = max(scale.replications // (10 if COMPILED else SHARE), LEAST)
    scale.tell(f"{RUNS_ROW.what}: {count:,}")
    told: list[Futures] = []

    def runs() -> None:
        for number in range(RUNS // 2):
            simulate(story, replication=number)

    def tell() -> None:
        told[:] = [replicate(story, range(count))]

    def paired() -> float:
        told.clear()
        before, whole = seconds(runs), seconds(tell)
        return whole * RUNS / (before + seconds(runs))

    values = [PER / count * paired() for _ in range(scale.pairs if COMPILED else 1)]
    _hold(story, told[0])
    alone = sum(way.runs for way in told[0].told if way.name == "world")
    error = max((way.error for way in told[0].told), default=0.0)
    work = f"{HELD} of them equal their own runs, copies within {MOST_WRONG:.0%}"
    notes = (
        f"{count:,} futures in one call, its setting up included; stated error of a copy {error:.2%}",
        f"{alone:,} of them, in which heat may come between, were told by a World each",
    )
    yield RUNS_ROW.of(*values, pairs=len(values), work=work, notes=notes)

    def files(number: int) -> Futures:
        return replicate(loads(MANY.replace("FILES", str(number))), range(count), vary=False)

    short, many = files(10_000), files(100_000_000)
    check({way.name for way in (*short.told, *many.told)} == {"batch"}, "not all are told at once")
    spread = ratios(lambda: files(100_000_000), lambda: files(10_000), scale.pairs)
    error = max(way.error for way in many.told)
    note = f"{count:,} futures each, setting up included; stated error {error:.2%}"
    yield FILES_ROW.of(*spread.values, pairs=scale.pairs, work="all are told at once", notes=(note,))


BENCH = Bench("futures", (RUNS_ROW, FILES_ROW), measure)
