"""Many futures of one scenario: which they are, that each is a run, and that parts make a whole."""

import numpy as np
import pytest
from small_story import small_story

from devicesim.errors import BoundError
from devicesim.planning import Futures, joined, replicate, story_of
from devicesim.report.fold import answer
from devicesim.world import simulate


@pytest.fixture(scope="module")
def futures() -> Futures:
    return replicate(small_story(), range(12))


def test_law_replication_is_a_run_with_its_draws(futures: Futures) -> None:
    for row in (0, 5, 11):
        story = story_of(small_story(), futures, row)
        report = answer(simulate(story, futures.seed, replication=int(futures.replication[row])))
        assert report.outcome == futures.outcomes[futures.outcome[row]]
        for name, value in report.metrics.items():
            assert futures.metrics[name][row] == value, name


def test_worked_what_was_drawn_is_what_the_story_reads_and_does_not_set(futures: Futures) -> None:
    assert "nfs.client.efficiency" in futures.draws
    assert "prices.shipping.other" in futures.draws
    assert "courier.late" not in futures.draws, "set in the scenario"
    assert "wifi.shadow_sigma" not in futures.draws, "no Wi-Fi"
    assert "SNC1_HDD.cpu.vcpus" not in futures.draws, "exact"


def test_worked_without_variation_only_chance_is_left() -> None:
    futures = replicate(small_story(), range(3), vary=False)
    assert futures.draws == {}
    assert futures.metrics["days_to_s3"][0] == answer(simulate(small_story())).days_to_s3
    assert futures.metrics["ingest_hours"][0] == futures.metrics["ingest_hours"][2]


def test_law_parts_make_the_whole(futures: Futures) -> None:
    parts = joined([replicate(small_story(), part) for part in (range(5), [5], range(6, 12))])
    assert parts.columns().keys() == futures.columns().keys()
    for name, column in parts.columns().items():
        assert np.array_equal(column, futures.columns()[name]), name


def test_worked_what_never_arrives_takes_for_ever() -> None:
    lost = small_story("assume.courier.lost = 0.999")
    futures = replicate(lost, range(4)) + replicate(small_story(), range(4, 6))
    assert futures.outcomes[futures.outcome[0]] == "lost on the way to the customer"
    assert futures.metrics["days_to_s3"][0] == np.inf
    assert np.isnan(futures.metrics["ingest_hours"][0])
    assert np.isfinite(futures.metrics["days_to_s3"][4:]).all()
    assert futures.columns()["outcome"][5] == "complete"


def test_worked_out_of_stock_is_told() -> None:
    story = small_story("assume.preparation.stock_out.share = 0.5")
    futures = replicate(story, range(16), vary=False)
    assert 0 < futures.stock_out.sum() < 16
    days = futures.metrics["days_to_s3"]
    assert np.median(days[futures.stock_out]) > np.median(days[~futures.stock_out])


def test_worked_progress_is_noted_where_asked() -> None:
    futures = replicate(small_story(), range(2), at=[0, 400])
    assert futures.progress["import"][:, 0].tolist() == [0, 0]
    assert futures.progress["import"][:, 1].tolist() == [200e6, 200e6]


@pytest.mark.parametrize("numbers", [[], [-1], [2**31]])
def test_law_misuse_is_said(numbers: list[int]) -> None:
    with pytest.raises(BoundError, match="replications"):
        replicate(small_story(), numbers)


def test_law_only_futures_of_one_seed_are_joined(futures: Futures) -> None:
    with pytest.raises(BoundError, match="seed must be 7, got 8"):
        _ = futures + replicate(small_story(), [0], seed=8)
