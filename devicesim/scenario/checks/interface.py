"""Whether each client reaches an interface that the device has, at a rate and in pieces that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devicesim import catalog, units
from devicesim.errors import UnitError
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.client import INTERFACES
from devicesim.scenario.findings import Finding
from devicesim.scenario.places import Path


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what does not fit between the clients and the device's ports and services."""
    for index, client in draft.tables("client"):
        yield from _interface(draft, index, client)
        yield from _options(draft, index, client)
        yield from _line(draft, index, client)
        yield from _parts(draft, index, client)
    yield from _connections(draft)
    yield from _large_files(draft)


def _of(draft: Draft, client: Mapping[str, Any]) -> str:
    """The interface that a client writes to."""
    known = catalog.entry(draft.device).listing("interfaces")
    named = client.get("interface", known[0])
    return named if named in known else ""


def _interface(draft: Draft, index: int, client: Mapping[str, Any]) -> Iterator[Finding]:
    named, known = client.get("interface"), catalog.entry(draft.device).listing("interfaces")
    if isinstance(named, str) and named in INTERFACES and named not in known:
        hint = " or ".join(f'"{name}"' for name in known)
        yield Finding(
            ("client", index, "interface"), f"{draft.device} has no {INTERFACES[named]}", f"write {hint}"
        )


def _options(draft: Draft, index: int, client: Mapping[str, Any]) -> Iterator[Finding]:
    """Options of an interface that the client does not use."""
    if not (used := _of(draft, client)) or "interface" not in client:
        return
    for options, takers in (("nfs", ("nfs", "file")), ("s3", ("s3",))):
        given = client.get(options)
        if isinstance(given, dict) and given and used not in takers and not _all_usual(options, given):
            need = " or ".join(f"'{taker}'" for taker in takers)
            yield Finding(
                ("client", index, options), f"must go with interface {need}, got '{used}'", "leave it out"
            )


def _all_usual(options: str, given: Mapping[str, Any]) -> bool:
    """Whether options say what holds anyhow, as a scenario does that was written from a read one."""
    usual = {"version": "4.1", "wsize": "131072 B", "durability": "async"} if options == "nfs" else {}
    return all(usual.get(key) == value for key, value in given.items())


def _line(draft: Draft, index: int, client: Mapping[str, Any]) -> Iterator[Finding]:
    key = f"{draft.device}.ports.least"
    if client.get("link") != "ethernet" or not catalog.has(key):
        return
    rate, least = _quantity(client.get("rate"), units.RATE), draft.figures.si(key)
    if rate is not None and rate < least:
        yield Finding(
            ("client", index, "rate"),
            f"{draft.device} takes {draft.figures.text(key)} at least, got {client['rate']}: "
            "its ports do not work on a slower switch",
        )


def _parts(draft: Draft, index: int, client: Mapping[str, Any]) -> Iterator[Finding]:
    given = client.get("s3")
    if _of(draft, client) != "s3" or not isinstance(given, dict):
        return
    part = _quantity(given.get("part"), units.SIZE)
    low, high = (f"{draft.device}.s3.{bound}_part" for bound in ("min", "max"))
    if part is not None and not draft.figures.si(low) <= part <= draft.figures.si(high):
        bound = f"{draft.figures.text(low)} to {draft.figures.text(high)}"
        yield Finding(("client", index, "s3", "part"), f"must be {bound}, got {given['part']}")


def _connections(draft: Draft) -> Iterator[Finding]:
    """Connections beyond the adapter's limit are dropped."""
    total, last = 0, None
    for index, client in draft.tables("client"):
        if _of(draft, client) != "s3":
            continue
        given = client.get("s3")
        streams, requests = (
            client.get("streams", 1),
            given.get("requests") if isinstance(given, dict) else None,
        )
        if not isinstance(streams, int) or streams < 1:
            continue
        usual = max(1, int(draft.figures.si("s3.concurrent")) // streams)
        total += streams * (requests if isinstance(requests, int) else usual)
        last = index
    if last is None:
        return
    most = draft.figures.si(f"{draft.device}.s3.connections")
    if total > most:
        path: Path = ("client", last, "streams")
        yield Finding(
            path,
            f"the S3 adapter takes {most:,.0f} connections at most, got {total:,} with streams times requests",
        )


def _large_files(draft: Draft) -> Iterator[Finding]:
    """Sizes that are certain, against the largest file that the interface of a client takes."""
    if draft.document.get("overflow") == "run":
        return
    sizes = {dataset.name: (index, dataset) for index, dataset in draft.datasets.items()}
    for _, client in draft.tables("client"):
        key = f"{draft.device}.{_of(draft, client)}.max_file_size"
        if not catalog.has(key):
            continue
        named = client.get("dataset")
        for name in named if isinstance(named, list) else [named]:
            if not isinstance(name, str) or name not in sizes:
                continue
            index, dataset = sizes[name]
            value = getattr(dataset.size, "value", None)
            if value is not None and value > draft.figures.si(key):
                yield Finding(
                    ("dataset", index, "size", "value"),
                    f"the {INTERFACES[_of(draft, client)]} takes files of {draft.figures.text(key)} at most, "
                    f"got {units.format_size(value)}",
                    'write interface = "s3" for the client',
                )


def _quantity(text: object, dimension: units.Dimension) -> float | None:
    """A quantity as far as it can be read."""
    try:
        return units.parse(text, dimension) if isinstance(text, str) else None
    except UnitError:
        return None
