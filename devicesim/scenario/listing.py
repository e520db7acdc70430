"""The files of a data set: their sizes, and their names where they have any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

_PER_DIRECTORY = 10_000
"""Files in one directory of a drawn data set; AWS advises against more than 500,000."""


@dataclass(frozen=True, eq=False)
class Files:
    """The files of a data set, in copying order.

    Attributes:
        name: of the data set.
        bucket: ARN of the bucket they go to.
        sizes: [bytes], shape (count,).
        paths: relative to the data set's root; None where sizes were drawn and names are made up on demand.
        skipped: what was found but is not copied, as (path, why).
        part: directory of made-up names, where the data set is dealt out to several jobs.
        inside: objects that AWS makes of each at the import, on average: more than one of an archive that it unpacks.
        packed: how many files were packed into the data set's archives, 0 where they go as they are.

    >>> drawn = Files("photos", "arn:aws:s3:::trail-cams", np.array([3, 4]))
    >>> drawn.count, drawn.total, drawn.path(1)
    (2, 7, 'photos/0000/00000001')
    """

    name: str
    bucket: str
    sizes: NDArray[np.int64]
    paths: Sequence[str] | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    part: str = ""
    inside: float = 1.0
    packed: int = 0

    @property
    def count(self) -> int:
        """How many files there are."""
        return len(self.sizes)

    @property
    def total(self) -> int:
        """Their bytes together."""
        return int(self.sizes.sum())

    @property
    def root(self) -> str:
        """Directory of the made-up names."""
        return f"{self.name}/{self.part}" if self.part else self.name

    def path(self, index: int) -> str:
        """The path of one file."""
        require(0 <= index < self.count, "index", f"in [0, {self.count})", index)
        if self.paths is not None:
            return self.paths[index]
        return numbered(self.root, index, self.count)


def numbered(name: str, index: int, count: int) -> str:
    """The made-up path of one of so many files; in the order of their numbers, as text too.

    >>> numbered("photos", 12_345, 20_000)
    'photos/0001/00012345'
    """
    digits = max(8, len(str(max(count - 1, 0))))
    return f"{name}/{index // _PER_DIRECTORY:0{digits - 4}d}/{index:0{digits}d}"
