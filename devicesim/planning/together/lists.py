"""What is copied, in sums: the same files in every future, or such as the drawn figures of their workload give.

Model
-----
Files that do not depend on a drawn figure are drawn once, as a World draws them, and summed block by block. Of those
that do, every sum is what the law of their sizes expects, in closed form, times what the drawn numbers make of it: the
quotient of the two is a quadratic of the drawn figures (or the logarithm of one, of their logarithms: whichever holds
better) fitted to :data:`FITTED` of the futures; a quarter of these says how well it holds. Beyond :data:`MANY` files a
list is summed over evenly spaced quantiles of its law instead.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.physics import file_sizes
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.expected import LAWS, Part, expected, of_row, of_rows
from devicesim.planning.together.fits import Fit
from devicesim.scenario import Dataset, files_of
from devicesim.scenario.datasets import components, expected_count
from devicesim.throughput.profile import SUMS

Floats = NDArray[np.float64]
Sizes = NDArray[np.int64]

BLOCKS, ALIKE = 64, 16
"""Blocks that a list is summed in; those of evenly spaced quantiles are all alike, and fewer."""
MANY = 2_000_000
"""Files up to which a list is drawn."""
STRATA = 16_384
"""Quantiles in place of a longer one."""
FITTED = 240
"""Futures whose files are drawn to fit sums to; at least four for each term."""
MOST_TERMS = 120
"""Terms of a quadratic beyond which nothing is fitted."""
DEVIATIONS = 3.0
"""Standard deviations of a sum of drawn files that an error allows for."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The files of a client in every future.

    Attributes:
        sums: :data:`~devicesim.throughput.SUMS` of each block, shape (6, blocks, n) or (6, blocks, 1).
        even: whether all blocks are alike.
        count, bytes, largest: files, their bytes and the largest of them, shape (n,).
        error: of the sums, relative.
    """

    sums: Floats
    even: bool
    count: Floats
    bytes: Floats
    largest: Floats
    error: float

    def rows(self, which: NDArray[np.int64], scale: float) -> Lists:
        """Some of the futures, with a list so many times shorter."""
        sums = self.sums if self.sums.shape[2] == 1 else self.sums[:, :, which]
        count, size = self.count[which] / scale, self.bytes[which] / scale
        return Lists(sums / scale, self.even, count, size, self.largest[which], self.error)


@dataclass(frozen=True, slots=True)
class Fits:
    """The sums of lists over the drawn figures that they depend on.

    Attributes:
        used: places of these figures among the inputs.
        columns: of :data:`~devicesim.throughput.SUMS`, and of the largest file.
        error: of the sums, relative.
    """

    used: tuple[int, ...]
    columns: tuple[Fit, ...]
    error: float


class Wares:
    """The data sets of a client.

    Args:
        columns: the figures.
        datasets: in the order in which they are copied.
        rng: of a data set's name, as a World has it.
    """

    def __init__(self, columns: Columns, datasets: Sequence[Dataset], seed: int) -> None:
        self._columns, self._datasets, self._seed = columns, datasets, seed
        models = [dataset.model for dataset in datasets if dataset.model]
        self.varying = [key for model in dict.fromkeys(models) for key in columns.varies(model)]
        self._fixed: Sizes | None = None
        self._even: Floats | None = None
        self._certain = Figures(columns.story.assume, columns.story.source.measured)
        self._many = any(
            self._drawn(each) and expected_count(each, self._certain) > MANY for each in datasets
        )

    @staticmethod
    def _drawn(dataset: Dataset) -> bool:
        return dataset.manifest is None and dataset.directory is None

    @property
    def exact(self) -> bool:
        """Whether lists are what a World draws."""
        return not self._many

    @property
    def single(self) -> bool:
        """Whether they are of one data set, so that a share counts them in copying order."""
        return len(self._datasets) == 1

    def sizes(self, row: int) -> Sizes:
        """The files of one future, in copying order; of a list too long, evenly spaced ones of its law [bytes]."""
        if not self.varying:
            if self._fixed is None:
                self._fixed = self._of(self._certain)
            return self._fixed
        (first, *others) = self._datasets
        if not (others or self._many or first.files is None or first.model is None):
            return file_sizes.sizes_at(
                of_row(self._columns.workload(first.model), row), self._uniforms(first)
            )
        return self._of(self._columns.row(row))

    def by_bucket(self, row: int) -> Sizes:
        """The files of one future in the order in which a share counts them: bucket by bucket [bytes]."""
        buckets = list(dict.fromkeys(dataset.bucket for dataset in self._datasets))
        if len(buckets) == 1 or len(self._datasets) == 1:
            return self.sizes(row)
        figures = self._columns.row(row) if self.varying else self._certain
        parts = sorted(self._datasets, key=lambda dataset: buckets.index(dataset.bucket))
        return np.concatenate([self._one(dataset, figures) for dataset in parts])

    def some(self, rows: Sizes, numbers: Sizes) -> Sizes:
        """Files of some futures, each by its number in :meth:`by_bucket`, one for each pair [bytes]."""
        (first, *others) = self._datasets
        if others or not self.varying or first.files is None:
            return self._looked_up(rows, numbers)
        parts = self._columns.workload(first.model) if first.model else components(first)
        even = self._uniforms(first)[numbers]
        if len(parts) == 1 and parts[0]["distribution"] in LAWS:
            (part,) = of_rows(parts, rows)
            return np.rint(Part(part, rows.size).quantile(even)).astype(np.int64)
        pairs = zip(rows.tolist(), even.tolist(), strict=True)
        return np.array([file_sizes.sizes_at(of_row(parts, row), [u])[0] for row, u in pairs], dtype=np.int64)

    def _uniforms(self, dataset: Dataset) -> Floats:
        """What the files of the only data set are drawn from, in every future."""
        if self._even is None:
            self._even = given(self._seed, dataset.name).random(dataset.files)
        return self._even

    def _looked_up(self, rows: Sizes, numbers: Sizes) -> Sizes:
        """The same where whole lists have to be made."""
        found = np.empty(rows.size, dtype=np.int64)
        for row in np.unique(rows).tolist():
            found[rows == row] = self.by_bucket(row)[numbers[rows == row]]
        return found

    def scale(self, row: int) -> float:
        """Files that each of :meth:`sizes` stands for."""
        if not self._many:
            return 1.0
        figures = self._columns.row(row) if self.varying else self._certain
        return sum(expected_count(each, figures) for each in self._datasets) / self.sizes(row).size

    def _of(self, figures: Figures) -> Sizes:
        return np.concatenate([self._one(dataset, figures) for dataset in self._datasets])

    def _one(self, dataset: Dataset, figures: Figures) -> Sizes:
        if self._many and self._drawn(dataset):
            places = (np.arange(STRATA) + 0.5) / STRATA
            # In no order of size, as they would be drawn.
            return file_sizes.sizes_at(
                components(dataset, figures), np.random.default_rng(0).permutation(places)
            )
        rng = given(self._seed, dataset.name)
        return files_of(self._columns.story, dataset.name, rng, figures).sizes

    def blocks(self, row: int, block: float, window: int) -> Floats:
        """:data:`~devicesim.throughput.SUMS` of one future's own files, shape (6, blocks)."""
        sizes = self.sizes(row).astype(np.float64)
        return self.scale(row) * _summed(sizes, block, window * block, _edges(sizes.size, BLOCKS))

    def lists(self, block: float, windows: NDArray[np.int64], fits: Fits | None = None) -> Lists:
        """The sums in every future, of WRITEs of ``block`` bytes, ``windows`` of them in flight, shape (n,).

        Args:
            block, windows: as they say.
            fits: of these figures, from other futures; from these ones if not given.

        Raises:
            Unfit: they depend on too much.
        """
        found = fits or self.fits(block, windows)
        if found is not None:
            return self._fitted(block, windows, found)
        sizes, scale = self.sizes(0).astype(np.float64), self.scale(0)
        edges = _edges(sizes.size, BLOCKS if self.exact else ALIKE)
        distinct, which = np.unique(windows, return_inverse=True)
        if float(sizes.max()) <= block * float(distinct[0]):
            distinct, which = distinct[:1], np.zeros(windows.size, dtype=np.int64)
        made = np.stack(
            [_summed(sizes, block, window * block, edges) for window in distinct.tolist()], axis=2
        )
        one = np.ones(windows.size)
        sums = scale * (made if distinct.size == 1 else made[:, :, which])
        error = 0.0 if self.exact else DEVIATIONS * _spread(sizes, scale * sizes.size)
        total = float(sums[3, :, 0].sum())
        return Lists(
            sums, False, one * round(scale * sizes.size), one * total, one * float(sizes.max()), error
        )

    def fits(self, block: float, windows: NDArray[np.int64]) -> Fits | None:
        """What the sums are for any draw of the figures, from those of some of these futures; None if none varies.

        Raises:
            Unfit: they depend on too much.
        """
        if not self.varying:
            return None
        inputs = self._inputs(windows)
        used = tuple(place for place, each in enumerate(inputs) if np.ptp(each) > 0) or (0,)
        x = np.stack([inputs[place] for place in used], axis=1)
        terms = (x.shape[1] + 1) * (x.shape[1] + 2) // 2
        if terms > MOST_TERMS:
            raise Unfit(f"the files depend on {len(self.varying)} uncertain figures")
        rows = np.unique(np.linspace(0, windows.size - 1, max(FITTED, 4 * terms)).astype(np.int64))
        made, spread = [], 0.0
        for row in rows.tolist():
            sizes, scale = self.sizes(row).astype(np.float64), self.scale(row)
            whole = _summed(sizes, block, float(windows[row]) * block, np.zeros(1, dtype=np.int64))[:, 0]
            made.append([*(scale * whole), float(sizes.max())])
            spread = max(spread, 0.0 if self.exact else DEVIATIONS * _spread(sizes, scale * sizes.size))
        known = self._known(block, windows)
        fits = tuple(Fit.of(x, rows, y, near) for y, near in zip(np.array(made).T, known, strict=True))
        return Fits(used, fits, max(fits[i].error for i in (0, 2, 3)) + spread)

    def _inputs(self, windows: NDArray[np.int64]) -> list[Floats]:
        """What the sums depend on, shape (n,) each."""
        return [*(self._columns.drawn[key] for key in self.varying), windows.astype(np.float64)]

    def _known(self, block: float, windows: NDArray[np.int64]) -> list[Floats]:
        """What is close to the sums, and to nothing of the largest file."""
        return [*expected(self._columns, self._datasets, block, windows), np.ones(windows.size)]

    def _fitted(self, block: float, windows: NDArray[np.int64], fits: Fits) -> Lists:
        inputs = self._inputs(windows)
        x = np.stack([inputs[place] for place in fits.used], axis=1)
        pairs = zip(fits.columns, self._known(block, windows), strict=True)
        columns = [fit.at(x, near) for fit, near in pairs]
        each = np.stack(columns[:6])[:, np.newaxis] / BLOCKS
        sums = np.broadcast_to(each, (6, BLOCKS, windows.size))
        return Lists(sums, True, np.rint(columns[0]), columns[3], columns[6], fits.error)


