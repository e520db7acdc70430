"""Many futures told at once: each is the run of its draws, and what cannot be told so goes to a World."""

import zlib
from functools import partial
from typing import Any

import numpy as np
import pytest
from small_story import small_story

from devicesim.planning import Futures, replicate, story_of
from devicesim.planning.together import life
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.lists import MANY
from devicesim.planning.together.streams import drawn, states
from devicesim.planning.together.telling import unfit
from devicesim.report.fold import measures
from devicesim.scenario import Scenario, load
from devicesim.world import World, simulate

COPYING = {"ingest_hours", "ingest_mb_s", "ingest_files_s"}
"""Metrics that rest on how long the copy takes."""
CERTAIN = 0.03
"""What the stated error of these small copies is below."""

STORIES: dict[str, Any] = {
    "a cable": lambda: small_story(),
    "video": lambda: load("scenarios/factory.toml", ["dataset.inspection.files=200"]),
    "a clinic in December": lambda: load("scenarios/late_parcel.toml", ["dataset.studies.files=2000"]),
    "sync": lambda: small_story("client.laptop.nfs.durability = 'sync'", "dataset.clips.files = 200"),
    "lost parcels": lambda: small_story("assume.courier.lost = 0.2", "assume.courier.damaged = 0.2"),
    "failing objects": lambda: small_story("assume.aws_import.failed = 0.3", "job.keep = '3 d'"),
    "an Edge": lambda: small_story("job.device = 'EDGE'", "client.laptop.interface = 'nfs'"),
}


def held_to_worlds(story: Scenario, futures: Futures, rows: list[int]) -> None:
    for row in rows:
        told = story_of(story, futures, row)
        metrics, outcome = measures(simulate(told, futures.seed, replication=int(futures.replication[row])))
        assert futures.outcomes[futures.outcome[row]] == outcome
        for name, value in metrics.items():
            ours = futures.metrics[name][row]
            if name in COPYING:
                assert ours == pytest.approx(value, rel=CERTAIN), name
            elif name == "days_to_s3":
                assert ours == pytest.approx(value, abs=0.001), "all but the copy is exact"
            elif name == "bytes_lost" and futures.metrics["files_failed"][row] == 0:
                assert ours == pytest.approx(value, rel=CERTAIN), (
                    "a whole list is fitted where its law is drawn"
                )
            else:
                assert ours == pytest.approx(value, rel=1e-9), name
        missing = set(futures.metrics) - metrics.keys()
        assert all(not np.isfinite(futures.metrics[name][row]) for name in missing)


@pytest.mark.parametrize("name", STORIES)
def test_law_a_future_is_the_run_of_its_draws(name: str) -> None:
    story = STORIES[name]()
    futures = replicate(story, range(128))
    ways = {way.name: way for way in futures.told}
    assert ways["batch"].error < CERTAIN
    held_to_worlds(story, futures, [0, 77, 127])


def test_law_a_future_is_the_same_in_whatever_range_it_is_told() -> None:
    """With the survey of other futures, and without; few of them as well, where there is a survey."""
    story = STORIES["video"]()
    whole = replicate(story, range(200, 400))
    given = replicate(story, range(360, 370), survey=replicate(story, range(64)).survey)
    anew = replicate(story, range(360, 440))
    for name, column in whole.metrics.items():
        assert given.metrics[name] == pytest.approx(column[160:170], rel=1e-9, nan_ok=True), name
        assert anew.metrics[name][:40] == pytest.approx(column[160:], rel=1e-9, nan_ok=True), name
    assert {way.name for way in given.told} <= {"batch", "flow", "core"}


def test_law_what_becomes_of_a_parcel_is_exact() -> None:
    """Without figures drawn, and with the copy a matter of seconds, every future of 64 equals its World's days."""
    story = small_story("assume.courier.late = 0.5", "assume.courier.lost = 0.1", "job.hand_over = '0 s'")
    futures = replicate(story, range(64), vary=False)
    for row in range(0, 64, 4):
        metrics, outcome = measures(simulate(story, replication=row))
        assert futures.outcomes[futures.outcome[row]] == outcome
        assert futures.metrics["days_to_s3"][row] == pytest.approx(
            metrics.get("days_to_s3", np.inf), abs=1e-6
        )


def test_law_states_are_numpys_own() -> None:
    for seed in (0, 7, 2**32 + 5, 2**130 + 3):
        numbers = np.arange(20)
        names = [f"shipping/outbound/JID{i}" for i in range(20)]
        for number, name, state in zip(numbers.tolist(), names, states(seed, numbers, names), strict=True):
            key = (number, zlib.crc32(name.encode()))
            made = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)).state["state"]
            assert state == (made["state"], made["inc"])


def test_law_draws_are_the_worlds_own() -> None:
    story = small_story()
    taken = list(drawn(story.seed, np.array([2]), ["a/b"], lambda draw: (draw.integers(5), draw.random())))
    world = World(story, replication=2).draw("a/b")
    assert taken == [(world.integers(5), world.random())]


def test_law_first_words_are_the_generators_own() -> None:
    """JobIds, places, even numbers and failing objects without a generator, against one for each."""
    draws = life.Draws(7, np.arange(5000))
    taken = partial(drawn, 7, draws.replications)
    texts = list(taken(["job/0"] * 5000, lambda draw: draw.bytes(16).hex()))
    assert [job[3:].replace("-", "") for job in draws.jobs] == texts
    numbers = draws.names("sorting")
    assert draws.even("sorting").tolist() == list(taken(numbers, lambda draw: draw.random()))
    for count in (3, 4, 1000):
        theirs = taken(numbers, lambda draw, most=count: draw.integers(most))
        assert draws.places("sorting", count).tolist() == list(theirs)


@pytest.mark.parametrize(
    ("files", "chance"), [(1800, 1e-5), (1800, 1e-3), (0, 0.1), (5, 0.9), (300, 0.1), (9, 0.0)]
)
def test_law_failing_objects_are_numpys_binomial(files: int, chance: float) -> None:
    columns = Columns(small_story(), {}, {"aws_import.failed": np.full(3000, chance)}, 3000)
    draws = life.Draws(7, np.arange(3000))
    theirs = drawn(7, draws.replications, draws.names("import"), lambda draw: draw.binomial(files, chance))
    assert life.failing(columns, draws, np.full(3000, float(files))).tolist() == list(theirs)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ('site.power = { source = "battery" }', "batteries"),
        ('job.holds = { size = "1 GB", files = 3 }', "holds data"),
        ("client.laptop.start_after = '1 h'", "starts later"),
    ],
)
def test_worked_what_is_not_told_together_says_why(change: str, why: str) -> None:
    assert why in unfit(small_story(change))


def test_law_a_hundred_million_files_are_no_more_than_their_law() -> None:
    size = 'dataset.clips.size = { distribution = "lognormal", median = "40 kB", sigma = 0.5 }'
    room = 'assume."SNC1_HDD.storage.max_files" = "400000000 files"'
    story = small_story(size, "dataset.clips.files = 100_000_000", room, 'overflow = "run"')
    assert story.datasets[0].files > MANY
    futures = replicate(story, range(64), vary=False)
    way = next(way for way in futures.told if way.name == "batch")
    assert way.error < CERTAIN
    # exp(sigma^2 / 2) times the median, over the rate: all of it is copied.
    bytes_copied = futures.metrics["ingest_mb_s"] * futures.metrics["ingest_hours"] * 3600 * 1e6
    assert bytes_copied == pytest.approx(np.full(64, 1e8 * 40e3 * np.exp(0.125)), rel=0.001)
