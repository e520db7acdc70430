"""The file: who may open it, what it looks like, and whole groups of changes into it.

Model: SQLite with a write-ahead log; what a group changes is on the disk (``synchronous=FULL``) when
:meth:`Database.write` returns, all of it or, after a crash, none. One process at a time has the file: an advisory lock
on it ends with the process, however that ends.

Scope and limits: the lock and the write-ahead log need a file system of this machine; SQLite says no to others.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devicesim.errors import StateError

APPLICATION = int.from_bytes(b"dvsm")
"""What SQLite's header says whose file it is."""

VERSION = 2
"""Of the tables below."""

MAGIC = b"SQLite format 3\0"

TABLES = """
CREATE TABLE told (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE verb (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL
);
CREATE TABLE traffic (
    number INTEGER NOT NULL, part INTEGER NOT NULL, packed INTEGER NOT NULL, lines BLOB NOT NULL,
    PRIMARY KEY (number, part)
);
CREATE TABLE digest (
    job TEXT NOT NULL, fileid INTEGER NOT NULL, generation INTEGER NOT NULL,
    position INTEGER NOT NULL, value TEXT, why TEXT NOT NULL, PRIMARY KEY (job, fileid, generation)
) WITHOUT ROWID;
CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, digest TEXT NOT NULL);
"""
"""Verbs by their number, from 1; what came through doors in parts of theirs; digests of files; proofs."""

SNAPSHOTS = """
CREATE TABLE snapshot (line INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at REAL NOT NULL);
CREATE TABLE snapshot_verb AS SELECT 0 AS line, * FROM verb WHERE 0;
CREATE TABLE snapshot_traffic AS SELECT 0 AS line, * FROM traffic WHERE 0;
CREATE TABLE snapshot_digest AS SELECT 0 AS line, * FROM digest WHERE 0;
CREATE TABLE snapshot_checkpoint AS SELECT 0 AS line, * FROM checkpoint WHERE 0;
"""
"""Copies of them, a line for each snapshot; since version 2."""

COPIED = ("verb", "traffic", "digest", "checkpoint")
"""The tables that a snapshot copies."""


def _make(connection: sqlite3.Connection, tables: str) -> None:
    for statement in tables.split(";"):
        connection.execute(statement)


MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], object]] = {
    1: lambda connection: _make(connection, SNAPSHOTS)
}
"""From each older version to the next."""

Change = tuple[str, Sequence[Any]]
"""A statement with its values."""


class Database:
    """One file of state, open for as long as the process has it.

    Args:
        path: the file; made where there is none, with nothing in it before :meth:`begin`.

    Attributes:
        path: as given.
        new: whether nothing is in it yet.

    Raises:
        StateError: another process has it, or it is no such file, of a newer version, or damaged.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _locked(path)
        try:
            self._connection = connected(path)
            with self._trouble("read"):
                self.new = is_empty(self._connection)
                if not self.new:
                    check(path, self._connection)
                for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._migrate()
        except BaseException:
            os.close(self._lock)
            raise

    def begin(self, told: Mapping[str, str]) -> None:
        """Make the tables, with what the World was told, at once."""
        with self._trouble("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            _make(self._connection, TABLES + SNAPSHOTS)
            self._connection.executemany("INSERT INTO told VALUES (?, ?)", told.items())
            self._connection.execute(f"PRAGMA application_id={APPLICATION}")
            self._connection.execute(f"PRAGMA user_version={VERSION}")
            self._connection.execute("COMMIT")
        self.new = False
        _sync_directory(self.path)

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows."""
        with self._trouble("read"):
            return self._connection.execute(query, values).fetchall()

    def write(self, changes: Iterable[Change]) -> None:
        """Make changes, all or none, and have them on the disk."""
        with self._trouble("written"):
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            try:
                for statement, values in changes:
                    execute(statement, values)
                execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Fold the write-ahead log into the file, and let others have it."""
        self._connection.close()
        os.close(self._lock)

    def _migrate(self) -> None:
        """Bring an older file to the present version."""
        if self.new:
            return
        execute = self._connection.execute
        while (version := execute("PRAGMA user_version").fetchone()[0]) < VERSION:
            execute("BEGIN IMMEDIATE")
            MIGRATIONS[version](self._connection)
            execute(f"PRAGMA user_version={version + 1}")
            execute("COMMIT")

    @contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StateError(f"{self.path} cannot be {what}: {error}") from error


def connected(path: Path, *, look: bool = False) -> sqlite3.Connection:
    """A connection to a file; one that only looks may look at a file that another process has."""
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
    if magic not in (b"", MAGIC):
        raise StateError(f"{path} is no state of devicesim: it is no SQLite file")
    if look:
        # Nobody writes a file that has no write-ahead log; so it can be read where nothing may be made beside it.
        quiet = "" if Path(f"{path}-wal").exists() else "&immutable=1"
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{quiet}", uri=True, isolation_level=None)
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def check(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a file that is not ours, not of our time, or damaged.

    Raises:
        StateError: in words.
    """
    try:
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise StateError(f"{path} is no state of devicesim: it is another program's SQLite file")
        if version > VERSION:
            raise StateError(
                f"{path} was written by a newer devicesim: it is of version {version}, "
                f"and this one reads up to {VERSION}"
            )
        if version < VERSION and version not in MIGRATIONS:
            raise StateError(f"{path} is of version {version}, which this devicesim does not read any more")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        words = found.splitlines()[-1]
        raise StateError(f"{path} is damaged: {words}; take a copy of it, or begin with another file")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing was written, as where a process ended before it could."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError:
        return False
    return not application and not tables


def _locked(path: Path) -> int:
    """A descriptor that holds the lock; made before SQLite's, since closing one drops all of SQLite's own locks."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OSError(error.errno, f"cannot be opened: {error.strerror}", os.fspath(path)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StateError(f"{path} is in use by another process; one at a time can go on from it") from None
    return descriptor


def _sync_directory(path: Path) -> None:
    """Have the file's name on the disk as well."""
    descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
