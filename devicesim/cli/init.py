"""``devicesim init``: write a commented scenario to start from."""

from __future__ import annotations

from pathlib import Path

import click

from devicesim.cli import USAGE
from devicesim.scenario.template import template


@click.command("init")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="scenario.toml")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def command(file: Path, force: bool) -> int:
    """Write a commented scenario to FILE that runs as it is."""
    if file.exists() and not force:
        click.echo(f"devicesim: {file} is there already; --force overwrites it", err=True)
        return USAGE
    file.write_text(template(), encoding="utf-8")
    click.echo(f"wrote {file}; next: devicesim run {file}", err=True)
    return 0
