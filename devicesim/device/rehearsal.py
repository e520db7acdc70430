"""A story with the scenario's own figures, told once with a byte of data, so that what cannot be is found first.

A catalog figure is bounded where it is used: a chance above one, a disk of no speed, a throttle that ends below
where it starts. The simulated world must not raise in the middle, so an [assume] table is tried beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from devicesim.catalog import Figures
from devicesim.device import rooms
from devicesim.device.customer import Customer
from devicesim.device.job import Job, Order
from devicesim.device.neighbours import Neighbours
from devicesim.device.order import Hire, Life, Live
from devicesim.device.setting import Setting, Timeline
from devicesim.device.undertaking import online
from devicesim.errors import BoundError, Problem, ScenarioError
from devicesim.jobs import JobType
from devicesim.progress import Stream
from devicesim.scenario import Dataset, Files, Scenario


def rehearse(story: Scenario, order: Order) -> None:
    """Try the figures that a scenario sets, and those of its profile.

    Raises:
        ScenarioError: a model refuses one of them.
    """
    measured = story.source.measured
    if not (story.assume or measured) or not (whole := _refusal(story, order)):
        return
    alone = {
        key: _refusal(story.model_copy(update={"assume": {key: value}}), order)
        for key, value in story.assume.items()
    }
    # One that is refused by itself is named; else it is the figures together that do not go.
    together = "assume" if story.assume else "profile"
    found = {f"assume.{key}": why for key, why in alone.items() if why} or {together: whole}
    hint = "a figure set here is outside what its model accepts"
    raise ScenarioError([Problem(path, why, story.source.file, hint=hint) for path, why in found.items()])


def _refusal(story: Scenario, order: Order) -> str:
    """Why a model refuses the figures of a story; empty if none does."""
    try:
        _tell(story, order)
    except BoundError as error:
        return str(error)
    except (ArithmeticError, ValueError) as error:
        return f"a figure must be within its bounds, got {error}"
    return ""


def _tell(story: Scenario, order: Order) -> None:
    story = story.model_copy(update={"datasets": tuple(map(_whole, story.datasets))})
    env, figures = Timeline(), Figures(story.assume, story.source.measured)
    setting = Setting(env, story, story.start, figures, Stream(story.start), Neighbours(), _draw)
    one = np.ones(1, dtype=np.int64)
    datasets = [Files(dataset.name, dataset.bucket, one) for dataset in story.datasets]
    number = count()

    def place(
        order: Order,
        story: Scenario,
        files: Sequence[Files] | None = None,
        hire: Hire = Customer,
        live: Live = Life,
    ) -> Life:
        job = Job(f"rehearsal {next(number)}", order, 0.0)
        return live(replace(setting, scenario=story), job, files or datasets, hire)

    if story.cluster is not None:
        rooms.Whole(setting, story, place, datasets)
    elif order.type is JobType.EXPORT:
        rooms.Export(setting, story, place, order, datasets)
    elif story.sends_online:
        online(setting, story, place, datasets)
    else:
        place(order, story)
    env.run()


def _whole(dataset: Dataset) -> Dataset:
    """A data set of which everything is taken: the one file of the rehearsal too."""
    return dataset.model_copy(update={"key_range": (), "storage_class": None})


def _draw(name: str) -> np.random.Generator:
    return np.random.default_rng(0)
