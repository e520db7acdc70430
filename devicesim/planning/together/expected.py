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

import math
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
    reach = windows * block
    if all(part["distribution"] in LAWS for part in parts):
        return np.stack(_sums(dataset, [Part(part, windows.size) for part in parts], block, reach))
    alone = np.zeros((6, windows.size))
    for row, most in enumerate(reach.tolist()):
        mixed = file_sizes.mixture(of_row(parts, row))
        alone[:, row] = _sums(dataset, mixed, block, most)
    return alone


def of_row(parts: Sequence[Mapping[str, Any]], row: int) -> tuple[dict[str, Any], ...]:
    """The components of one future."""
    return tuple(
        {name: float(value[row]) if isinstance(value, np.ndarray) else value for name, value in part.items()}
        for part in parts
    )


def of_rows(parts: Sequence[Mapping[str, Any]], rows: NDArray[np.int64]) -> tuple[dict[str, Any], ...]:
    """The components of some futures, each as often as it is named."""
    return tuple(
        {name: value[rows] if isinstance(value, np.ndarray) else value for name, value in part.items()}
        for part in parts
    )


def _sums(dataset: Dataset, mixed: Sequence[Any], block: float, reach: Any) -> tuple[Any, ...]:
    """The sums of one future, or of all where the components are :class:`Part` columns."""
    total = sum(part.share for part in mixed)
    mean = first = windowed = 0.0
    for part in mixed:
        share = part.share / total
        mean = mean + share * part.bytes_below(file_sizes.LARGEST)
        first = first + share * (part.bytes_below(block) + block * (1 - part.files_below(block)))
        windowed = windowed + share * (part.bytes_below(reach) + reach * (1 - part.files_below(reach)))
    count: Any = dataset.files
    if count is None:
        count = np.maximum(1.0, np.rint((dataset.total or 0.0) / np.maximum(mean, 1e-300)))
    each = (1.0, 1.0, 1.0 + (mean - first) / block, mean, first, np.maximum(mean - windowed, 0.0))
    return tuple(count * value + 0.0 * mean for value in each)


LAWS = ("normal", "lognormal")
"""The laws of which whole columns are told at once; the others, file by file of them, are few."""


class Part:
    """A component of a mixture in every future: what :class:`devicesim.physics.file_sizes.Component` is in one.

    The closed forms are those of :mod:`devicesim.physics.file_sizes.laws`, over columns.
    """

    def __init__(self, part: Mapping[str, Any], count: int) -> None:
        def column(name: str, default: float = 0.0) -> Floats:
            return np.broadcast_to(np.asarray(part.get(name, default), dtype=np.float64), (count,))

        self.share = column("share", 1.0)
        self._log = part["distribution"] == "lognormal"
        self._middle, self._width = (
            (column("median"), column("sigma")) if self._log else (column("mean"), column("deviation"))
        )
        self._high = column("high", file_sizes.LARGEST)
        self._low = column("low")
        before = np.nextafter(self._low, -np.inf)
        self._start, self._held = self._files(before), self._bytes(before)
        self._kept = self._files(self._high) - self._start

    def files_below(self, size: Any) -> Floats:
        """Share of this component's files of at most ``size``."""
        below = self._files(np.minimum(size, self._high)) - self._start
        return np.clip(below / self._kept, 0.0, 1.0)

    def bytes_below(self, size: Any) -> Floats:
        """Bytes in files of at most ``size``, per file of this component."""
        below = self._bytes(np.minimum(size, self._high)) - self._held
        return np.asarray(np.maximum(below / self._kept, 0.0))

    def quantile(self, share: Floats) -> Floats:
        """Sizes that shares of this component's files do not exceed, one of each future."""
        z = file_sizes.normal_quantile(self._start + share * self._kept) * self._width
        sizes = np.exp(z + np.log(self._middle)) if self._log else self._middle + z
        return np.asarray(np.clip(sizes, self._low, self._high))

    def _depth(self, size: Floats) -> Floats:
        if not self._log:
            return np.asarray((size - self._middle) / self._width)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(size, 0.0) / self._middle) / self._width)

    def _files(self, size: Floats) -> Floats:
        return _normal_shares(self._depth(size))

    def _bytes(self, size: Floats) -> Floats:
        z = self._depth(size)
        if self._log:
            mean = self._middle * np.exp(self._width**2 / 2)
            return np.asarray(mean * _normal_shares(z - self._width))
        density = np.exp(-0.5 * np.minimum(np.abs(z), 40.0) ** 2) / math.sqrt(2 * math.pi)
        return np.asarray(self._middle * _normal_shares(z) - self._width * density)


def _normal_shares(z: Floats) -> Floats:
    """P(Z <= z) of the standard normal distribution, shape (n,)."""
    shares = map(math.erfc, (z / -math.sqrt(2.0)).tolist())
    return 0.5 * np.fromiter(shares, dtype=np.float64, count=z.size)
