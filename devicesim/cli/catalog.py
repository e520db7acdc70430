"""``devicesim catalog``: the figures everything rests on."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.table import Table

from devicesim import catalog


@click.group("catalog")
def command() -> None:
    """The figures everything rests on, each with value, unit, range, kind and source."""


def _print(table: Table) -> None:
    width = None if sys.stdout.isatty() else 140
    Console(width=width, highlight=False).print(table)


@command.command("list")
@click.option("--kind", help="Only entries of this kind (device, lane, workload, ...).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_entries(kind: str | None, as_json: bool) -> None:
    """List the entries, with how many of their figures are assumed."""
    entries = catalog.entries(kind)
    if as_json:
        rows = [
            {"name": e.name, "kind": e.kind, "title": e.title, "figures": len(e.figures)} for e in entries
        ]
        click.echo(json.dumps({"schema": "devicesim.catalog-list/1", "entries": rows}, indent=2))
        return
    table = Table("name", "kind", "figures", "assumed", "title", box=None)
    for entry in entries:
        table.add_row(entry.name, entry.kind, str(entry.count()), str(entry.count("assumed")), entry.title)
    _print(table)


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(name: str, as_json: bool) -> None:
    """Show every figure of entry NAME."""
    entry = catalog.entry(name)
    if as_json:
        click.echo(json.dumps(catalog.describe(entry), indent=2, ensure_ascii=False))
        return
    click.echo(f"{entry.name}: {entry.title} ({entry.kind})")
    table = Table("figure", "value", "range", "kind", "source", box=None)
    for figure in entry.figures.values():
        table.add_row(figure.path, figure.text, figure.range_text, figure.kind, figure.source)
    _print(table)
