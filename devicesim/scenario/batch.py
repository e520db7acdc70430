"""Small files packed into archives before they are copied, as AWS advises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, StrictBool, StrictInt

from devicesim import catalog
from devicesim.physics import archive
from devicesim.scenario.listing import Files
from devicesim.scenario.quantities import Size
from devicesim.scenario.table import Table

if TYPE_CHECKING:
    from devicesim.scenario.models import Scenario

EXTRACTING = ("s3", "snowball")
"""Interfaces whose archives AWS unpacks at the import: the metadata that asks for it does not come over NFS."""


class Batch(Table):
    """How a data set's files are packed into tar archives; what is left out is as the catalog has it."""

    files: StrictInt | None = Field(
        default=None, description="Most files of an archive; AWS advises 10,000.", examples=[10_000], ge=1
    )
    size: Size | None = Field(
        default=None,
        description="Most bytes of an archive; beyond 100 GB AWS does not unpack it.",
        examples=["1 GB"],
    )
    auto_extract: StrictBool | None = Field(
        default=None,
        description="Whether AWS unpacks the archives at the import; if not given, where they come through the S3 "
        "adapter or the Snowball client.",
        examples=[True],
    )

    def most(self, figures: catalog.Figures) -> tuple[int, float]:
        """Most files and bytes of an archive."""
        files = self.files or int(figures.si("aws_import.batch.max_files"))
        return files, self.size or figures.si("aws_import.batch.size")


def packed(files: Files, batch: Batch, figures: catalog.Figures, extracted: bool) -> Files:
    """The archives of a data set's files, in the order of what is in them."""
    edges = archive.pack(files.sizes, *batch.most(figures))
    ends = np.concatenate([[0], np.cumsum(archive.padded(files.sizes))])
    sizes = archive.tar_size(np.diff(ends[edges]), np.diff(edges)).astype(np.int64)
    inside = files.count / sizes.size if extracted and sizes.size else 1.0
    return replace(files, sizes=sizes, paths=None, inside=inside, packed=files.count)


def expected(count: float, size: float, batch: Batch, figures: catalog.Figures) -> tuple[float, float]:
    """Archives, and bytes in them, to be expected of so many files of so many bytes together."""
    most_files, most_bytes = batch.most(figures)
    padded = size + count * archive.BLOCK / 2
    archives = max(np.ceil(count / most_files), np.ceil(padded / most_bytes), 1.0)
    return float(archives), float(padded + (count + 2 * archives) * archive.BLOCK)


def extracts(story: Scenario, dataset: str) -> bool:
    """Whether AWS unpacks the archives of a data set at the import."""
    batch = next((each.batch for each in story.datasets if each.name == dataset), None)
    if batch is None or batch.auto_extract is not None:
        return bool(batch and batch.auto_extract)
    copies = [client.interface for client in story.clients if dataset in client.dataset]
    return bool(copies) and all(interface in EXTRACTING for interface in copies)
