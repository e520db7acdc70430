"""``devicesim bench``: what the project claims of its speed and accuracy, measured on this machine."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace
from time import monotonic

import click

from devicesim.benchmark import suite, table
from devicesim.benchmark.rows import LONG, Scale
from devicesim.cli.options import whole_number
from devicesim.cli.output import color, complain, put, width

WRONG = 1
SEEDS = 2**32
"""Seeds that are drawn are below this, so that they can be typed."""


@click.command("bench")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--long", "long", is_flag=True, help="The whole grids and the longest lists; takes long.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help=f"Only this: {', '.join(suite.NAMES)}; may be repeated.",
)
@click.option(
    "--seed", callback=whole_number, metavar="NUMBER", help="Seed of the lists; a fresh one if not given."
)
def command(as_json: bool, long: bool, only: tuple[str, ...], seed: int | None) -> int:
    """Measure speed and accuracy on this machine and hold them to their targets.

    All figures are ratios within this run. A missed target is reported and is no error; a wrong answer is exit code 1.
    """
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    seen = sys.stderr.isatty()
    scale = replace(LONG if long else Scale(), seed=seed, tell=_passing if seen else _unseen)
    started, rows = monotonic(), []
    for row in suite.run(scale, only):
        rows.append(row)
        if seen:
            _passing("")
            complain(table.line(row))
    seconds = monotonic() - started
    if as_json:
        document = table.document(rows, scale, seconds)
        put(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        put(table.render(rows, width(), color()))
        words = [*(f"--only {name}" for name in only), *(["--long"] if long else []), f"--seed {seed}"]
        facts = ", ".join(f"{name} {_plain(value)}" for name, value in table.machine().items())
        put(f"\nMachine  {facts}\nTime     {seconds:.0f} s\nRepeat   devicesim bench {' '.join(words)}\n")
    return WRONG if any(row.wrong for row in rows) else 0


def _plain(value: object) -> str:
    return " and ".join(value) if isinstance(value, list) else str(value)


def _unseen(_: str) -> None:
    """Say nothing where nobody reads it."""


def _passing(text: str) -> None:
    """Say how far it is, in a line that the next one takes the place of."""
    sys.stderr.write(f"\r\x1b[2K{text[:79]}")
    sys.stderr.flush()
