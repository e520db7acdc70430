"""The option ``--faults SEED[:N]`` of several commands: a random schedule of faults, laid into a scenario."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import NamedTuple

import click

from devicesim.cli.output import complain
from devicesim.errors import require
from devicesim.scenario import Scenario

USUAL = 3
"""How many faults, where only the seed is told."""


class Laid(NamedTuple):
    """What is asked for."""

    seed: int
    number: int

    def __str__(self) -> str:
        return f"{self.seed}:{self.number}"


def read(ctx: click.Context, param: click.Parameter, value: str | None) -> Laid | None:
    """Read ``7`` or ``7:5``."""
    if value is None:
        return None
    option = param.opts[-1]
    seed, colon, number = value.partition(":")
    parts = (seed, number) if colon else (seed,)
    good = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts)
    require(good, option, "SEED or SEED:NUMBER, such as 7:5", value)
    laid = Laid(int(seed), int(number) if colon else USUAL)
    most = importlib.import_module("devicesim.faults").MOST
    require(1 <= laid.number <= most, f"NUMBER of {option}", f"in 1 .. {most:,}", laid.number)
    return laid


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
    # By name: what is told without faults need not know how they are drawn.
    faults = importlib.import_module("devicesim.faults")
    drawn = faults.schedule(story, laid.seed, laid.number)
    complain(f"# faults {laid}\n{faults.written({'fault': list(drawn)})}".rstrip())
    hit: Scenario = faults.laid(story, drawn)
    return hit.from_source(replace(story.source, faults=str(laid)))
