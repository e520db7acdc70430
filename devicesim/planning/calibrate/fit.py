"""A robust fit of the law's costs: Gauss-Newton on logarithms, with Huber's loss and wide priors.

Model
-----
Parameters ``v`` are logarithms, and so are residuals ``r``: a tenth too slow counts as a tenth too quick. Minimised is

    sum_c w_c huber(r_c) / s^2  +  sum_p ((v_p - m_p) / t_p)^2

over cells (repeats of one setting, by their median) and parameters, with ``huber(r) = r^2`` up to ``d``, and
``2 d |r| - d^2`` beyond. Rows taken under other load count only where their cell has no others, and then little.
Cores are whole numbers: each choice is fitted, and the best kept. The hosts have a ceiling, and a link has
a bucket, only if that lowers the cost by more than chance would.

Sources
-------
Huber, Robust estimation of a location parameter, 1964; Levenberg-Marquardt damping as usual.

Checked against
---------------
Parameters planted in made-up measurements, recovered within their intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.planning.measured.law import Costs, Line, line_of, wall
from devicesim.planning.measured.measurement import Cell

Floats = NDArray[np.float64]

PARAMETERS = ("efficiency", "delay", "per_operation", "per_byte")
OPTIONAL = ("ceiling", "bucket")
"""Parameters that there are only where they are worth it: a ceiling of the hosts, a bucket for a kind of link."""
CORES = (1, 2, 4)
STEP = 0.02
"""Of the logarithm, for slopes: wide enough to see past the steps of whole RPCs."""
FURTHEST = 0.7
"""Most that a parameter moves in one iteration, in logarithms."""
_NORMAL_95 = 1.6449


@dataclass(frozen=True, slots=True)
class Prior:
    """What is likely beforehand of each parameter: centre and spread of its logarithm."""

    centre: float
    spread: float

    @classmethod
    def of(cls, figures: Figures, name: str) -> Prior:
        """From the catalog: the range is taken for the 5th to the 95th percentile."""
        figure = figures.figure(f"calibration.prior.{name}")
        return cls(log(figure.si), log(figure.high_si / figure.low_si) / (2 * _NORMAL_95))


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows and residuals are weighed; all of it from the catalog."""

    noise: float
    huber: float
    most_load: float
    disturbed_weight: float
    gain: float
    identified: float
    priors: dict[str, Prior]

    @classmethod
    def of(cls, figures: Figures) -> Rules:
        """The catalog's rules."""
        names = (*PARAMETERS, *OPTIONAL)
        return cls(
            figures.si("calibration.noise"),
            figures.si("calibration.huber"),
            figures.si("calibration.disturbed.load"),
            figures.si("calibration.disturbed.weight"),
            figures.si("calibration.gain"),
            figures.si("calibration.identified"),
            {name: Prior.of(figures, name) for name in names},
        )


@dataclass(frozen=True, slots=True)
class Observed:
    """Cells as the fit sees them: settings, logarithms of their times, and weights."""

    cells: tuple[Cell, ...]
    logs: Floats
    weights: Floats

    def take(self, places: Sequence[int] | NDArray[np.intp]) -> Observed:
        """Some of the cells."""
        index = np.asarray(places, dtype=int)
        return Observed(tuple(self.cells[i] for i in index), self.logs[index], self.weights[index])


def observed(cells: Sequence[Cell], rules: Rules) -> Observed:
    """Bring cells to medians: of the undisturbed rows where there are any."""
    logs, weights, noise = [], [], rules.noise**2
    for cell in cells:
        sound = [m.wall for m in cell.repeats if not m.disturbed(rules.most_load)]
        kept = np.log(sound or [m.wall for m in cell.repeats])
        # A median of few has about 1.6 times the variance of their mean.
        scatter = 1.6 * float(np.var(kept, ddof=1)) / len(kept) if len(kept) > 1 else 0.0
        logs.append(float(np.median(kept)))
        weights.append((1.0 if sound else rules.disturbed_weight) * noise / (noise + scatter))
    return Observed(tuple(cells), np.array(logs), np.array(weights))


