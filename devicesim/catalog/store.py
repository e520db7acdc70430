"""Reading the catalog's TOML files, each once and only when it is needed.

A file ``data/device/SNC1_HDD.toml`` is the entry ``SNC1_HDD`` of kind ``device``::

    title = "AWS Snowcone with a hard disk"

    [figures]
    disk.rpm = { value = 5400, unit = "rpm", range = [5400, 7200], kind = "assumed", source = "assumption" }

    [lists]
    job_types = { names = ["IMPORT"], kind = "documented", source = "launch" }

An entry that differs from another in some figures only is written as those: ``like = "EDGE_C"`` takes over the
figures and lists of another entry of its kind, ``without = ["instances", "disk.rpm"]`` leaves out those below
the dotted names, and what the file itself holds comes last.

``range`` is ``[low, high]`` or ``"exact"``. A source is a text in which every part between semicolons starts
with the key of a document of ``data/sources.toml``: ``"guide23: performance.md; assumption"``.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from devicesim.catalog.figure import Entry, Figure, Listing, Value
from devicesim.errors import CatalogError, unknown

_FIGURE_KEYS = {"value", "unit", "range", "kind", "source", "note", "date"}
_LISTING_KEYS = {"names", "kind", "source", "note"}
_SUFFIX = ".toml"


def names(kind: str | None = None) -> tuple[str, ...]:
    """Name all entries, or those of one kind, in order of kind and name.

    >>> names("device")[:3]
    ('EDGE', 'EDGE_C', 'EDGE_CG')
    """
    if kind is not None and kind not in (known := {folder for folder, _ in _index().values()}):
        raise unknown("kind of catalog entry", kind, known)
    return tuple(name for name, (folder, _) in _index().items() if kind in (None, folder))


def entries(kind: str | None = None) -> tuple[Entry, ...]:
    """Read all entries, or those of one kind."""
    return tuple(entry(name) for name in names(kind))


def entry(name: str) -> Entry:
    """Read one entry by its name, or by an alias that it lists.

    >>> entry("snowcone").name
    'SNC1_HDD'
    >>> entry("SNC1_HHD")
    Traceback (most recent call last):
    devicesim.errors.UnknownNameError: unknown catalog entry 'SNC1_HHD'; did you mean 'SNC1_HDD'?
    """
    if name in _index():
        return _read(name)
    for known in _index():
        if "aliases" in _read(known).lists and name in _read(known).listing("aliases"):
            return _read(known)
    raise unknown("catalog entry", name, _index())


@cache
def find(key: str) -> Figure:
    """Look up a figure by ``ENTRY.path``.

    >>> find("SNC1_HDD.cpu.vcpus").text
    '2 vCPU'
    >>> find("SNC1_HDD.cpu.vcpu")
    Traceback (most recent call last):
    devicesim.errors.UnknownNameError: unknown figure 'SNC1_HDD.cpu.vcpu'; did you mean 'SNC1_HDD.cpu.vcpus'?
    """
    name, path = split(key)
    if name and path in (home := _read(name)):
        return home[path]
    near = [name] if name else _index()
    raise unknown("figure", key, [f"{known}.{path}" for known in near for path in _read(known).figures])


def has(key: str) -> bool:
    """Tell whether there is a figure of that ``ENTRY.path``: not every device has every part.

    >>> has("SNC1_HDD.battery.capacity"), has("EDGE.battery.capacity")
    (True, False)
    """
    name, path = split(key)
    return bool(name) and path in _read(name)


def split(key: str) -> tuple[str, str]:
    """Part a key into entry and path; entry names may hold dots, and the entry is empty if there is none."""
    parts = key.split(".")
    for taken in range(len(parts) - 1, 0, -1):
        if (name := ".".join(parts[:taken])) in _index():
            return name, ".".join(parts[taken:])
    return "", key


def sources() -> dict[str, str]:
    """Give the documents that figures cite, by key."""
    return dict(_sources())


def _data() -> Traversable:
    return files("devicesim.catalog") / "data"


@cache
def _index() -> dict[str, tuple[str, Traversable]]:
    found = {
        file.name.removesuffix(_SUFFIX): (folder.name, file)
        for folder in _data().iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(_SUFFIX)
    }
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


@cache
def _sources() -> dict[str, str]:
    loaded = tomllib.loads((_data() / f"sources{_SUFFIX}").read_text(encoding="utf-8"))
    return {key: str(text) for key, text in loaded.items()}


@cache
def _read(name: str) -> Entry:
    kind, _ = _index()[name]
    return build(name, kind, _whole(name, ()), _sources())


def _whole(name: str, heirs: tuple[str, ...]) -> dict[str, Any]:
    """The parsed file of an entry, over that of the one it is like.

    Args:
        name: of the entry.
        heirs: the entries that are like this one, the last of them first asked for.
    """
    kind, file = _index()[name]
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise CatalogError(f"{file.name}: {broken}") from None
    like, without = raw.pop("like", None), raw.pop("without", ())
    if like is None:
        return raw
    if _index().get(like, ("",))[0] != kind or like in (name, *heirs):
        raise CatalogError(f"{name}: like must name another {kind} that is not like this one, got {like!r}")
    model = _whole(like, (name, *heirs))
    for path in without:
        if not _leave_out(model["figures"], path.split(".")):
            raise CatalogError(f"{name}: without must name figures of {like}, got {path!r}")
    return _laid_over(model, raw)


def _leave_out(table: dict[str, Any], path: Sequence[str]) -> bool:
    """Drop what is below a path; False if there is nothing."""
    for key in path[:-1]:
        table = table.get(key, {})
    return table.pop(path[-1], None) is not None


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One table over another; a figure or a list replaces the other's whole."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = value if not both or "kind" in value else _laid_over(below[key], value)
    return merged


def build(name: str, kind: str, raw: Mapping[str, Any], sources: Mapping[str, str]) -> Entry:
    """Make an entry of a parsed TOML file, or name everything that is missing in it.

    Args:
        name: the file's stem.
        kind: the folder's name.
        raw: the parsed file.
        sources: citation by document key.

    Raises:
        CatalogError: a figure without one of its parts, an unknown part or an unknown document.
    """
    problems = [f"unknown table {key!r}" for key in raw.keys() - {"title", "figures", "lists"}]
    figures = {
        path: _figure(path, fields, sources, problems)
        for path, fields in _leaves(raw.get("figures", {}), "value", "", problems)
    }
    lists = {
        path: _listing(path, fields, sources, problems)
        for path, fields in _leaves(raw.get("lists", {}), "names", "", problems)
    }
    if "title" not in raw:
        problems.append("title is missing")
    if problems:
        raise CatalogError("\n".join(f"{name}: {problem}" for problem in problems))
    return Entry(name, kind, raw["title"], figures, lists, _documents(raw))


def _documents(raw: Mapping[str, Any]) -> dict[str, int]:
    """How often each document is cited in a parsed file, the most cited first, then by key."""
    tables = ((raw.get("figures", {}), "value"), (raw.get("lists", {}), "names"))
    cited = Counter(
        part.partition(":")[0].strip()
        for table, mark in tables
        for _, fields in _leaves(table, mark, "", [])
        for part in fields["source"].split(";")
    )
    return dict(sorted(cited.items(), key=lambda item: (-item[1], item[0])))


def _leaves(
    table: Mapping[str, Any], mark: str, prefix: str, problems: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, below in table.items():
        path = prefix + key
        if not isinstance(below, dict):
            problems.append(f"{path} is not a table")
        elif mark in below or "kind" in below:
            yield path, below
        else:
            yield from _leaves(below, mark, f"{path}.", problems)


def _figure(path: str, raw: dict[str, Any], sources: Mapping[str, str], problems: list[str]) -> Figure:
    value = _value(raw.get("value", ""))
    wordy = isinstance(value, str | bool)
    needed = {"value", "kind", "source", "range"} | (set() if wordy else {"unit"})
    _require_keys(path, raw, needed, _FIGURE_KEYS, problems)
    low, high = _range(path, raw.get("range", "exact"), value, problems)
    return Figure(
        path, value, raw.get("unit", ""), low, high, raw.get("kind", ""),
        _cite(path, raw.get("source", ""), sources, problems), raw.get("note", ""), raw.get("date", ""),
    )  # fmt: skip


def _listing(path: str, raw: dict[str, Any], sources: Mapping[str, str], problems: list[str]) -> Listing:
    _require_keys(path, raw, {"names", "kind", "source"}, _LISTING_KEYS, problems)
    source = _cite(path, raw.get("source", ""), sources, problems)
    return Listing(path, tuple(raw.get("names", ())), raw.get("kind", ""), source, raw.get("note", ""))


def _require_keys(
    path: str, raw: dict[str, Any], needed: set[str], allowed: set[str], problems: list[str]
) -> None:
    problems.extend(f"{path} has no {key}" for key in sorted(needed - raw.keys()))
    problems.extend(f"{path} has an unknown part {key!r}" for key in sorted(raw.keys() - allowed))


def _value(raw: Any) -> Value:
    return tuple(raw) if isinstance(raw, list) else raw


def _range(path: str, raw: Any, value: Value, problems: list[str]) -> tuple[Value, Value]:
    if raw == "exact":
        return value, value
    if not isinstance(raw, list) or len(raw) != 2:
        problems.append(f"{path} range must be [low, high] or 'exact', got {raw!r}")
        return value, value
    return _value(raw[0]), _value(raw[1])


def _cite(path: str, source: str, sources: Mapping[str, str], problems: list[str]) -> str:
    cited = []
    for part in source.split(";"):
        key, _, place = part.strip().partition(":")
        if key not in sources:
            problems.append(f"{path} cites an unknown document {key!r}")
            continue
        cited.append(sources[key] + (f": {place.strip()}" if place else ""))
    return "; ".join(cited)
