"""Whether a request keeps to the model: types, required members, bounds, patterns, enumerations.

Clients check only that required members are there and that nothing is too short or too small; what is too long,
breaks a pattern or is no value of an enumeration they send, and the service refuses it. The words are those that
AWS services with a JSON protocol use for such findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sized
from datetime import datetime
from functools import cache
from typing import Any

from devicesim.protocol.errors import invalid
from devicesim.protocol.shapes import Shape

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "timestamp": (datetime, int, float),
}


MOST_BITS = 256
"""Most bits of an integer that is shown in full."""


def check(value: Any, shape: Shape) -> None:
    """Refuse what breaks the model.

    Raises:
        ApiError: ``ValidationException`` with every finding.
    """
    if findings := list(_findings(value, shape, "")):
        raise invalid(findings)


def _findings(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if not _is_a(value, shape.kind):
        article = "an" if shape.kind == "integer" else "a"
        yield _fails(value, path, f"Member must be {article} {shape.kind}")
        return
    match shape.kind:
        case "structure":
            yield from _of_structure(value, shape, path)
        case "list" if shape.member is not None:
            yield from _of_length(value, shape, path)
            for number, item in enumerate(value, 1):
                yield from _findings(item, shape.member, f"{path}.{number}.member")
        case "string":
            yield from _of_string(value, shape, path)
        case "integer" | "long" | "double":
            if shape.least is not None and value < shape.least:
                yield _fails(value, path, f"Member must have value greater than or equal to {shape.least:g}")
            if shape.most is not None and value > shape.most:
                yield _fails(value, path, f"Member must have value less than or equal to {shape.most:g}")


def _is_a(value: Any, kind: str) -> bool:
    # A boolean is an integer to Python, and never to the API.
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def _of_structure(value: Mapping[str, Any], shape: Shape, path: str) -> Iterator[str]:
    for name in shape.required:
        if value.get(name) is None:
            yield _fails(None, _below(path, name), "Member must not be null")
    for name, inner in value.items():
        # Members that the model does not know are ignored, as services do for newer clients.
        if name in shape.members and inner is not None:
            yield from _findings(inner, shape.members[name], _below(path, name))


def _of_string(value: str, shape: Shape, path: str) -> Iterator[str]:
    if shape.choices and value not in shape.choices:
        yield _fails(value, path, f"Member must satisfy enum value set: [{', '.join(shape.choices)}]")
    yield from _of_length(value, shape, path)
    if shape.pattern and not _compiled(shape.pattern).fullmatch(value):
        yield _fails(value, path, f"Member must satisfy regular expression pattern: {shape.pattern}")


def _of_length(value: Sized, shape: Shape, path: str) -> Iterator[str]:
    if shape.least is not None and len(value) < shape.least:
        yield _fails(value, path, f"Member must have length greater than or equal to {shape.least:g}")
    if shape.most is not None and len(value) > shape.most:
        yield _fails(value, path, f"Member must have length less than or equal to {shape.most:g}")


_SPACES = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""What ``\\p{Zs}`` stands for in the models' own dialect of patterns."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{Zs}", _SPACES).replace(r"\z", r"\Z"), re.DOTALL)


def _below(path: str, name: str) -> str:
    """Member paths begin with a small letter, as the services write them."""
    own = name[0].lower() + name[1:]
    return f"{path}.{own}" if path else own


def _fails(value: Any, path: str, constraint: str) -> str:
    return f"Value {_shown(value)} at '{path or 'the request'}' failed to satisfy constraint: {constraint}"


def _shown(value: Any) -> str:
    """A value as it is told; Python writes out no integer of thousands of digits, and nobody would read it."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return f"of {value.bit_length()} bits"
    return "null" if value is None else f"'{str(value)[:80]}'"
