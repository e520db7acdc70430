"""Whether what an export asks for is in S3, and whether anybody takes it off the device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

import numpy as np

from devicesim import catalog
from devicesim.scenario import keys
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.data import Dataset
from devicesim.scenario.datasets import expected_count, expected_total
from devicesim.scenario.findings import Finding
from devicesim.scenario.listing import Files
from devicesim.scenario.places import Path
from devicesim.units import format_size

MARGIN = 1.5
"""Of the number of files expected, where a total is asked for and the number is drawn."""

MOST_PARTS = 1_000
"""Of an export: one after another at some two weeks each, more would take beyond forty years."""

_FROZEN = {"GLACIER", "DEEP_ARCHIVE"}
_ONLY = {
    "key_range": "which keys leave S3 is for EXPORT jobs",
    "storage_class": "where objects lie in S3 matters to EXPORT jobs",
    "restore": "restoring from Glacier is for EXPORT jobs",
}


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what an export cannot be made of, or what only an export has."""
    if not isinstance(draft.document.get("job"), dict):
        return
    if draft.table("job").get("type") != "EXPORT":
        yield from _belongs_to_exports(draft)
        return
    if "EXPORT" not in catalog.entry(draft.device).listing("job_types"):
        return  # which is told already, and makes the rest idle
    yield from _both_ends(draft)
    yield from _not_with(draft)
    for index, dataset in draft.datasets.items():
        yield from _markers(index, dataset, draft)
        yield from _glacier(index, dataset, draft)
    yield from _parts(draft)


def _belongs_to_exports(draft: Draft) -> Iterator[Finding]:
    kind = draft.table("job").get("type", "IMPORT")
    for index, table in draft.tables("dataset"):
        for key, why in _ONLY.items():
            if table.get(key):
                yield Finding(("dataset", index, key), f"{why}, and job.type is {kind!r}")
    if draft.table("job").get("verify"):
        yield Finding(("job", "verify"), f"verify is what readers of an EXPORT do, and job.type is {kind!r}")
    yield from _goals(draft, "days_to_site", f"{kind} brings nothing from S3 to the site")


def _both_ends(draft: Draft) -> Iterator[Finding]:
    if not draft.document.get("dataset"):
        yield Finding(("dataset",), "an EXPORT job needs objects in S3 to bring", "add a [[dataset]]")
    elif not draft.document.get("client"):
        yield Finding(("client",), "nobody reads the data off the device", "add a [[client]]")


def _not_with(draft: Draft) -> Iterator[Finding]:
    if draft.table("job").get("holds"):
        yield Finding(("job", "holds"), "an EXPORT's device comes with what AWS put on it, and nothing else")
    if draft.document.get("task"):
        yield Finding(("task",), "an EXPORT's data comes on devices, and is not sent by a [[task]]")
    for key in ("fleet", "hybrid"):
        if key in draft.document:
            yield Finding((key,), f"[{key}] is for IMPORT jobs, and job.type is 'EXPORT'")
    yield from _goals(draft, "days_to_s3", "an EXPORT brings nothing to S3", 'write "days_to_site < 21"')


def _goals(draft: Draft, metric: str, why: str, hint: str = "") -> Iterator[Finding]:
    for index, goal in draft.tables("goal"):
        if isinstance(expr := goal.get("expr"), str) and expr.strip().startswith(metric):
            yield Finding(("goal", index, "expr"), why, hint)


def _parts(draft: Draft) -> Iterator[Finding]:
    """Parts that an export has at least: its bytes and its objects, each by what a device takes."""
    size = count = 0.0
    for index, dataset in draft.datasets.items():
        if dataset.key_range or (dataset.storage_class in _FROZEN and dataset.restore is None):
            continue  # of which some stays in S3
        listing = draft.listings.get(index)
        if listing is not None:
            size, count = size + listing.total, count + listing.count
        elif not (dataset.manifest or dataset.directory):
            size += expected_total(dataset, draft.figures)
            count += expected_count(dataset, draft.figures)
    figures = draft.figures
    room, most = figures.si(draft.room), figures.si(f"{draft.device}.storage.max_files")
    parts = ceil(max(size / room, count / most))
    if parts > MOST_PARTS:
        yield Finding(
            ("dataset",),
            f"an export has at most {MOST_PARTS:,} parts, one device each, and {format_size(size)} in "
            f"{count:,.0f} objects need {parts:,}",
            f"ask for {format_size(MOST_PARTS * room)} at most, or tell of several exports",
            at_key=True,
        )


def _markers(index: int, dataset: Dataset, draft: Draft) -> Iterator[Finding]:
    """Ranges that hold no key: AWS refuses such a job when it is created."""
    files = _known(index, dataset, draft)
    for number, each in enumerate(dataset.key_range):
        path = _place(index, number, draft)
        if keys.begins_after(each.begin, each.end):
            yield Finding(
                path,
                f"begin must not lie after end in the order of UTF-8 bytes, got {each.begin!r} and {each.end!r}",
                "digits come before capitals, and capitals before small letters",
            )
        elif files is not None and not keys.span(files.paths or (), each.begin, each.end):
            first, last = (files.path(i) for i in (0, files.count - 1))
            yield Finding(
                path,
                "must hold at least one key, got none",
                f"the data set's keys go from {first!r} to {last!r}",
            )


def _known(index: int, dataset: Dataset, draft: Draft) -> Files | None:
    """A data set's files in the order of their keys, as far as their names are known; without any, nothing."""
    listing = draft.listings.get(index)
    if listing is None and (dataset.manifest or dataset.directory):
        return None
    if listing is None:
        count = expected_count(dataset, draft.figures)
        count = count if dataset.total is None else ceil(MARGIN * count)
        # Sizes do not matter here, and one number seen as many takes no room.
        listing = Files(dataset.name, dataset.bucket, np.broadcast_to(np.int64(0), (count,)))
    return keys.ordered(listing) if listing.count else None


def _place(index: int, number: int, draft: Draft) -> Path:
    """Where a key range stands: one alone may be written without a list."""
    raw: Mapping[str, Any] = dict(draft.tables("dataset")).get(index, {})
    alone = isinstance(raw.get("key_range"), dict)
    return ("dataset", index, "key_range") if alone else ("dataset", index, "key_range", number)


def _glacier(index: int, dataset: Dataset, draft: Draft) -> Iterator[Finding]:
    frozen = dataset.storage_class in _FROZEN
    if dataset.restore is not None and not frozen:
        yield Finding(
            ("dataset", index, "restore"),
            "restore goes with an object that lies in Glacier",
            'write storage_class = "GLACIER", or leave restore out',
        )
    others = [other for n, other in draft.datasets.items() if n != index]
    alone = all(o.storage_class in _FROZEN and o.restore is None for o in others)
    if frozen and dataset.restore is None and alone:
        yield Finding(
            ("dataset", index, "storage_class"),
            "nothing is left to export: objects in S3 Glacier must be restored first",
            'say how long that takes: restore = "12 h"',
        )
