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
from collections.abc import Iterable, Iterator
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
        Sizes [bytes], paths, and a problem for each bad row: the first twenty, and one that counts the rest.
    """
    sizes, names, bad = array("q"), list[str](), list[Problem]()
    seen: dict[str, int] = {}
    count = 0
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        for line, source, row in _rows(stream, path):
            try:
                name, size = _file(row)
                if size > most:
                    raise _RowError(
                        f"size must be at most {units.format_size(most)}, got {units.format_size(size)}"
                    )
                if name in seen:
                    raise _RowError(f"{shown(name)} is in line {seen[name]} already")
            except _RowError as error:
                count += 1
                if count <= _MOST_SHOWN:
                    bad.append(_problem(file, line, source, str(error)))
            else:
                seen[name] = line
                names.append(name)
                sizes.append(size)
    if count > _MOST_SHOWN:
        bad.append(Problem("", f"{count - _MOST_SHOWN} more rows are bad, {count} in all", file))
    return np.frombuffer(sizes, dtype=np.int64) if sizes else np.zeros(0, np.int64), names, bad


def _problem(file: str, line: int, source: str, why: str) -> Problem:
    text = source.encode("utf-8", "backslashreplace").decode().rstrip("\r\n").replace("\t", " ")
    return Problem(f"row {line}", why, file, line, 1, text[:_LONGEST])


Row = dict[str, Any] | _RowError


def _rows(stream: Iterable[str], path: Path) -> Iterator[tuple[int, str, Row]]:
    """Yield line number, text and fields of every row that is not empty."""
    lines = iter(stream)
    first = next(lines, "")
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or first.lstrip().startswith("{"):
        yield from _json_rows(first, lines)
    else:
        yield from _csv_rows(first, lines)


def _json_rows(first: str, lines: Iterator[str]) -> Iterator[tuple[int, str, Row]]:
    for number, text in enumerate(_chain(first, lines), 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield number, text, _RowError(f"not JSON: {getattr(error, 'msg', error)}")
            continue
        if isinstance(value, dict):
            yield number, text, value
        else:
            yield (
                number,
                text,
                _RowError(f'must be an object such as {{"path": "a.jpg", "size": 4}}, got {shown(value)}'),
            )


def _csv_rows(first: str, lines: Iterator[str]) -> Iterator[tuple[int, str, Row]]:
    texts = list[str]()

    def taken() -> Iterator[str]:
        for text in _chain(first, lines):
            texts.append(text)
            yield text

    columns: dict[str, int] = {"path": 0, "size": 1}
    headed = False
    reader = csv.reader(taken(), strict=True)
    number = 0
    while True:
        start = number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = None
            row: Row = _RowError(f"not CSV: {error}")
        number, source = reader.line_num, texts[0] if texts else ""
        texts.clear()
        if cells is not None:
            if not any(cell.strip() for cell in cells):
                continue
            names = [cell.strip().lower() for cell in cells]
            if not headed and "path" in names and "size" in names:
                columns, headed = {"path": names.index("path"), "size": names.index("size")}, True
                continue
            headed = True
            row = _cells(cells, columns)
        yield start, source, row


def _cells(cells: list[str], columns: dict[str, int]) -> Row:
    if len(cells) <= max(columns.values()):
        return _RowError(
            f"must have a path and a size, got {len(cells)} column{'s' if len(cells) != 1 else ''}"
        )
    if columns == {"path": 0, "size": 1} and len(cells) > 2:
        return _RowError(f"must have two columns, path and size, got {len(cells)}")
    return {key: cells[index] for key, index in columns.items()}


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _file(row: Row) -> tuple[str, int]:
    if isinstance(row, _RowError):
        raise row
    missing = [key for key in ("path", "size") if key not in row]
    if missing:
        raise _RowError(f"{' and '.join(missing)} missing")
    return _path(row["path"]), _size(row["size"])


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RowError(f"path must be text, got {shown(value)}")
    if any("\udc80" <= char <= "\udcff" for char in value):
        raise _RowError("path must be UTF-8")
    if "\0" in value or ".." in value.split("/"):
        raise _RowError(f"path must be without '..' and NUL, got {shown(value)}")
    return value


def _size(value: Any) -> int:
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
