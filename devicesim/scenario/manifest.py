"""Manifests: a list of files with their sizes, as CSV or JSON Lines, read row by row.

CSV has the columns path and size, in that order or as a header names them; JSON Lines has objects with these
keys. A size is a whole number of bytes or text with a unit.
"""

from __future__ import annotations

import csv
import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import units
from devicesim.errors import Problem, UnitError
from devicesim.scenario.quantities import shown

_MOST_SHOWN = 20
_LONGEST = 200
_LIMIT = 2**63
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_WHOLE = re.compile(r"[+-]?\d{1,30}")


class _RowError(Exception):
    """A row that cannot be taken; its text is the reason."""


def read(path: Path, file: str, most: float = math.inf) -> tuple[NDArray[np.int64], list[str], list[Problem]]:
    """Read a manifest.

    Args:
        path: where it is.
        file: how the scenario calls it, for messages.
        most: the largest size a file may have [bytes].

    Returns:
        Sizes [bytes], paths, and a problem for each bad row: the first twenty, and one with the numbers of the rest.
    """
    sizes, names, bad = array("q"), list[str](), list[Problem]()
    seen: dict[str, int] = {}
    more = array("q")
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        for line, source, row in _rows(stream, path):
            try:
                if isinstance(row, _RowError):
                    raise row
                name, size = _path(row[0]), _size(row[1])
                if size > most:
                    raise _RowError(
                        f"size must be at most {units.format_size(most)}, got {units.format_size(size)}"
                    )
                if name in seen:
                    raise _RowError(f"{shown(name)} is in line {seen[name]} already")
            except _RowError as error:
                if len(bad) < _MOST_SHOWN:
                    bad.append(_problem(file, line, source, str(error)))
                else:
                    more.append(line)
            else:
                seen[name] = line
                names.append(name)
                sizes.append(size)
    if more:
        rows = ", ".join(_ranges(more))
        bad.append(
            Problem("", f"{len(more)} more rows are bad, {len(more) + len(bad)} in all: rows {rows}", file)
        )
    return np.frombuffer(sizes, dtype=np.int64) if sizes else np.zeros(0, np.int64), names, bad


def _ranges(rows: Sequence[int]) -> Iterator[str]:
    """Row numbers with neighbours drawn together, as ``24``, ``30-35``."""
    first = last = rows[0]
    for row in (*rows[1:], -1):
        if row != last + 1:
            yield str(first) if first == last else f"{first}-{last}"
            first = row
        last = row


def _problem(file: str, line: int, source: str, why: str) -> Problem:
    text = source.encode("utf-8", "backslashreplace").decode().rstrip("\r\n").replace("\t", " ")
    return Problem(f"row {line}", why, file, line, 1, text[:_LONGEST])


Row = tuple[Any, Any] | _RowError
"""Path and size as they stand there."""


def _rows(stream: Iterable[str], path: Path) -> Iterator[tuple[int, str, Row]]:
    """Yield line number, text and fields of every row that is not empty."""
    lines = iter(stream)
    first = next(lines, "")
    whole = chain([first] if first else [], lines)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or first.lstrip().startswith("{"):
        return _json_rows(whole)
    return _csv_rows(whole)


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, str, Row]]:
    for number, text in enumerate(lines, 1):
        if text.strip():
            yield number, text, _json_row(text)


def _json_row(text: str) -> Row:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _RowError(f"not JSON: {getattr(error, 'msg', error)}")
    if not isinstance(value, dict):
        return _RowError(f'must be an object such as {{"path": "a.jpg", "size": 4}}, got {shown(value)}')
    missing = [key for key in ("path", "size") if key not in value]
    return _RowError(f"{' and '.join(missing)} missing") if missing else (value["path"], value["size"])


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[int, str, Row]]:
    path, size, width = 0, 1, 2  # where the two columns are; width is -1 if a header allows more
    headed = False
    for number, text, cells in _csv_cells(lines):
        if isinstance(cells, _RowError):
            yield number, text, cells
        elif len(cells) == width and headed:
            yield number, text, (cells[path], cells[size])
        elif any(map(str.strip, cells)):
            names = [cell.strip().lower() for cell in cells]
            if not headed and "path" in names and "size" in names:
                path, size, width = names.index("path"), names.index("size"), -1
            elif len(cells) <= max(path, size) or width not in (-1, len(cells)):
                got = f"{len(cells)} column{'' if len(cells) == 1 else 's'}"
                yield number, text, _RowError(f"must have a path and a size, got {got}")
            else:
                yield number, text, (cells[path], cells[size])
            headed = True


def _csv_cells(lines: Iterable[str]) -> Iterator[tuple[int, str, list[str] | _RowError]]:
    """Yield the first line's number and text of every record, with its cells."""
    last = ""

    def taken() -> Iterator[str]:
        nonlocal last
        for text in lines:
            last = last or text
            yield text

    reader = csv.reader(taken(), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells: list[str] | _RowError = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = _RowError(f"not CSV: {error}")
        yield number, last, cells
        last = ""


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RowError(f"path must be text, got {shown(value)}")
    if not value.isascii() and _NOT_UTF8.search(value):
        raise _RowError("path must be UTF-8")
    if "\0" in value or (".." in value and ".." in value.split("/")):
        raise _RowError(f"path must be without '..' and NUL, got {shown(value)}")
    return value


def _size(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if not _WHOLE.fullmatch(text):
            try:
                number = units.parse(text, units.SIZE)
            except UnitError as error:
                raise _RowError(f"size: {error}") from None
            if not number.is_integer():
                raise _RowError(f"size must be a whole number of bytes, got {shown(value)}")
            value = int(number)
        else:
            value = int(text)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _RowError(f"size must be a whole number of bytes or text with a unit, got {shown(value)}")
    if not 0 <= value < _LIMIT:
        raise _RowError(f"size must be at least 0 bytes and below 2^63, got {value}")
    return value
