"""``devicesim schema``: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json

import click

from devicesim.cli.output import put
from devicesim.scenario.schema import schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files; editors complete and check with it."""
    put(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
