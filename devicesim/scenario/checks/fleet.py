"""Whether a fleet has places to go, clients to fill it, and room for what it is to carry."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from devicesim import catalog
from devicesim.errors import UnknownNameError
from devicesim.scenario import rooms
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.datasets import expected_count, expected_total
from devicesim.scenario.findings import Finding
from devicesim.scenario.places import Path
from devicesim.units import format_size

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Fleet


def spreads(draft: Draft) -> bool:
    """Whether the data is dealt out to many devices, so that it need not fit one."""
    return "fleet" in draft.document and draft.table("fleet").get("data", "spread") == "spread"


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with a scenario's ``[fleet]``."""
    table = draft.table("fleet")
    if not table:
        return
    yield from _job(draft)
    try:
        fleet = rooms.Fleet.model_validate(table)
    except ValidationError:
        return  # told of already
    if fleet.data == "each" and fleet.rotations is None:
        why = "is missing: with data = 'each' nothing else says when to end"
        yield Finding(("fleet", "rotations"), why, "add rotations = 4")
    sites = list(_sites(draft, fleet))
    yield from sites
    if not sites:
        yield from _lanes(draft, fleet)
        yield from _room(draft, fleet)


def _job(draft: Draft) -> Iterator[Finding]:
    kind = draft.table("job").get("type", "IMPORT")
    if kind != "IMPORT":
        yield Finding(("job", "type"), f"must be 'IMPORT' in a fleet, got {kind!r}")
    if not draft.tables("client"):
        yield Finding(("fleet",), "a fleet needs a [[client]] that copies onto its devices", at_key=True)
    for other in ("cluster", "hybrid", "task"):
        if draft.document.get(other):
            why = f"a fleet and [{other}] are two undertakings"
            yield Finding((other,), why, "tell them in two scenarios", at_key=True)
    if "holds" in draft.table("job"):
        yield Finding(("job", "holds"), "the devices of a fleet come empty", "leave it out")
    if draft.tables("instance") and draft.table("fleet").get("beside"):
        why = "an [[instance]] is of one device type, and the fleet has several"
        yield Finding(("fleet", "beside"), why, "leave out beside, or the instances")


def _sites(draft: Draft, fleet: Fleet) -> Iterator[Finding]:
    """Devices add up, names differ, and every client has its place."""
    if not fleet.sites:
        return
    if fleet.beside:
        yield Finding(("fleet", "beside"), "must stand in [[fleet.site]] where there are sites")
    told = [site.devices for site in fleet.sites if site.devices is not None]
    silent = len(fleet.sites) - len(told)
    if sum(told) + silent > fleet.devices or (not silent and sum(told) != fleet.devices):
        need = f"at least {sum(told) + silent}" if silent else f"{sum(told)}"
        why = f"must be {need}, as its sites have, got {fleet.devices}"
        yield Finding(("fleet", "devices"), why)
    names: dict[str, int] = {}
    for index, site in enumerate(fleet.sites):
        if site.name in names:
            why = f"must be unique, got {site.name!r}, which site[{names[site.name]}] has"
            yield Finding(("fleet", "site", index, "name"), why)
        names.setdefault(site.name, index)
    yield from _clients(draft, fleet)


def _clients(draft: Draft, fleet: Fleet) -> Iterator[Finding]:
    tables = [table for _, table in draft.tables("client")]
    known = [str(table.get("name")) for table in tables]
    homes: dict[str, set[str]] = {}
    for index, site in enumerate(fleet.sites):
        path: Path = ("fleet", "site", index, "clients")
        for name in site.clients or ():
            if name not in known:
                yield Finding(path, f"no client is named {name!r}", f"known: {', '.join(known)}")
        if site.clients == ():
            yield Finding(path, "must name at least one client")
        for name in known if site.clients is None else site.clients:
            for dataset in _copied(tables, name):
                homes.setdefault(dataset, set()).add(site.name)
    if fleet.data == "each":
        return
    for dataset, places in homes.items():
        if len(places) > 1:
            where = " and ".join(sorted(places))
            why = f"data set {dataset!r} is at {where}, and data that is dealt out lies at one site"
            hint = "name each site's clients, with a data set of their own, or write data = 'each'"
            yield Finding(("fleet", "site"), why, hint, at_key=True)
    for index, (name, table) in enumerate(zip(known, tables, strict=True)):
        if not any(site.clients is None or name in site.clients for site in fleet.sites):
            why = f"client {table.get('name')!r} is at no [[fleet.site]]"
            yield Finding(("client", index, "name"), why, "add it to a site's clients")


