"""Swings work out only the parts of an answer that read the varied figure."""

import numpy as np
import pytest

from devicesim.catalog import Figures
from devicesim.device.expectation import Load, expected
from devicesim.report.fold import answer
from devicesim.scenario import loads, template
from devicesim.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """The scenario that ``devicesim init`` writes, run to its end."""
    world = World(loads(template()))
    world.run()
    return world


def test_a_varied_figure_gives_what_a_whole_new_estimate_gives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: remembering parts changes no swing, bit for bit."""
    remembered = answer(world).swings
    monkeypatch.setattr(Figures, "part", lambda self, name, work: work(self))
    assert remembered
    assert answer(world).swings == remembered


def test_what_was_read_is_remembered_as_if_it_had_been_read_again(world: World) -> None:
    """Law: a part that is known counts the same figures as used, in the same order."""
    story = world.scenario
    assert story is not None
    load = Load(np.full(10, 4_000_000), files=10, bytes=40_000_000)
    known, plain = Figures().remembering(), Figures()
    for _ in range(2):
        assert expected(known, story, load) == expected(plain, story, load)
        assert list(known.used) == list(plain.used)
