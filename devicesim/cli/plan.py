"""``devicesim plan``: many futures of a scenario and its options, as text, JSON, a page or pictures."""

from __future__ import annotations

import importlib
import json
import shlex
from pathlib import Path
from typing import Any

import click

from devicesim import units
from devicesim.cli import GOAL_MISSED
from devicesim.cli.computing import computed, crew, require_one, some
from devicesim.cli.options import overrides, scenario_file, whole_number
from devicesim.cli.output import color, finite, put, require_files, width, writing
from devicesim.errors import UnitError, require
from devicesim.planning import text
from devicesim.planning.choice import read_aim
from devicesim.planning.document import document
from devicesim.planning.outlook import CONFIDENCE
from devicesim.planning.plan import LEAST, MOST, PRECISION, Plan, Request, plan
from devicesim.scenario import Goal, goal_of, load_varied


def fraction(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read an option such as ``--precision "5 %"``, between none and all."""
    if value is None:
        return None
    try:
        part = units.parse(value, units.FRACTION)
    except UnitError as wrong:
        raise UnitError(f"{param.opts[-1]}: {wrong}") from None
    require(0 < part < 1, param.opts[-1], "more than 0 % and less than 100 %", value)
    return part


def goals_of(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Goal, ...]:
    """Read options such as ``--goal "days_to_s3.p95 < 14"``."""
    return tuple(goal_of(value) for value in values)


@click.command("plan")
@scenario_file
@overrides
@click.option(
    "--replications",
    callback=some,
    metavar="NUMBER",
    help=f"Futures of each option; as many as the precision takes if not given, {LEAST} at least, {MOST:,} at most.",
)
@click.option(
    "--precision",
    callback=fraction,
    metavar="SHARE",
    help="How exactly P50 and P95 of the date are to be known; "
    f"{100 * PRECISION:g} %, or what a minute or two of computing reach, if not given.",
)
@click.option("--seed", callback=whole_number, metavar="NUMBER", help="Seed of all that is random.")
@click.option(
    "--option",
    "ready",
    multiple=True,
    metavar="NAME",
    help="Compare with a ready-made option, such as snowcones:3, edge or datasync; all is every one that fits.",
)
@click.option(
    "--goal",
    "goals",
    multiple=True,
    callback=goals_of,
    metavar="EXPR",
    help='A goal, as "days_to_s3.p95 < 14".',
)
@click.option(
    "--confidence",
    callback=fraction,
    metavar="SHARE",
    default=f"{100 * CONFIDENCE:g} %",
    show_default=True,
    help="Share of the futures in which a goal without a percentile must hold.",
)
@click.option(
    "--optimise",
    "aim",
    metavar="AIM",
    help='Choose an option, as "min cost subject to days_to_s3.p95 < 14"; tries all if there are none.',
)
@click.option(
    "--break-even",
    "even",
    is_flag=True,
    help="Tell which road is sooner, by data size and line rate: ship or wire.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write FILE.html, a page with charts that opens without a network; or its charts, FILE.svg or FILE.png.",
)
@computed
def command(
    file: Path,
    overrides: tuple[str, ...],
    replications: int | None,
    precision: float | None,
    seed: int | None,
    ready: tuple[str, ...],
    goals: tuple[Goal, ...],
    confidence: float,
    aim: str | None,
    even: bool,
    as_json: bool,
    page: Path | None,
    workers: int | None,
    cluster: str | None,
    resume: Path | None,
) -> int:
    """Tell many futures of FILE, and of the options beside it: when, how sure, at what price.

    Exit code 1 when a goal is missed, or when no option meets the conditions of --optimise.
    """
    require_one(workers, cluster)
    wanted = read_aim(aim) if aim is not None else None
    reports = _reports(page)
    require_files(file, {"--report": page, "--resume": resume})
    varied = load_varied(file, overrides, ready)
    if wanted is not None and len(varied.options) == 1 and not ready:
        ready = ("all",)
        varied = load_varied(file, overrides, ready)
    request = Request(
        replications,
        precision,
        seed,
        goals,
        confidence,
        wanted,
        page is not None,
        even,
        _repeat(file),
    )
    chosen = varied.scenario.seed if seed is None else seed
    total = len(varied.options) * replications if replications else None
    with crew(workers, cluster, resume, chosen, total) as whoever:
        made = plan(varied, request, whoever)
    if page is not None and reports is not None:
        with writing(page):
            reports.write(made, page)
    put(_shown(made, as_json))
    return 0 if made.met else GOAL_MISSED


def _reports(page: Path | None) -> Any:
    """What writes the report: importing it needs an extra, and is done before a long computation."""
    if page is None:
        return None
    kinds = (".html", ".svg", ".png")
    require(page.suffix.lower() in kinds, "--report", "a file named .html, .svg or .png", page)
    return importlib.import_module("devicesim.planning.page")


def _repeat(file: Path) -> str:
    """The command that gives this plan again: what was given, but for where it goes and who computes."""
    given = click.get_current_context().params
    words = ["devicesim", "plan", str(file)]
    for name, option in (("replications", "--replications"), ("seed", "--seed"), ("aim", "--optimise")):
        if given[name] is not None:
            words += [option, str(given[name])]
    if given["precision"] is not None:
        words += ["--precision", f"{100 * given['precision']:g} %"]
    if abs(given["confidence"] - CONFIDENCE) > 1e-9:
        words += ["--confidence", f"{100 * given['confidence']:g} %"]
    words += ["--break-even"] if given["even"] else []
    words += [word for each in given["ready"] for word in ("--option", each)]
    words += [word for goal in given["goals"] for word in ("--goal", goal.expr)]
    words += [word for each in given["overrides"] for word in ("--set", each)]
    return shlex.join(words)


def _shown(made: Plan, as_json: bool) -> str:
    if as_json:
        return json.dumps(finite(document(made)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.render(made, width=width(), color=color())
