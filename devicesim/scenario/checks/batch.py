"""Whether AWS unpacks the archives that a data set is packed into."""

from __future__ import annotations

from collections.abc import Iterator

from devicesim import catalog
from devicesim.scenario.batch import EXTRACTING
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.client import INTERFACES
from devicesim.scenario.findings import Finding


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what cannot be packed, or would not be unpacked."""
    if draft.table("job").get("type", "IMPORT") != "IMPORT":
        for index, dataset in draft.datasets.items():
            if dataset.batch is not None:
                yield Finding(
                    ("dataset", index, "batch"), "files are packed for IMPORT jobs only", "leave it out"
                )
        return
    usual = catalog.entry(draft.device).listing("interfaces")[0]
    most = draft.figures.si("aws_import.batch.max_size")
    for index, dataset in draft.datasets.items():
        if dataset.batch is None or dataset.batch.auto_extract is False:
            continue
        if dataset.batch.size is not None and dataset.batch.size > most:
            yield Finding(
                ("dataset", index, "batch", "size"),
                f"AWS unpacks archives of {draft.figures.text('aws_import.batch.max_size')} at most",
                "make smaller archives, or write auto_extract = false",
            )
        for _, client in draft.tables("client") if dataset.batch.auto_extract else ():
            named, through = client.get("dataset"), client.get("interface", usual)
            if dataset.name not in (named if isinstance(named, list) else [named]) or through in EXTRACTING:
                continue
            yield Finding(
                ("dataset", index, "batch", "auto_extract"),
                f"AWS does not unpack what comes through the {INTERFACES.get(through, through)}",
                "leave it out, or let the client write to the S3 adapter",
            )
            break
