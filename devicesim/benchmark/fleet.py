"""What a whole fleet costs, against one of its rotations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from devicesim import scenario, world
from devicesim.benchmark.pairs import nearest, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.device.fleet import Fleet
from devicesim.throughput.core import COMPILED

DEVICES, ROTATIONS, FILES, SIZE = 50, 12, 80_000, 100_000_000
PAIRS = 3
"""Timings compared, at most: each takes seconds."""
LESS = 500
"""Where there is only the pure-Python core, the exact copies are of so many times fewer files."""

LIVES = (
    "the copies are computed once for all that begin alike; then a device's life of some 30 steps is left, two fifths "
    "of it opening and closing the copy, the rest power, heat, parcels and the import"
)

EXACT_ROW = Row(
    "fleet",
    f"{DEVICES} Snowcones, {ROTATIONS} rotations each of 8 TB over 1 GbE, every RPC",
    "one such rotation",
    target=Target("<=", 100.0),
    binds=LIVES,
    compiled=True,
)
SAMPLED_ROW = Row(
    "fleet-sampled",
    "the same with copies from samples",
    "one such rotation",
    target=Target("<=", 100.0),
    binds=LIVES,
    compiled=True,
)

STORY = """
name = "Fleet"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "files"
bucket = "arn:aws:s3:::devicesim-fleet"
files = {files}
size = {{ distribution = "fixed", value = "{size} B" }}
[[client]]
name = "server"
dataset = "files"
link = "ethernet"
rate = "1 Gbit/s"
streams = 4
[job]
[fleet]
devices = {devices}
rotations = {rotations}
data = "each"
benches = {devices}
exact = {exact}
"""


def told(devices: int, rotations: int, exact: bool, files: int, seed: int) -> world.World:
    """Run a fleet to its end."""
    text = STORY.format(
        devices=devices, rotations=rotations, files=files, size=SIZE, exact=str(exact).lower()
    )
    return world.simulate(scenario.loads(text), seed)


def worked(made: world.World, jobs: int, files: int) -> int:
    """Make sure of a fleet's work; give the copies that were computed.

    Raises:
        WrongAnswerError: a byte is missing.
    """
    fleet = made.undertaking
    check(isinstance(fleet, Fleet), "the story has no fleet")
    assert isinstance(fleet, Fleet)
    kept = [turn for turn in fleet.turns if not turn.again]
    check(len(kept) == jobs and not fleet.under_way, f"{len(kept)} jobs of {jobs} came to their end")
    legs = [made.stream.leg("import", turn.life.job.id) for turn in kept]
    moved = sum(leg.total_bytes for leg in legs if leg is not None and leg.complete)
    check(moved == jobs * files * SIZE, f"{moved:,} bytes went to the import")
    return fleet.courses.computed


def _kept(run: Callable[[], world.World], into: list[world.World]) -> None:
    into.append(run())


def measure(scale: Scale) -> Iterator[Row]:
    """Both precisions; the single rotation is told with the same."""
    for row, exact in ((EXACT_ROW, True), (SAMPLED_ROW, False)):
        files = FILES if COMPILED or not exact else FILES // LESS
        scale.tell(f"{row.what}, against {row.against}")
        ones: list[world.World] = []
        whole: list[world.World] = []
        one = partial(_kept, partial(told, 1, 1, exact, files, scale.seed), ones)
        single = [seconds(one) for _ in range(min(scale.pairs, PAIRS))]
        for each in ones:
            worked(each, 1, files)
        run = partial(told, DEVICES, ROTATIONS, exact, files, scale.seed)
        all_of_it = [seconds(partial(_kept, run, whole))]
        computed = worked(whole[0], DEVICES * ROTATIONS, files)
        notes = (
            f"{len(whole[0].jobs)} jobs, {computed} copies computed; {all_of_it[0]:.1f} s of CPU time in all",
        )
        yield row.of(
            *nearest(all_of_it, single).values,
            pairs=len(single),
            work="every byte of every job is imported",
            notes=notes,
        )


BENCH = Bench("fleet", (EXACT_ROW, SAMPLED_ROW), measure)
