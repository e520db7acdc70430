"""What many futures of one option come to: percentiles, goals as probabilities, the stock-out apart, the bill."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from devicesim.jobs import JobType
from devicesim.planning import quantiles
from devicesim.planning.futures import Futures
from devicesim.planning.replicate import story_of
from devicesim.planning.sensitivity import Sensitivity, sensitivity
from devicesim.report import footer
from devicesim.report.fold import answer
from devicesim.report.model import Cost, FigureUsed
from devicesim.scenario import Goal, Scenario
from devicesim.world import World

CONFIDENCE = 0.95
"""Share of the futures in which a goal without a percentile must hold."""
SHOWN = (0.05, 0.5, 0.95)
"""The percentiles of every table."""
TABLE = ("ingest_hours", "online_days", "device_days", "cost_usd", "bytes_lost")
"""Metrics that every plan tells, where the story has them, after its date."""
ENOUGH = 200
"""Fewer futures than this do not tell which figure their spread comes from."""
PLENTY = 20
"""Fewer futures than this have no percentiles worth a line."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Percentile:
    """A percentile and the interval around it that the number of futures leaves."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric over the futures: its percentiles (:data:`SHOWN`), and how many futures have a value."""

    metric: str
    percentiles: tuple[Percentile, ...]
    count: int

    @property
    def p5(self) -> float:
        """One future in twenty is below."""
        return self.percentiles[0].value

    @property
    def p50(self) -> float:
        """The middle."""
        return self.percentiles[1].value

    @property
    def p95(self) -> float:
        """One future in twenty is above."""
        return self.percentiles[2].value


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal judged on many futures.

    Attributes:
        expr, name: of the goal.
        value: the percentile or the mean that it is about; None where each future is judged.
        chance: share of the futures in which it holds; None where it is about a percentile or a mean.
        low, high: interval of either.
        asked: share of futures in which it had to hold; None likewise.
        met: the verdict.
        close: whether the limit is within the interval, so that more futures might turn it.
    """

    expr: str
    name: str
    value: float | None
    chance: float | None
    low: float
    high: float
    asked: float | None
    met: bool
    close: bool


@dataclass(frozen=True, slots=True)
class StockOut:
    """The tail of futures in which AWS has no device in stock: its share, and the date with it and without."""

    share: float
    low: float
    high: float
    within: Measure | None
    without: Measure | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price that the bill rests on, with the date when it was true."""

    key: str
    text: str
    range: str
    kind: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """One option and what its futures come to.

    Attributes:
        name: of the option. story: its scenario. futures: all of them.
        subject: what is done with what, in words.
        headline: the metric that says when it is over.
        measures: the headline first.
        verdicts: of the goals, in their order.
        stock_out: None where no device is ordered.
        bill: of the future in the middle of the cost. prices: that it rests on.
        figures: that the story reads, as the catalog has them.
        losing: share of the futures that lose data, and its interval.
        unknowns: what the uncertainty of the date is made of; None where too few futures tell.
    """

    name: str
    story: Scenario
    futures: Futures
    subject: str
    headline: str
    measures: tuple[Measure, ...]
    verdicts: tuple[Verdict, ...]
    stock_out: StockOut | None
    bill: tuple[Cost, ...]
    prices: tuple[Price, ...]
    figures: tuple[FigureUsed, ...]
    losing: tuple[float, float, float]
    unknowns: Sensitivity | None = None

    def measure(self, metric: str) -> Measure:
        """A metric's percentiles, of those told or of any other."""
        told = next((each for each in self.measures if each.metric == metric), None)
        return told or measured(metric, self.futures.metric(metric))

    @property
    def met(self) -> bool:
        """Whether every goal is met."""
        return all(verdict.met for verdict in self.verdicts)


def headline(story: Scenario) -> str:
    """The metric that says when a story is over."""
    if not story.job.ordered:
        return "days_to_s3"
    return {JobType.EXPORT: "days_to_site", JobType.LOCAL_USE: "device_days"}.get(
        story.job.type, "days_to_s3"
    )


def measured(metric: str, column: Floats) -> Measure:
    """The percentiles of a metric's column."""
    found = tuple(Percentile(quantiles.quantile(column, q), *quantiles.interval(column, q)) for q in SHOWN)
    return Measure(metric, found, int(np.count_nonzero(~np.isnan(column))))


