"""Names that must exist, data that must fit, options the lane must have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from devicesim import catalog
from devicesim.errors import UnitError
from devicesim.jobs import ShippingOption
from devicesim.scenario import batch
from devicesim.scenario.checks import cluster, roads
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.checks.fleet import spreads
from devicesim.scenario.data import MOST_FILES, Dataset
from devicesim.scenario.datasets import expected_count, expected_total
from devicesim.scenario.findings import Finding
from devicesim.scenario.listing import Files
from devicesim.scenario.places import Path
from devicesim.units import SIZE, format_size, parse

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Instance

_ABSURD = 1e18
_SIZE_KEYS = ("value", "median", "mean", "minimum", "maximum")


def check(draft: Draft) -> Iterator[Finding]:
    """Yield everything that does not fit together."""
    yield from _duplicate_names(draft)
    yield from _references(draft)
    yield from _wifi(draft)
    yield from _job_type(draft)
    yield from _lane(draft)
    yield from _room(draft)
    yield from _quotas(draft)


def _duplicate_names(draft: Draft) -> Iterator[Finding]:
    for key in ("dataset", "client", "instance"):
        seen: dict[str, int] = {}
        for index, table in draft.tables(key):
            name = table.get("name")
            if not isinstance(name, str):
                continue
            if name in seen:
                yield Finding(
                    (key, index, "name"), f"must be unique, got {name!r}, which {key}[{seen[name]}] has"
                )
            seen.setdefault(name, index)


def _references(draft: Draft) -> Iterator[Finding]:
    names = [t["name"] for _, t in draft.tables("dataset") if isinstance(t.get("name"), str)]
    for index, client in draft.tables("client"):
        wanted = client.get("dataset")
        path: Path = ("client", index, "dataset")
        if isinstance(wanted, list) and len({str(name) for name in wanted}) < len(wanted):
            yield Finding(path, f"must name each data set once, got {wanted!r}")
        for n, name in enumerate(wanted) if isinstance(wanted, list) else [(None, wanted)]:
            if isinstance(name, str) and name not in names:
                near = get_close_matches(name, names, 1)
                known = f"known: {', '.join(names)}" if names else "add a [[dataset]] of that name"
                hint = f"did you mean {near[0]!r}?" if near else known
                yield Finding(path if n is None else (*path, n), f"no dataset is named {name!r}", hint)


def _wifi(draft: Draft) -> Iterator[Finding]:
    ordered = draft.table("job").get("wifi")
    for index, client in draft.tables("client"):
        if client.get("link") != "wifi":
            continue
        path: Path = ("client", index, "link")
        if ordered is False:
            yield Finding(
                path,
                "a Wi-Fi client needs a job with Wi-Fi, and job.wifi is false",
                'leave job.wifi out, or write link = "ethernet"',
            )
        if isinstance(draft.document.get("site"), dict) and "wifi" not in draft.table("site"):
            yield Finding(
                path,
                "a Wi-Fi client needs [site.wifi], which is missing",
                '[site.wifi] with band = "5 GHz", width = "80 MHz", distance = "15 m"',
            )


def _job_type(draft: Draft) -> Iterator[Finding]:
    if not isinstance(draft.document.get("job"), dict) or draft.table("job").get("ordered") is False:
        return
    kind = draft.table("job").get("type", "IMPORT")
    if kind == "LOCAL_USE":
        usual = catalog.entry(draft.device).listing("interfaces")[0]
        for index, client in draft.tables("client") if "cluster" not in draft.document else ():
            if client.get("interface", usual) != "nfs":
                continue
            yield Finding(
                ("client", index),
                "the NFS service runs on IMPORT jobs only, and job.type is 'LOCAL_USE'",
                'write type = "IMPORT", or describe the work as an [[instance]]',
            )
        for index, goal in draft.tables("goal"):
            expr = goal.get("expr")
            if isinstance(expr, str) and expr.strip().startswith("days_to_s3") and not draft.tables("task"):
                yield Finding(("goal", index, "expr"), "a LOCAL_USE job brings nothing to S3")
    elif kind == "IMPORT":
        if not draft.document.get("dataset") and (
            roads.copied(draft) or not draft.table("job").get("buckets")
        ):
            yield Finding(("dataset",), "an IMPORT job needs data to bring to S3", "add a [[dataset]]")
        elif draft.document.get("dataset") and not draft.document.get("client"):
            yield Finding(("client",), "nobody copies the data onto the device", "add a [[client]]")


def _lane(draft: Draft) -> Iterator[Finding]:
    region, option = draft.table("site").get("region"), draft.table("job").get("shipping")
    if not isinstance(region, str) or region not in catalog.regions():
        return
    lane = catalog.lane_for(region)
    options, countries = lane.listing("options"), lane.listing("countries")
    if option in tuple(ShippingOption) and option not in options:
        bound = f"one of {', '.join(map(repr, options))}" if len(options) > 1 else repr(options[0])
        yield Finding(("job", "shipping"), f"must be {bound} in {region} ({lane.title}), got {option!r}")
    country = draft.table("site", "address").get("country")
    if isinstance(country, str) and re.fullmatch("[A-Z]{2}", country) and country not in countries:
        yield Finding(
            ("site", "address", "country"),
            f"must be a country that {region} ships to ({', '.join(countries)}), got {country!r}",
            "a device stays in the country of its Region",
        )


def _room(draft: Draft) -> Iterator[Finding]:
    """Whether the data fits the device, by files, by bytes, and file by file."""
    figures = draft.figures
    capacity = figures.si(draft.room)
    most_files, most_size = (
        figures.si(f"{draft.device}.storage.{what}") for what in ("max_files", "max_file_size")
    )
    holder = "device"
    if (shared := cluster.room(draft)) is not None:
        capacity, holder = shared, "cluster"
        most_files *= draft.table("cluster").get("nodes", 5)
    if draft.table("job").get("type") == "EXPORT":
        capacity = most_files = math.inf  # as many devices as it takes
    total, count = _held(draft)
    for index, dataset in draft.datasets.items():
        path = _source_path(index, dataset)
        listing = draft.listings.get(index)
        if listing is None and (dataset.manifest or dataset.directory):
            continue
        size = float(listing.total if listing else expected_total(dataset, figures))
        files = float(listing.count if listing else expected_count(dataset, figures))
        if dataset.batch is not None:
            files, size = batch.expected(files, size, dataset.batch, figures)
        if listing is not None and not listing.count:
            yield Finding(path, "must hold at least one file, got none")
        if roads.aboard(draft, index):
            total += size
            count += files
            yield from _too_large(index, dataset, listing, most_size)
        if size > _ABSURD:
            yield Finding(path, f"must be at most 1 EB in all, got {size / _ABSURD:.3g} EB")
    held, held_files = _held(draft)
    if held > capacity or held_files > most_files:
        yield Finding(
            ("job", "holds"), f"must fit the device's {format_size(capacity)} and {most_files:,.0f} files"
        )
        return
    if draft.document.get("overflow") == "run" or spreads(draft):
        return
    last = (
        _source_path(*max(draft.datasets.items(), key=lambda item: item[0]))
        if draft.datasets
        else ("job", "holds")
    )
    hint = 'take less, or write overflow = "run" to see it fill up'
    if total > capacity:
        got = f"about {total / 1e12:.3g} TB" if total >= 1.005 * capacity else f"{total:,.0f} bytes"
        yield Finding(last, f"the data must fit the {holder}'s {format_size(capacity)}, got {got}", hint)
    if count > most_files:
        yield Finding(last, f"the {holder} holds at most {most_files:,.0f} files, got {count:,.0f}", hint)


def _held(draft: Draft) -> tuple[float, float]:
    """Bytes and files that are on the device already, as far as they can be read."""
    held = draft.table("job", "holds")
    files = held.get("files")
    try:
        size = parse(str(held.get("size")), SIZE)
    except UnitError:
        size = 0.0
    return size, float(files) if isinstance(files, int) and 0 < files <= MOST_FILES else 0.0


def _too_large(index: int, dataset: Dataset, listing: Files | None, most: float) -> Iterator[Finding]:
    bound = f"must be at most {format_size(most)}, the largest file the device takes"
    if listing is not None and dataset.directory is not None:
        for file in np.flatnonzero(listing.sizes > most):
            got = f"{listing.path(int(file))} of {format_size(listing.sizes[file])}"
            yield Finding(("dataset", index, "directory"), f"{bound}, got {got}")
    for key in _SIZE_KEYS if dataset.size is not None else ():
        size = getattr(dataset.size, key, None)
        if size is not None and size > most:
            yield Finding(("dataset", index, "size", key), f"{bound}, got {format_size(size)}")


def _source_path(index: int, dataset: Dataset) -> Path:
    """The key that says how much data there is."""
    keys = ("manifest", "directory", "total", "files")
    return ("dataset", index, next(key for key in keys if getattr(dataset, key) is not None))


def _quotas(draft: Draft) -> Iterator[Finding]:
    """Instances that run at the same time, against the quota of their type and the device's vCPUs."""
    device, figures = draft.device, draft.figures
    known = catalog.instance_types(device)
    vcpus = {name: figures.si(f"{key}.vcpus") for name, key in known.items()}
    all_vcpus = figures.si(f"{device}.cpu.vcpus")
    instances = {n: instance for n, instance in draft.instances.items() if instance.type in known}
    for index, instance in instances.items():
        earlier = [other for n, other in instances.items() if n <= index]
        for moment in sorted({other.start for other in earlier if _runs(instance, other.start)}):
            together = [other for other in earlier if _runs(other, moment)]
            alike = sum(other.count for other in together if other.type == instance.type)
            busy = sum(vcpus[other.type] * other.count for other in together)
            path: Path = ("instance", index, "count" if instance.count > 1 else "type")
            quota = f"{known[instance.type]}.quota"
            if catalog.has(quota) and alike > figures.si(quota):
                most = f"{figures.si(quota):.0f} {instance.type}"
                yield Finding(path, f"at most {most} may run at the same time, got {alike}")
                break
            if busy > all_vcpus:
                yield Finding(
                    path, f"instances have {all_vcpus:.0f} vCPUs together, got {busy:.0f} at a time"
                )
                break


def _runs(instance: Instance, moment: float) -> bool:
    return instance.start <= moment < instance.start + (instance.duration or math.inf)
