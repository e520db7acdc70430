"""What would pass a fake file system by, told as it begins: the interpreter's audit events name it.

Scope and limits: SQLite's databases, other processes, and who kept Python's own ``open`` from before. Libraries that
open files in C by themselves (``pyarrow``) cause no such event, and find no such path.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from devicesim.errors import VerbError

_WHO = {
    "sqlite3.connect": "SQLite",
    "open": "the real open()",
    **dict.fromkeys(
        ("subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "os.exec"), "another process"
    ),
}
_NAMED = {
    "subprocess.Popen": 3,
    "os.spawn": 3,
}  # arguments that may name a path; behind them is the environment
_watched: dict[str, re.Pattern[str]] = {}


def watch(path: str) -> None:
    """Refuse what would pass the fake file system by at a path, until :func:`leave`."""
    _watched[path] = re.compile(rf"{re.escape(path)}(?![\w.-])")  # not what is only named alike


def leave(path: str) -> None:
    """Watch a path no longer."""
    _watched.pop(path, None)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if not _watched or event not in _WHO:
        return
    for text in _texts(arguments[: _NAMED.get(event, 2)]):
        if any(each.search(text) for each in _watched.values()):
            raise VerbError(
                f"{_WHO[event]} was given {text}, which is only in the fake file system: mount the share by NFS or "
                "FUSE for that"
            )


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, list | tuple):
        for each in values:
            yield from _texts(each)
    elif isinstance(values, str | bytes | os.PathLike):
        yield os.fsdecode(values)


sys.addaudithook(_hear)
