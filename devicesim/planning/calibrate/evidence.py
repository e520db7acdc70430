"""How far a fit is to be trusted: intervals, errors on what was held out, and what could not be told.

Model
-----
Intervals are the wider of two: curvature of the cost at its least, scaled up where the residuals scatter more than
assumed, and refits to cells drawn with replacement. Errors are of a cell's median, held out together with all its
repeats; whole links are held out likewise. A parameter is identified whose interval is much narrower than what was
taken to be likely beforehand.

Sources
-------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Student's t for few cells.

Checked against
---------------
Coverage of planted parameters, in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.planning.calibrate.fit import Fit, Floats, Observed, Rules, fit, minimise
from devicesim.planning.measured.law import wall
from devicesim.planning.measured.measurement import CLASSES, Cell, groups

FOLDS = 10
REFITS = 30
REFIT_ITERATIONS = 2
LEVEL = 0.90
"""Probability that an interval is meant to hold the truth with."""

_NORMAL_95 = 1.6449

ENOUGH = {
    "efficiency": "large files over a link that they fill (1 GiB over 1 Gbit/s)",
    "delay": "small files by one stream, beside the same by four (5,000 of 4 KiB)",
    "per_operation": "small files by four streams or more on a quick link (5,000 of 4 KiB)",
    "per_byte": "files of 64 KiB to 8 MiB on a link quicker than the hosts",
    "ceiling": "one large file on a link quicker than the hosts (10 Gbit/s, or loopback)",
    "bucket": "files of 64 KiB by one stream over the shaped link",
}
"""What to measure so that a parameter is told."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter with its interval; identified if the measurements say more than what was assumed."""

    name: str
    value: float
    low: float
    high: float
    identified: bool

    @property
    def enough(self) -> str:
        """What to measure so that it is told."""
        return ENOUGH[self.name.partition(":")[0]]


