"""What a law of sizes lets one expect of a list, against hand sums and against lists that were drawn."""

import numpy as np
import pytest
from small_story import small_story

from devicesim.physics import file_sizes
from devicesim.planning.replicate import laws_of
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.expected import expected
from devicesim.planning.together.lists import Wares
from devicesim.scenario import load
from devicesim.scenario.datasets import components

BLOCK = 1_000_000.0


def test_worked_equal_files() -> None:
    """Two files of 3.5 MB in WRITEs of 1 MB, two in flight: 1 + 2.5 WRITEs, 1 MB first, 1.5 MB beyond 2 MB, each."""
    story = small_story(
        'dataset.clips.size = { distribution = "fixed", value = "3.5 MB" }', "dataset.clips.files = 2"
    )
    sums = expected(Columns(story, {}, {}, 1), story.datasets, BLOCK, np.array([2]))
    assert sums[:, 0].tolist() == pytest.approx([2, 2, 7, 7e6, 2e6, 3e6])


def test_law_lists_of_drawn_figures_are_what_a_world_draws() -> None:
    """Sums that were not looked at when the fit was made are within the error that is stated."""
    story = load("scenarios/factory.toml")
    count = 1000
    known = laws_of(story, story.seed)
    rng = np.random.default_rng(1)
    usual = {key: law.usual for key, law in known.items() if key.startswith("camera_iot.")}
    drawn = {key: value * rng.uniform(0.8, 1.2, count) for key, value in usual.items()}
    columns = Columns(story, known, drawn, count)
    wares = Wares(columns, list(story.datasets), story.seed)
    lists = wares.lists(BLOCK, np.full(count, 16))
    assert lists.error < 0.002
    for row in range(1, count, 111):
        assert lists.bytes[row] == pytest.approx(float(wares.sizes(row).sum()), rel=2 * lists.error)


def test_law_columns_are_what_each_future_alone_has() -> None:
    """Drawn laws in columns against the components that a World has, truncation included."""
    law = """{ distribution = "lognormal", median = "40 MB", sigma = 0.9, minimum = "1 MB", maximum = "300 MB" }"""
    for story in (load("scenarios/factory.toml"), small_story(f"dataset.clips.size = {law}")):
        known = laws_of(story, story.seed)
        drawn = {key: law.si(law.quantile(np.linspace(0.01, 0.99, 40))) for key, law in known.items()}
        columns, windows = Columns(story, known, drawn, 40), np.full(40, 16)
        together = expected(columns, story.datasets, BLOCK, windows)
        (dataset,) = story.datasets
        for row in range(0, 40, 13):
            parts = components(dataset, columns.row(row))
            mean, below = file_sizes.mean(parts), file_sizes.bytes_below(parts, BLOCK)
            assert together[3, row] == pytest.approx(dataset.files * mean)
            first = mean * below + BLOCK * (1 - file_sizes.files_below(parts, BLOCK))
            assert together[4, row] == pytest.approx(dataset.files * first)
