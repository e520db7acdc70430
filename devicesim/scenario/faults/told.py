"""The grammar of faults, told by itself: a table of the kinds for people, a schema of each for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devicesim.scenario.faults import KINDS, SINCE, FaultTable
from devicesim.scenario.schema import polished

COLUMNS = ("kind", "what happens", "members")
FIRST = ("kind", "at")
"""Members that every kind has."""

AT_ONCE = "How long after now it begins: at once if not given."


def rows() -> Iterator[tuple[str, str, list[str]]]:
    """Every kind, what happens, and its members with an example each; those in brackets may be left out."""
    for kind, model in KINDS.items():
        yield kind, words(model), list(_members(model))


def words(model: type[FaultTable]) -> str:
    """What a kind does, as its model says it."""
    return " ".join((model.__doc__ or "").replace("``", "'").split())


def _members(model: type[FaultTable]) -> Iterator[str]:
    fields = [(name, field) for name, field in model.model_fields.items() if name not in FIRST]
    for name, field in sorted(fields, key=lambda each: not each[1].is_required()):
        example = field.examples[0] if field.examples else ""
        shown = f'{name} = "{example}"' if isinstance(example, str) else f"{name} = {example}"
        yield shown if field.is_required() else f"[{shown}]"


def table() -> str:
    """The kinds as a table in Markdown, as the README shows them."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---|---|"]
    for kind, happens, members in rows():
        quoted = (f"[`{each[1:-1]}`]" if each.startswith("[") else f"`{each}`" for each in members)
        lines.append(f"| `{kind}` | {happens} | {', '.join(quoted)} |")
    return "\n".join(lines) + "\n"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind, and from when its ``at`` counts in a scenario."""
    return {
        kind: polished(model.model_json_schema()) | {"since": SINCE[model.since]}
        for kind, model in KINDS.items()
    }


def injected() -> dict[str, dict[str, Any]]:
    """The same of faults that are injected while a World runs: ``at`` counts from then, and need not be told."""
    made = schemas()
    for schema in made.values():
        at = {"description": AT_ONCE, "default": "0 s", "examples": ["12 min"]}
        schema["properties"]["at"] |= at
        schema["required"] = [name for name in schema["required"] if name != "at"]
        schema["since"] = "now"
    return made
