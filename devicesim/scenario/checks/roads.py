"""By which road each data set goes, as far as the raw document tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devicesim.scenario.checks.draft import Draft


def named(value: Any) -> list[str]:
    """The names in a text or a list of texts."""
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]


def name_of(table: Mapping[str, Any]) -> str:
    """The name of a data set; empty where it is none."""
    name = table.get("name")
    return name if isinstance(name, str) else ""


def copied(draft: Draft) -> set[str]:
    """The data sets that clients copy onto the device."""
    return {name for _, client in draft.tables("client") for name in named(client.get("dataset"))}


def sent(draft: Draft, source: str) -> set[str]:
    """The data sets that tasks send from the ``device`` or from the ``site``."""
    tasks = [task for _, task in draft.tables("task") if task.get("source", "site") == source]
    return {name for task in tasks for name in named(task.get("dataset"))}


def online(draft: Draft) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The data sets of ``route = "online"``, with their positions."""
    return ((n, table) for n, table in draft.tables("dataset") if table.get("route") == "online")


def aboard(draft: Draft, index: int) -> bool:
    """Whether a data set has to fit onto the device whole: all but what the site's agent sends, or a plan parts."""
    tables = dict(draft.tables("dataset"))
    table = tables.get(index, {})
    name, route = name_of(table), table.get("route")
    if name in sent(draft, "site") or (route == "online" and name not in copied(draft)):
        return False
    return not ("hybrid" in draft.document and route is None)


def wire_only(draft: Draft) -> bool:
    """Whether no device is needed: every data set is sent from where it lies."""
    tables = draft.tables("dataset")
    parted = "hybrid" in draft.document
    return bool(tables) and not parted and not any(aboard(draft, index) for index, _ in tables)
