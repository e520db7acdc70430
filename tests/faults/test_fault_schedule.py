"""Schedules: from a seed, only what can befall the story, and repeatable from their own TOML."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_story import TEXT, small_story

from devicesim import scenario, units
from devicesim.errors import BoundError
from devicesim.faults import laid, possible, schedule, written
from devicesim.faults.moments import moments
from devicesim.scenario.faults import KINDS
from devicesim.world import simulate


def test_law_only_kinds_that_can_befall_the_story_are_drawn():
    kinds = possible(small_story())
    assert "parcel-lost" in kinds
    assert not {"node-lost", "node-down", "wifi-outage"} & set(kinds)
    drawn = {fault["kind"] for seed in range(60) for fault in schedule(small_story(), seed, 3)}
    assert drawn <= set(kinds) <= set(KINDS)
    assert len(drawn) > len(kinds) * 0.9


@given(st.integers(0, 2**40), st.integers(1, 6))
def test_law_a_seed_gives_one_schedule_and_its_toml_the_same_story(seed, number):
    faults = schedule(small_story(), seed, number)
    assert faults == schedule(small_story(), seed, number)
    assert len(faults) == number
    text = TEXT + "\n" + written({"fault": list(faults)})
    assert scenario.loads(text).faults == laid(small_story(), faults).faults


def test_law_most_faults_begin_where_the_story_has_something_for_them_to_befall():
    """Of a copy of 16 s in a story of a week, a time drawn from anywhere hits one in some thousand."""
    slow = small_story('client.laptop.rate = "100 Mbit/s"')
    when = moments(slow)
    ((begin, end),) = when.work[0]
    drawn = [fault for seed in range(40) for fault in schedule(slow, seed, 3, when)]
    device = [fault for fault in drawn if KINDS[fault["kind"]].since == "ready"]
    inside = [begin <= units.parse(fault["at"], units.DURATION) <= end for fault in device]
    assert 0.7 < sum(inside) / len(inside) < 1, "and some are outside"
    states = Counter(
        each.state
        for seed in range(12)
        for each in simulate(laid(slow, schedule(slow, seed, 3, when))).faults
    )
    assert states["over"] + states["under way"] > 0.7 * states.total()


def test_worked_the_moments_of_a_small_story():
    """The copy begins with the device; its bytes alone take 16 s at 100 Mbit/s, with the rest a little more.

    Parcels leave in their order, and then is the import.
    """
    when = moments(small_story('client.laptop.rate = "100 Mbit/s"'))
    ((begin, end),) = when.work[0]
    assert begin == pytest.approx(0.0, abs=1e-6)
    assert 16.0 < end < 20.0
    ((out, back),), (imports,) = when.ways, when.imports
    assert 0 < out < back < imports < when.end
    assert when.of(KINDS["parcel-lost"], "outbound") == [(0.0, out)]
    assert when.of(KINDS["import-failures"]) == [(0.0, imports)]
    assert when.of(KINDS["slow-disk"], number=7) == when.work[0], "of a job that there is not: the last"
    assert when.of(KINDS["s3-throttled"]) == when.cloud
    assert when.of(KINDS["stock-out"]) == [(0.0, 0.0)]
    assert when.of(KINDS["api-errors"]) == [(0.0, when.end)]


@pytest.mark.parametrize(("seed", "number"), [(-1, 3), (1, 0), (1, 1001)])
def test_law_misuse_is_refused(seed, number):
    with pytest.raises(BoundError):
        schedule(small_story(), seed, number)
