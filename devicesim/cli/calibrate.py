"""``devicesim calibrate``: the transfer model fitted to somebody's own measurements."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from devicesim.cli.measurements import told_options
from devicesim.cli.options import whole_number
from devicesim.cli.output import put, require_writable, writing
from devicesim.errors import require
from devicesim.planning.calibrate import told, written
from devicesim.planning.calibrate.calibration import calibrate
from devicesim.planning.measured.readers import Given, read_all


@click.command("calibrate")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Write the profile that scenarios name.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--seed", callback=whole_number, metavar="NUMBER", help="Seed of the intervals' draws.")
@told_options
def command(files: tuple[Path, ...], out: Path | None, as_json: bool, seed: int | None, given: Given) -> None:
    """Fit the transfer model to the measurements in FILES, and say how far it is to be trusted.

    FILES are plain CSV (link_mbit, rtt_ms, streams, wsize, file_count, file_bytes, wall_s), or what fio, elbencho,
    rclone, nfsiostat and mountstats write; what those do not tell is given by the options.
    """
    if out is not None:
        taken = {os.path.realpath(file) for file in files}
        require(os.path.realpath(out) not in taken, "--out", "another file than the measurements", out)
        require_writable("--out", out)
    found = calibrate([str(file) for file in files], read_all(files, given), seed or 0)
    if out is not None:
        with writing(out):
            out.write_text(written.toml(found), encoding="utf-8")
    if as_json:
        put(json.dumps(told.document(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    put(told.text(found))
    if out is not None:
        put(f'Written to {out}; a scenario takes it by profile = "{out.name}"\n')
