"""``devicesim init``: write a commented scenario to start from."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from devicesim.cli.output import complain, require_writable, writing
from devicesim.errors import BoundError
from devicesim.scenario.template import template


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default="scenario.toml")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def command(file: Path, force: bool) -> None:
    """Write a commented scenario to FILE (scenario.toml) that runs as it is."""
    require_writable("FILE", file)
    with writing(file):
        if file.exists() and not force:
            raise BoundError(f"{file} is there already; --force overwrites it")
        file.write_text(template(), encoding="utf-8", newline="\n")
    complain(f"wrote {file}; next: {shlex.join(['devicesim', 'run', str(file)])}")
