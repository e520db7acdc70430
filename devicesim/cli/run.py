"""``devicesim run``: one future of a scenario, as text, JSON, events, progress records or a page."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from devicesim import units
from devicesim.cli import GOAL_MISSED
from devicesim.cli.options import overrides
from devicesim.progress import event_json
from devicesim.report import text
from devicesim.report.fold import answer
from devicesim.scenario import Scenario, load
from devicesim.world import World


@click.command("run")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@overrides
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all that is random; the scenario's if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--json-lines", "as_lines", is_flag=True, help="Print the events, one JSON document a line.")
@click.option(
    "--progress",
    "progress_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="Write DataTransferProgress records.",
)
@click.option("--every", default="10 min", show_default=True, help="Time between progress records.")
@click.option(
    "--report",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Write one HTML page that opens without a network.",
)
def command(
    file: Path,
    overrides: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    as_lines: bool,
    progress_file: Path | None,
    every: str,
    page: Path | None,
) -> int:
    """Simulate FILE and say when its data is in S3, what held it back, and what the answer rests on.

    Exit code 1 when a goal of the scenario is missed.
    """
    html = importlib.import_module("devicesim.report.html") if page else None
    step = units.parse(every, units.DURATION)
    world = _run(load(file, overrides), seed)
    report = answer(world)
    if progress_file is not None:
        with progress_file.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(sample.to_json() + "\n" for sample in world.progress(step))
    if page is not None and html is not None:
        html.write(report, page)
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    elif as_lines:
        for event in world.events:
            click.echo(event_json(event, world.epoch))
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        click.echo(text.render(report, color=color), nl=False)
    return 0 if report.goals_met else GOAL_MISSED


def _run(story: Scenario, seed: int | None) -> World:
    """Run to the end, with a bar on a terminal."""
    world = World(story, seed=seed)
    console = Console(stderr=True)
    if not console.is_terminal:
        world.run()
        return world
    columns = (TextColumn("copying"), BarColumn(), TextColumn("{task.percentage:3.0f} %  {task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def look() -> None:
            leg = world.stream.legs[-1]
            done = int(leg.at(world.now)[0][0])
            bar.update(task, completed=done / max(leg.total_bytes, 1), description=units.format_size(done))

        world.watch(look)
        world.run()
    return world
