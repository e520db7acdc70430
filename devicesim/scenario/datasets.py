"""From a data set to its files: drawn, listed in a manifest, or found in a directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.errors import Problem, ScenarioError
from devicesim.physics import file_sizes
from devicesim.scenario import manifest, tree
from devicesim.scenario.batch import extracts, packed
from devicesim.scenario.data import Dataset, Distribution, Fixed, Lognormal, Normal, Pareto, Uniform
from devicesim.scenario.listing import Files
from devicesim.scenario.models import Scenario

Components = Sequence[Mapping[str, Any]]

MOST_DRAWN = 200_000_000
"""Where drawing for a total gives up: sizes of a few bytes never make up terabytes."""


def components(dataset: Dataset, figures: catalog.Figures | None = None) -> Components:
    """The distribution of a drawn data set's sizes, as ``physics.file_sizes`` takes it.

    >>> size = {"distribution": "fixed", "value": "4 kB"}
    >>> components(Dataset(name="a", bucket="arn:aws:s3:::abc", files=3, size=size))
    ({'distribution': 'fixed', 'share': 1.0, 'size': 4000.0},)
    """
    if dataset.model is not None:
        return catalog.components(catalog.entry(dataset.model), figures)
    if dataset.size is None:
        raise ValueError(f"dataset {dataset.name!r} is listed, not drawn")
    return ({"distribution": dataset.size.distribution, "share": 1.0} | _parameters(dataset.size),)


def _parameters(size: Distribution) -> dict[str, float]:
    match size:
        case Fixed():
            return {"size": size.value}
        case Uniform():
            return {"low": size.minimum, "high": size.maximum}
        case Pareto():
            return {"minimum": size.minimum, "exponent": size.exponent, "high": size.maximum}
        case Lognormal():
            found = {"median": size.median, "sigma": size.sigma}
        case Normal():
            found = {"mean": size.mean, "deviation": size.deviation}
    bounds = {"low": size.minimum, "high": size.maximum}
    return found | {key: bound for key, bound in bounds.items() if bound is not None}


def expected_count(dataset: Dataset, figures: catalog.Figures | None = None) -> int:
    """How many files a drawn data set has: those asked for, or about as many as make up the total."""
    if dataset.files is not None:
        return dataset.files
    mean = file_sizes.mean(components(dataset, figures))
    return max(1, round((dataset.total or 0.0) / mean)) if mean else 1


def expected_total(
    dataset: Dataset, figures: catalog.Figures | None = None, directory: Path = Path()
) -> float:
    """Bytes of a data set: the mean over draws, or the sum of what is listed.

    Raises:
        ScenarioError: rows of the manifest are bad.
        OSError: the manifest or directory cannot be read.
    """
    if dataset.manifest is None and dataset.directory is None:
        return expected_count(dataset, figures) * file_sizes.mean(components(dataset, figures))
    return float(_listed_or_raise(dataset, directory).total)


def files(
    dataset: Dataset,
    rng: np.random.Generator,
    directory: Path = Path(),
    figures: catalog.Figures | None = None,
) -> Files:
    """Draw a data set's files, or read them from its manifest or directory.

    Args:
        dataset: of the scenario.
        rng: used only where sizes are drawn.
        directory: where relative paths start.
        figures: the catalog with the scenario's own values, for named workloads.

    Raises:
        ScenarioError: rows of the manifest are bad.
        OSError: the manifest or directory cannot be read.
    """
    if dataset.manifest is not None or dataset.directory is not None:
        return _listed_or_raise(dataset, directory)
    return Files(dataset.name, dataset.bucket, _drawn(dataset, rng, figures))


def _drawn(dataset: Dataset, rng: np.random.Generator, figures: catalog.Figures | None) -> NDArray[np.int64]:
    """Draw the sizes: as many as asked for, or until they make up the total."""
    parts = components(dataset, figures)
    if isinstance(dataset.size, Fixed) and dataset.files is not None:
        return np.full(dataset.files, file_sizes.sample(parts, 1, rng)[0])
    sizes = file_sizes.sample(parts, expected_count(dataset, figures), rng)
    if dataset.files is not None or dataset.total is None:
        return sizes
    while sizes.sum() < dataset.total and sizes.size < MOST_DRAWN:
        sizes = np.concatenate([sizes, file_sizes.sample(parts, sizes.size, rng)])
    return sizes[: int(np.searchsorted(np.cumsum(sizes), dataset.total)) + 1]


def files_of(
    scenario: Scenario, name: str, rng: np.random.Generator, figures: catalog.Figures | None = None
) -> Files:
    """The files of a scenario's data set: as found when it was read, or drawn; packed where it says so."""
    listings = scenario.source.listings
    dataset = next(dataset for dataset in scenario.datasets if dataset.name == name)
    found = listings[name] if name in listings else files(dataset, rng, scenario.source.directory, figures)
    if dataset.batch is None:
        return found
    return packed(found, dataset.batch, figures or catalog.Figures(), extracts(scenario, name))


def listed(dataset: Dataset, directory: Path, most: float = np.inf) -> tuple[Files, list[Problem]]:
    """Read a manifest or directory; bad rows of a manifest come back as problems."""
    if dataset.manifest is not None:
        sizes, paths, bad = manifest.read(directory / dataset.manifest, dataset.manifest, most)
        return Files(dataset.name, dataset.bucket, sizes, paths), bad
    root = directory / (dataset.directory or "")
    sizes, paths, skipped = tree.scan(root)
    return Files(dataset.name, dataset.bucket, sizes, paths, tuple(skipped)), []


def _listed_or_raise(dataset: Dataset, directory: Path) -> Files:
    found, bad = listed(dataset, directory)
    if bad:
        raise ScenarioError(bad)
    return found
