"""``devicesim serve``: the doors of a running simulation, until they are closed."""

from __future__ import annotations

import importlib
import json
import signal
from pathlib import Path
from types import FrameType

import click

from devicesim.cli.options import overrides, whole_number
from devicesim.cli.output import complain, put, require_writable, writing
from devicesim.errors import require
from devicesim.scenario import load
from devicesim.snowball_api.model import ERAS
from devicesim.snowball_api.snow import Snow

PORTS = 65535


@click.command("serve")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@overrides
@click.option(
    "--http",
    callback=whole_number,
    metavar="PORT",
    default="0",
    show_default=True,
    help="Port of the HTTP door on loopback; 0 is any that is free.",
)
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; everyone who reaches it may do everything.",
)
@click.option(
    "--ready-file",
    "ready",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the open doors to FILE as JSON.",
)
@click.option(
    "--clock",
    metavar="CLOCK",
    default="manual",
    show_default=True,
    help="manual moves when told; real or real:N follows the wall clock, N times as fast.",
)
@click.option(
    "--api-era",
    "era",
    type=click.Choice(ERAS),
    default=ERAS[0],
    show_default=True,
    help="The job API as it is today, or as in June 2020.",
)
@click.option(
    "--limit", callback=whole_number, metavar="DEVICES", help="Devices at a time; no limit if not given."
)
@click.option("--seed", callback=whole_number, metavar="NUMBER", help="Seed of all that is random.")
def command(
    file: Path | None,
    overrides: tuple[str, ...],
    http: int,
    listen: str,
    ready: Path | None,
    clock: str,
    era: str,
    limit: int | None,
    seed: int | None,
) -> None:
    """Serve FILE, or an empty account, to AWS clients, until interrupted.

    aws --endpoint-url http://127.0.0.1:PORT snowball list-jobs
    """
    require(http <= PORTS, "--http", f"at most {PORTS}", http)
    require(limit is None or limit >= 1, "--limit", ">= 1", limit)
    require(file is not None or not overrides, "--set", "given with a scenario FILE", "none")
    if ready is not None:
        require_writable("--ready-file", ready)
    door = importlib.import_module("devicesim.endpoints.http").HttpDoor
    snow = Snow(load(file, overrides) if file else None, seed=seed, era=era, limit=limit, clock=clock)
    signal.signal(signal.SIGTERM, _interrupt)
    with door(snow, listen, http) as opened:
        if ready is not None:
            with writing(ready):
                ready.write_text(json.dumps({"http": opened.url}) + "\n", encoding="utf-8")
        put(f"{opened.url}\n")
        complain(f"devicesim: serving with seed {snow.world.seed}, clock {clock}; Ctrl-C closes the door")
        try:
            while not opened.wait(3600.0):
                pass
        except KeyboardInterrupt:
            complain("devicesim: the door is closed")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
