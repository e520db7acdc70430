"""Which tool wrote a file, and its measurements."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from devicesim.errors import Problem, ScenarioError
from devicesim.planning.measured.measurement import Measurement
from devicesim.planning.measured.readers.elbencho import read_elbencho
from devicesim.planning.measured.readers.fio import read_fio
from devicesim.planning.measured.readers.given import Found, Given
from devicesim.planning.measured.readers.mount import read_mountstats, read_nfsiostat
from devicesim.planning.measured.readers.rclone import read_rclone
from devicesim.planning.measured.readers.table import read_table

Reader = Callable[[str, Found], None]

FORMATS: dict[str, Reader] = {
    "csv": read_table,
    "fio": read_fio,
    "elbencho": read_elbencho,
    "rclone": read_rclone,
    "nfsiostat": read_nfsiostat,
    "mountstats": read_mountstats,
}
"""Each format and what reads it."""

SEEN = 65_536
"""Characters in which it shows who wrote a file."""

LARGEST = 256 * 2**20
"""Most bytes of a file of measurements; a larger one is none."""


def read_all(paths: Iterable[str | os.PathLike[str]], given: Given | None = None) -> list[Measurement]:
    """Read every file.

    Raises:
        ScenarioError: with every problem of every file.
    """
    measurements, problems = list[Measurement](), list[Problem]()
    for path in paths:
        try:
            measurements += read(path, given)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return measurements


def read(path: str | os.PathLike[str], given: Given | None = None) -> list[Measurement]:
    """Read one file.

    Args:
        path: of what :data:`FORMATS` names; which it is shows in its first lines.
        given: what the file does not tell.

    Raises:
        ScenarioError: with every problem of the file.
    """
    file = os.fspath(path)
    found = Found(file, given or Given())
    try:
        if Path(path).stat().st_size > LARGEST:
            found.wrong(f"must be at most {LARGEST // 2**20} MiB, which no file of measurements exceeds")
        else:
            text = Path(path).read_bytes().decode("utf-8-sig")
            if not text.strip():
                found.wrong("is empty")
            else:
                FORMATS[format_of(text)](text, found)
    except OSError as error:
        found.wrong(f"cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        found.wrong("must be UTF-8 text")
    if found.problems:
        raise ScenarioError(found.problems)
    return found.measurements


def format_of(text: str) -> str:
    """Tell who wrote a text by its first lines.

    >>> format_of('{"fio version": "fio-3.33"}'), format_of("link_mbit,rtt_ms")
    ('fio', 'csv')
    """
    head = text[:SEEN]
    if '"fio version"' in head:
        return "fio"
    if head.lstrip().startswith("{"):
        return "rclone"
    if "statvers=" in head:
        return "mountstats"
    if " mounted on " in head:
        return "nfsiostat"
    return "elbencho" if "time ms [last]" in head.partition("\n")[0] else "csv"
