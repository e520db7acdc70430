"""``devicesim check``: all that is wrong with a scenario file, or a line that nothing is."""

from __future__ import annotations

from pathlib import Path

import click

from devicesim.cli.options import overrides
from devicesim.scenario import load


@click.command("check")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@overrides
def command(file: Path, overrides: tuple[str, ...]) -> None:
    """Check FILE without running it: exit 0 and one line, or every problem with its place and exit 3."""
    scenario = load(file, overrides)
    click.echo(f"{file}: ok: {scenario.name}")
