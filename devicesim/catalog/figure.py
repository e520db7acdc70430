"""What a catalog holds: figures, listings, and the entries that group them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from devicesim import units
from devicesim.errors import UnitError, unknown

SCHEMA = "devicesim.catalog/1"

KINDS = ("documented", "published", "measured", "derived", "assumed")
"""How a figure is known, the firmest first.

documented: the maker says so. published: somebody else printed it. measured: taken for this project. derived:
computed from such figures. assumed: chosen here, because nobody has published it.
"""

Value = float | str | bool | tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One number (or word, switch or list of numbers) with all that makes it worth believing.

    Attributes:
        path: dotted path inside its entry, as ``disk.outer_rate``.
        value: in ``unit``.
        unit: as :mod:`devicesim.units` writes it, or empty for a plain number, a word or a switch.
        low: 5th percentile of what the value may be; the value itself where it is exact.
        high: 95th percentile likewise.
        kind: one of :data:`KINDS`, or ``scenario`` for a value the user has set.
        source: the document and the place in it.
        note: why this value, what contradicts it.
        date: when it was true, for what changes (prices).
    """

    path: str
    value: Value
    unit: str
    low: Value
    high: Value
    kind: str
    source: str
    note: str = ""
    date: str = ""

    @cached_property
    def si(self) -> float:
        """The value in SI.

        >>> Figure("battery.capacity", 71, "Wh", 50, 100, "assumed", "a power bank").si
        255600.0
        """
        return self._number(self.value)

    @property
    def low_si(self) -> float:
        """The low end of the range in SI."""
        return self._number(self.low)

    @property
    def high_si(self) -> float:
        """The high end of the range in SI."""
        return self._number(self.high)

    @property
    def si_values(self) -> tuple[float, ...]:
        """Every number of the value in SI: those of a list, or the one number."""
        if isinstance(self.value, tuple):
            return tuple(self._number(number) for number in self.value)
        return (self.si,)

    @property
    def exact(self) -> bool:
        """Whether the range is the value itself."""
        return self.low == self.value == self.high

    @property
    def text(self) -> str:
        """The value for people.

        >>> Figure("disk.smr", False, "", False, False, "assumed", "-").text
        'no'
        """
        return self._words(self.value)

    @property
    def range_text(self) -> str:
        """The range for people, ``exact`` where there is none."""
        return "exact" if self.exact else f"{self._words(self.low)} .. {self._words(self.high)}"

    def _number(self, value: Value) -> float:
        if isinstance(value, str | tuple):
            what = "a list" if isinstance(value, tuple) else repr(value)
            raise UnitError(f"expected a number in {self.path}, got {what}")
        return units.si(float(value), self.unit)

    def _words(self, value: Value) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return value
        numbers = value if isinstance(value, tuple) else (value,)
        return ", ".join(f"{number:.12g}" for number in numbers) + (f" {self.unit}" if self.unit else "")


class Listing(NamedTuple):
    """A list of names that belongs to an entry (regions, job types), sourced like a figure."""

    path: str
    names: tuple[str, ...]
    kind: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """All the catalog knows of one thing.

    Attributes:
        name: as other files refer to it, ``SNC1_HDD``.
        kind: device, model, radio, lane, price, workload or customer.
        title: one line for people.
        figures: by dotted path, in the order of the file.
        lists: by path likewise.
        documents: how often each document is cited, by its key in ``sources.toml``, the most cited first.
    """

    name: str
    kind: str
    title: str
    figures: Mapping[str, Figure] = field(hash=False)
    lists: Mapping[str, Listing] = field(default_factory=dict, hash=False)
    documents: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __getitem__(self, path: str) -> Figure:
        try:
            return self.figures[path]
        except KeyError:
            raise unknown(f"figure of {self.name}", path, self.figures) from None

    def __contains__(self, path: str) -> bool:
        return path in self.figures

    def listing(self, path: str) -> tuple[str, ...]:
        """Give the names of a listing."""
        try:
            return self.lists[path].names
        except KeyError:
            raise unknown(f"listing of {self.name}", path, self.lists) from None

    def count(self, kind: str | None = None) -> int:
        """Count the figures, or those of one kind: ``entry.count("assumed")``."""
        return len(self.figures) if kind is None else self.kinds.get(kind, 0)

    @property
    def kinds(self) -> dict[str, int]:
        """How many figures there are of each kind, the firmest kind first."""
        found = Counter(figure.kind for figure in self.figures.values())
        return {kind: found[kind] for kind in KINDS if found[kind]}


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _figure_fields(figure: Figure) -> dict[str, Any]:
    return {
        "path": figure.path,
        "value": _plain(figure.value),
        "unit": figure.unit,
        "low": _plain(figure.low),
        "high": _plain(figure.high),
        "kind": figure.kind,
        "source": figure.source,
        "note": figure.note,
        "date": figure.date,
    }


def describe(entry: Entry) -> dict[str, Any]:
    """Give an entry as a JSON document, schema ``devicesim.catalog/1``."""
    return {
        "schema": SCHEMA,
        "name": entry.name,
        "kind": entry.kind,
        "title": entry.title,
        "kinds": entry.kinds,
        "figures": [_figure_fields(figure) for figure in entry.figures.values()],
        "lists": [
            {
                "path": listing.path,
                "names": list(listing.names),
                "kind": listing.kind,
                "source": listing.source,
                "note": listing.note,
            }
            for listing in entry.lists.values()
        ],
    }
