"""Values of a log and of a scenario as text, and back: JSON, with a tag where JSON has no such type.

>>> text = written({"at": datetime(2026, 6, 1), "ends": (b"a", None)})
>>> text
'{"at":{"$":"datetime","of":"2026-06-01T00:00:00"},"ends":{"$":"tuple","of":[{"$":"bytes","of":"YQ=="},null]}}'
>>> read(text)
{'at': datetime.datetime(2026, 6, 1, 0, 0), 'ends': (b'a', None)}

A file that somebody else has written can make nothing but such values: no code runs that it names.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np

from devicesim.catalog.figure import Figure
from devicesim.errors import require
from devicesim.scenario.listing import Files
from devicesim.scenario.trace import Arrivals, Load

RECORDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Figure, Files, Load, Arrivals)}
"""What is written by its fields."""


def written(value: Any) -> str:
    """A value as text.

    Raises:
        BoundError: it is, or holds, what has no form here.
    """
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Any:
    """The value of a text."""
    return _value(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if is_dataclass(value) and type(value).__name__ in RECORDS:
        members = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {"$": type(value).__name__, "of": members}
    return _plain_other(value)


def _plain_mapping(value: Mapping[Any, Any]) -> Any:
    if "$" not in value and all(isinstance(name, str) for name in value):
        return {name: _plain(each) for name, each in value.items()}
    return {"$": "mapping", "of": [[_plain(name), _plain(each)] for name, each in value.items()]}


def _plain_other(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$": "bytes", "of": b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return {"$": type(value).__name__, "of": value.isoformat()}
    if isinstance(value, np.ndarray):
        form = {
            "type": value.dtype.str,
            "shape": list(value.shape),
            "data": b64encode(value.tobytes()).decode(),
        }
        return {"$": "array", "of": form}
    require(isinstance(value, Sequence), "a value of the log", "plain", type(value).__name__)
    return {"$": "tuple", "of": [_plain(each) for each in value]}


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    if "$" not in plain:
        return {name: _value(each) for name, each in plain.items()}
    kind, of = plain["$"], plain["of"]
    if kind in RECORDS:
        return RECORDS[kind](**_value(of))
    require(kind in _READERS, "a value of the log", " or ".join(_READERS), kind)
    return _READERS[kind](of)


def _array(form: Mapping[str, Any]) -> Any:
    require(np.dtype(form["type"]).kind in "biuf", "an array", "of numbers", form["type"])
    return np.frombuffer(b64decode(form["data"]), dtype=form["type"]).reshape(form["shape"]).copy()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "bytes": b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "array": _array,
    "tuple": lambda of: tuple(_value(each) for each in of),
    "mapping": lambda of: {_value(name): _value(each) for name, each in of},
}
