"""The plain CSV: one row for each transfer, one column for each thing that its time depends on.

``link_mbit, rtt_ms, streams, wsize, file_count, file_bytes, wall_s`` are needed (a person may give the link, its round
trips, streams and wsize for all rows instead); ``nfs_version``, ``window``, ``link_kind`` and ``loadavg1`` are read
where they are there. ``link_mbit`` 0 is no limit. Other columns are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from math import inf, isfinite, nan

from devicesim.errors import BoundError
from devicesim.planning.measured.measurement import version_of
from devicesim.planning.measured.readers.given import OPTIONS, Found

NEEDED = ("link_mbit", "rtt_ms", "streams", "wsize", "file_count", "file_bytes", "wall_s")
_GIVEN = {"link_mbit": "link", "rtt_ms": "rtt", "streams": "streams", "wsize": "wsize"}
_UNITS = {
    "link_mbit": "Mbit/s, 0 for no limit",
    "rtt_ms": "milliseconds",
    "streams": "files at a time",
    "wsize": "bytes",
    "file_count": "files",
    "file_bytes": "bytes of each",
    "wall_s": "seconds",
}
_WHOLE = {"streams", "wsize", "file_count", "window"}


def read_table(text: str, found: Found) -> None:
    """Read the rows of a plain CSV."""
    lines = text.splitlines()
    rows = csv.reader(lines)
    header = [name.strip().lstrip("\ufeff") for name in next(rows, [])]
    lacking = [
        name
        for name in NEEDED
        if name not in header and not (name in _GIVEN and getattr(found.given, _GIVEN[name]) is not None)
    ]
    for name in lacking:
        found.wrong(f"column {name} is missing", 1, lines[0] if lines else "", _hint(name, header))
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    for name in doubled:
        found.wrong(f"column {name} is there {header.count(name)} times", 1, lines[0])
    if lacking or doubled:
        return
    count = 0
    for row in rows:
        if any(cell.strip() for cell in row):
            count += 1
            _row(dict(zip(header, row, strict=False)), len(row) - len(header), rows.line_num, lines, found)
    if not count:
        found.wrong("there is no row below the header")


def _hint(name: str, header: list[str]) -> str:
    stem = name.partition("_")[0]
    near = [column for column in header if column.partition("_")[0] == stem and column not in NEEDED]
    words = f"it holds {_UNITS[name]}"
    if near:
        words += f"; there is {near[0]}, whose unit is another"
    return words + (f"; or add {OPTIONS[_GIVEN[name]]} for all rows" if name in _GIVEN else "")


def _row(row: Mapping[str, str], excess: int, number: int, lines: list[str], found: Found) -> None:
    source = lines[number - 1] if number <= len(lines) else ""
    if excess:
        found.wrong(
            f"the row has {abs(excess)} {'more' if excess > 0 else 'fewer'} cells than the header",
            number,
            source,
        )
        return
    try:
        numbers = {name: _number(name, row[name]) for name in NEEDED if name in row}
        told = _told(numbers)
        if row.get("nfs_version", "").strip():
            told["version"] = version_of(row["nfs_version"].strip())
        if row.get("window", "").strip():
            told["window"] = int(_number("window", row["window"]))
        if row.get("link_kind", "").strip():
            told["line"] = row["link_kind"].strip()
        load = _number("loadavg1", row["loadavg1"]) if row.get("loadavg1", "").strip() else nan
    except BoundError as error:
        found.wrong(str(error), number, source)
        return
    found.add(numbers["wall_s"], load, number, source, **told)


def _told(numbers: Mapping[str, float]) -> dict[str, object]:
    told: dict[str, object] = {"files": int(numbers["file_count"]), "size": numbers["file_bytes"]}
    if "link_mbit" in numbers:
        told["link"] = numbers["link_mbit"] * 1e6 / 8 or inf
    if "rtt_ms" in numbers:
        told["rtt"] = numbers["rtt_ms"] / 1e3
    for name in ("streams", "wsize"):
        if name in numbers:
            told[name] = int(numbers[name])
    return told


def _number(name: str, text: str) -> float:
    unit = _UNITS.get(name, "a number")
    try:
        value = float(text)
    except ValueError:
        raise BoundError(
            f"{name} must be a plain number ({unit}), got {text.strip() or 'nothing'!r}"
        ) from None
    if not isfinite(value) or value < 0:
        raise BoundError(f"{name} must be >= 0 and finite, got {text.strip()}")
    least = 0 if name in ("link_mbit", "rtt_ms", "file_bytes", "loadavg1") else None
    if least is None and value <= 0:
        raise BoundError(f"{name} must be > 0, got {text.strip()}")
    if name in _WHOLE and value != int(value):
        raise BoundError(f"{name} must be a whole number, got {text.strip()}")
    return value
