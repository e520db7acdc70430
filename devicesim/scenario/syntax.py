"""TOML text to a document with places; a slip that can be understood is reported and mended to find the rest.

``tomllib`` stops at the first error. An impossible date, a text without quotes and a ``True`` leave no doubt
about what was meant, so reading goes on with a date that exists, the quotes put in, or ``true``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from devicesim.errors import Problem
from devicesim.scenario.places import Path, Place, dotted, find

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ]\d\d?:\d\d(:\d\d(\.\d+)?)?)?([Zz]|[+-]\d\d:\d\d)?")
_KEY = re.compile(r"""\s*(?:(?:[A-Za-z0-9_.-]|"[^"]*"|'[^']*')+\s*=\s*)?""")
_VALUE = re.compile(r"[^,\]}#]*")
_NUMBER = re.compile(r"[+-]?\d[\d_.+eExob-]*")
_SOME_DATE = "2000-01-01T00:00:00Z"
_AT_END = " at the end of the file"
_MOST_MENDS = 50


@dataclass(frozen=True)
class Parsed:
    """What a text says and where; ``problems`` holds what was mended, or last what could not be."""

    lines: tuple[str, ...]
    document: dict[str, Any] | None = None
    places: Mapping[Path, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class _Mend(NamedTuple):
    """A value replaced within a line (1-based) at a column (0-based)."""

    line: int
    column: int
    old: str
    new: str
    why: str
    hint: str = ""


def parse(text: str, file: str) -> Parsed:
    """Read TOML; what is wrong with it comes back as problems."""
    original = tuple(text.replace("\r\n", "\n").split("\n"))
    lines, mends = list(original), list[_Mend]()
    while True:
        mended = "\n".join(lines)
        try:
            document = tomllib.loads(mended + "\n")  # so that a slip in the last line has a place too
        except tomllib.TOMLDecodeError as error:
            why, line, column = _located(error, lines)
            mend = _mend(why, line, lines[line - 1], column - 1) if len(mends) < _MOST_MENDS else None
            if mend is not None:
                mends.append(mend)
                source = lines[line - 1]
                lines[line - 1] = source[: mend.column] + mend.new + source[mend.column + len(mend.old) :]
                continue
            line, column = _original((line, column), mends)
            last = _syntax_problem(why, line, column, original, file)
            return Parsed(original, problems=(*_problems(mends, {}, original, file), last))
        except ValueError as error:  # a whole number of thousands of digits
            return Parsed(original, problems=(Problem("", f"a number is too long: {error}", file),))
        except RecursionError:
            return Parsed(
                original, problems=(Problem("", "lists and tables must not be nested this deep", file),)
            )
        places = {
            path: Place(_original(place.key, mends), _original(place.value, mends))
            for path, place in find(mended).items()
        }
        return Parsed(original, document, places, tuple(_problems(mends, places, original, file)))


def _located(error: tomllib.TOMLDecodeError, lines: Sequence[str]) -> tuple[str, int, int]:
    match = _AT.search(str(error))
    why = str(error)[: match.start()] if match else str(error)
    if match is None or match[1] is None:
        last = max((n for n, text in enumerate(lines, 1) if text.strip()), default=1)
        return why + _AT_END, last, len(lines[last - 1]) + 1
    line = int(match[1])
    return why, line, min(int(match[2]), len(lines[line - 1]) + 1)  # it may point behind a broken text


def _mend(why: str, line: int, source: str, at: int) -> _Mend | None:
    """See whether it is plain what the value around position ``at`` should have been."""
    if source.lstrip().startswith("[") or why.endswith(_AT_END):
        return None
    opening = max(source.rfind(mark, 0, at) for mark in "{[,") + 1
    key = _KEY.match(source, opening)
    value = _VALUE.match(source, key.end() if key else opening)
    if key is None or value is None or (opening == 0 and "=" not in key[0]):
        return None
    before = source[: value.start()]
    if before.count("'") % 2 or before.count('"') % 2:
        return None  # inside a text that is not closed
    old = value[0].rstrip()
    where = (line, value.start(), old)
    if _DATE.fullmatch(old) and old != _SOME_DATE:
        return _Mend(*where, _SOME_DATE, f"must be a date and time that exist, got {old}")
    if old.lower() in ("true", "false") and old != old.lower():
        return _Mend(*where, old.lower(), f"must be true or false, got {old}", f"write {old.lower()}")
    if not old or re.search(r"[\"'={\[\\]", old.replace("==", "").replace("<=", "").replace(">=", "")):
        return None
    if _NUMBER.fullmatch(old):
        return None
    return _Mend(*where, f'"{old}"', f"must be in quotes, got {old}", f'write "{old}"')


def _problems(
    mends: Sequence[_Mend], places: Mapping[Path, Place], lines: Sequence[str], file: str
) -> Iterable[Problem]:
    paths = {place.value: path for path, place in places.items()}
    for index, mend in enumerate(mends):
        line, column = _original((mend.line, mend.column + 1), mends[:index])
        path = dotted(paths.get((line, column), ()))
        yield Problem(path, mend.why, file, line, column, shown_line(lines, line), mend.hint)


def _syntax_problem(why: str, line: int, column: int, lines: Sequence[str], file: str) -> Problem:
    source = lines[line - 1]
    if why == "Cannot overwrite a value" or why.startswith(("Cannot declare", "Cannot mutate")):
        # tomllib points behind the statement, where nothing is wrong.
        column = len(source) - len(source.lstrip()) + 1
        return Problem(
            "", f"{source.split('=')[0].strip()} is given twice", file, line, column, shown_line(lines, line)
        )
    if why.endswith("character '\\n'"):
        why = "a closing quote is missing"
    what = f"not valid TOML: {why[:1].lower()}{why[1:]}"
    return Problem("", what, file, line, column, shown_line(lines, line))


def _original(at: tuple[int, int], mends: Sequence[_Mend]) -> tuple[int, int]:
    """From a place in the mended text to the place in the original, undoing the last mend first."""
    line, column = at
    for mend in reversed(mends):
        if mend.line == line and column - 1 > mend.column:
            column -= len(mend.new) - len(mend.old)
    return line, column


def shown_line(lines: Sequence[str], line: int) -> str:
    """A line as a message shows it: tabs as one blank, so that the caret stands under its column."""
    return lines[line - 1].rstrip().replace("\t", " ") if 0 < line <= len(lines) else ""
