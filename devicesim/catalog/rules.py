"""The rules that catalog data must keep; a test walks every entry with them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from devicesim import units
from devicesim.catalog.figure import KINDS, Entry, Figure, Listing, Value

_PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def check(entry: Entry) -> list[str]:
    """Name every rule that an entry breaks.

    Each figure has a finite value, a known unit, a range around the value, a kind and a source; what is
    assumed or derived also says why, and an assumed number has a range with room in it; a price says when it
    was true.

    Returns:
        One line per breach, ``entry.path: what``; empty when all is well.
    """
    lines = [] if entry.title.strip() else ["title is empty"]
    lines += [] if entry.figures else ["there is no figure"]
    for path, figure in entry.figures.items():
        lines += [f"{path}: {fault}" for fault in _figure_faults(figure)]
        if path != figure.path:
            lines.append(f"{path}: says its path is {figure.path!r}")
        priced = entry.kind == "price" or figure.unit.startswith("USD")
        if priced and not _DATE.fullmatch(figure.date):
            lines.append(f"{path}: a price needs a date such as '2020-06', got {figure.date!r}")
    for path, listing in entry.lists.items():
        lines += [f"{path}: {fault}" for fault in _listing_faults(listing)]
    return [f"{entry.name}.{line}" for line in lines]


def _figure_faults(figure: Figure) -> Iterator[str]:
    yield from _label_faults(figure)
    if not units.is_unit(figure.unit):
        yield f"unknown unit {figure.unit!r}"
    if isinstance(figure.value, str | bool):
        yield from _word_faults(figure)
        return
    bounds = [_numbers(side) for side in (figure.low, figure.value, figure.high)]
    if not all(numbers and all(map(math.isfinite, numbers)) for numbers in bounds):
        yield f"value and range must be finite numbers, got {figure.low} <= {figure.value} <= {figure.high}"
        return
    if len({len(numbers) for numbers in bounds}) > 1:
        yield "range must have as many numbers as the value"
    elif not all(low <= value <= high for low, value, high in zip(*bounds, strict=True)):
        yield f"range must hold the value, got {figure.low} <= {figure.value} <= {figure.high}"
    if figure.kind == "assumed" and figure.exact:
        yield "an assumed number needs a range"


def _word_faults(figure: Figure) -> Iterator[str]:
    if figure.value == "":
        yield "value is empty"
    if not figure.exact:
        yield f"a word or switch has no range, got {figure.low} .. {figure.high}"
    if figure.unit:
        yield f"a word or switch has no unit, got {figure.unit!r}"


def _listing_faults(listing: Listing) -> Iterator[str]:
    yield from _label_faults(listing)
    if not listing.names or not all(str(name).strip() for name in listing.names):
        yield f"names must not be empty, got {listing.names}"
    elif len(set(listing.names)) < len(listing.names):
        yield f"names must differ, got {listing.names}"


def _label_faults(labelled: Figure | Listing) -> Iterator[str]:
    if not _PATH.fullmatch(labelled.path):
        yield f"path must be words joined by dots, got {labelled.path!r}"
    if labelled.kind not in KINDS:
        yield f"kind must be one of {', '.join(KINDS)}, got {labelled.kind!r}"
    if not labelled.source.strip():
        yield "source is missing"
    if labelled.kind in ("assumed", "derived") and not labelled.note.strip():
        yield f"what is {labelled.kind} needs a note that says why"


def _numbers(value: Value | None) -> tuple[float, ...]:
    """Give the numbers of a value; none at all if anything in it is not a number."""
    numbers = value if isinstance(value, tuple) else (value,)
    plain = tuple(n for n in numbers if isinstance(n, int | float) and not isinstance(n, bool))
    return plain if len(plain) == len(numbers) else ()
