"""What an interval says is what happens: truths drawn from the same ranges lie in it as often as it claims."""

import numpy as np
import pytest
from small_story import small_story

from devicesim.planning import Futures, replicate
from devicesim.planning.draws import draw
from devicesim.planning.replicate import laws_of, one_by_one
from devicesim.scenario import Scenario, load

ANSWERS = ("days_to_s3", "ingest_hours")


def truths(story: Scenario, count: int, seed: int) -> Futures:
    """What came to be: one World for each, of figures and chance that the plan has not seen."""
    known, numbers = laws_of(story, seed), np.arange(count)
    return one_by_one(story, numbers, seed, known, draw(seed, known, numbers), np.zeros(0), "a truth")


def covered(story: Scenario, count: int) -> dict[str, float]:
    plan, came = replicate(story, range(512), seed=1), truths(story, count, seed=2)
    found = {}
    for answer in ANSWERS:
        low, high = np.nanquantile(plan.metrics[answer], [0.05, 0.95], method="inverted_cdf")
        value = came.metrics[answer]
        there = ~np.isnan(value)
        found[answer] = float(np.mean((low <= value[there]) & (value[there] <= high)))
    return found


def chancy() -> Scenario:
    """The small story with nothing certain any more."""
    story = small_story("dataset.clips.files = 20")
    return story.model_copy(update={"assume": {}, "job": story.job.model_copy(update={"unpack": None})})


def test_law_intervals_are_calibrated_quick() -> None:
    """Of 128 truths a 90 % interval covers 90 %, with a standard deviation of 2.7 % at most."""
    for answer, share in covered(chancy(), 128).items():
        assert 0.82 <= share <= 0.97, answer


@pytest.mark.slow
@pytest.mark.parametrize("story", [chancy, lambda: load("scenarios/factory.toml")], ids=["small", "factory"])
def test_law_intervals_are_calibrated(story) -> None:  # type: ignore[no-untyped-def]
    for answer, share in covered(story(), 400).items():
        assert 0.86 <= share <= 0.94, answer
