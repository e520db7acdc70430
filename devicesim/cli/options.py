"""Options that several commands share, and how values of options are read."""

from __future__ import annotations

from pathlib import Path

import click

from devicesim import units
from devicesim.errors import UnitError, require

LONGEST_SEED = 100
"""Most digits of a seed."""

scenario_file = click.argument("file", type=click.Path(path_type=Path))

overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help='Override a value, as --set site.wifi.distance="30 m"; may be repeated.',
)


def duration(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Read an option such as ``--every "10 min"`` as seconds, more than none."""
    name = param.opts[-1]
    try:
        seconds = units.parse(value, units.DURATION)
    except UnitError as wrong:
        raise UnitError(f"{name}: {wrong}") from None
    require(seconds > 0, name, "> 0 s", value)
    return seconds


def whole_number(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read an option such as ``--seed 7``."""
    if value is None:
        return None
    whole = value.isascii() and value.isdigit() and len(value) <= LONGEST_SEED
    require(whole, param.opts[-1], "a whole number >= 0", value)
    return int(value)
