"""Ship or wire: which road is sooner in the middle, by how much data there is and how fast the line is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from devicesim import catalog, units
from devicesim.errors import BoundError, ScenarioError
from devicesim.planning.crew import Crew
from devicesim.planning.outlook import statistic
from devicesim.scenario import Scenario, expected_total, from_dict, ready

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Of the scenario's own data."""
RATES = ("10 Mbit/s", "30 Mbit/s", "100 Mbit/s", "300 Mbit/s", "1 Gbit/s", "3 Gbit/s")
FUTURES = 15
"""Of each road: the middle is all that is asked."""
MOST_DEVICES = 40
"""More devices at once are no parcel."""
FILL = 0.9
"""How full devices are taken to be packed, where more than one is needed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One amount of data [bytes]: days by parcel, with how many devices, and days by line at each rate."""

    size: float
    devices: int
    parcel: float
    line: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Days in the middle by either road; infinite where a road is not one."""

    device: str
    rates: tuple[str, ...]
    rows: tuple[Row, ...]


def break_even(story: Scenario, seed: int, crew: Crew) -> Map:
    """Compare the parcel with the line over amounts of data and line rates.

    Args:
        story: with a device and clients; its data sets are scaled.
        seed: of all draws. crew: who computes.

    Raises:
        BoundError: nothing is shipped, or data sets that cannot be scaled.
    """
    if not (story.job.ordered and story.clients and story.job.type == "IMPORT"):
        raise BoundError(
            "--break-even must be of a story that ships data to S3, got one without such a [job]"
        )
    if any(dataset.manifest or dataset.directory for dataset in story.datasets):
        raise BoundError("--break-even must be of data sets by size or model, got a list of files")
    amounts = [factor * sum(map(expected_total, story.datasets)) for factor in FACTORS]
    parcels = [_parcel(story, factor, size) for factor, size in zip(FACTORS, amounts, strict=True)]
    lines = [[_line(story, factor, rate) for rate in RATES] for factor in FACTORS]
    stories = {f"parcel {i}": each for i, (each, _) in enumerate(parcels) if each is not None}
    stories |= {
        f"line {i} {k}": each for i, row in enumerate(lines) for k, each in enumerate(row) if each is not None
    }
    told = crew.tell(stories, FUTURES, seed, np.zeros(0))

    def days(name: str) -> float:
        return statistic(told[name], "days_to_s3", 0.5) if name in told else math.inf

    rows = tuple(
        Row(size, parcels[i][1], days(f"parcel {i}"), tuple(days(f"line {i} {k}") for k in range(len(RATES))))
        for i, size in enumerate(amounts)
    )
    return Map(story.job.device, RATES, rows)


def _scaled(story: Scenario, factor: float) -> dict[str, Any]:
    document = {
        key: value for key, value in story.to_dict().items() if key not in ("option", "sweep", "goal")
    }
    for dataset in document["dataset"]:
        if "files" in dataset:
            dataset["files"] = max(1, round(factor * dataset["files"]))
        elif "total" in dataset:
            dataset["total"] = f"{max(1.0, factor * units.parse(dataset['total'], units.SIZE)):.0f} B"
    return document


def _parcel(story: Scenario, factor: float, size: float) -> tuple[Scenario | None, int]:
    """The parcel with that much data, on as many devices as it takes."""
    document = _scaled(story, factor)
    for road in ("task", "hybrid", "fleet"):
        document.pop(road, None)
    for dataset in document["dataset"]:
        dataset.pop("route", None)
    room = catalog.find(catalog.room(story.job.device, story.job.capacity, False)).si
    devices = 1 if size <= FILL * room else math.ceil(size / (FILL * room))
    if devices > MOST_DEVICES:
        return None, devices
    if devices > 1:
        document["fleet"] = {"devices": devices}
    return _read(story, document), devices


def _line(story: Scenario, factor: float, rate: str) -> Scenario | None:
    document = _scaled(story, factor)
    document["site"]["wan"] = document["site"].get("wan", {}) | {"up": rate}
    document["site"]["wan"].pop("down", None)
    ready.apply(document, "datasync")
    return _read(story, document)


def _read(story: Scenario, document: dict[str, Any]) -> Scenario | None:
    try:
        return from_dict(document, directory=story.source.directory)
    except ScenarioError:
        return None


def crossing(row: Row, rates: Sequence[str]) -> str:
    """The slowest rate at which the line is sooner; empty where it never is."""
    return next((rate for rate, days in zip(rates, row.line, strict=True) if days < row.parcel), "")


def told(found: Map) -> Iterator[str]:
    """The map in sentences, an amount of data each."""
    for row in found.rows:
        size = units.format_size(row.size)
        if rate := crossing(row, found.rates):
            yield f"{size}: from {rate} on the line is sooner than the parcel's {row.parcel:,.1f} days"
        else:
            yield f"{size}: the parcel, {row.parcel:,.1f} days, is sooner at every rate"
