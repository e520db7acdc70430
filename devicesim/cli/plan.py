"""``devicesim plan``: many futures of a scenario and its options, as text, JSON, a page or pictures."""

from __future__ import annotations

import importlib
import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from devicesim import units
from devicesim.cli import GOAL_MISSED
from devicesim.cli.options import overrides, scenario_file, whole_number
from devicesim.cli.output import color, complain, finite, put, require_files, width, writing
from devicesim.errors import UnitError, require
from devicesim.planning import crew as crews
from devicesim.planning import text
from devicesim.planning.choice import read_aim
from devicesim.planning.crew import Crew
from devicesim.planning.document import document
from devicesim.planning.ledger import Ledger
from devicesim.planning.outlook import CONFIDENCE
from devicesim.planning.plan import LEAST, MOST, PRECISION, Plan, Request, plan
from devicesim.scenario import Goal, goal_of, load_varied

MOST_FUTURES = 10_000_000
"""Beyond this a number of futures is a slip of the keyboard."""


def some(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read an option such as ``--replications 2000``: a whole number, at least one."""
    number = whole_number(ctx, param, value)
    if number is not None:
        require(1 <= number <= MOST_FUTURES, param.opts[-1], f"in 1 .. {MOST_FUTURES:,}", number)
    return number


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
@click.option(
    "--workers",
    callback=some,
    metavar="NUMBER",
    help="Processes that compute; as many as there are processors.",
)
@click.option("--cluster", metavar="ADDRESS", help="A dask scheduler that computes, as tcp://127.0.0.1:8786.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep what is done in FILE, and go on from there if it has something.",
)
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
    require(workers is None or cluster is None, "the workers", "--workers or --cluster", "both")
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
    with computing(workers, cluster) as executor, bar(len(varied.options), replications) as watch:
        ledger = Ledger(resume, chosen) if resume else None
        try:
            made = plan(varied, request, Crew(executor, ledger, watch))
        except KeyboardInterrupt:
            complain(kept(ledger))
            raise
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


@contextmanager
def computing(workers: int | None, cluster: str | None) -> Iterator[Any]:
    """Who computes: an executor, or None for this process."""
    if cluster is not None:
        with crews.cluster(cluster) as executor:
            yield executor
        return
    with crews.processes(workers or crews.usable()) as executor:
        yield executor


def bar(options: int, replications: int | None) -> AbstractContextManager[crews.Watch]:
    """A bar on a terminal; what draws it is imported only there."""
    if not sys.stderr.isatty():
        return nullcontext(lambda done: None)
    shown: AbstractContextManager[crews.Watch] = importlib.import_module("devicesim.cli.bar").futures_bar(
        options * replications if replications else None
    )
    return shown


def kept(ledger: Ledger | None) -> str:
    """What an interrupted computation leaves behind."""
    if ledger is None:
        return "devicesim: nothing is kept; with --resume FILE what is done would be"
    return (
        f"devicesim: {len(ledger):,} futures are kept in {ledger.path}; the same command goes on from there"
    )


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