class Unfit(Exception):  # noqa: N818  (a reason, no failure)
    """Why a story cannot be told together."""


def given(seed: int, name: str) -> np.random.Generator:
    """The draw of a data set's files, as a World has it in every replication."""
    key = (0, zlib.crc32(f"files/{name}".encode()))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _edges(count: int, most: int) -> NDArray[np.int64]:
    """Where the blocks of so many files begin, which are at most so many."""
    blocks = min(most, count)
    return np.arange(blocks) * count // blocks


def _summed(sizes: Floats, block: float, reach: float, edges: NDArray[np.int64]) -> Floats:
    """The sums over blocks that begin at ``edges``, shape (6, blocks)."""
    ends = np.append(edges[1:], sizes.size)
    made = np.empty((len(SUMS), edges.size))
    made[0] = ends - edges
    made[1] = np.add.reduceat((sizes > 0).astype(np.float64), edges)
    made[2] = np.add.reduceat(np.ceil(sizes / block), edges)
    made[3] = np.add.reduceat(sizes, edges)
    made[4] = np.add.reduceat(np.minimum(sizes, block), edges)
    made[5] = np.add.reduceat(np.maximum(sizes - reach, 0.0), edges)
    return made


def _spread(sizes: Floats, count: float) -> float:
    """Standard deviation of the sum of so many files like these, relative to it."""
    return float(sizes.std() / max(sizes.mean(), 1.0) / np.sqrt(max(count, 1.0)))
