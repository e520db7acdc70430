"""Which unknown matters: how much of an answer's variance each uncertain figure is, and how much chance.

Model
-----
*Rank correlation* (Spearman) says which way a figure moves the answer. The *share* of a figure is its first-order index
``Var(E[Y | X]) / Var(Y)``, estimated from futures that are there anyway: they are sorted by the figure and parted into
classes of equal size, and what the classes' means differ by more than noise would is set against all variance::

    share = (SSB - (M - 1) MSW) / SST

with the sum of squares between ``M`` classes, the mean square within them, and the total. What no figure explains
alone is chance (the parcel, the stock, the weather of the run) and what figures do only together; it is a share of its
own, and the shares sum to 1.

Scope and limits
----------------
Of futures in which the metric has a finite value, and of its ranks: a copy that heat holds up for days would else be
all the variance there is. An estimate below what noise gives in one case in twenty
(``2 sqrt(2 (M - 1)) / n``) is told as none. Total indices need a design of their own: :func:`sobol`, through SALib.

Sources
-------
E. Plischke, E. Borgonovo, C. L. Smith, "Global sensitivity measures from given data", European Journal of Operational
Research 226 (2013) 536-550; the correction is Kelley's epsilon squared. A. Saltelli et al., "Variance based sensitivity
analysis of model output", Computer Physics Communications 181 (2010) 259-270; M. D. Morris, Technometrics 33 (1991)
161-174, both as SALib has them.

Checked against
---------------
Ishigami's function, whose indices are known in closed form.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import MissingExtraError, require
from devicesim.planning.futures import Futures

Floats = NDArray[np.float64]

CLASSES = 32
"""Classes at most; each holds :data:`LEAST` futures or more."""
LEAST = 16
TENTH = 0.1
"""Share of the futures at each end of a figure that its bar is taken from."""
WORTH = 0.05
"""Share below which nothing is worth measuring."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one uncertain figure does to an answer.

    Attributes:
        key: of the figure.
        share: of the variance, in [0, 1].
        correlation: of the ranks, in [-1, 1].
        low, high: medians of the answer in the tenth of the futures where the figure is lowest, and highest, less
            the median of all.
    """

    key: str
    share: float
    correlation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What an answer's uncertainty is made of.

    Attributes:
        metric: the answer.
        shares: of the figures, the largest first.
        chance: the rest: chance, and what figures do only together.
        futures: that it rests on.
    """

    metric: str
    shares: tuple[Share, ...]
    chance: float
    futures: int

    @property
    def sentence(self) -> str:
        """What to measure next, in words."""
        largest = self.shares[0] if self.shares else None
        if largest is None or largest.share < WORTH:
            return f"nothing to measure: {100 * self.chance:.0f} % of your uncertainty is chance"
        return f"measure {largest.key} next: it is {100 * largest.share:.0f} % of your uncertainty"


def sensitivity(futures: Futures, metric: str) -> Sensitivity:
    """Tell what the uncertainty of a metric is made of.

    Args:
        futures: told with drawn figures.
        metric: as goals name it.

    Raises:
        BoundError: too few futures in which it has a value.
    """
    return shares(metric, futures.metric(metric), futures.draws, ranks=True)


def shares(metric: str, answer: Floats, draws: Mapping[str, Floats], ranks: bool = False) -> Sensitivity:
    """The same of any columns: an answer, shape (n,), and what it may depend on, shape (n,) each.

    With ``ranks`` the variance is that of the answer's ranks, which a few disasters do not make up alone.

    >>> x = np.arange(1000.0)
    >>> told = shares("y", 3 * x, {"x": x, "other": x % 7})
    >>> told.sentence, round(told.chance, 2)
    ('measure x next: it is 100 % of your uncertainty', 0.0)
    """
    there = np.isfinite(answer)
    y = answer[there]
    require(y.size >= 2 * LEAST, "futures", f">= {2 * LEAST} in which {metric} has a value", y.size)
    parted = _ranks(y) if ranks else y
    found = [_share(key, column[there], y, parted) for key, column in draws.items()]
    total = sum(each.share for each in found)
    if total > 1:
        found = [Share(each.key, each.share / total, each.correlation, each.low, each.high) for each in found]
    ranked = tuple(sorted(found, key=lambda each: (-each.share, -abs(each.correlation), each.key)))
    chance = max(0.0, 1 - total) if np.ptp(y) > 0 else 0.0
    return Sensitivity(metric, ranked, chance, int(y.size))


