"""A scenario's own figures are tried before anything runs, and refused with words."""

import pytest
from small_story import small_story

from devicesim.errors import ScenarioError
from devicesim.world import World


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ('"courier.late" = 5', "late must be in [0, 1], got 5.0"),
        ('"courier.tail" = 1', "tail must be in [0, 1), got 1.0"),
        ('"SNC1_HDD.disk.inner_ratio" = 0', "inner_ratio must be in (0, 1], got 0.0"),
        ('"SNC1_HDD.disk.outer_rate" = "0 MB/s"', "outer_rate must be > 0 and finite, got 0.0"),
        ('"SNC1_HDD.thermal.throttle_start" = "90 °C"', "start must be < 85.0, got 90.0"),
        ('"aws_import.rate" = "0 MB/s"', "rate must be > 0, got 0.0"),
        ('"aws_import.failed" = 2', "a figure must be within its bounds, got p < 0, p > 1 or p is NaN"),
    ],
)
def test_a_figure_that_cannot_be(figure: str, why: str) -> None:
    key, _, value = figure.partition(" = ")
    with pytest.raises(ScenarioError) as caught:
        World(small_story(f"assume.{key} = {value}"))
    (problem,) = caught.value.problems
    assert (problem.path, problem.why) == ("assume." + key.strip('"'), why)


def test_every_figure_that_cannot_be_is_named() -> None:
    with pytest.raises(ScenarioError) as caught:
        World(small_story('assume."courier.late" = 5', 'assume."SNC1_HDD.disk.outer_rate" = "0 MB/s"'))
    assert [problem.path for problem in caught.value.problems] == [
        "assume.courier.late",
        "assume.SNC1_HDD.disk.outer_rate",
    ]


def test_a_figure_that_can_be_leaves_no_trace() -> None:
    world = World(small_story('assume."SNC1_HDD.boot.time" = "20 min"'))
    assert world.now == 0
    assert len(world.jobs) == 1
    assert [type(event).__name__ for event in world.events] == ["JobStateChanged"]
