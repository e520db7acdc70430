"""The JSON Schema of scenario files, for editors that complete and check TOML."""

from __future__ import annotations

from typing import Any

from devicesim import units
from devicesim.scenario.models import Scenario
from devicesim.scenario.quantities import DIMENSION, text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "devicesim scenario"

_DIMENSIONS = {dimension.name: dimension for dimension in units.DIMENSIONS}
_NOISE = ("title", "discriminator", DIMENSION)
"""Titles made of names, a keyword of another standard, and our own mark."""


def schema() -> dict[str, Any]:
    """The schema as a document, the same at every call and in every process.

    >>> schema()["properties"]["dataset"]["description"]
    'What is copied.'
    >>> schema()["$defs"]["Power"]["properties"]["swap"]["default"]
    '600 s'
    """
    return {"$schema": DIALECT, "title": TITLE} | polished(Scenario.model_json_schema(by_alias=True))


def polished(node: dict[str, Any]) -> dict[str, Any]:
    """A schema without noise and without ``null``, which TOML does not have."""
    if (kinds := [kind for kind in node.get("anyOf", ()) if kind != {"type": "null"}]) and len(kinds) == 1:
        node = kinds[0] | {key: value for key, value in node.items() if key != "anyOf"}
    done = {
        key: value for key, value in node.items() if key not in _NOISE and (key, value) != ("default", None)
    }
    if "description" in done:
        done["description"] = done["description"].replace("``", "'")
    if "default" in done:
        done["default"] = _default(done["default"], node.get(DIMENSION))
    for key in ("properties", "$defs"):
        if key in done:
            done[key] = {name: _inner(value) for name, value in done[key].items()}
    for key in ("anyOf", "oneOf"):
        if key in done:
            done[key] = [_inner(kind) for kind in done[key] if kind != {"type": "null"}]
    for key in ("items", "additionalProperties"):
        if key in done:
            done[key] = _inner(done[key])
    return done


def _inner(node: Any) -> Any:
    return polished(node) if isinstance(node, dict) else node


def _default(value: Any, dimension: str | None) -> Any:
    if isinstance(value, dict):
        return {key: inner for key, inner in value.items() if inner is not None}
    return text(value, _DIMENSIONS[dimension]) if dimension and not isinstance(value, str) else value
