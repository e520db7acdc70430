"""Profiles: figures that somebody has measured, in a file that scenarios name (``profile = "lab.toml"``).

A profile is written as a catalog entry is. Its figures go by the catalog's keys, those of a device by ``device.``
(``device.nfs.per_operation``): a profile holds for whatever device a scenario orders. What else stands in the file
is for those who wrote it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devicesim import catalog, units
from devicesim.catalog import Figure
from devicesim.catalog.store import build
from devicesim.errors import CatalogError, Problem, ScenarioError, UnknownNameError
from devicesim.scenario import syntax

SCHEMA = "devicesim.profile/1"
DEVICE = "device."


@dataclass(frozen=True)
class Profile:
    """Figures of a profile, by the catalog's keys, those of the device by ``device.``, and the file itself."""

    title: str
    figures: Mapping[str, Figure]
    document: Mapping[str, Any] = field(hash=False)

    def on(self, device: str) -> dict[str, Figure]:
        """The figures as they hold for one device, without those of a part that it does not have."""
        named = {
            f"{device}.{key.removeprefix(DEVICE)}" if key.startswith(DEVICE) else key: figure
            for key, figure in self.figures.items()
        }
        return {key: figure for key, figure in named.items() if catalog.has(key)}


def read(path: str | os.PathLike[str]) -> Profile:
    """Read a profile.

    Raises:
        ScenarioError: it cannot be read, is no profile, or has figures that the catalog does not know.
    """
    file = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError([Problem("", f"cannot be read: {error.strerror or error}", file)]) from None
    except UnicodeDecodeError:
        raise ScenarioError([Problem("", "must be UTF-8 text", file)]) from None
    parsed = syntax.parse(text, file)
    if parsed.document is None or parsed.problems:
        raise ScenarioError(parsed.problems)
    document = parsed.document
    if document.get("schema") != SCHEMA:
        why = f"must be a profile, with schema = {SCHEMA!r}, got {document.get('schema')!r}"
        raise ScenarioError([Problem("schema", why, file, hint="'devicesim calibrate' writes one")])
    try:
        raw: dict[str, Any] = {key: document[key] for key in ("title", "figures") if key in document}
        entry = build(Path(file).stem, "profile", raw, document.get("sources", {}))
        faults = catalog.check(entry)
    except (CatalogError, TypeError, AttributeError, ValueError) as error:
        raise ScenarioError([Problem("", line, file) for line in str(error).splitlines()]) from None
    faults += [f"{key}: {why}" for key, figure in entry.figures.items() if (why := _fault(key, figure))]
    if faults:
        raise ScenarioError([Problem("", fault, file) for fault in faults])
    figures = {key: replace(figure, path=key) for key, figure in entry.figures.items()}
    return Profile(entry.title, figures, document)


def _fault(key: str, figure: Figure) -> str:
    """What is wrong with a figure against the catalog's of that key; empty if nothing is."""
    try:
        known = catalog.find(f"{catalog.FIRST}.{key.removeprefix(DEVICE)}" if key.startswith(DEVICE) else key)
    except UnknownNameError as error:
        return str(error)
    if isinstance(known.value, str | bool | tuple) or isinstance(figure.value, str | bool | tuple):
        return "only numbers can be measured"
    if not _alike(known.unit, figure.unit):
        return f"must be in a unit like {known.unit or 'none'!r}, got {figure.unit or 'none'!r}"
    return ""


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    return any(
        one in known.factors and other in known.factors
        for known in units.DIMENSIONS
        if known is not units.FREE
    )
