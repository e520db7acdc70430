"""What devicesim raises, and for what.

Misuse raises; the simulated world never does (a dead battery or a lost parcel is an event in the stream).

::

    DevicesimError
    ├── BoundError        a number outside what a model accepts          (also a ValueError)
    ├── UnitError         text that is not a quantity of the right kind  (also a ValueError)
    ├── ScenarioError     a scenario file with its list of problems
    ├── UnknownNameError  no catalog entry, figure, job or metric of that name (also a LookupError)
    ├── CatalogError      catalog data that breaks its own rules
    ├── VerbError         a World verb that cannot be applied now
    ├── StateError        a file of state that cannot be gone on from
    ├── ShareError        an operation the share refuses, with its errno         (also an OSError)
    └── MissingExtraError an optional dependency that is not installed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple
from unicodedata import combining
from unicodedata import east_asian_width as width


class DevicesimError(Exception):
    """Root of everything devicesim raises on purpose."""


class BoundError(DevicesimError, ValueError):
    """``{name} must be {bound}, got {value}``."""


class UnitError(DevicesimError, ValueError):
    """A text is not a quantity of the expected dimension."""


class UnknownNameError(DevicesimError, LookupError):
    """A name that nothing answers to; the message suggests near ones."""


class CatalogError(DevicesimError):
    """Catalog data without a value, unit, range, kind or source."""


class VerbError(DevicesimError):
    """A verb that the World cannot apply in its present state."""


class StateError(DevicesimError):
    """A file of state that another process has, or that cannot be read, written or believed."""


class MissingExtraError(DevicesimError):
    """An optional dependency is missing; the message is the command that installs it."""

    # The arguments go to Exception as they came: exceptions are copied and sent between processes by them.
    def __init__(self, what: str, extra: str) -> None:
        super().__init__(what, extra)
        self.what, self.extra = what, extra

    def __str__(self) -> str:
        return f"{self.what} needs: pip install 'devicesim[{self.extra}]'"


class Problem(NamedTuple):
    """One thing wrong with a scenario file.

    Attributes:
        path: dotted path of the value, as in ``client[0].link``.
        why: what was expected and what came.
        file: the file as the user named it, or ``--set`` for an override.
        line: 1-based line, 0 when the problem has no place in the file.
        column: 1-based column, 0 likewise.
        source: the text of the line, for the caret.
        hint: what to write instead, or nothing.
    """

    path: str
    why: str
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}:{self.column}" if self.line else "")
        text = ": ".join(part for part in (place, "error", self.path, self.why) if part)
        if self.source:
            text += f"\n    {self.source}"
            if self.column:
                text += f"\n    {_blank(self.source, self.column - 1)}^"
        return text + (f"\n    hint: {self.hint}" if self.hint else "")


def _blank(text: str, columns: int) -> str:
    """Blanks under that many columns of a text: tabs stay tabs, double-width letters count twice."""
    blanks = [
        "\t" if c == "\t" else " " * (0 if combining(c) else 1 + (width(c) in "WF")) for c in text[:columns]
    ]
    return "".join(blanks) + " " * (columns - len(blanks))


class ScenarioError(DevicesimError):
    """A scenario that cannot run, with every problem found at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def require(ok: Any, name: str, bound: str, value: Any) -> None:
    """Raise :class:`BoundError` unless ``ok`` holds, everywhere if it is an array.

    >>> require(True, "fill_fraction", "in [0, 1]", 0.5)
    >>> require(False, "fill_fraction", "in [0, 1]", 1.2)
    Traceback (most recent call last):
    devicesim.errors.BoundError: fill_fraction must be in [0, 1], got 1.2
    >>> import numpy as np
    >>> sizes = np.array([4.0, -1.0])
    >>> require(sizes >= 0, "sizes", ">= 0", sizes)
    Traceback (most recent call last):
    devicesim.errors.BoundError: sizes[1] must be >= 0, got -1.0
    """
    everywhere = ok.all() if hasattr(ok, "all") else ok
    if everywhere:
        return
    if getattr(ok, "ndim", 0) and getattr(value, "shape", None) == ok.shape:
        first = int(ok.argmin())
        name, value = f"{name}[{', '.join(map(str, _index(first, ok.shape)))}]", value.flat[first]
    raise BoundError(f"{name} must be {bound}, got {value}")


def _index(flat: int, shape: Sequence[int]) -> list[int]:
    """Place in an array of that shape; numpy's unravel_index, without importing numpy for it."""
    index = []
    for size in reversed(shape):
        flat, at = divmod(flat, size)
        index.append(at)
    return index[::-1]


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that nothing answers to.

    >>> print(unknown("workload", "camera_iott", ["camera_iot", "dicom"]))
    unknown workload 'camera_iott'; did you mean 'camera_iot'?
    """
    # A name may be a member of an enumeration, whose repr is not what a user writes.
    names = {str(each).casefold(): str(each) for each in known}
    near = get_close_matches(name.casefold(), names, 1)
    if near:
        rest = f"did you mean {names[near[0]]!r}?"
    elif names:
        rest = f"known: {', '.join(sorted(names.values()))}"
    else:
        rest = "there is none"
    return UnknownNameError(f"unknown {what} {name!r}; {rest}")
