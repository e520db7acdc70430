"""Who computes many futures, and what is kept of them: the options of ``plan`` and ``sweep``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

from devicesim.cli.options import whole_number
from devicesim.cli.output import complain
from devicesim.errors import require
from devicesim.planning import crew as crews
from devicesim.planning.crew import Crew
from devicesim.planning.ledger import Ledger

Command = TypeVar("Command", bound=Callable[..., Any])

MOST_FUTURES = 10_000_000
"""Beyond this a number of futures is a slip of the keyboard."""


def some(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read an option such as ``--replications 2000``: a whole number, at least one."""
    number = whole_number(ctx, param, value)
    if number is not None:
        require(1 <= number <= MOST_FUTURES, param.opts[-1], f"in 1 .. {MOST_FUTURES:,}", number)
    return number


def computed(command: Command) -> Command:
    """Give a command the options ``--workers``, ``--cluster`` and ``--resume``."""
    options = (
        click.option(
            "--workers",
            callback=some,
            metavar="NUMBER",
            help="Processes that compute; as many as there are processors.",
        ),
        click.option(
            "--cluster", metavar="ADDRESS", help="A dask scheduler that computes, as tcp://127.0.0.1:8786."
        ),
        click.option(
            "--resume",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Keep what is done in FILE, and go on from there if it has something.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def require_one(workers: int | None, cluster: str | None) -> None:
    """Refuse two answers to who computes."""
    require(workers is None or cluster is None, "the workers", "--workers or --cluster", "both")


@contextmanager
def crew(
    workers: int | None, cluster: str | None, resume: Path | None, seed: int, total: int | None
) -> Iterator[Crew]:
    """Whoever computes, with a bar on a terminal, and what is done kept where it shall be.

    Args:
        workers, cluster, resume: as given.
        seed: of all that is random.
        total: how many futures there will be, where that is known.
    """
    with _executor(workers, cluster) as executor, _bar(total) as watch:
        ledger = Ledger(resume, seed) if resume else None
        try:
            yield Crew(executor, ledger, watch)
        except KeyboardInterrupt:
            complain(_kept(ledger))
            raise


@contextmanager
def _executor(workers: int | None, cluster: str | None) -> Iterator[Any]:
    if cluster is not None:
        with crews.cluster(cluster) as executor:
            yield executor
        return
    with crews.processes(workers or crews.usable()) as executor:
        yield executor


def _bar(total: int | None) -> AbstractContextManager[crews.Watch]:
    """A bar on a terminal; what draws it is imported only there."""
    if not sys.stderr.isatty():
        return nullcontext(lambda done: None)
    shown: AbstractContextManager[crews.Watch] = importlib.import_module("devicesim.cli.bar").futures_bar(
        total
    )
    return shown


def _kept(ledger: Ledger | None) -> str:
    """What an interrupted computation leaves behind."""
    if ledger is None:
        return "devicesim: nothing is kept; with --resume FILE what is done would be"
    return (
        f"devicesim: {len(ledger):,} futures are kept in {ledger.path}; the same command goes on from there"
    )
