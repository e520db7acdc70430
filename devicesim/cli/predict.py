"""``devicesim predict``: rates before anything is copied, and predictions held against measurements."""

from __future__ import annotations

import json
from pathlib import Path

import click

from devicesim.catalog import Figures
from devicesim.cli.measurements import told_options
from devicesim.cli.output import put
from devicesim.planning.measured.law import wall
from devicesim.planning.measured.profile import fitted
from devicesim.planning.measured.readers import Given, read_all
from devicesim.planning.predict import against
from devicesim.scenario.profile import read


@click.command("predict")
@click.option(
    "--profile", type=click.Path(path_type=Path), metavar="FILE.toml", help="What 'calibrate' wrote."
)
@click.option(
    "--against",
    "measured",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Predict these measurements and say by how much it is off; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@told_options
def command(profile: Path | None, measured: tuple[Path, ...], as_json: bool, given: Given) -> None:
    """Say how fast files are copied onto a device, by their size, streams, link and durability, and what binds."""
    assert profile is not None
    found = fitted(read(profile), str(profile))
    measurements = read_all(measured, given)
    rows = against.against(
        measurements, lambda setting: wall(setting, found.costs), Figures().si("calibration.disturbed.load")
    )
    model = f"{profile}: {found.title}"
    if as_json:
        put(json.dumps(against.document(rows, model), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    put(against.text(rows, model))
