"""Verbs and checksums as rows of the file's tables, and back."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from devicesim.journal.contents import Handle, Known
from devicesim.journal.database import COPIED, Change
from devicesim.journal.plain import read, written
from devicesim.world import Verb
from devicesim.world.traffic import Traffic

PUT = "INSERT OR REPLACE INTO verb VALUES (?, ?, ?, ?)"
ADD = "INSERT INTO traffic VALUES (?, ?, 0, ?)"
PACK = "INSERT INTO traffic VALUES (?, 0, 1, ?)"
DIGEST = "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?, ?)"
TELL = "INSERT OR REPLACE INTO told VALUES (?, ?)"
EMPTY: tuple[Change, ...] = tuple((f"DELETE FROM {table}", ()) for table in COPIED)
"""Statements; the last forget a World."""


def copied(name: str, at: float) -> list[Change]:
    """What makes a snapshot of a name, at a time [s], in the place of one that there may be."""
    line = "(SELECT line FROM snapshot WHERE name = ?)"
    return [
        *((f"DELETE FROM snapshot_{table} WHERE line = {line}", (name,)) for table in COPIED),
        ("DELETE FROM snapshot WHERE name = ?", (name,)),
        ("INSERT INTO snapshot (name, at) VALUES (?, ?)", (name, at)),
        *((f"INSERT INTO snapshot_{table} SELECT {line}, * FROM {table}", (name,)) for table in COPIED),
    ]


def row(number: int, verb: Verb) -> tuple[Any, ...]:
    """A verb as the table has it; what came through doors has a table of its own."""
    arguments = dict(verb.arguments)
    if isinstance(rows := arguments.pop("rows", None), Traffic):
        arguments["end"] = rows.end
    elif rows is not None:
        arguments["rows"] = rows
    return number, verb.at, verb.name, written(arguments)


def verbs_of(read_rows: Callable[..., list[tuple[Any, ...]]], line: int | None = None) -> tuple[Verb, ...]:
    """The verbs of a file, or of one of its snapshots, as a database's queries give them."""
    prefix, where, values = ("", "", ()) if line is None else ("snapshot_", "WHERE line = ?", (line,))
    parts: dict[int, list[bytes]] = {}
    for number, packed, lines in read_rows(
        f"SELECT number, packed, lines FROM {prefix}traffic {where} ORDER BY number, part", *values
    ):
        parts.setdefault(number, []).append(zlib.decompress(lines) if packed else lines)
    verbs = []
    for number, at, name, text in read_rows(
        f"SELECT number, at, name, arguments FROM {prefix}verb {where} ORDER BY number", *values
    ):
        arguments = read(text)
        if name == "traffic":
            arguments["rows"] = Traffic.told(arguments.pop("end"), b"".join(parts.get(number, ())))
        verbs.append(Verb(at, name, arguments))
    return tuple(verbs)


def known_of(rows: Sequence[tuple[Any, ...]], skipped: int = 0) -> dict[Handle, Known]:
    """Checksums by the handle of their files, from rows behind some other columns."""
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in (row[skipped:] for row in rows)}
