"""``devicesim shrink``: of a scenario that misses a goal, the smallest that still does."""

from __future__ import annotations

from pathlib import Path

import click

from devicesim.cli.laying import Laid, faults_option, lay
from devicesim.cli.options import overrides, scenario_file, whole_number
from devicesim.cli.output import complain, put
from devicesim.errors import BoundError, require
from devicesim.faults import shrink
from devicesim.report.fold import answer
from devicesim.scenario import Goal, Scenario, goal_of, load
from devicesim.world import World


@click.command("shrink")
@scenario_file
@overrides
@faults_option
@click.option(
    "--goal",
    "goal",
    metavar="GOAL",
    help="The goal that is missed, as 'files_lost == 0'; FILE's own if not given.",
)
@click.option(
    "--runs", callback=whole_number, metavar="NUMBER", default="2000", show_default=True, help="Most runs."
)
def command(file: Path, overrides: tuple[str, ...], laid: Laid | None, goal: str | None, runs: int) -> int:
    """Print the smallest scenario that misses a goal as FILE does: fewest faults, least data, roundest numbers."""
    require(runs >= 1, "--runs", ">= 1", runs)
    story = lay(load(file, overrides), laid)
    wanted = goal_of(goal) if goal is not None else _missed(story)
    require(not wanted.statistic, "--goal", "one that a single run can miss", wanted.expr)
    judged = story.model_copy(update={"goals": (), "options": (), "sweeps": ()}).from_source(story.source)
    require(_misses(judged, wanted), "--goal", f"one that {file} misses", f"{wanted.expr}, which it meets")
    found = shrink(judged, lambda each: _misses(each, wanted), most_runs=runs)
    with_faults = f" with --faults {laid}" if laid is not None else ""
    put(f'{found.text}\n[[goal]]\nexpr = "{wanted.expr}"\n')
    complain(f"devicesim: {found.runs} runs; it misses {wanted.expr} as {file} does{with_faults}")
    return 0


def _missed(story: Scenario) -> Goal:
    """The first goal that a story misses."""
    world = World(story)
    world.run()
    for result in answer(world).goals:
        if not result.met:
            return goal_of(result.expr)
    raise BoundError("the scenario must miss a goal of its own, or --goal name one; it misses none")


def _misses(story: Scenario, goal: Goal) -> bool:
    """Whether a story misses a goal."""
    world = World(story.model_copy(update={"goals": (goal,)}).from_source(story.source))
    world.run()
    return any(not result.met for result in answer(world).goals)
