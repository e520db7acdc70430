"""Options that say of measurements what their file does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import inf
from typing import Any

import click

from devicesim import units
from devicesim.errors import BoundError, UnitError, require
from devicesim.planning.measured.measurement import version_of
from devicesim.planning.measured.readers import Given

_OPTIONS = (
    ("link", "RATE", units.RATE, 'Line rate of the link, such as "1 Gbit/s"; "none" for no limit.'),
    ("rtt", "DURATION", units.DURATION, 'Round-trip time, such as "0.4 ms".'),
    ("streams", "NUMBER", None, "Files under way at a time."),
    ("wsize", "SIZE", units.SIZE, 'Largest write of the mount, such as "1 MiB".'),
    ("file-size", "SIZE", units.SIZE, "Size of each file."),
    ("wall", "DURATION", units.DURATION, "How long it all took."),
    ("nfs-version", "VERSION", None, "NFS version, where it is not 3."),
)


LEAST_WSIZE, MOST_WSIZE = 2**10, 2**20
"""Writes of an NFS mount [bytes]."""


def told_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as ``given``."""

    @wraps(command)
    def taken(**options: Any) -> Any:
        given = {name.replace("-", "_"): options.pop(name.replace("-", "_")) for name, *_ in _OPTIONS}
        return command(**options, given=_told(given))

    for name, metavar, _, words in reversed(_OPTIONS):
        taken = click.option(f"--{name}", metavar=metavar, help=words)(taken)
    return taken


def _told(given: dict[str, str | None]) -> Given:
    read = {name.replace("-", "_"): _value(name, given[name.replace("-", "_")], dimension)
            for name, _, dimension, _ in _OPTIONS}  # fmt: skip
    version = given["nfs_version"]
    return Given(
        link=read["link"],
        rtt=read["rtt"],
        streams=None if read["streams"] is None else int(read["streams"]),
        wsize=None if read["wsize"] is None else int(read["wsize"]),
        size=read["file_size"],
        wall=read["wall"],
        version=None if version is None else version_of(version),
    )


def _value(name: str, text: str | None, dimension: units.Dimension | None) -> float | None:
    if text is None or name == "nfs-version":
        return None
    if name == "link" and text == "none":
        return inf
    if dimension is None:
        require(
            text.isascii() and text.isdigit() and 0 < int(text) <= 1024,
            f"--{name}",
            "a whole number from 1 to 1024",
            text,
        )
        return float(text)
    try:
        value = units.parse(text, dimension)
    except UnitError as wrong:
        raise UnitError(f"--{name}: {wrong}") from None
    if value <= 0 and name != "rtt":
        raise BoundError(f"--{name} must be > 0, got {text}")
    if name == "wsize":
        require(LEAST_WSIZE <= value <= MOST_WSIZE, "--wsize", "from 1 KiB to 1 MiB", text)
    return value