def _copied(tables: list[Mapping[str, Any]], client: str) -> list[str]:
    found = next((t.get("dataset") for t in tables if t.get("name") == client), None)
    return [found] if isinstance(found, str) else list(found) if isinstance(found, list) else []


def _lanes(draft: Draft, fleet: Fleet) -> Iterator[Finding]:
    """Every site's lane has the shipping option that its jobs ask for."""
    asked = draft.table("job").get("shipping")
    for index, (site, devices) in enumerate(fleet.places()):
        region = site.region or draft.table("site").get("region")
        for kind in devices:
            if not catalog.offered(kind or draft.device, str(region)):
                path: Path = ("fleet", "site", index) if fleet.sites else ("fleet", "beside")
                yield Finding(path, f"{kind or draft.device} is not offered in {region}", at_key=True)
            elif kind and "IMPORT" not in catalog.entry(kind).listing("job_types"):
                yield Finding(("fleet", "beside"), f"{kind} takes no IMPORT jobs", at_key=True)
        option = str(site.shipping) if site.shipping is not None else asked
        try:
            lane = catalog.lane_for(str(region))
        except UnknownNameError:
            continue
        options = lane.listing("options")
        if fleet.sites and option is not None and option not in options:
            why = f"must be one of {', '.join(options)} in {region} ({lane.title}), got {option!r}"
            key = "shipping" if site.shipping is not None else "region"
            yield Finding(("fleet", "site", index, key), why, f'shipping = "{options[-1]}"')


def _room(draft: Draft, fleet: Fleet) -> Iterator[Finding]:
    """Whether so many devices, so often, take what lies at their site."""
    if fleet.data == "each" or fleet.rotations is None:
        return
    tables = [table for _, table in draft.tables("client")]
    fill = draft.figures.si("fleet.fill") if fleet.fill is None else fleet.fill
    by_name = {dataset.name: index for index, dataset in draft.datasets.items()}
    for index, (site, devices) in enumerate(fleet.places()):
        clients = [str(t.get("name")) for t in tables] if site.clients is None else site.clients
        copied = {name for client in clients for name in _copied(tables, client)}
        size, count = _data(draft, [by_name[name] for name in copied if name in by_name])
        turn, files = Counter[str](), 0.0
        for kind, number in devices.items():
            room = catalog.room(kind) if kind else draft.room
            turn[kind] = round(fill * draft.figures.si(room)) * number
            files += draft.figures.si(f"{kind or draft.device}.storage.max_files") * number
        needed = max(size / turn.total(), count / files)
        if needed > fleet.rotations * (1 + 1e-9):
            path: Path = ("fleet", "rotations")
            where = f" at {site.name}" if fleet.sites else ""
            most = format_size(turn.total() * fleet.rotations)
            turns = "1 rotation takes" if fleet.rotations == 1 else f"{fleet.rotations} rotations take"
            why = f"{turns} {most}{where}, and the data is {format_size(size)}"
            yield Finding(path, why, f"rotations = {math.ceil(needed)}, or leave it out")
        if size == 0 and index < len(fleet.sites):
            yield Finding(("fleet", "site", index, "clients"), "must copy at least one data set")


def _data(draft: Draft, which: list[int]) -> tuple[float, float]:
    """Bytes and files of some data sets, as far as they can be told."""
    size = count = 0.0
    for index in which:
        dataset, listing = draft.datasets[index], draft.listings.get(index)
        if listing is not None:
            size, count = size + listing.total, count + listing.count
        elif not (dataset.manifest or dataset.directory):
            size += expected_total(dataset, draft.figures)
            count += expected_count(dataset, draft.figures)
    return size, count
