"""Where output goes: the result to stdout, words about it to stderr, the rest to files the user names."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

import click

from devicesim.errors import require

PIPED_WIDTH = 100
"""Columns of a text that goes to a file or a pipe: the same everywhere."""
WIDEST = 120
"""Most columns on a terminal: longer lines are hard to read."""


def put(text: str) -> None:
    """Print a part of the result. A reader who has seen enough of it (``| head``) is no error."""
    _echo(text, sys.stdout)


def complain(text: str) -> None:
    """Print words to stderr; what is in a name cannot steer the terminal."""
    shown = (c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
    _echo("".join(shown) + "\n", sys.stderr)


def _echo(text: str, stream: TextIO) -> None:
    try:
        click.echo(text, file=stream, nl=False)
    except OSError as error:
        # Python writes what is left at its end, and would complain about that once more.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise OSError(
                error.errno, f"cannot be written: {error.strerror}", stream.name.strip("<>")
            ) from None


def survive_any_encoding() -> None:
    """Let a character that a terminal's encoding lacks be shown as its escape."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def on_terminal() -> bool:
    """Whether stdout is read by a person."""
    return sys.stdout.isatty()


def color() -> bool:
    """Whether stdout is to have colours."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of a text on stdout."""
    if not on_terminal():
        return PIPED_WIDTH
    return min(shutil.get_terminal_size((PIPED_WIDTH, 24)).columns, WIDEST)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file in whatever keeps it from being written."""
    try:
        yield
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise OSError(error.errno, why, os.fspath(path)) from None


def require_writable(option: str, path: Path) -> None:
    """Refuse a file that cannot be written before a long run instead of after it; leaves nothing behind."""
    real = Path(os.path.realpath(path))
    with writing(path):
        require(not real.is_dir(), option, "a file", f"the directory {path}")
        there = os.path.lexists(real)
        if real.exists() and not real.is_file():
            return  # A pipe or a device: whoever holds the other end would notice.
        if there:
            with real.open("ab"):
                pass
        else:  # not by its name: somebody may wait for the file to be there
            TemporaryFile(dir=real.parent).close()


def require_files(scenario: Path, written: dict[str, Path | None]) -> None:
    """Refuse files that cannot be written, or that would overwrite the scenario or one another."""
    taken = {os.path.realpath(scenario): "the scenario"}
    for option, path in written.items():
        if path is None:
            continue
        other = taken.setdefault(os.path.realpath(path), option)
        require(other == option, option, f"another file than {other}", path)
        require_writable(option, path)


def finite(value: Any) -> Any:
    """A document in which numbers that JSON does not have, infinite or none, are null."""
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