@dataclass(frozen=True, slots=True)
class Form:
    """Which parameters there are: cores, kinds of links, and what of the optional ones (``bucket:KIND``)."""

    cores: int
    window: int
    lines: tuple[Line, ...]
    optional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in order."""
        return (*PARAMETERS, *self.optional)

    def costs(self, values: Floats) -> Costs:
        """The costs of some parameters."""
        given = dict(zip(self.names, np.exp(values), strict=True))
        lines = tuple(
            replace(line, bucket=float(given.get(f"bucket:{line.kind}", 0.0))) for line in self.lines
        )
        plain = {name: float(given[name]) for name in PARAMETERS}
        plain["efficiency"] = min(plain["efficiency"], 1.0)
        return Costs(
            **plain,
            ceiling=float(given.get("ceiling", inf)),
            cores=self.cores,
            window=self.window,
            lines=lines,
        )

    def prior(self, rules: Rules) -> tuple[Floats, Floats]:
        """Centres and spreads of the parameters beforehand."""
        priors = [rules.priors[name.partition(":")[0]] for name in self.names]
        return np.array([p.centre for p in priors]), np.array([p.spread for p in priors])


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit and all that its intervals need.

    Attributes:
        form: which parameters there are.
        values: logarithms of the parameters.
        cost: what was minimised.
        residuals: logarithm of predicted over measured, of each cell.
        slopes: of the predicted logarithms, shape (cells, parameters).
    """

    form: Form
    values: Floats
    cost: float
    residuals: Floats
    slopes: Floats

    @property
    def costs(self) -> Costs:
        """The fitted costs."""
        return self.form.costs(self.values)


Predict = Callable[[Floats], Floats]


def fit(data: Observed, rules: Rules, window: int = 8) -> Fit:
    """Fit everything: the best of the numbers of cores, then the ceiling and the buckets that are worth it."""
    lines = _lines(data)
    best = minimise(data, rules, Form(CORES[0], window, lines))
    for cores in CORES[1:]:
        tried = minimise(data, rules, replace(best.form, cores=cores), best.values)
        best = min(best, tried, key=lambda found: found.cost)
    for name in ("ceiling", *(f"bucket:{line.kind}" for line in lines)):
        form = replace(best.form, optional=(*best.form.optional, name))
        tried = minimise(data, rules, form, np.append(best.values, form.prior(rules)[0][-1]))
        if best.cost - tried.cost > rules.gain:
            best = tried
    return best


def _lines(data: Observed) -> tuple[Line, ...]:
    """The kinds of limited links that were measured."""
    found: dict[str, list[float]] = {}
    for cell in data.cells:
        if cell.setting.link < inf:
            found.setdefault(line_of(cell.setting), []).append(cell.setting.rtt)
    return tuple(Line(kind, float(np.median(rtts)), 0.0) for kind, rtts in found.items())


def minimise(
    data: Observed, rules: Rules, form: Form, start: Floats | None = None, iterations: int = 25
) -> Fit:
    """Damped Gauss-Newton from a start, the prior's centre if none is given."""
    centre, spread = form.prior(rules)
    values = centre.copy() if start is None else start.copy()

    def predict(at: Floats) -> Floats:
        costs = form.costs(at)
        return np.log([wall(cell.setting, costs) for cell in data.cells])

    def cost(residuals: Floats, at: Floats) -> float:
        size = np.abs(residuals)
        loss = np.where(size <= rules.huber, size**2, 2 * rules.huber * size - rules.huber**2)
        return float(data.weights @ loss / rules.noise**2 + (((at - centre) / spread) ** 2).sum())

    predicted = predict(values)
    residuals = predicted - data.logs
    best, damping = cost(residuals, values), 1e-3
    slopes = _slopes(predict, values, predicted)
    for _ in range(iterations):
        moved = False
        size = np.maximum(np.abs(residuals), 1e-12)
        weights = data.weights * np.minimum(1.0, rules.huber / size) / rules.noise**2
        curvature = slopes.T @ (slopes * weights[:, None]) + np.diag(spread**-2)
        slope = slopes.T @ (weights * residuals) + (values - centre) / spread**2
        for _ in range(8):
            step = -np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), slope)
            trial = values + np.clip(step, -FURTHEST, FURTHEST)
            there = predict(trial)
            new = cost(there - data.logs, trial)
            if new < best:
                gain, best, values, residuals = best - new, new, trial, there - data.logs
                moved, damping = gain > 1e-3 * (1 + best), damping / 4
                slopes = _slopes(predict, values, there)
                break
            damping *= 6
        if not moved:
            break
    return Fit(form, values, best, residuals, slopes)


def _slopes(predict: Predict, values: Floats, predicted: Floats) -> Floats:
    columns = []
    for place in range(len(values)):
        aside = values.copy()
        # Downwards: a share of a link cannot go above one.
        aside[place] -= STEP
        columns.append((predicted - predict(aside)) / STEP)
    return np.array(columns).T
