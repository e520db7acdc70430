"""A directory as a data set: its regular files, in a fixed order, and what else lies there."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def scan(root: Path) -> tuple[NDArray[np.int64], list[str], list[tuple[str, str]]]:
    """List a tree's regular files, directory by directory in the order of their names.

    Symbolic links are not followed. What is no regular file, or cannot be read, is skipped and named.

    Returns:
        Sizes [bytes], paths relative to ``root`` with forward slashes, and skipped entries as (path, why).

    Raises:
        OSError: ``root`` itself cannot be read.
    """
    sizes, names, skipped = array("q"), list[str](), list[tuple[str, str]]()
    todo = [""]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise
            skipped.append((_text(folder), f"cannot be read: {error.strerror}"))
            continue
        below = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                why = _special(entry)
                size = 0 if why else entry.stat(follow_symlinks=False).st_size
            except OSError as error:
                why, size = f"cannot be read: {error.strerror}", 0
            if why == "directory":
                below.append(path)
            elif why:
                skipped.append((_text(path), why))
            else:
                names.append(_text(path))
                sizes.append(size)
        todo.extend(reversed(below))
    return np.frombuffer(sizes, dtype=np.int64) if sizes else np.zeros(0, np.int64), names, skipped


def _special(entry: os.DirEntry[str]) -> str:
    """What an entry is, empty for a regular file."""
    if entry.is_symlink():
        return "symbolic link"
    if entry.is_dir(follow_symlinks=False):
        return "directory"
    return "" if entry.is_file(follow_symlinks=False) else "not a regular file"


def _text(path: str) -> str:
    """A name as UTF-8 text: bytes that are none are written as escapes."""
    return path.encode("utf-8", "backslashreplace").decode()