def look(
    name: str, story: Scenario, futures: Futures, goals: Sequence[Goal], confidence: float = CONFIDENCE
) -> Outlook:
    """Say what an option's futures come to.

    Args:
        name: of the option.
        story: its scenario.
        futures: of it.
        goals: to judge, besides no others.
        confidence: share of the futures in which a goal without a percentile must hold.
    """
    first = headline(story)
    wanted = dict.fromkeys((first, *TABLE, *(goal.metric for goal in goals)))
    measures = tuple(
        each for metric in wanted if (each := measured(metric, futures.metric(metric))).count and _told(each)
    )
    report, usual = answer(_middle(story, futures)), _usual(story, futures.seed)
    kinds = {cost.item: cost.kind for cost in answer(usual).costs}
    lost = futures.metric("bytes_lost") > 0
    count = int(np.count_nonzero(lost))
    return Outlook(
        name=name,
        story=story,
        futures=futures,
        subject=_subject(report.device, report.job_type, report.subject),
        headline=first,
        measures=measures,
        verdicts=tuple(judge(goal, futures, confidence) for goal in goals),
        stock_out=_stock_out(story, futures, first),
        # What was drawn is a value of this future; how it is known is the catalog's to say.
        bill=tuple(cost._replace(kind=kinds.get(cost.item, cost.kind)) for cost in report.costs),
        prices=tuple(_prices(usual)),
        figures=tuple(footer.figures(usual)),
        losing=(count / len(futures), *quantiles.share(count, len(futures))),
        unknowns=_unknowns(futures, first),
    )


def _unknowns(futures: Futures, metric: str) -> Sensitivity | None:
    if not futures.draws or np.count_nonzero(np.isfinite(futures.metric(metric))) < ENOUGH:
        return None
    return sensitivity(futures, metric)


def _told(measure: Measure) -> bool:
    """Whether a metric says anything: what is never there is infinite throughout."""
    return measure.metric not in ("online_days",) or math.isfinite(measure.p5)


def _subject(device: str, kind: str, told: str) -> str:
    return told.partition(":")[0] if told else f"{kind} on {device}"


def _middle(story: Scenario, futures: Futures) -> World:
    """The future whose cost is the median, run again."""
    cost = futures.metric("cost_usd")
    middle = quantiles.quantile(cost, 0.5)
    row = int(np.flatnonzero(cost == middle)[0]) if math.isfinite(middle) else 0
    world = World(story_of(story, futures, row), seed=futures.seed, replication=int(futures.replication[row]))
    world.run()
    return world


def _usual(story: Scenario, seed: int) -> World:
    """A future at the catalog's own values, run and told, so that its figures are those that matter."""
    world = World(story, seed=seed)
    world.run()
    answer(world)
    return world


def _prices(world: World) -> Iterator[Price]:
    for key, figure in sorted(world.figures.used.items()):
        if ".price." in key or key.startswith("prices."):
            yield Price(key, figure.text, figure.range_text, figure.kind, figure.date, figure.source)


def _stock_out(story: Scenario, futures: Futures, metric: str) -> StockOut | None:
    if not story.job.ordered:
        return None
    waits = futures.stock_out
    count, column = int(np.count_nonzero(waits)), futures.metric(metric)
    parts = [column[waits], column[~waits]]
    within, without = (measured(metric, part) if part.size >= PLENTY else None for part in parts)
    return StockOut(count / len(futures), *quantiles.share(count, len(futures)), within, without)


def statistic(futures: Futures, metric: str, q: float | None) -> float:
    """A percentile of a metric, or its mean where ``q`` is None; NaN where no future has a value."""
    column = quantiles.ordered(futures.metric(metric))
    if not column.size:
        return math.nan
    return float(np.mean(column)) if q is None else quantiles.quantile(column, q)


def judge(goal: Goal, futures: Futures, confidence: float = CONFIDENCE) -> Verdict:
    """Judge a goal: its percentile or mean against the limit, or the share of futures in which it holds."""
    column = futures.metric(goal.metric)
    if not goal.statistic:
        hits = sum(goal.holds(value) for value in column.tolist())
        chance = hits / len(futures)
        low, high = quantiles.share(hits, len(futures))
        close = low < confidence < high
        return Verdict(goal.expr, goal.name, None, chance, low, high, confidence, chance >= confidence, close)
    value = statistic(futures, goal.metric, goal.quantile)
    if goal.quantile is not None:
        low, high = quantiles.interval(column, goal.quantile)
    else:
        known = quantiles.ordered(column)
        sigma = float(np.std(known)) if known.size and math.isfinite(value) else math.nan
        half = NormalDist().inv_cdf((1 + quantiles.LEVEL) / 2) * sigma / math.sqrt(max(known.size, 1))
        low, high = value - half, value + half
    close = goal.holds(low) != goal.holds(high) and not math.isnan(value)
    return Verdict(goal.expr, goal.name, value, None, low, high, None, goal.holds(value), close)