@dataclass(frozen=True, slots=True)
class Errors:
    """Relative errors of the predicted time on some cells.

    Attributes:
        cells: how many there are.
        median, worst: of the error without its sign.
        bias: median of the error with its sign; below 0 where the prediction is too quick.
    """

    cells: int
    median: float
    worst: float
    bias: float

    @classmethod
    def of(cls, residuals: Floats) -> Errors:
        """From logarithms of predicted over measured."""
        error = np.expm1(residuals)
        size = np.abs(error)
        return cls(len(error), float(np.median(size)), float(size.max()), float(np.median(error)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a fit.

    Attributes:
        estimates: of each parameter.
        held_out: logarithm of predicted over measured of each cell, by a fit that had not seen it.
        sound: which cells have undisturbed rows.
        links: errors on each link by a fit that saw none of it.
    """

    estimates: tuple[Estimate, ...]
    held_out: Floats
    sound: NDArray[np.bool_]
    links: tuple[tuple[Cell, Errors], ...]

    @property
    def errors(self) -> Errors:
        """On cells that other load did not disturb, all of them if there are no such."""
        return Errors.of(self.held_out[self.sound] if self.sound.any() else self.held_out)

    @property
    def disturbed(self) -> Errors | None:
        """On the other cells."""
        return None if self.sound.all() else Errors.of(self.held_out[~self.sound])


def by_class(cells: Sequence[Cell], residuals: Floats, sound: NDArray[np.bool_]) -> dict[str, Errors]:
    """Errors on undisturbed cells by the size of their files."""
    found = {}
    for name in CLASSES:
        mine = [i for i, cell in enumerate(cells) if sound[i] and cell.setting.file_class == name]
        if mine:
            found[name] = Errors.of(residuals[mine])
    return found


def require_enough(cells: Sequence[Cell], parameters: int) -> None:
    """Refuse to fit more parameters than there are settings, in words that say what would be enough.

    Raises:
        BoundError: too few settings.
    """
    rows = sum(len(cell.repeats) for cell in cells)
    least = parameters + 1
    require(
        len(cells) >= least,
        "measurements",
        f"of {least} different settings at least (such as 1 file of 1 GiB, 2,000 of 64 KiB and 5,000 of 4 KiB, "
        "each by 1 stream and by 4, which 'devicesim predict --probes DIR' writes as fio jobs)",
        f"{_count(rows, 'row')} of {_count(len(cells), 'setting')}",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def evidence(data: Observed, rules: Rules, whole: Fit, seed: int = 0) -> Evidence:
    """Gather all of it; the same every time for the same seed."""
    sound = np.array([any(not m.disturbed(rules.most_load) for m in cell.repeats) for cell in data.cells])
    held = np.empty(len(data.cells))
    for fold in _folds(len(data.cells)):
        held[fold] = _without(data, rules, whole, fold)
    links = []
    parts = groups(data.cells)
    for part in parts if len(parts) > 1 else ():
        rest = np.setdiff1d(np.arange(len(data.cells)), part)
        if len(rest) <= len(whole.values):
            continue
        found = fit(data.take(rest), rules, whole.form.window)
        mine = [i for i in part if sound[i]] or part
        links.append((data.cells[part[0]], Errors.of(_residuals(data.take(mine), found))))
    return Evidence(intervals(data, rules, whole, seed), held, sound, tuple(links))


def _folds(count: int) -> Iterable[NDArray[np.intp]]:
    """Parts of the cells; neighbours, which are alike, go to different ones."""
    parts = min(FOLDS, count)
    return [np.arange(first, count, parts) for first in range(parts)]


def _without(data: Observed, rules: Rules, whole: Fit, fold: NDArray[np.intp]) -> Floats:
    """Residuals of cells by a fit that has not seen them."""
    rest = np.setdiff1d(np.arange(len(data.cells)), fold)
    # From where nothing is known: the whole fit has seen what is held out.
    found = minimise(data.take(rest), rules, whole.form)
    return _residuals(data.take(fold), found)


def _residuals(data: Observed, found: Fit) -> Floats:
    costs = found.costs
    return np.log([wall(cell.setting, costs) for cell in data.cells]) - data.logs


def intervals(data: Observed, rules: Rules, whole: Fit, seed: int = 0) -> tuple[Estimate, ...]:
    """Each parameter with its interval."""
    _, spread = whole.form.prior(rules)
    half = _curvature(data, rules, whole, spread)
    drawn = _refits(data, rules, whole, seed)
    tail = 100 * (1 - LEVEL) / 2
    lows = np.minimum(whole.values - half, np.percentile(drawn, tail, axis=0))
    highs = np.maximum(whole.values + half, np.percentile(drawn, 100 - tail, axis=0))
    told = []
    for name, value, low, high, before in zip(
        whole.form.names, whole.values, lows, highs, spread, strict=True
    ):
        identified = (high - low) < rules.identified * 2 * _NORMAL_95 * before
        most = 1.0 if name == "efficiency" else np.inf
        at, least, largest = (min(exp(x), most) for x in (value, low, high))
        told.append(Estimate(name, at, least, largest, bool(identified)))
    return tuple(told)


def _curvature(data: Observed, rules: Rules, whole: Fit, spread: Floats) -> Floats:
    """Half the interval by the curvature of the cost."""
    size = np.maximum(np.abs(whole.residuals), 1e-12)
    weights = data.weights * np.minimum(1.0, rules.huber / size)
    free = max(float(weights.sum()) - len(whole.values), 1.0)
    scatter = sqrt(float(weights @ whole.residuals**2) / free)
    noise = max(scatter, rules.noise / 4)
    curvature = whole.slopes.T @ (whole.slopes * weights[:, None]) / noise**2 + np.diag(spread**-2)
    half: Floats = student(free) * np.sqrt(np.diag(np.linalg.inv(curvature)))
    # What was assumed beforehand is known without any measurement.
    return np.minimum(half, _NORMAL_95 * spread)


def student(free: float) -> float:
    """The 95th percentile of Student's t, by Cornish and Fisher's expansion; within 1 % from 3 degrees on.

    >>> round(student(5.0), 2), round(student(1e9), 3)
    (2.01, 1.645)
    """
    z = _NORMAL_95
    first = (z**3 + z) / (4 * free)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    return z + first + second + third


def _refits(data: Observed, rules: Rules, whole: Fit, seed: int) -> Floats:
    """Parameters fitted to cells drawn with replacement, shape (refits, parameters)."""
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(REFITS):
        places, counts = np.unique(random.integers(0, len(data.cells), len(data.cells)), return_counts=True)
        some = data.take(places)
        weighed = Observed(some.cells, some.logs, some.weights * counts)
        drawn.append(minimise(weighed, rules, whole.form, whole.values, REFIT_ITERATIONS).values)
    return np.array(drawn)
