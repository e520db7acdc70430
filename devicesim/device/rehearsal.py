"""A story with the scenario's own figures, told once with a byte of data, so that what cannot be is found first.

A catalog figure is bounded where it is used: a chance above one, a disk of no speed, a throttle that ends below
where it starts. The simulated world must not raise in the middle, so an [assume] table is tried beforehand.
"""

from __future__ import annotations

import numpy as np
import simpy

from devicesim.catalog import Figures
from devicesim.device.job import Job, Order
from devicesim.device.neighbours import Neighbours
from devicesim.device.order import Life
from devicesim.device.setting import Setting
from devicesim.errors import BoundError, Problem, ScenarioError
from devicesim.progress import Stream
from devicesim.scenario import Files, Scenario


def rehearse(story: Scenario, order: Order) -> None:
    """Try the figures that a scenario sets.

    Raises:
        ScenarioError: a model refuses one of them.
    """
    if not story.assume:
        return
    try:
        _tell(story, order)
    except (BoundError, ArithmeticError, ValueError) as error:
        why = (
            str(error)
            if isinstance(error, BoundError)
            else f"a figure must be within its bounds, got {error}"
        )
        hint = "a figure set here is outside what its model accepts"
        raise ScenarioError([Problem("assume", why, story.source.file, hint=hint)]) from error


def _tell(story: Scenario, order: Order) -> None:
    env, figures = simpy.Environment(), Figures(story.assume)
    setting = Setting(env, story, story.start, figures, Stream(story.start), Neighbours(), _draw)
    one = np.ones(1, dtype=np.int64)
    datasets = [Files(dataset.name, dataset.bucket, one) for dataset in story.datasets]
    Life(setting, Job("rehearsal", order, 0.0), datasets)
    env.run()


def _draw(name: str) -> np.random.Generator:
    return np.random.default_rng(0)
