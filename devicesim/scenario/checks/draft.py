"""What is known of a scenario that may still be wrong in places, and the assumptions that hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devicesim import catalog
from devicesim.errors import UnitError, UnknownNameError
from devicesim.scenario.data import Dataset
from devicesim.scenario.findings import Finding
from devicesim.scenario.listing import Files

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Function, Image, Instance


@dataclass(frozen=True)
class Draft:
    """What is known of a scenario that may still be wrong in places.

    Attributes:
        document: as read, overrides included.
        datasets, instances, images, functions: the tables that are valid by themselves, by position.
        listings: files of the manifests and directories that could be read, by position.
        figures: the catalog with those assumptions that hold.
    """

    document: Mapping[str, Any]
    datasets: Mapping[int, Dataset] = field(default_factory=dict)
    instances: Mapping[int, Instance] = field(default_factory=dict)
    listings: Mapping[int, Files] = field(default_factory=dict)
    figures: catalog.Figures = field(default_factory=catalog.Figures)
    images: Mapping[int, Image] = field(default_factory=dict)
    functions: Mapping[int, Function] = field(default_factory=dict)

    def tables(self, key: str) -> list[tuple[int, Mapping[str, Any]]]:
        """The tables of a list with their positions, leaving out what is no table."""
        items = self.document.get(key)
        return [(n, t) for n, t in enumerate(items) if isinstance(t, dict)] if isinstance(items, list) else []

    @property
    def device(self) -> str:
        """The device that is ordered, or the one that a scenario gets that names none that there is."""
        named = self.table("job").get("device")
        return named if named in catalog.names("device") else catalog.FIRST

    @property
    def capacity(self) -> str:
        """The capacity that is ordered, if the device has it."""
        named = self.table("job").get("capacity")
        return named if named in catalog.capacities(self.device) else catalog.NO_PREFERENCE

    @property
    def room(self) -> str:
        """The key of the figure that says how much data the device takes."""
        computing = bool(self.document.get("instance") or self.document.get("function"))
        return catalog.room(self.device, self.capacity, computing)

    def table(self, *keys: str) -> Mapping[str, Any]:
        """A table, empty if it is not there."""
        at: Any = self.document
        for key in keys:
            at = at.get(key) if isinstance(at, dict) else None
        return at if isinstance(at, dict) else {}


def assumptions(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Part the assumptions into those the catalog accepts and findings."""
    given = document.get("assume")
    good, found = dict[str, Any](), list[Finding]()
    for key, value in given.items() if isinstance(given, dict) else ():
        try:
            catalog.override(key, value)
            good[key] = value
        except UnknownNameError as error:
            why, _, hint = str(error).partition("; ")
            found.append(Finding(("assume", key), why, hint if "did you mean" in hint else "", at_key=True))
        except UnitError as error:
            found.append(Finding(("assume", key), str(error).removeprefix(f"{key}: ")))
    return good, found
