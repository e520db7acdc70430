"""``devicesim catalog``: the figures everything rests on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from devicesim import catalog
from devicesim.catalog import Entry, Figure
from devicesim.cli.dialect import Commands
from devicesim.cli.output import color, on_terminal, put, width
from devicesim.report.paper import Paper

BLANKS = "  "
"""What parts two columns."""
PADDED = 40
"""Most characters to which a column is padded; what is longer pushes the rest of its own line."""
COUNTS = {"figures", "assumed", "cited", "vCPUs"}
"""Columns of numbers."""


@click.group("catalog", cls=Commands)
def command() -> None:
    """The figures everything rests on, each with value, unit, range, kind and source."""


@command.command("list")
@click.option("--kind", help="Only entries of this kind (device, lane, workload, ...).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_entries(kind: str | None, as_json: bool) -> None:
    """List the entries, with how many of their figures are assumed, and the documents the rest stands on.

    What the keys of the documents mean says "devicesim catalog sources".
    """
    entries = catalog.entries(kind)
    if as_json:
        rows = [
            {
                "name": e.name,
                "kind": e.kind,
                "title": e.title,
                "figures": e.count(),
                "kinds": e.kinds,
                "documents": dict(e.documents),
            }
            for e in entries
        ]
        _print_json({"schema": "devicesim.catalog-list/1", "entries": rows})
        return
    table = [("name", "kind", "figures", "assumed", "title", "sources")]
    table += [(e.name, e.kind, str(e.count()), str(e.count("assumed")), e.title, _cited(e)) for e in entries]
    put(_wrapped([_folded(row) for row in table]) if on_terminal() else _lines(table))


def _cited(entry: Entry) -> str:
    """The documents of an entry, the most cited first; that a figure is assumed has a column of its own."""
    return ", ".join(key for key in entry.documents if key != "assumption") or "-"


def _folded(row: Sequence[str]) -> tuple[str, ...]:
    """A row with its last cell below the one before it."""
    return (*row[:-2], f"{row[-2]}\n  {row[-1]}")


@command.command("sources")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_sources(as_json: bool) -> None:
    """List the documents that figures cite, with how many cite each."""
    counts = Counter[str]()
    for entry in catalog.entries():
        counts.update(entry.documents)
    rows = sorted(catalog.sources().items(), key=lambda item: (-counts[item[0]], item[0]))
    if as_json:
        documents = [{"key": key, "document": text, "cited": counts[key]} for key, text in rows]
        _print_json({"schema": "devicesim.catalog-sources/1", "documents": documents})
        return
    table = [("key", "cited", "document"), *((key, str(counts[key]), text) for key, text in rows)]
    put(_wrapped(table, "document") if on_terminal() else _lines(table))


@command.command("devices")
def compare_devices() -> None:
    """Compare the devices: what each holds, computes with, is plugged into and is ordered for."""
    table: list[tuple[str, ...]] = [
        ("name", "capacity", "holds", "vCPUs", "memory", "ports", "interfaces", "jobs")
    ]
    table += [_device(entry) for entry in catalog.entries("device")]
    put(_wrapped(table, "jobs") if on_terminal() else _lines(table))


def _device(entry: Entry) -> tuple[str, ...]:
    """A device in a row."""
    capacities = entry.listing("capacities")
    holds = (catalog.find(catalog.room(entry.name, capacity)).text for capacity in capacities)
    ports = sorted({entry[f"ports.{port}"].si * 8e-9 for port in entry.listing("ports")})
    plugs = ", ".join(f"{rate:g}" for rate in ports) + " Gbit/s"
    return (
        entry.name,
        ", ".join(capacities),
        ", ".join(holds),
        f"{entry['cpu.vcpus'].si:g}",
        entry["memory.size"].text,
        plugs + (", Wi-Fi" if entry["wifi.fitted"].value is True else ""),
        ", ".join(entry.listing("interfaces")),
        ", ".join(entry.listing("job_types")),
    )


@command.command("show")
@click.argument("name")
@click.option("--notes", is_flag=True, help="Say also why each value was chosen.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, notes included.")
def show(name: str, notes: bool, as_json: bool) -> None:
    """Show every figure of entry NAME.

    A dotted name, as SNC1_HDD.disk, shows only what is below it. In a pipe each figure is one line.
    """
    entry = _named(name)
    if as_json:
        _print_json(catalog.describe(entry))
        return
    put(f"{entry.name} ({entry.kind}): {entry.title}\n")
    put(_blocks(entry, notes) if on_terminal() else _lines(_rows(entry, notes)))


def _named(name: str) -> Entry:
    """An entry by its name, or with only those of its figures that stand below a dotted name."""
    homes = [known for known in catalog.names() if name.startswith(f"{known}.")]
    if not homes or name in catalog.names():
        return catalog.entry(name)
    home = max(homes, key=len)
    entry, path = catalog.entry(home), name.removeprefix(f"{home}.")
    figures = {key: each for key, each in entry.figures.items() if f"{key}.".startswith(f"{path}.")}
    lists = {key: each for key, each in entry.lists.items() if f"{key}.".startswith(f"{path}.")}
    if not figures and not lists:
        catalog.find(name)  # It is not there: this raises with the name that may have been meant.
    return replace(entry, figures=figures, lists=lists)


def _print_json(document: dict[str, Any]) -> None:
    put(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


# In a pipe: a line for every row, aligned, nothing wrapped or cut.


def _lines(rows: Sequence[Sequence[str]]) -> str:
    widths = [min(max(map(len, column)), PADDED) for column in zip(*rows, strict=True)]
    lines = ("".join(c.ljust(w) + BLANKS for c, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _rows(entry: Entry, notes: bool) -> list[tuple[str, ...]]:
    head = ("figure", "value", "range", "kind", "source", "note")
    rows = [(f.path, f.text, f.range_text, f.kind, _source(f), f.note) for f in entry.figures.values()]
    rows += [(x.path, ", ".join(x.names), "list", x.kind, x.source, x.note) for x in entry.lists.values()]
    return [row if notes else row[:-1] for row in (head, *rows)]


def _source(figure: Figure) -> str:
    return f"{figure.source} ({figure.date})" if figure.date else figure.source


# On a terminal: as wide as that is, and coloured.


def _terminal(*shown: RenderableType) -> str:
    paper = Paper(width(), color())
    for each in shown:
        paper.print(each)
    return paper.text()


def _wrapped(rows: Sequence[Sequence[str]], wide: str = "title\n  sources") -> str:
    """A table in which the cells of one column may take several lines."""
    table = Table(
        *(Column(c, justify="right" if c in COUNTS else "left", no_wrap=c != wide) for c in rows[0]),
        box=None,
        pad_edge=False,
    )
    for row in rows[1:]:
        table.add_row(*row)
    return _terminal(table)


def _blocks(entry: Entry, notes: bool) -> str:
    """A figure a block: name and value, then the source, indented."""
    shown: list[RenderableType] = []
    for name, value, spread, kind, source, note in _rows(entry, True)[1:]:
        style = "yellow" if kind == "assumed" else ""
        shown.append(Text.assemble((name, "bold"), f"  {value}  ", (f"({kind}, {spread})", style)))
        shown.append(Padding(Text(source, "dim"), (0, 0, 0, 4)))
        if notes and note:
            shown.append(Padding(Text(f"note: {note}"), (0, 0, 0, 4)))
    return _terminal(*shown)
