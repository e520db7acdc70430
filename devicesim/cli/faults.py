"""``devicesim faults``: what can be made to go wrong, in a scenario and while a World runs."""

from __future__ import annotations

import json

import click
from rich.table import Table
from rich.text import Text

from devicesim.cli.output import color, put, width
from devicesim.report.paper import Paper
from devicesim.scenario.faults import told


@click.command("faults")
@click.option("--markdown", is_flag=True, help="Print the table as the README shows it.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document: the JSON Schema of each kind."
)
def command(markdown: bool, as_json: bool) -> None:
    """Every kind of [[fault]], with its members; those in brackets may be left out.

    The same words inject one while a World runs: snow.inject(kind, ...), or POST /_devicesim/faults.
    """
    if as_json:
        document = {"schema": "devicesim.fault-kinds/1", "kinds": told.schemas()}
        put(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    if markdown:
        put(told.table())
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for kind, happens, members in told.rows():
        table.add_row(Text(kind, style="bold"), Text(happens))
        table.add_row("", Text("; ".join(members), style="dim"))
    paper = Paper(max(width(), 60), color())
    paper.print(table)
    put(paper.text())
