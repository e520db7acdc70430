"""What every answer has, whatever came to S3 and by which road: goals, figures, curves, how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

import numpy as np

from devicesim.progress import Leg, Stream
from devicesim.report.model import FigureUsed, GoalResult, Series
from devicesim.scenario import Scenario
from devicesim.world import World

POINTS = 400
"""Points of a progress curve in a chart."""


def repeat_line(world: World) -> str:
    """The command that gives this run again."""
    source = world.scenario.source if world.scenario else None
    if source is None or not source.file:
        return f"simulate(scenario, seed={world.seed}, replication={world.replication})"
    words = ["devicesim", "run", source.file, "--seed", str(world.seed)]
    for override in source.overrides:
        words += ["--set", override]
    if source.faults:
        words += ["--faults", source.faults]
    return shlex.join(words)


def goals(story: Scenario, metrics: dict[str, float]) -> Iterable[GoalResult]:
    """Judge the scenario's goals on the metrics of the run; those about many futures are not for one."""
    for goal in story.goals:
        if goal.statistic:
            continue
        value = metrics.get(goal.metric)
        yield GoalResult(goal.expr, value, value is not None and goal.met(metrics))


def figures(world: World) -> Iterable[FigureUsed]:
    """Every catalog figure that the run has read, as printed."""
    for key, figure in sorted(world.figures.used.items()):
        yield FigureUsed(key, figure.text, figure.range_text, figure.kind, figure.source, figure.note)


def progress(stream: Stream, jobs: Sequence[str], now: float) -> Iterable[Series]:
    """The curves of jobs' legs, together, and of what the executions beside them have sent."""
    named: dict[str, list[Leg]] = {}
    for leg in stream.legs:
        if leg.total_bytes and (leg.job in jobs or leg.name == "online"):  # not what was only looked up
            named.setdefault(leg.name, []).append(leg)
    for name, legs in named.items():
        end = max(leg.end if leg.end is not None else now for leg in legs)
        times = np.linspace(min(leg.start for leg in legs), end, POINTS)
        size, count = (
            np.sum(column, axis=0) for column in zip(*(leg.at(times) for leg in legs), strict=True)
        )
        at = tuple(times.tolist())
        yield Series(f"{name} bytes", "B", at, tuple(float(value) for value in size))
        yield Series(f"{name} objects", "", at, tuple(float(value) for value in count))


def series(stream: Stream) -> Iterable[Series]:
    """What a run recorded over time: charge, goodput."""
    units = {"battery.charge": "1", "wifi.goodput": "B/s"}
    for name, points in stream.series.items():
        at, value = zip(*points, strict=True)
        yield Series(name, units.get(name, ""), at, value)


def unread(world: World) -> list[str]:
    """Remarks on figures that the scenario set and goals that it has, and the run had no use for."""
    set_here = {key for key, figure in world.figures.overrides.items() if figure.kind == "scenario"}
    idle = sorted(set_here - world.figures.used.keys(), key=list(world.figures.overrides).index)
    of_many = [goal.expr for goal in world.scenario.goals if goal.statistic] if world.scenario else []
    return [
        *(f"{key} is set in [assume] and was not read by this run" for key in idle),
        *(f"one run does not tell whether {expr}; devicesim plan does" for expr in of_many),
    ]