def _share(key: str, x: Floats, y: Floats, parted: Floats) -> Share:
    order = np.argsort(x, kind="stable")
    tail = max(1, round(TENTH * y.size))
    middle = float(np.median(y))
    low, high = (float(np.median(y[part])) - middle for part in (order[:tail], order[-tail:]))
    if np.ptp(y) == 0 or np.ptp(x) == 0:
        return Share(key, 0.0, 0.0, 0.0, 0.0)
    return Share(key, first_order(x, parted), _correlation(x, y), low, high)


def first_order(x: Floats, y: Floats) -> float:
    """First-order index of one input, shape (n,), from what came out, shape (n,); in [0, 1]."""
    starts = _classes(x[order := np.argsort(x, kind="stable")])
    sizes = np.diff(np.append(starts, x.size))
    count = starts.size
    if count < 2:
        return 0.0
    total = float(((y - y.mean()) ** 2).sum())
    means = np.add.reduceat(y[order], starts) / sizes
    between = float((sizes * (means - y.mean()) ** 2).sum())
    within = max(total - between, 0.0) / max(x.size - count, 1)
    share = (between - (count - 1) * within) / total
    noise = 2 * np.sqrt(2 * (count - 1)) / x.size
    return min(share, 1.0) if share > noise else 0.0


def _classes(ordered: Floats) -> NDArray[np.int64]:
    """Where classes of about equal size begin in a sorted column; equal values are of one class."""
    count = int(min(CLASSES, max(2, ordered.size // LEAST)))
    edges = ordered[np.arange(count) * ordered.size // count]
    return np.unique(np.searchsorted(ordered, edges, side="left"))


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])


def _ranks(values: Floats) -> Floats:
    """Ranks from 0; equal values share their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count + 1) / 2)[place])


# Through SALib, which chooses the points itself.

Evaluate = Callable[[dict[str, Floats]], Floats]
"""From probabilities in (0, 1) of each figure, shape (n,), to answers, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Index:
    """What SALib says of one figure.

    Attributes:
        key: of the figure.
        first, total: Sobol indices; of Morris's method ``first`` is the mean of absolute effects, ``total`` their
            standard deviation, both in the answer's own unit.
        first_error, total_error: half-widths of 95 % intervals; 0 where SALib gives none.
    """

    key: str
    first: float
    total: float
    first_error: float = 0.0
    total_error: float = 0.0


def sobol(evaluate: Evaluate, keys: Sequence[str], count: int = 512, seed: int = 0) -> tuple[Index, ...]:
    """First and total Sobol indices, by Saltelli's design of ``count (d + 2)`` points.

    Raises:
        MissingExtraError: SALib is not installed.
    """
    problem = _problem(keys)
    sample, analyze = _salib("sample.sobol"), _salib("analyze.sobol")
    points = sample.sample(problem, count, calc_second_order=False, seed=seed)
    answers = evaluate(_columns(keys, points))
    told = analyze.analyze(problem, answers, calc_second_order=False, seed=seed)
    rows = zip(keys, told["S1"], told["ST"], told["S1_conf"], told["ST_conf"], strict=True)
    return _ranked(Index(key, *map(float, values)) for key, *values in rows)


def morris(evaluate: Evaluate, keys: Sequence[str], count: int = 32, seed: int = 0) -> tuple[Index, ...]:
    """Elementary effects of ``count`` trajectories, ``count (d + 1)`` points: a screening of many figures.

    Raises:
        MissingExtraError: SALib is not installed.
    """
    problem = _problem(keys)
    sample, analyze = _salib("sample.morris"), _salib("analyze.morris")
    points = sample.sample(problem, count, seed=seed)
    answers = evaluate(_columns(keys, points))
    told = analyze.analyze(problem, points, answers, seed=seed)
    rows = zip(keys, told["mu_star"], told["sigma"], told["mu_star_conf"], strict=True)
    return _ranked(Index(key, float(mu), float(sigma), float(error)) for key, mu, sigma, error in rows)


EDGE = 0.001
"""How near to 0 and 1 a design's probabilities come: beyond, a law has no more to say."""


def _problem(keys: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(keys), "names": list(keys), "bounds": [[EDGE, 1 - EDGE]] * len(keys)}


def _columns(keys: Sequence[str], points: Floats) -> dict[str, Floats]:
    return dict(zip(keys, np.ascontiguousarray(points.T), strict=True))


def _ranked(found: Any) -> tuple[Index, ...]:
    return tuple(sorted(found, key=lambda index: -index.first))


def _salib(name: str) -> Any:
    try:
        return importlib.import_module(f"SALib.{name}")
    except ImportError:
        raise MissingExtraError("a Sobol or Morris design", "plan") from None
