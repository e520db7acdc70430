"""A scenario's document as TOML text, short enough to be read.

>>> print(written({"name": "Two clips", "job": {}, "fault": [{"kind": "blackout", "at": "1 h"}]}), end="")
name = "Two clips"
<BLANKLINE>
[job]
<BLANKLINE>
[[fault]]
kind = "blackout"
at = "1 h"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(document: Mapping[str, Any]) -> str:
    """The document as TOML: plain members first, then tables, then lists of tables."""
    return "\n\n".join("\n".join(part) for part in _parts(document, "")) + "\n"


def _parts(document: Mapping[str, Any], path: str) -> Iterator[list[str]]:
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    lists = {name: value for name, value in document.items() if _of_tables(value)}
    plain = [
        f"{_key(name)} = {_value(value)}" for name, value in document.items() if name not in tables | lists
    ]
    if plain and not path:
        yield plain
    for name, table in tables.items():
        yield [f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    for name, rows in lists.items():
        for row in rows:
            yield [f"[[{_key(name)}]]", *(f"{_key(key)} = {_value(value)}" for key, value in row.items())]


def _of_tables(value: Any) -> bool:
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Mapping) for each in value)
    )


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case int() | float():
            return repr(value)
        case Mapping():
            inner = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    return _text(str(value))


def _text(value: str) -> str:
    """JSON's texts are TOML's, but for one character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
