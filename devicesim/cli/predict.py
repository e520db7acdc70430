"""``devicesim predict``: rates before anything is copied, and predictions held against measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import click

from devicesim import catalog
from devicesim.catalog import Figures
from devicesim.cli.measurements import told_options
from devicesim.cli.output import put, writing
from devicesim.errors import require, unknown
from devicesim.planning.measured.law import Costs
from devicesim.planning.measured.law import wall as measured_wall
from devicesim.planning.measured.measurement import MIB, Measurement, Setting
from devicesim.planning.measured.profile import Fitted, fitted
from devicesim.planning.measured.readers import Given, read_all
from devicesim.planning.predict import against, probes, rates, table
from devicesim.planning.predict.rig import Durability, Rig, of_costs, of_device
from devicesim.scenario.profile import read

MEASURED = "measured"
"""What --device says where the server itself was measured, and no Snow device is meant."""

LINKS = (125e6, 1250e6)
"""1 and 10 Gbit/s [bytes/s]."""


@dataclass(frozen=True)
class Model:
    """What predicts: a device with the catalog's figures or a profile's, or the measured server by itself."""

    name: str
    figures: Figures
    device: str = ""
    costs: Costs | None = None
    sigma: float = 0.0

    def rig(self, setting: Setting, durability: Durability) -> Rig:
        """What a setting runs on."""
        if self.costs is not None:
            return of_costs(self.costs, setting)
        return of_device(self.figures, self.device, setting, durability)

    def wall(self, setting: Setting) -> float:
        """How long a copy of that setting takes [s]."""
        if self.costs is not None:
            return measured_wall(setting, self.costs)
        return rates.wall(self.rig(setting, "async"), setting)


@click.command("predict")
@click.option(
    "--profile", type=click.Path(path_type=Path), metavar="FILE.toml", help="What 'calibrate' wrote."
)
@click.option(
    "--device",
    metavar="DEVICE",
    help=f"A device of the catalog, {catalog.FIRST} if not given; or '{MEASURED}', the server that was measured.",
)
@click.option(
    "--durability", metavar="WORD", help=f"Only this: {', '.join(get_args(Durability))}; all if not given."
)
@click.option(
    "--against",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Predict these measurements and say by how much it is off; may be repeated.",
)
@click.option(
    "--probes",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the fio jobs whose results a calibration needs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@told_options
def command(
    profile: Path | None,
    device: str | None,
    durability: str | None,
    files: tuple[Path, ...],
    directory: Path | None,
    as_json: bool,
    given: Given,
) -> None:
    """Say how fast files are copied, by their size, streams, link and durability, and what binds each.

    With --against, measurements are predicted by the profile's own server, or by the device if one is named. Without,
    --link, --rtt, --streams, --file-size, --wsize and --nfs-version narrow the table down.
    """
    if directory is not None:
        require(not files, "--probes", "given without --against", "both")
        _write_probes(directory)
        return
    require(durability in (None, *get_args(Durability)), "--durability", "async, commit or sync", durability)
    own = MEASURED if files and profile is not None else catalog.FIRST
    model = _model(profile, device or own)
    if files:
        _against(model, read_all(files, given), as_json)
    else:
        kinds = [kind for kind in rates.DURABILITIES if durability in (None, kind)]
        _table(model, given, kinds, as_json)


def _model(profile: Path | None, device: str) -> Model:
    read_profile = None if profile is None else read(profile)
    found: Fitted | None = None if read_profile is None else fitted(read_profile, str(profile))
    figures = Figures()
    if device == MEASURED:
        require(found is not None, "--device measured", "given with --profile", "no --profile")
        assert found is not None
        sigma = max(found.held_out or 0.0, figures.si("prediction.discrepancy_calibrated"))
        return Model(f"{profile}: {found.title}", Figures(), costs=found.costs, sigma=sigma)
    known = [name for name in catalog.names("device") if "nfs" in catalog.entry(name).listing("interfaces")]
    if device not in catalog.names("device"):
        raise unknown("device", device, [*known, MEASURED])
    require(device in known, "--device", f"one with an NFS service: {', '.join(known)}", device)
    measured = {} if read_profile is None else read_profile.on(device)
    name = f"{device}, by {f'{profile}: {found.title}' if found else 'the figures of the catalog'}"
    # A profile tells of the server it was measured on; a device's disk is as unknown as before.
    return Model(name, Figures({}, measured), device, sigma=figures.si("prediction.discrepancy"))


def _write_probes(directory: Path) -> None:
    with writing(directory):
        for path in probes.write(directory):
            put(f"{path}\n")
    put(f"Run them on the mounted share: sh {directory / 'run.sh'} /mnt/share\n")


def _against(model: Model, measurements: Sequence[Measurement], as_json: bool) -> None:
    most_load = Figures().si("calibration.disturbed.load")
    rows = against.against(measurements, model.wall, most_load)
    if as_json:
        _put(against.document(rows, model.name))
    else:
        put(against.text(rows, model.name))


def _table(model: Model, given: Given, durabilities: Sequence[Durability], as_json: bool) -> None:
    figures = model.figures
    own = model.costs is not None
    if own:
        durabilities = ["async"]
    axes = rates.Axes(
        links=LINKS if given.link is None else [given.link],
        rtt=figures.si("nfs.rtt.lan") if given.rtt is None else given.rtt,
        wsize=given.wsize or (MIB if own else int(figures.si("nfs.wsize"))),
        version=given.version or ("3" if own else "4.1"),
        durabilities=durabilities,
    )
    axes = replace(
        axes,
        sizes=axes.sizes if given.size is None else [given.size],
        streams=axes.streams if given.streams is None else [given.streams],
    )
    found = rates.rates(axes, model.rig, own)
    if as_json:
        _put(table.document(found, model.name, model.sigma, figures))
    else:
        put(table.text(found, model.name, model.sigma, figures))


def _put(document: dict[str, Any]) -> None:
    put(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
