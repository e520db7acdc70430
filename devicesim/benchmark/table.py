"""The rows as text for people and as a document for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from math import isfinite
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from devicesim.benchmark.rows import Row, Scale
from devicesim.report.paper import Paper
from devicesim.throughput.core import COMPILED, CORES

SCHEMA = "devicesim.bench/1"
MARKS = {True: "reached", False: "MISSED", None: ""}
WIDE = 110
"""Columns from which on the table has room for what was measured; in fewer it stands below."""
STYLES = {True: "green", False: "bold red", None: ""}


def number(value: float, unit: str) -> str:
    """A figure with its unit, if any.

    >>> number(2034.56, "x"), number(0.0456, "%"), number(243210.0, "1/s")
    ('2,035x', '0.046 %', '243,210/s')
    """
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    text = f"{value:,.{digits}f}"
    return text + {"x": "x", "1/s": "/s", "": ""}.get(unit, f" {unit}")


def verdict(row: Row) -> str:
    """In a word, whether the target was reached."""
    if row.wrong:
        return "WRONG"
    return "in Python" if row.in_python else MARKS[row.reached]


def figures(row: Row) -> tuple[str, str]:
    """The figure, and from where to where it went in this run."""
    if row.spread is None:
        return "-", ""
    several = len(row.spread.values) > 1
    ends = [number(value, "") for value in (row.spread.least, row.spread.most)]
    return number(row.spread.median, row.unit), " .. ".join(ends) if several else ""


def line(row: Row) -> str:
    """A row in one line."""
    figure, ends = figures(row)
    target = f"target {row.target}" if row.target else ""
    parts = (f"{row.name}: {figure}", f"({ends})" if ends else "", target, verdict(row))
    return " ".join(part for part in parts if part)


def told_of(row: Row) -> str:
    """What was measured, against what."""
    return f"{row.what}, against {row.against}" if row.against else row.what


def render(rows: Sequence[Row], width: int, color: bool) -> str:
    """The table, and below it what else one must know of each row."""
    console, wide = Paper(width, color), width >= WIDE
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("row", no_wrap=True)
    if wide:
        table.add_column("what, against what", ratio=1)
    for name in ("median", "from .. to", "target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        mark = Text(verdict(row), style=STYLES[None if row.in_python else row.reached])
        told = (told_of(row),) if wide else ()
        table.add_row(row.name, *told, *figures(row), str(row.target or ""), mark)
    console.print(table)
    console.print()
    for row in rows:
        notes = (*row.notes, f"wrong: {row.wrong}") if row.wrong else row.notes
        if row.why:
            notes = (*notes, row.why)
        told = () if wide else (told_of(row),)
        work = (f"made sure: {row.work}",) if row.work else ()
        if lines := (*told, *notes, *work):
            console.print(row.name, style="bold")
            console.print(Padding("\n".join(lines), (0, 0, 0, 2)))
    return console.text()


def machine() -> dict[str, Any]:
    """What the figures depend on, and nothing that tells whose machine it is."""
    return {
        "cpus": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "simpy": version("simpy"),
        "cores": ["compiled" if core is COMPILED else "pure" for core in CORES],
    }


def document(rows: Sequence[Row], scale: Scale, seconds: float) -> dict[str, Any]:
    """Everything as one document."""
    return {
        "schema": SCHEMA,
        "devicesim": version("devicesim"),
        "form": "long" if scale.long else "short",
        "seed": scale.seed,
        "seconds": round(seconds, 1),
        "machine": machine(),
        "rows": [_of_row(row) for row in rows],
    }


def _of_row(row: Row) -> dict[str, Any]:
    spread, target = row.spread, row.target
    return {
        "name": row.name,
        "what": row.what,
        "against": row.against,
        "unit": row.unit,
        "median": None if spread is None else spread.median,
        "least": None if spread is None else spread.least,
        "most": None if spread is None else spread.most,
        "values": [] if spread is None else list(spread.values),
        "pairs": row.pairs,
        "target": None if target is None else {"sign": target.sign, "value": target.value},
        "reached": row.reached,
        "work": row.work,
        "notes": list(row.notes),
        "wrong": row.wrong or None,
        "binds": (row.why if row.in_python else row.binds if row.missed else "") or None,
        "cells": [{name: _finite(value) for name, value in cell.items()} for cell in row.cells],
    }


def _finite(value: Any) -> Any:
    """A value, null where it is a number that JSON does not have."""
    return None if isinstance(value, float) and not isfinite(value) else value
