"""``devicesim serve``: the doors of a running simulation, until they are closed."""

from __future__ import annotations

import importlib
import json
import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import FrameType
from typing import Any

import click
from click.core import ParameterSource

from devicesim.cli.keeping import Keeping
from devicesim.cli.options import overrides, whole_number
from devicesim.cli.output import complain, put, require_writable, writing
from devicesim.device.share import policy
from devicesim.errors import BoundError, require
from devicesim.journal import Told
from devicesim.scenario import load
from devicesim.snowball_api.model import ERAS
from devicesim.snowball_api.snow import Snow
from devicesim.world.clock import factor_of

PORTS = 65535
BETWEEN = 0.5
"""How long to wait at a time [s]: a signal that another thread was given does not wake this one."""
LOOPBACK = ("127.0.0.0/8", "::1/128")


def _port(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    number = whole_number(ctx, param, value)
    require(number is None or number <= PORTS, param.opts[-1], f"at most {PORTS}", number)
    return number


def _address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    require(":" not in value, "--listen", "an IPv4 address or a host's name", value)
    return value


def _networks(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value)
        except ValueError as wrong:
            raise BoundError(
                f"--allow must be a network such as 192.168.1.0/24, got {value}: {wrong}"
            ) from None
    return values or LOOPBACK


@click.command("serve")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@overrides
@click.option(
    "--http",
    callback=_port,
    metavar="PORT",
    default="0",
    show_default=True,
    help="Port of the HTTP door: the job API, the clock, the page. 0 is any that is free.",
)
@click.option(
    "--nfs", callback=_port, metavar="PORT", help="Open the device's NFS share at PORT, 0 for any free."
)
@click.option(
    "--ssh", callback=_port, metavar="PORT", help="Open the device to SSH and SFTP at PORT, 0 for any free."
)
@click.option(
    "--mount",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Put the device's share at DIR, an empty directory of this machine, by FUSE.",
)
@click.option(
    "--mount-as",
    metavar="CLIENT",
    help="The [[client]] whose link and mount options programs at DIR have; the first if not given.",
)
@click.option(
    "--listen",
    callback=_address,
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; everyone who reaches it may do everything over HTTP.",
)
@click.option(
    "--allow",
    multiple=True,
    callback=_networks,
    metavar="CIDR",
    help="Hosts that may mount the share, as the device's AllowedHosts; may be repeated. Loopback if not given.",
)
@click.option(
    "--authorized-keys",
    "keys",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Public keys that may log in over SSH, one a line.",
)
@click.option(
    "--host-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Host key of the SSH door, made if FILE is not there; a new one each time if not given.",
)
@click.option(
    "--ready-file",
    "ready",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the open doors to FILE as JSON, once they are open.",
)
@click.option(
    "--clock",
    metavar="CLOCK",
    help="manual moves when told; driven by what clients do, too; real or real:N follows the wall clock, N times as "
    "fast. driven where the device has a door, else manual.",
)
@click.option(
    "--content",
    metavar="POLICY",
    default="keep",
    show_default=True,
    help="What becomes of the bytes that clients write: keep (in memory up to 1 GB, then in a temporary folder), "
    "keep:BOUND, spill:DIR, hash (sizes and true MD5s, at the price of making them), or discard for runs of terabytes.",
)
@click.option(
    "--unpaced", is_flag=True, help="Answer clients at once: the model prices nothing that they do."
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
@click.option(
    "--s3",
    metavar="URL",
    default="",
    help="Address of a stand-in for S3: imports go there, exports come from there.",
)
@click.option("--sns", metavar="URL", default="", help="Address of a stand-in for SNS: it is told of states.")
@click.option("--seed", callback=whole_number, metavar="NUMBER", help="Seed of all that is random.")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="STATE",
    help="Keep all that is done in the file STATE, on disk before it is answered, and go on from there if it is there.",
)
@click.option(
    "--at", metavar="NAME", help="Go back to this snapshot of STATE first; what came after it is gone."
)
def command(
    file: Path | None,
    overrides: tuple[str, ...],
    http: int,
    nfs: int | None,
    ssh: int | None,
    mount: Path | None,
    mount_as: str | None,
    listen: str,
    allow: tuple[str, ...],
    keys: Path | None,
    host_key: Path | None,
    ready: Path | None,
    clock: str | None,
    content: str,
    unpaced: bool,
    era: str,
    limit: int | None,
    s3: str,
    sns: str,
    seed: int | None,
    state: Path | None,
    at: str | None,
) -> None:
    """Open the doors of FILE, or of an empty account, to AWS clients, NFS, SSH and browsers, until interrupted.

    aws --endpoint-url http://127.0.0.1:PORT snowball list-jobs

    mount -t nfs -o port=PORT 127.0.0.1:/buckets/NAME /mnt
    """
    require(limit is None or limit >= 1, "--limit", ">= 1", limit)
    require(state is not None or at is None, "--at", "given with --state", "no --state")
    require(mount is not None or mount_as is None, "--mount-as", "given with --mount", "no --mount")
    require(file is not None or not overrides, "--set", "given with a scenario FILE", "none")
    device_doors = (nfs, ssh, mount) != (None, None, None)
    usual = "driven" if device_doors else "manual"
    factor_of(clock or usual)
    policy(content)
    if ready is not None:
        require_writable("--ready-file", ready)
    # Looked up before the scenario is read, so that a missing extra is told at once.
    made: dict[str, tuple[Any, int | None, dict[str, Any]]] = {
        "http": (_maker("http.HttpDoor"), http, {}),
        "nfs": (nfs is not None and _maker("nfs.NfsDoor"), nfs, {"allow": allow}),
        "ssh": (ssh is not None and _maker("ssh.SshDoor"), ssh, _login(ssh, keys, host_key)),
        "mount": (mount is not None and _maker("fuse.mounted"), None, {"path": mount, "client": mount_as}),
    }
    story = load(file, overrides) if file else None
    signal.signal(signal.SIGTERM, _interrupt)
    shape: dict[str, Any] = {"seed": seed, "limit": limit, "clock": clock}
    with ExitStack() as stack:
        if state is None:
            shape |= {"era": era, "content": content, "clock": clock or usual}
            snow, journal = Snow(story, neighbours=_around(s3, sns), **shape), None
        else:
            given = _given({**shape, "era": era, "content": content, "s3": s3, "sns": sns})
            text = file.read_text(encoding="utf-8-sig") if file else ""
            keeping = stack.enter_context(Keeping(state, Told(story, text, given), usual, at))
            snow, journal = keeping.begin(_around), keeping.journal
        premises = _maker("premises.Premises")(snow, paced=not unpaced, journal=journal)
        try:
            _serve(premises, made, listen, ready)
        except KeyboardInterrupt:
            complain("devicesim: the doors are closed" if device_doors else "devicesim: the door is closed")


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that somebody gave on the command line."""
    source = click.get_current_context().get_parameter_source
    return {name: value for name, value in options.items() if source(name) is ParameterSource.COMMANDLINE}


def _around(s3: str, sns: str) -> Any:
    """What lies around the account."""
    return importlib.import_module("devicesim.snowball_api.standin").attach(s3, sns) if s3 or sns else None


def _serve(premises: Any, made: Mapping[str, Any], listen: str, ready: Path | None) -> None:
    """Open the doors, and wait until somebody closes them."""
    importlib.import_module("devicesim.endpoints.crowd").widen()
    wanted = {name: door for name, door in made.items() if door[0]}
    with ExitStack() as stack:
        if len(wanted) > 1:
            premises.welcome()
        doors = {
            name: stack.enter_context(maker(premises, listen, port, **more))
            for name, (maker, port, more) in wanted.items()
        }
        if factor_of(premises.world.clock) is not None:
            stack.enter_context(_maker("ticker.Ticker")(premises))
        premises.settle()
        _announce(premises, doors, ready)
        while not doors["http"].wait(BETWEEN):
            pass


def _login(ssh: int | None, keys: Path | None, host_key: Path | None) -> dict[str, Any]:
    """Who the SSH door is, and whom it lets in."""
    for option, value in (("--authorized-keys", keys), ("--host-key", host_key)):
        require(value is None or ssh is not None, option, "given with --ssh", "no --ssh")
    if ssh is not None and keys is None:
        complain("devicesim: nobody can log in over SSH: --authorized-keys names no keys")
    return {"authorized_keys": keys.read_text(encoding="utf-8") if keys is not None else "", "key": host_key}


def _maker(name: str) -> Any:
    """Something of :mod:`devicesim.endpoints`, imported when it is used."""
    module, _, kind = name.rpartition(".")
    return getattr(importlib.import_module(f"devicesim.endpoints.{module}"), kind)


def _announce(premises: Any, doors: Mapping[str, Any], ready: Path | None) -> None:
    """Say where the doors are: on stdout, in the ready file, and in words to whoever looks on."""
    where = {name: door.url if name == "http" else door.address for name, door in doors.items()}
    if ready is not None:
        with writing(ready):
            _write_at_once(ready, json.dumps({**where, "exports": list(premises.exports)}) + "\n")
    doors["http"].doors.update(where)
    alone = len(where) == 1
    put("".join(f"{at}\n" if alone else f"{name:6} {at}\n" for name, at in where.items()))
    if premises.welcoming:
        put("".join(f"export {path}\n" for path in premises.exports))
        if premises.serves:
            at, job = f"{premises.snow.at:%d %b %Y %H:%M}", premises.job_id
            complain(f"devicesim: it is {at}, and the device of job {job} serves")
        else:
            complain("devicesim: the doors lead nowhere until a device serves")
    world = premises.world
    what = "door" if alone else "doors"
    complain(f"devicesim: serving with seed {world.seed}, clock {world.clock}; Ctrl-C closes the {what}")


def _write_at_once(file: Path, text: str) -> None:
    """Let a file be there with all of its text, or not at all; what is no file is written to as it is."""
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    with NamedTemporaryFile("w", encoding="utf-8", dir=file.resolve().parent, delete=False) as part:
        part.write(text)
    os.chmod(part.name, 0o644)
    os.replace(part.name, file)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
