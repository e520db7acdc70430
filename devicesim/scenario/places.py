"""Where each key and value of a TOML text stands: line and column, which ``tomllib`` does not tell.

The text must be valid TOML: ``tomllib`` decides that, this only measures.

>>> places = find('name = "ridge"\\n[[client]]\\nnfs = { wsize = "1 MiB" }\\n')
>>> places[("client", 0, "nfs", "wsize")]
Place(key=(3, 9), value=(3, 17))
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list indices from the root, as ``("client", 0, "streams")``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# The lazy forms end at the first three quotes; two more may belong to the text.
_STRING = re.compile(
    r"""\"{3}(?:[^\\]|\\.)*?\"{3}\"{0,2}|'{3}.*?'{3}'{0,2}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""", re.DOTALL
)
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")


@dataclass(frozen=True, slots=True)
class Place:
    """1-based (line, column) of a key and of its value; the same for list items and table headers."""

    key: tuple[int, int]
    value: tuple[int, int]


class _Scanner:
    """A walk over valid TOML that notes positions and reads no values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.line = 0
        self.places: dict[Path, Place] = {}
        self.lengths: dict[Path, int] = {}

    def document(self) -> dict[Path, Place]:
        """Walk the whole text."""
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self.places

    def _header(self) -> Path:
        here = self._here()
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        keys = [key for key, _ in self._keys()]
        self.at += brackets
        path: Path = ()
        for key in keys[:-1]:
            path = self._latest((*path, key), here)
        path = (*path, keys[-1])
        self.places.setdefault(path, Place(here, here))
        if brackets == 2:
            self.lengths[path] = self.lengths.get(path, 0) + 1
            return self._latest(path, here)
        return path

    def _latest(self, path: Path, here: tuple[int, int]) -> Path:
        if path in self.lengths:
            path = (*path, self.lengths[path] - 1)
        self.places.setdefault(path, Place(here, here))
        return path

    def _pair(self, table: Path) -> None:
        keys = self._keys()
        self._skip(_SPACE)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        for depth in range(1, len(keys)):
            outer = (*table, *(key for key, _ in keys[:depth]))
            self.places.setdefault(outer, Place(keys[depth - 1][1], keys[depth - 1][1]))
        path = (*table, *(key for key, _ in keys))
        self.places[path] = Place(keys[-1][1], self._here())
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening == "{":
            self._items("}", path)
        elif opening == "[":
            self._items("]", path)
        else:
            self._skip(_STRING if opening in "\"'" else _SCALAR)

    def _items(self, closing: str, path: Path) -> None:
        self.at += 1
        count = 0
        self._skip(_BLANK)
        while self.text[self.at] != closing:
            if closing == "}":
                self._pair(path)
            else:
                here = self._here()
                self.places[(*path, count)] = Place(here, here)
                self._value((*path, count))
            count += 1
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _keys(self) -> list[tuple[str, tuple[int, int]]]:
        keys = []
        while True:
            self._skip(_SPACE)
            here = self._here()
            keys.append((_unquoted(self._skip(_KEY)), here))
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(
                f"position {self.at} must be valid TOML, got {self.text[self.at : self.at + 20]!r}"
            )
        self.at = match.end()
        return match[0]

    def _here(self) -> tuple[int, int]:
        while self.line + 1 < len(self.starts) and self.starts[self.line + 1] <= self.at:
            self.line += 1
        return self.line + 1, self.at - self.starts[self.line] + 1


def _unquoted(key: str) -> str:
    if key[0] not in "\"'":
        return key
    (name,) = tomllib.loads(f"{key} = 0")
    return name


def find(text: str) -> dict[Path, Place]:
    """Return the place of every key, list item and table of a valid TOML text (lines ended by LF)."""
    return _Scanner(text).document()


def dotted(path: Path) -> str:
    """Write a path as messages show it.

    >>> dotted(("client", 0, "nfs", "wsize")), dotted(("assume", "SNC1_HDD.disk.rpm"))
    ('client[0].nfs.wsize', 'assume."SNC1_HDD.disk.rpm"')
    """
    parts = ""
    for key in path:
        if isinstance(key, int):
            parts += f"[{key}]"
        else:
            parts += f".{key}" if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'."{key}"'
    return parts.removeprefix(".")
