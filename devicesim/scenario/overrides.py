"""``--set PATH=VALUE``: values of the command line put into the document before it is checked.

A path is what messages show, ``site.wifi.distance`` or ``client[0].streams``; an item of a list may also go
by its name, ``client.laptop.streams``. A value is TOML, or text if it is not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from devicesim.errors import Problem
from devicesim.scenario.places import Path

_STEP = re.compile(r"""\.?(?:(?P<key>[A-Za-z0-9_-]+)|"(?P<quoted>[^"]*)"|\[(?P<index>\d+)\])""")
OPTION = "--set"
"""The file that problems of overrides name."""


class Override(NamedTuple):
    """A value to set: ``column`` is where it starts in the text."""

    text: str
    path: Path
    column: int


class PathError(Exception):
    """A path that leads nowhere in this document, or no path at all."""

    def __init__(self, why: str, hint: str = "", column: int = 1) -> None:
        super().__init__(why)
        self.why, self.hint, self.column = why, hint, column


def apply(document: dict[str, Any], texts: Sequence[str]) -> tuple[list[Override], list[Problem]]:
    """Put every override into the document, in order; those that cannot be come back as problems."""
    done, problems = list[Override](), list[Problem]()
    for text in texts:
        try:
            done.append(_set(document, text))
        except PathError as refused:
            problems.append(Problem("", refused.why, OPTION, 0, refused.column, text, refused.hint))
    return done, problems


def _set(document: dict[str, Any], text: str) -> Override:
    left, equals, right = _split(text)
    steps = _steps(left)
    if not equals or not steps:
        raise PathError(f"must be PATH=VALUE, got {text!r}", 'such as site.wifi.distance="30 m"')
    return Override(text, _put(document, left, steps, _value(right)), len(text) - len(right.lstrip()) + 1)


def put(document: dict[str, Any], left: str, value: Any) -> Path:
    """Put one value at a dotted path of the document; returns the path.

    Raises:
        PathError: it leads nowhere.
    """
    steps = _steps(left)
    if not steps:
        raise PathError(f"must be a path, got {left!r}", "such as site.wan.up")
    return _put(document, left, steps, value)


def _put(document: dict[str, Any], left: str, steps: list[str | int], value: Any) -> Path:
    if steps[0] == "assume":
        steps = ["assume", ".".join(map(str, steps[1:]))] if len(steps) > 1 else steps
    at: Any = document
    path: Path = ()
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        column = len(left) - len(left.lstrip()) + 1
        key = _key(at, step, path, column)
        path = (*path, key)
        if len(path) == len(steps):
            at[key] = value
        elif isinstance(at, list):
            at = at[key]
        else:
            at = at.setdefault(key, {} if isinstance(following, str) else [])
    return path


def _split(text: str) -> tuple[str, str, str]:
    quoted = re.match(r"""(?:[^="]|"[^"]*")*""", text)
    end = quoted.end() if quoted else 0
    return text[:end], text[end : end + 1], text[end + 1 :]


def _steps(left: str) -> list[str | int]:
    left, at, steps = left.strip(), 0, list[str | int]()
    while at < len(left):
        match = _STEP.match(left, at)
        if match is None:
            return []
        index, key = match["index"], match["key"]
        steps.append(int(index) if index is not None else key if key is not None else match["quoted"])
        at = match.end()
    return steps


def _key(at: Any, step: str | int, path: Path, column: int) -> Any:
    """The key of ``step`` in a table or list; a list item may be named."""
    if isinstance(at, dict) and isinstance(step, str):
        return step
    if not isinstance(at, list):
        raise PathError(f"{_here(path)} is not a {'table' if isinstance(step, str) else 'list'}", "", column)
    if isinstance(step, int):
        if step < len(at):
            return step
        items = f"{len(at)} item{'' if len(at) == 1 else 's'}"
        raise PathError(f"{_here(path)} has {items}, counted from 0, got [{step}]", "", column)
    names = [item.get("name") if isinstance(item, dict) else None for item in at]
    if step in names:
        return names.index(step)
    known = [name for name in names if isinstance(name, str)]
    near = get_close_matches(step, known, 1) or known
    hint = f"did you mean {near[0]!r}?" if len(near) == 1 else f"known: {', '.join(near)}"
    raise PathError(f"no {_here(path)} is named {step!r}", hint if near else "", column)


def _here(path: Path) -> str:
    return str(path[-1]) if path else "the scenario"


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError, RecursionError):  # no TOML, or a number or nesting without end
        return text.strip()
