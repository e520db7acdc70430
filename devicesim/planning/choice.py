"""Which option to take: the best under conditions, the nearest where none meets them, and the front of those left.

The aim is one sentence::

    aim       = ("min" | "max") metric ["." statistic] ["subject to" goal {("and" | ",") goal}]
    statistic = "mean" | "p" percentile          (p50 if not given)

>>> aim = read_aim("min cost subject to days_to_s3.p95 < 14 and files_lost == 0")
>>> aim.metric, aim.quantile, [goal.expr for goal in aim.goals]
('cost_usd', 0.5, ['days_to_s3.p95 < 14', 'files_lost == 0'])
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from devicesim.errors import BoundError, unknown
from devicesim.planning.outlook import CONFIDENCE, Outlook, judge, statistic
from devicesim.planning.quantiles import quantile
from devicesim.scenario import METRICS, Goal, goal_of

SHORT = {"cost": "cost_usd", "days": "days_to_s3", "time": "days_to_s3", "devices": "device_days"}
"""Words for metrics that people say."""
_AIM = re.compile(
    r"\s*(?P<sense>\w+)\s+(?P<metric>[A-Za-z_]\w*)(?:\.(?P<statistic>[\w.]+))?\s*"
    r"(?:\b(?:subject\s+to|s\.t\.|where|with)\s+(?P<goals>.*\S))?\s*"
)
_SENSES = {
    "min": False,
    "minimise": False,
    "minimize": False,
    "max": True,
    "maximise": True,
    "maximize": True,
}
_FORM = "such as 'min cost subject to days_to_s3.p95 < 14'"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is best, and what must hold.

    Attributes:
        text: as given. largest: whether more is better.
        metric: that is compared. quantile: its percentile; None for the mean.
        goals: that must be met.
    """

    text: str
    largest: bool
    metric: str
    quantile: float | None
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How near a goal that no option meets can be come to: by which option, with which value or in which share."""

    expr: str
    option: str
    value: float | None
    chance: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The option that an aim chooses.

    Attributes:
        aim: as given.
        best: the option; None where none meets the conditions.
        value: of what is compared, of the best.
        runner_up, margin: the second best and how much worse it is; empty and NaN where there is none.
        nearest: where none meets all conditions, the option that misses them least.
        reach: likewise, for each goal that it misses, how near it can be come to.
    """

    aim: Aim
    best: str | None
    value: float
    runner_up: str
    margin: float
    nearest: str
    reach: tuple[Reach, ...]


def read_aim(text: str) -> Aim:
    """Read an aim.

    Raises:
        BoundError: it has another form.
        UnknownNameError, UnitError: a metric that there is not, a limit that is none.
    """
    match = _AIM.fullmatch(text)
    if match is None or match["sense"].lower() not in _SENSES:
        raise BoundError(f"--optimise must be an aim {_FORM}, got {text!r}")
    metric, given = _metric(match["metric"]), match["statistic"] or "p50"
    percentile = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?)", given)
    if given != "mean" and (percentile is None or float(percentile[1]) == 0):
        raise BoundError(
            f"--optimise must have a percentile such as p95, or mean, after {metric}., got {given!r}"
        )
    conditions = re.split(r"\s*,\s*|\s+and\s+", match["goals"]) if match["goals"] else []
    return Aim(
        text.strip(),
        _SENSES[match["sense"].lower()],
        metric,
        float(percentile[1]) / 100 if percentile else None,
        tuple(goal_of(_expanded(condition)) for condition in conditions if condition),
    )


def _metric(word: str) -> str:
    name = SHORT.get(word, word)
    if name not in METRICS:
        raise unknown("metric", word, [*METRICS, *SHORT])
    return name


def _expanded(condition: str) -> str:
    word = re.match(r"\s*([A-Za-z_]\w*)", condition)
    return SHORT[word[1]] + condition[word.end() :] if word and word[1] in SHORT else condition


def choose(aim: Aim, outlooks: Sequence[Outlook], confidence: float = CONFIDENCE) -> Choice:
    """Choose among options; where none meets the conditions, say what can be met."""
    sign = -1.0 if aim.largest else 1.0

    def worth(outlook: Outlook) -> float:
        value = sign * statistic(outlook.futures, aim.metric, aim.quantile)
        return math.inf if math.isnan(value) else value

    misses = {each.name: _shortfall(aim, each, confidence) for each in outlooks}
    fit = sorted((each for each in outlooks if misses[each.name] == 0), key=worth)
    if fit:
        best, second = fit[0], next((each for each in fit[1:]), None)
        margin = worth(second) - worth(best) if second else math.nan
        name = second.name if second else ""
        return Choice(aim, best.name, sign * worth(best), name, margin, best.name, ())
    nearest = min(outlooks, key=lambda each: (misses[each.name], worth(each)))
    reach = tuple(
        _reach(goal, outlooks, confidence)
        for goal in aim.goals
        if not judge(goal, nearest.futures, confidence).met
    )
    return Choice(aim, None, sign * worth(nearest), "", math.nan, nearest.name, reach)


def _shortfall(aim: Aim, outlook: Outlook, confidence: float) -> float:
    """How far an option misses the conditions, relative to their limits; 0 where it meets them all."""
    return sum(missed(goal, outlook, confidence) for goal in aim.goals)


def missed(goal: Goal, outlook: Outlook, confidence: float) -> float:
    """How far a goal is missed, relative to its limit; 0 where it is met, infinite where there is no value."""
    verdict = judge(goal, outlook.futures, confidence)
    if verdict.met:
        return 0.0
    value = verdict.value if verdict.value is not None else _demanding(goal, outlook, confidence)
    if math.isnan(value):
        return math.inf
    return abs(value - goal.value) / (abs(goal.value) or 1.0)


def _demanding(goal: Goal, outlook: Outlook, confidence: float) -> float:
    """The limit that a goal on each future would just meet in the share of futures asked for."""
    q = confidence if goal.op in ("<", "<=") else 1 - confidence
    return quantile(outlook.futures.metric(goal.metric), min(max(q, 1e-9), 1 - 1e-9))


def _reach(goal: Goal, outlooks: Sequence[Outlook], confidence: float) -> Reach:
    best = min(outlooks, key=lambda each: missed(goal, each, confidence))
    verdict = judge(goal, best.futures, confidence)
    value = verdict.value if verdict.value is not None else _demanding(goal, best, confidence)
    return Reach(goal.expr, best.name, value, verdict.chance)


def front(outlooks: Sequence[Outlook], q: float = 0.95) -> tuple[str, ...]:
    """The options that no other beats in both its usual cost and its late date, the cheapest first.

    Args:
        outlooks: to compare.
        q: percentile of the date.
    """
    points = [
        (statistic(each.futures, "cost_usd", 0.5), statistic(each.futures, each.headline, q), each.name)
        for each in outlooks
    ]
    known = sorted(point for point in points if not math.isnan(point[0]) and math.isfinite(point[1]))
    kept, earliest = list[str](), math.inf
    for _, date, name in known:
        if date < earliest:
            kept.append(name)
            earliest = date
    return tuple(kept)
