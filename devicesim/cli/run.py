"""``devicesim run``: one future of a scenario, as text, JSON, events, progress records or a page."""

from __future__ import annotations

import importlib
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from devicesim.cli import GOAL_MISSED
from devicesim.cli.bar import bar
from devicesim.cli.options import duration, overrides, scenario_file, whole_number
from devicesim.cli.output import color, put, require_writable, width, writing
from devicesim.errors import DevicesimError, require
from devicesim.progress import event_json
from devicesim.report import text
from devicesim.report.fold import answer
from devicesim.report.model import Report
from devicesim.scenario import load
from devicesim.world import World


@click.command("run")
@scenario_file
@overrides
@click.option(
    "--seed",
    callback=whole_number,
    metavar="NUMBER",
    help="Seed of all that is random; the scenario's if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--json-lines", "as_lines", is_flag=True, help="Print the events, one JSON document a line.")
@click.option(
    "--progress",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Write DataTransferProgress records.",
)
@click.option(
    "--every",
    callback=duration,
    metavar="DURATION",
    default="10 min",
    show_default=True,
    help="Time between progress records.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write one HTML page that opens without a network.",
)
def command(
    file: Path,
    overrides: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    as_lines: bool,
    progress: Path | None,
    every: float,
    page: Path | None,
) -> int:
    """Simulate FILE and say when its data is in S3, what held it back, and what the answer rests on.

    Exit code 1 when a goal of the scenario is missed.
    """
    require(not (as_json and as_lines), "the output", "one of --json and --json-lines", "both")
    given = click.get_current_context().get_parameter_source("every")
    alone = given is ParameterSource.COMMANDLINE and progress is None
    require(not alone, "--every", "given with --progress", "no --progress")
    html = importlib.import_module("devicesim.report.html") if page else None
    _require_files(file, {"--progress": progress, "--report": page})
    world = World(load(file, overrides), seed=seed)
    with bar(world):
        world.run()
    report = answer(world)
    failures = []
    if progress is not None:
        failures += _write(progress, lambda path: _records(world, every, path))
    if page is not None and html is not None:
        failures += _write(page, lambda path: html.write(report, path))
    put(_shown(world, report, as_json, as_lines))
    if failures:
        raise failures[0]
    return 0 if report.goals_met else GOAL_MISSED


def _require_files(scenario: Path, written: dict[str, Path | None]) -> None:
    """Refuse files that cannot be written, or that would overwrite the scenario or one another."""
    taken = {os.path.realpath(scenario): "the scenario"}
    for option, path in written.items():
        if path is None:
            continue
        other = taken.setdefault(os.path.realpath(path), option)
        require(other == option, option, f"another file than {other}", path)
        require_writable(option, path)


def _write(path: Path, write: Callable[[Path], None]) -> list[Exception]:
    """Write a file; a failure is returned, so that the answer of a long run is printed all the same."""
    try:
        with writing(path):
            write(path)
    except (OSError, DevicesimError) as failure:
        return [failure]
    return []


def _records(world: World, every: float, path: Path) -> None:
    samples = world.progress(every)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(sample.to_json() + "\n" for sample in samples)


def _shown(world: World, report: Report, as_json: bool, as_lines: bool) -> str:
    if as_json:
        document = _finite(report.to_dict())
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if as_lines:
        return "".join(event_json(event, world.epoch) + "\n" for event in world.events)
    return text.render(report, width=width(), color=color())


def _finite(value: Any) -> Any:
    """A document in which numbers that JSON does not have, infinite or none, are null."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
