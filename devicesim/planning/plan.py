"""A plan: the futures of a scenario and of its options, and what they come to.

>>> from devicesim.planning import plan                                         # doctest: +SKIP
>>> plan(devicesim.scenario.load_varied("scenarios/factory.toml"))              # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import __version__
from devicesim.errors import require
from devicesim.planning import quantiles
from devicesim.planning.breakeven import Map, break_even
from devicesim.planning.choice import Aim, Choice, choose, front
from devicesim.planning.crew import Crew
from devicesim.planning.futures import Futures
from devicesim.planning.outlook import CONFIDENCE, Outlook, headline, look
from devicesim.planning.replicate import DAY
from devicesim.planning.together.telling import unfit
from devicesim.scenario import Goal, Scenario, Varied

LEAST, MOST = 64, 16_384
"""Futures of each option where their number follows from the precision: at first, and at most."""
PRECISION = 0.05
"""How exactly the date is to be known if nobody says, as half of its interval relative to it."""
PATIENCE = 6e8
"""Calls that are computed where nobody asks for a precision: a minute or two of two cores, and no clock decides it."""
TOGETHER, WORLD = 1e4, 4e5
"""Calls in whose time a future is told beside others, and a World is set up.

Of 4,096 futures, their survey included, one took the time of 1,200 to 12,000 calls of its own World's (CPU time in one
process; a terabyte in 110 files the most, where whole files that heat leaves behind are counted by the exact core).
"""
CHUNK, OF_A_FILE = 2**20, 4.0
"""Bytes of a WRITE, and the calls that a file takes besides."""
DATES = (0.5, 0.95)
"""The percentiles of the date that must be known so exactly."""
CURVES = 512
"""Futures whose progress is drawn."""
MOMENTS = 96
"""Times at which it is drawn."""
NOTED = np.concatenate(
    [np.arange(0, 2, 1 / 96), np.arange(2, 30, 1 / 8), np.arange(30, 120), np.arange(120, 1200, 10)]
)
"""Times at which it is noted of futures that are runs of their own, before it is known how long they take [days]."""

Floats = NDArray[np.float64]
_NO_TIMES: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the futures of a scenario and its options come to.

    Attributes:
        name, start: of the scenario, the start in ISO 8601.
        seed: of all draws. repeat: the command that gives this plan again. version: of devicesim.
        outlooks: the scenario as written first, then its options.
        precision: asked for, None where the number of futures was given.
        reached: how exactly the dates are known, the least exact of all.
        front: options that no other beats in both cost and date.
        choice: of the aim, if there is one.
        notes: worth telling.
        curves: progress of some futures of each option by name, where it was asked for.
        map: ship or wire by data size and line rate, likewise.
    """

    name: str
    start: str
    seed: int
    repeat: str
    version: str
    outlooks: tuple[Outlook, ...]
    precision: float | None
    reached: float
    front: tuple[str, ...]
    choice: Choice | None
    notes: tuple[str, ...]
    curves: Mapping[str, Futures]
    map: Map | None = None

    @property
    def replications(self) -> int:
        """Futures of each option."""
        return len(self.outlooks[0].futures)

    @property
    def most(self) -> bool:
        """Whether a precision leads to no more futures than these: only a number asked for does."""
        return self.replications >= MOST

    @property
    def met(self) -> bool:
        """Whether what was asked for can be had: the aim's conditions by some option, else the scenario's goals."""
        if self.choice is not None:
            return self.choice.best is not None
        return self.outlooks[0].met

    def outlook(self, name: str) -> Outlook:
        """One option's."""
        return next(each for each in self.outlooks if each.name == name)

    def _repr_html_(self) -> str:
        """Tables for notebooks."""
        shown: str = importlib.import_module("devicesim.planning.notebook").tables(self)
        return shown

    def columns(self) -> dict[str, NDArray[Any]]:
        """All futures of all options as numpy columns, for pandas and polars; the first names the option."""
        parts = {each.name: each.futures.columns() for each in self.outlooks}
        kinds = {name: column.dtype for part in parts.values() for name, column in part.items()}
        names = np.concatenate([np.full(len(each.futures), each.name) for each in self.outlooks])
        found = {"option": names}
        for name, kind in kinds.items():
            found[name] = np.concatenate(
                [
                    part[name] if name in part else np.full(part["replication"].size, np.nan, dtype=kind)
                    for part in parts.values()
                ]
            )
        return found


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is to tell.

    Attributes:
        replications: futures of each option; as many as ``precision`` takes if not given.
        precision: half of the interval around the date's P50 and P95, relative to it; if not given,
            :data:`PRECISION`, or what a minute or two of computing reach.
        seed: the scenario's own if not given.
        goals: besides those of the scenario.
        confidence: share of the futures in which a goal without a percentile must hold.
        aim: by which to choose among the options.
        curves: whether progress is noted, for charts.
        map: whether the break-even map is told.
        repeat: the command that gives the plan again.
    """

    replications: int | None = None
    precision: float | None = None
    seed: int | None = None
    goals: tuple[Goal, ...] = ()
    confidence: float = CONFIDENCE
    aim: Aim | None = None
    curves: bool = False
    map: bool = False
    repeat: str = ""


def plan(varied: Varied, request: Request | None = None, crew: Crew | None = None) -> Plan:
    """Tell the futures of a scenario and of its options, and say what they come to.

    All options share their draws: what differs between them is what they do, not their luck.

    Args:
        varied: the scenario and its options.
        request: what to tell.
        crew: who computes; this process if not given.

    Raises:
        BoundError: no futures, a precision or a confidence outside its bounds.
    """
    asked, crew = request or Request(), crew or Crew()
    require(asked.replications is None or asked.replications > 0, "replications", "> 0", asked.replications)
    precision = PRECISION if asked.precision is None else asked.precision
    require(0 < precision < 1, "precision", "in (0, 1)", precision)
    require(0 < asked.confidence < 1, "confidence", "in (0, 1)", asked.confidence)
    story = varied.scenario
    seed = story.seed if asked.seed is None else asked.seed
    futures = _enough(varied.options, asked, seed, crew)
    goals = (*story.goals, *asked.goals)
    outlooks = tuple(
        look(name, varied.options[name], found, goals, asked.confidence) for name, found in futures.items()
    )
    reached = max(exactness(each.story, each.futures) for each in outlooks)
    return Plan(
        name=story.name,
        start=story.start.isoformat(),
        seed=seed,
        repeat=asked.repeat,
        version=__version__,
        outlooks=outlooks,
        precision=precision if asked.replications is None else None,
        reached=reached,
        front=front(outlooks) if len(outlooks) > 1 else (),
        choice=choose(asked.aim, outlooks, asked.confidence) if asked.aim else None,
        notes=(*story.source.notes, *varied.notes),
        curves=_curves(outlooks, seed, crew) if asked.curves else {},
        map=break_even(story, seed, crew) if asked.map else None,
    )


def _enough(stories: Mapping[str, Scenario], asked: Request, seed: int, crew: Crew) -> dict[str, Futures]:
    """As many futures as were asked for, or as the precision takes: the number doubles until it is reached."""
    alone = {name: story for name, story in stories.items() if asked.curves and unfit(story)}
    beside = {name: story for name, story in stories.items() if name not in alone}

    def tell(upto: int) -> dict[str, Futures]:
        # What is run would have to be run again for its progress.
        found = {
            name: each
            for part, at in ((beside, _NO_TIMES), (alone, NOTED))
            for name, each in (crew.tell(part, upto, seed, at) if part else {}).items()
        }
        return {name: found[name] for name in stories}

    if asked.replications is not None:
        return tell(asked.replications)
    number, precision = LEAST, PRECISION if asked.precision is None else asked.precision
    while True:
        futures = tell(number)
        exact = all(exactness(stories[name], found) <= precision for name, found in futures.items())
        dear = 2 * number * sum(map(effort, futures.values())) > PATIENCE
        if exact or number >= MOST or (dear and asked.precision is None):
            return futures
        number *= 2


def effort(futures: Futures) -> float:
    """What a further future takes to compute, in calls: what a clock would tell, but the same on every machine."""
    if any(way.name == "batch" for way in futures.told):
        return TOGETHER
    seconds = 3600 * _mean(futures, "ingest_hours")
    files = seconds * _mean(futures, "ingest_files_s")
    return WORLD + OF_A_FILE * files + seconds * 1e6 * _mean(futures, "ingest_mb_s") / CHUNK


def _mean(futures: Futures, metric: str) -> float:
    """Of those that have such a value; 0 if none has."""
    column = futures.metrics.get(metric, _NO_TIMES)
    known = column[np.isfinite(column)]
    return float(known.mean()) if known.size else 0.0


def exactness(story: Scenario, futures: Futures) -> float:
    """How exactly the date is known: half of the interval around its percentiles, relative to them; the larger."""
    column = futures.metric(headline(story))
    return max(quantiles.spread(column, q) for q in DATES)


def _curves(outlooks: Sequence[Outlook], seed: int, crew: Crew) -> dict[str, Futures]:
    """How far some futures of each option have come, at times up to its late date."""
    found = dict[str, Futures]()
    for each in outlooks:
        date = each.measure(each.headline)
        end = next((d for d in (date.p95, date.p50, date.p5) if math.isfinite(d)), math.nan)
        if math.isfinite(end) and end > 0:
            count = min(CURVES, len(each.futures))
            if each.futures.at.size:
                found[each.name] = _noted(
                    each.futures.rows(np.arange(count)), np.linspace(0, 1.02 * end, MOMENTS)
                )
                continue
            other = Crew(crew.executor, None, crew.watch, crew.surveys)
            times = np.linspace(0.0, 1.02 * end, MOMENTS)
            found |= other.tell({each.name: each.story}, count, seed, times)
    return found


def _noted(futures: Futures, days: Floats) -> Futures:
    """Futures with their progress at other times than it was noted at."""
    at = days * DAY
    curves = {
        name: np.array([np.interp(at, futures.at, line) for line in lines])
        for name, lines in futures.progress.items()
    }
    return replace(futures, at=at, progress=curves)
