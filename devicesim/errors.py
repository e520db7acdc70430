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
    └── MissingExtraError an optional dependency that is not installed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


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


class MissingExtraError(DevicesimError):
    """An optional dependency is missing; the message is the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs: pip install 'devicesim[{extra}]'")
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Problem:
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
        text = f"{place}: error: {self.path}: {self.why}" if self.path else f"{place}: error: {self.why}"
        if self.source:
            text += f"\n    {self.source}\n    {' ' * (self.column - 1)}^"
        return text + (f"\n    hint: {self.hint}" if self.hint else "")


class ScenarioError(DevicesimError):
    """A scenario that cannot run, with every problem found at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


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
        name, value = f"{name}[{first}]", value.flat[first]
    raise BoundError(f"{name} must be {bound}, got {value}")


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that nothing answers to.

    >>> print(unknown("workload", "camera_iott", ["camera_iot", "dicom"]))
    unknown workload 'camera_iott'; did you mean 'camera_iot'?
    """
    names = list(known)
    near = get_close_matches(name, names, 1)
    rest = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(names))}"
    return UnknownNameError(f"unknown {what} {name!r}; {rest}")
