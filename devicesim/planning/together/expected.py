"""What the law of the sizes lets one expect of a list, in every future and in closed form.

Model
-----
With F the share of the files up to a size and B the bytes that these hold, per file: ``E[min(X, b)] = B(b) +
b (1 - F(b))`` and ``E[max(X - r, 0)] = E[X] - E[min(X, r)]``. A file takes one WRITE and one more for each block begun
beyond its first; that blocks are begun, not filled, is left out.

Scope and limits
----------------
Expectations, not sums of drawn files; :mod:`devicesim.planning.together.lists` measures how these differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.physics import file_sizes
from devicesim.planning.together.columns import Columns
from devicesim.scenario import Dataset
from devicesim.scenario.datasets import components

Floats = NDArray[np.float64]


def expected(
    columns: Columns, datasets: Sequence[Dataset], block: float, windows: NDArray[np.int64]
) -> Floats:
    """:data:`~devicesim.throughput.SUMS` of all the files, shape (6, n); listed data sets are left out.

    Args:
        columns: the figures.
        datasets: of the client.
        block: bytes of a WRITE.
        windows: WRITEs in flight, shape (n,).
    """
    found = np.zeros((6, windows.size))
    for dataset in datasets:
        if dataset.manifest is None and dataset.directory is None:
            found += _of(columns, dataset, block, windows)
    return found


def _of(columns: Columns, dataset: Dataset, block: float, windows: NDArray[np.int64]) -> Floats:
    parts = columns.workload(dataset.model) if dataset.model else components(dataset)
    rows = enumerate(windows.tolist())
    made = np.array([_row(dataset, of_row(parts, row), block, window * block) for row, window in rows])
    return np.asarray(made.T)


def of_row(parts: Sequence[Mapping[str, Any]], row: int) -> tuple[dict[str, Any], ...]:
    """The components of one future."""
    return tuple(
        {name: float(value[row]) if isinstance(value, np.ndarray) else value for name, value in part.items()}
        for part in parts
    )


def _row(dataset: Dataset, parts: Sequence[Mapping[str, Any]], block: float, reach: float) -> list[float]:
    mixed = file_sizes.mixture(parts)
    total = sum(part.share for part in mixed)
    mean = first = windowed = 0.0
    for part in mixed:
        share = part.share / total
        mean += share * part.bytes_below(file_sizes.LARGEST)
        first += share * (part.bytes_below(block) + block * (1 - part.files_below(block)))
        windowed += share * (part.bytes_below(reach) + reach * (1 - part.files_below(reach)))
    count = dataset.files
    if count is None:
        count = max(1, round((dataset.total or 0.0) / mean)) if mean else 1
    each = (1.0, 1.0, 1.0 + (mean - first) / block, mean, first, max(mean - windowed, 0.0))
    return [count * value for value in each]
