"""``devicesim state``: what is in a file that ``serve --state`` keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from devicesim import units
from devicesim.cli.output import put
from devicesim.errors import require
from devicesim.journal.look import Look, look, plain_log
from devicesim.journal.plain import written
from devicesim.progress import timestamp
from devicesim.world.world import START

SCHEMA = "devicesim.state/1"


@click.command("state")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--log", "as_log", is_flag=True, help="Print all that was done, as JSON Lines.")
@click.option("--scenario", is_flag=True, help="Print the scenario file with which it began.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(file: Path, as_log: bool, scenario: bool, as_json: bool) -> None:
    """Say what is in FILE, which 'serve --state FILE' keeps; nothing is changed, and a server may have it open."""
    require(as_log + scenario + as_json <= 1, "of --log, --scenario and --json", "one at most", "more")
    there = look(file)
    if scenario:
        put(there.told.text)
    elif as_log:
        for document in plain_log(there.verbs):
            put(written(document) + "\n")
    elif as_json:
        put(json.dumps(_document(there), ensure_ascii=False) + "\n")
    else:
        put(_words(there))


def _document(there: Look) -> dict[str, Any]:
    story = there.told.scenario
    return {
        "schema": SCHEMA,
        "file": str(there.path),
        "version": there.by,
        "name": story.name if story is not None else "An empty account",
        "options": dict(there.told.options),
        "seconds": there.until,
        "time": _civil(there, there.until),
        "done": dict(there.counts),
        "snapshots": [{"name": name, "time": _civil(there, at)} for name, at in there.snapshots.items()],
        "content_bytes": there.stored,
        "content_on_disk": there.room,
    }


def _words(there: Look) -> str:
    told = _document(there)
    options = there.told.options
    done = ", ".join(f"{count:,} {name}" for name, count in there.counts.items()) or "nothing"
    content = f"{options['content']}, {units.format_size(there.stored)} beside it"
    if there.room < there.stored:
        content += f", {units.format_size(there.room)} of it on the disk"
    lines = {
        "World": f"{told['name']}, seed {options['seed']}, clock {options['clock']}, API of {options['era']}",
        "until": told["time"],
        "done": done,
        "content": content,
        "snapshots": ", ".join(f"{each['name']} ({each['time']})" for each in told["snapshots"]) or "none",
        "kept by": f"devicesim {there.by}",
    }
    return "".join(f"{name:10} {words}\n" for name, words in lines.items())


def _civil(there: Look, seconds: float) -> str:
    story = there.told.scenario
    return timestamp(story.start if story is not None else START, seconds)
