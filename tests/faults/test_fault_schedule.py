"""Schedules: from a seed, only what can befall the story, and repeatable from their own TOML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_story import TEXT, small_story

from devicesim import scenario
from devicesim.errors import BoundError
from devicesim.faults import laid, possible, schedule, written
from devicesim.scenario.faults import KINDS


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


@pytest.mark.parametrize(("seed", "number"), [(-1, 3), (1, 0), (1, 1001)])
def test_law_misuse_is_refused(seed, number):
    with pytest.raises(BoundError):
        schedule(small_story(), seed, number)
