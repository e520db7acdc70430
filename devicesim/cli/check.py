"""``devicesim check``: all that is wrong with a scenario file, or a line that nothing is."""

from __future__ import annotations

from pathlib import Path

import click

from devicesim.cli.options import overrides, scenario_file
from devicesim.cli.output import complain, put
from devicesim.report.phrases import plain
from devicesim.scenario import load_cells, load_varied
from devicesim.world import World


@click.command("check")
@scenario_file
@overrides
def command(file: Path, overrides: tuple[str, ...]) -> None:
    """Check FILE without running it: exit 0 and one line, or every problem with its place and exit 3."""
    varied = load_varied(file, overrides)
    scenario = varied.scenario
    cells = load_cells(file, overrides)[1] if scenario.sweeps else []
    for variant in (*varied.options.values(), *(cell for _, cell in cells)):
        World(variant)  # tries the figures that the scenario sets
    put(f"{plain(str(file))}: ok: {plain(scenario.name)}\n")
    for note in scenario.source.notes:
        complain(f"{file}: note: {note}")
