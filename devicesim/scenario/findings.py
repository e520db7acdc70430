"""What is wrong, in plain words: pydantic's error records as findings with a path, a reason and a hint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from devicesim.scenario.places import Path
from devicesim.scenario.quantities import shown
from devicesim.scenario.rare import Rare


class Finding(NamedTuple):
    """One thing wrong at a path of the document; ``at_key`` puts the caret under the key, not the value."""

    path: Path
    why: str
    hint: str = ""
    at_key: bool = False


_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of 64 bits",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "tuple_type": "a list",
    "list_type": "a list",
}


def findings(errors: Sequence[ErrorDetails], document: Any, model: type[BaseModel]) -> Iterator[Finding]:
    """Say every pydantic error in the scenario's own words."""
    for error in errors:
        path, loc = _path(error["loc"], document), error["loc"]
        if error["type"] == "too_short" and any(loc == e["loc"][: len(loc)] != e["loc"] for e in errors):
            continue  # the list is not empty: its items are wrong, and are told of by themselves
        yield _finding(error, path, _models(model, path), _field(model, path))


def _finding(
    error: ErrorDetails, path: Path, owners: Sequence[type[BaseModel]], field: FieldInfo | None
) -> Finding:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "scenario":
        example = _toml(field.examples[0]) if field and field.examples else ""
        hint = f"with a unit in quotes, such as {example}" if context["unit"] and example else context["hint"]
        return Finding(path, context["why"], hint)
    if kind == "extra_forbidden":
        return Finding(path, "unknown key", _near(str(path[-1]), _keys(owners)), at_key=True)
    if kind in ("missing", "union_tag_not_found"):
        if kind != "missing":
            path = (*path, _tag(context))
        return Finding(path, "is missing", _example(str(path[-1]), field))
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return Finding(path, f"must be {words} {context[key]}, got {shown(value)}")
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return _choice(path, value, context)
    if kind in _KINDS:
        return Finding(
            path, f"must be {_KINDS[kind]}, got {shown(value)}", _as_written(kind, value, path, field)
        )
    if kind in ("string_too_short", "too_short"):
        return Finding(path, "must not be empty")
    if kind == "string_pattern_mismatch":
        example = field.examples[0] if field and field.examples else context["pattern"]
        return Finding(path, f"must look like {example!r}, got {shown(value)}")
    return Finding(path, f"{error['msg'][:1].lower()}{error['msg'][1:]}, got {shown(value)}")


def _choice(path: Path, value: Any, context: Mapping[str, Any]) -> Finding:
    choices = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags")))
    if "discriminator" in context and isinstance(value, dict):  # the union's table: the tag stands in it
        tag = _tag(context)
        path, value = (*path, tag), value.get(tag)
    bound = choices[0] if len(choices) == 1 else f"one of {', '.join(map(repr, choices))}"
    near = get_close_matches(value.lower(), [c.lower() for c in choices], 1) if isinstance(value, str) else []
    match = next((choice for choice in choices if near and choice.lower() == near[0]), "")
    return Finding(path, f"must be {bound}, got {shown(value)}", f"did you mean {match!r}?" if match else "")


def _tag(context: Mapping[str, Any]) -> str:
    """The key that tells the models of a union apart."""
    return str(context["discriminator"]).strip("'")


def _as_written(kind: str, value: Any, path: Path, field: FieldInfo | None) -> str:
    if kind == "string_type" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'write "{value}"'
    if kind in ("int_type", "float_type") and isinstance(value, str) and re.fullmatch(r"[\d_.]+", value):
        return f"write {value} without quotes"
    if kind.startswith("int") and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}"
    if kind == "tuple_type" and len(path) == 1:
        return f"write [[{path[0]}]]"
    return f"such as {_toml(field.examples[0])}" if field and field.examples else ""


def _example(key: str, field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    return f"add {key} = {_toml(field.examples[0])}"


def _toml(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _near(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"


def _path(location: tuple[int | str, ...], document: Any) -> Path:
    """The location without union tags, and without an index into a text that stands for a list of one."""
    path: list[str | int] = []
    at = document
    for step in location:
        tag = isinstance(at, dict) and step not in at and step in (at.get("distribution"), at.get("kind"))
        if tag or isinstance(at, str):
            continue
        path.append(step)
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            at = None
    return tuple(path)


def _models(model: type[BaseModel], path: Path) -> list[type[BaseModel]]:
    """The models that the table holding ``path`` may be."""
    owners = [model]
    for step in path[:-1]:
        if isinstance(step, str):
            fields = [found for owner in owners if (found := _by_key(owner, step)) is not None]
            owners = [inner for found in fields for inner in _inner(found)]
    return owners


def _field(model: type[BaseModel], path: Path) -> FieldInfo | None:
    names = [step for step in path if isinstance(step, str)]
    found = (_by_key(owner, names[-1]) for owner in _models(model, path)) if names else ()
    return next((field for field in found if field is not None), None)


def _by_key(model: type[BaseModel], key: str) -> FieldInfo | None:
    return next((f for name, f in model.model_fields.items() if (f.alias or name) == key), None)


def _keys(models: Sequence[type[BaseModel]]) -> list[str]:
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _inner(field: FieldInfo) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    todo: list[Any] = [field.annotation]
    while todo:
        kind = todo.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
        elif isinstance(kind, Rare):
            todo.append(kind.table)
        else:
            todo.extend(get_args(kind))
    return found
