"""``devicesim run``: one future of a scenario, as text, JSON, events, progress records or a page."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from devicesim import units
from devicesim.cli import GOAL_MISSED
from devicesim.cli.laying import Laid, faults_option, lay
from devicesim.cli.options import duration, overrides, scenario_file, whole_number
from devicesim.cli.output import color, finite, put, require_files, width, writing
from devicesim.errors import DevicesimError, UnitError, require, unknown
from devicesim.progress import View, event_json
from devicesim.progress.foreign.nfsiostat import Mount
from devicesim.progress.writers import FORMS, ONE_LEG, form_of, writer
from devicesim.report import text
from devicesim.report.fold import answer
from devicesim.report.model import Report
from devicesim.scenario import Scenario, load
from devicesim.world import World


class Seen(NamedTuple):
    """How progress is written: in which form, by what, how often [s], and as whom it is seen."""

    form: str
    write: Callable[..., int]
    every: float
    view: View


VIEWED = {"refresh": units.DURATION, "listing": units.FREE, "failing": units.FRACTION}
"""What of a view may be set, and what each is."""


def read_view(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> View:
    """Read options such as ``--progress-view refresh="1 min"``."""
    option = param.opts[-1]
    read: dict[str, Any] = {}
    for value in values:
        name, _, text = value.partition("=")
        if name not in VIEWED:
            raise unknown(option, name, VIEWED)
        try:
            read[name] = units.parse(text, VIEWED[name])
        except UnitError as wrong:
            raise UnitError(f"{option} {name}: {wrong}") from None
    return View(**read)


@click.command("run")
@scenario_file
@overrides
@faults_option
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
    metavar="FILE",
    help="Write progress records: FILE.jsonl, .csv or .parquet, or as --progress-format says.",
)
@click.option(
    "--progress-format",
    "form",
    metavar="FORMAT",
    help=f"What --progress writes: {', '.join(FORMS)}.",
)
@click.option(
    "--progress-view",
    "view",
    multiple=True,
    callback=read_view,
    metavar="NAME=VALUE",
    help='See progress as a monitor does: refresh="1 min", listing="1000 objects/s", failing="1 %"; may be repeated.',
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
    laid: Laid | None,
    seed: int | None,
    as_json: bool,
    as_lines: bool,
    progress: Path | None,
    form: str | None,
    view: View,
    every: float,
    page: Path | None,
) -> int:
    """Simulate FILE and say when its data is in S3, what held it back, and what the answer rests on.

    Exit code 1 when a goal of the scenario is missed.
    """
    require(not (as_json and as_lines), "the output", "one of --json and --json-lines", "both")
    _require_progress(progress)
    form = form_of(progress.suffix, form) if progress else None
    write = writer(form) if form else None
    html = importlib.import_module("devicesim.report.html") if page else None
    require_files(file, {"--progress": progress, "--report": page})
    world = World(lay(load(file, overrides), laid), seed=seed)
    with _bar(world):
        world.run()
    report = answer(world)
    failures = []
    if progress is not None and form and write:
        seen = Seen(form, write, every, replace(view, seed=world.seed))
        failures += _write(progress, lambda path: _records(world, seen, path))
    if page is not None and html is not None:
        failures += _write(page, lambda path: html.write(report, path))
    put(_shown(world, report, as_json, as_lines))
    if failures:
        raise failures[0]
    return 0 if report.goals_met else GOAL_MISSED


def _bar(world: World) -> AbstractContextManager[None]:
    """A bar on a terminal; what draws it is imported only there."""
    if not sys.stderr.isatty():
        return nullcontext()
    shown: AbstractContextManager[None] = importlib.import_module("devicesim.cli.bar").bar(world)
    return shown


def _require_progress(progress: Path | None) -> None:
    """Refuse options that say how progress is written where none is."""
    if progress is not None:
        return
    options = {"every": "--every", "form": "--progress-format", "view": "--progress-view"}
    source = click.get_current_context().get_parameter_source
    for name, option in options.items():
        given = source(name) is ParameterSource.COMMANDLINE
        require(not given, option, "given with --progress", "no --progress")


def _write(path: Path, write: Callable[[Path], None]) -> list[Exception]:
    """Write a file; a failure is returned, so that the answer of a long run is printed all the same."""
    try:
        with writing(path):
            write(path)
    except (OSError, DevicesimError) as failure:
        return [failure]
    return []


def _records(world: World, seen: Seen, path: Path) -> None:
    samples = world.chunks(seen.every, seen.view)
    chunks = (chunk for chunk in samples if seen.form not in ONE_LEG or chunk.leg == "ingest")
    with path.open("wb") as out:
        seen.write(chunks, out, **_needs(world.scenario, seen.form))


def _needs(story: Scenario | None, form: str) -> dict[str, Any]:
    """What a form tells beside the samples, as far as the scenario says it."""
    if form == "nfsiostat" and story is not None and story.clients:
        streams = sum(client.streams for client in story.clients)
        wsize = int(max(client.nfs.wsize for client in story.clients))
        return {"mount": Mount(wsize=wsize, streams=streams)}
    return {"region": story.site.region} if form == "datasync" and story is not None else {}


def _shown(world: World, report: Report, as_json: bool, as_lines: bool) -> str:
    if as_json:
        document = finite(report.to_dict())
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if as_lines:
        return "".join(event_json(event, world.epoch) + "\n" for event in world.events)
    return text.render(report, width=width(), color=color())
