"""Samples of a leg as numpy structured arrays: what every form of the progress stream is made from.

>>> from datetime import UTC, datetime
>>> rows = np.zeros(2, dtype=SAMPLE)
>>> rows["BytesTransferred"] = [0, 10]
>>> Chunk("ingest", "JID-1", datetime(2026, 6, 1, tzinfo=UTC), 0.0, 0.0, False, False, rows)["BytesTransferred"].max()
np.int64(10)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.progress.labels import Labels

PROGRESS_SCHEMA = "devicesim.progress/1"
"""The schema of the columns that DataTransferProgress has, in whatever form."""
COUNTERS = ("BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects")
"""AWS's members of DataTransferProgress, in the order of its documentation."""

SAMPLE = np.dtype(
    [("seconds", np.float64)]
    + [(name, np.int64) for name in (*COUNTERS, "BytesSent", "Retries", "ObjectsFailed")]
)
"""One sample: seconds since the run's start, AWS's four counters, and what tools other than AWS's count as well.

``BytesSent`` counts bytes that had to be sent again each time, ``Retries`` the attempts that failed and were made
again, ``ObjectsFailed`` the objects that were given up.
"""

CHUNK = 8192
"""Most samples of a chunk: its columns and its text stay in a core's cache."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some samples of one leg, in order of time.

    Attributes:
        leg: the leg's name.
        job: its JobId.
        epoch: civil time of second 0.
        start: when the leg began [s].
        listed: from when its totals are known [s].
        ended: the last row is the leg's end.
        complete: it ended with everything transferred.
        rows: the samples, of dtype :data:`SAMPLE`, shape (n,).
        faults: labels of all that was under way at each of them; the same at all.
    """

    leg: str
    job: str
    epoch: datetime
    start: float
    listed: float
    ended: bool
    complete: bool
    rows: NDArray[np.void]
    faults: Labels = ()

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column by its name."""
        return self.rows[name]

    def __len__(self) -> int:
        return self.rows.size


def of_one_leg(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The chunks as they come, for a format that knows one transfer; a second leg is refused."""
    first: tuple[str, str] | None = None
    for chunk in chunks:
        first = first or (chunk.leg, chunk.job)
        same = (chunk.leg, chunk.job) == first
        require(same, "chunks", f"of one leg, {' of '.join(first)}", f"{chunk.leg} of {chunk.job}")
        yield chunk
