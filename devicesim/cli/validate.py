"""``devicesim validate``: the model against every figure and measurement that is known."""

from __future__ import annotations

import json

import click

from devicesim.cli.output import put
from devicesim.errors import require
from devicesim.planning.validate import rows, table

UNEXPECTED = 1


@click.command("validate")
@click.option("--all", "every", is_flag=True, help="Print every row, not only groups and failures.")
@click.option("--markdown", is_flag=True, help="Print the README's table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(every: bool, markdown: bool, as_json: bool) -> int:
    """Hold the model against every published figure and measurement of the catalog's validation tables.

    Tuned rows are those that a constant was chosen by: they explain, and validate nothing. Failures are shown as
    failures; exit code 1 when one fails that is not known to.
    """
    require(every + markdown + as_json <= 1, "the output", "one of --all, --markdown and --json", "several")
    found = list(rows.rows())
    if as_json:
        put(json.dumps(table.document(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        put(table.markdown(found) if markdown else table.text(found, every))
    return UNEXPECTED if any(not row.passed and not row.excuse for row in found) else 0
