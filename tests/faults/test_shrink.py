"""The shrinker: the fewest faults, the least data, the roundest numbers of a story that still fails."""

import pytest
from small_story import TEXT, small_story

from devicesim import World, scenario
from devicesim.errors import BoundError
from devicesim.faults import laid, schedule, shrink


def loses(story):
    """Whether files of a story never come to S3 since the parcel is lost."""
    world = World(story)
    world.run()
    return "lost on the way" in world.job().outcome


def test_law_of_six_faults_the_one_that_matters_is_left():
    faults = (*schedule(small_story(), 3, 5), {"kind": "parcel-lost", "at": "3 d", "leg": "return"})
    story = laid(small_story(), faults)
    assert loses(story)
    found = shrink(story, loses)
    assert [fault.name() for fault in found.scenario.faults] == ["parcel-lost"]
    assert found.scenario.faults[0].at == 0
    assert len(found.text.splitlines()) <= 30
    assert loses(scenario.loads(found.text))


def test_law_numbers_become_the_roundest_that_still_fail():
    def many(story):
        return sum(dataset.files or 0 for dataset in story.datasets) >= 17

    found = shrink(scenario.loads(TEXT.replace("files = 40", "files = 23_417")), many)
    assert found.scenario.datasets[0].files == 100
    assert not found.scenario.assume


def test_law_what_does_not_fail_is_refused():
    with pytest.raises(BoundError, match="one that fails"):
        shrink(small_story(), lambda story: False)
