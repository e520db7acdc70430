"""The option ``--faults SEED[:N]`` of several commands: a random schedule of faults, laid into a scenario."""

from __future__ import annotations

from dataclasses import dataclass

import click

from devicesim.cli.output import complain
from devicesim.errors import require
from devicesim.faults.schedule import laid as with_faults
from devicesim.faults.schedule import schedule
from devicesim.faults.written import written
from devicesim.scenario import Scenario

USUAL = 3
"""How many faults, where only the seed is told."""


@dataclass(frozen=True, slots=True)
class Laid:
    """What is asked for."""

    seed: int
    number: int


def read(ctx: click.Context, param: click.Parameter, value: str | None) -> Laid | None:
    """Read ``7`` or ``7:5``."""
    if value is None:
        return None
    seed, _, number = value.partition(":")
    good = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (seed, number or "1"))
    require(good, param.opts[-1], "SEED or SEED:NUMBER, such as 7:5", value)
    return Laid(int(seed), int(number) if number else USUAL)


faults_option = click.option(
    "--faults",
    "laid",
    callback=read,
    metavar="SEED[:NUMBER]",
    help=f"Lay a random schedule of faults into the story; {USUAL} of them if not told.",
)


def lay(story: Scenario, laid: Laid | None) -> Scenario:
    """The story with its schedule, which is printed to stderr as TOML."""
    if laid is None:
        return story
    drawn = schedule(story, laid.seed, laid.number)
    complain(f"# faults {laid.seed}:{laid.number}\n{written({'fault': list(drawn)})}".rstrip())
    return with_faults(story, drawn)
