"""What is in a file of state, for whoever only looks: also while a server has it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devicesim.errors import StateError
from devicesim.journal.contents import store_of
from devicesim.journal.database import check, connected, is_empty
from devicesim.journal.plain import read
from devicesim.journal.rows import verbs_of
from devicesim.journal.told import Told
from devicesim.world import Verb
from devicesim.world.traffic import Traffic


@dataclass(frozen=True)
class Look:
    """A file of state as it was when it was looked at.

    Attributes:
        path: the file. by: the version of devicesim that began it.
        told: what its World was told.
        verbs: its log.
        snapshots: when each was taken, by its name [s].
        stored: bytes that clients wrote to the store beside it.
        room: bytes that this store takes on the disk; no file leads to the others any more.
    """

    path: Path
    by: str
    told: Told
    verbs: tuple[Verb, ...]
    snapshots: Mapping[str, float]
    stored: int
    room: int

    @property
    def until(self) -> float:
        """The time that its World has come to [s]."""
        return max((_end(verb) for verb in self.verbs), default=0.0)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many verbs of each name there are; of what came through doors, how many operations and changes."""
        counts: Counter[str] = Counter()
        for verb in self.verbs:
            rows = verb.arguments.get("rows")
            if isinstance(rows, Traffic):
                counts["operations"] += sum(1 for _, row in rows if row[0] == "offer")
                counts["changes"] += sum(1 for _, row in rows if row[0] != "offer")
            else:
                counts[_name(verb)] += 1
        return dict(counts)


def look(path: Path) -> Look:
    """Look at a file of state.

    Raises:
        StateError: it is none, or cannot be read.
        OSError: it is not there.
    """
    connection = connected(path, look=True)
    try:
        if is_empty(connection):
            raise StateError(f"{path} is empty: no server has kept anything in it")
        check(path, connection)

        def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
            return connection.execute(query, values).fetchall()

        plain = dict(rows("SELECT name, value FROM told"))
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        snapshots = dict(rows("SELECT name, at FROM snapshot ORDER BY line")) if version > 1 else {}
        stored = int(plain["content_end"])
        room = min(stored, room_of(path))
        return Look(path, read(plain["by"]), Told.of(plain), verbs_of(rows), snapshots, stored, room)
    except (sqlite3.Error, KeyError, ValueError, TypeError) as error:
        raise StateError(f"{path} cannot be read: {error}") from error
    finally:
        connection.close()


def room_of(path: Path) -> int:
    """Bytes that the store beside a file of state takes on the disk; none where there is no store."""
    store = store_of(path)
    return 512 * store.stat().st_blocks if store.exists() else 0


def plain_log(verbs: tuple[Verb, ...]) -> Iterator[dict[str, Any]]:
    """A log as documents, one of each verb, operation and change."""
    for verb in verbs:
        rows = verb.arguments.get("rows")
        if not isinstance(rows, Traffic):
            yield {"seconds": verb.at, "verb": verb.name, **verb.arguments}
            continue
        for at, (name, *told) in rows:
            yield {"seconds": at, "verb": name, "job_id": verb.arguments["job_id"], "told": told}


def _name(verb: Verb) -> str:
    what = verb.arguments.get("what")
    return str(what.get("operation", verb.name)) if isinstance(what, Mapping) else verb.name


def _end(verb: Verb) -> float:
    rows = verb.arguments.get("rows")
    if isinstance(rows, Traffic):
        return rows.end
    return max(verb.at, float(verb.arguments["to"]) if verb.name == "advance" else 0.0)
