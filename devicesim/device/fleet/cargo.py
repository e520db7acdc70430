"""What a site has to send, and how it is dealt out: files whole and in the order of their names."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from devicesim.scenario import Files

WINDOW = 1 << 16
"""Files looked at together."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of files of one data set: those from ``first`` up to, not with, ``last``."""

    dataset: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one job takes: for every data set of its site the files of it, many or none."""

    files: tuple[Files, ...]
    pieces: tuple[Piece, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes together."""
        return sum(files.total for files in self.files)

    @property
    def count(self) -> int:
        """How many files."""
        return sum(files.count for files in self.files)


class Source(Protocol):
    """Where a site's loads come from."""

    @property
    def empty(self) -> bool:
        """Whether nothing is left to send."""

    @property
    def left(self) -> tuple[int, int]:
        """Files and bytes that are left to send, as far as they are known."""

    def take(self, part: str, size: int, count: int) -> Load:
        """Take the next load, of so many bytes and files at most."""

    def give_back(self, load: Load) -> None:
        """Have a load that was lost sent again, before anything else."""


class Cargo:
    """All of a site's files, each of which goes with exactly one job, or with the next if that is lost."""

    def __init__(self, datasets: Sequence[Files]) -> None:
        self._datasets = tuple(map(_by_name, datasets))
        self._left = deque(Piece(i, 0, files.count) for i, files in enumerate(self._datasets) if files.count)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to send."""
        return not self._left

    @property
    def left(self) -> tuple[int, int]:
        """Files and bytes that are left to send."""
        sizes = [self._datasets[piece.dataset].sizes[piece.first : piece.last] for piece in self._left]
        return sum(len(each) for each in sizes), sum(int(each.sum()) for each in sizes)

    def take(self, part: str, size: int, count: int) -> Load:
        """Take the next files that fit; one that never fits is taken alone, and the device will refuse it.

        Args:
            part: directory below the data sets' roots for files without names of their own.
            size: bytes. count: files.
        """
        pieces: list[Piece] = []
        while self._left and count > 0:
            piece = self._left.popleft()
            last = self._fits(piece, size, count)
            if last == piece.first and not pieces:
                last += 1
            if last < piece.last:
                self._left.appendleft(replace(piece, first=last))
            if last == piece.first:
                break
            pieces.append(replace(piece, last=last))
            size -= int(self._datasets[piece.dataset].sizes[piece.first : last].sum())
            count -= last - piece.first
            if last < piece.last:
                break
        return Load(tuple(self._files(part, pieces)), tuple(pieces))

    def give_back(self, load: Load) -> None:
        """Have a load that was lost sent again, before anything else."""
        self._left.extendleft(reversed(load.pieces))

    def _fits(self, piece: Piece, size: int, count: int) -> int:
        """Up to which file a piece fits."""
        sizes, at = self._datasets[piece.dataset].sizes, piece.first
        end = min(piece.last, piece.first + count)
        while at < end:
            window = np.cumsum(sizes[at : min(at + WINDOW, end)])
            fits = int(np.searchsorted(window, size, side="right"))
            at += fits
            if fits < window.size:
                break
            size -= int(window[-1])
        return at

    def _files(self, part: str, pieces: Sequence[Piece]) -> list[Files]:
        made = []
        for i, files in enumerate(self._datasets):
            mine = [piece for piece in pieces if piece.dataset == i]
            first, last = (mine[0].first, mine[-1].last) if mine else (0, 0)
            if len(mine) > 1 and any(a.last != b.first for a, b in itertools.pairwise(mine)):
                made.append(_joined(files, mine, part))
                continue
            paths = None if files.paths is None else files.paths[first:last]
            made.append(replace(files, sizes=files.sizes[first:last], paths=paths, part=part, skipped=()))
        return made


def _joined(files: Files, pieces: Sequence[Piece], part: str) -> Files:
    """Runs that do not follow one another: what was lost, and then what comes next."""
    paths = None
    if files.paths is not None:
        paths = [path for piece in pieces for path in files.paths[piece.first : piece.last]]
    sizes = np.concatenate([files.sizes[piece.first : piece.last] for piece in pieces])
    return replace(files, sizes=sizes, paths=paths, part=part, skipped=())


class Fresh:
    """Data that keeps coming: every job takes the site's data sets anew."""

    def __init__(self, draw: Callable[[str], Sequence[Files]], jobs: int) -> None:
        self._draw, self._left = draw, jobs
        self._again: deque[Load] = deque()

    @property
    def empty(self) -> bool:
        """Whether no job is left."""
        return not (self._again or self._left)

    @property
    def left(self) -> tuple[int, int]:
        """Files and bytes of loads that were lost and wait to be sent again."""
        return sum(load.count for load in self._again), sum(load.bytes for load in self._again)

    def take(self, part: str, size: int, count: int) -> Load:
        """Take the next job's data, whatever its size: the device refuses what it cannot take."""
        if self._again:
            return self._again.popleft()
        self._left -= 1
        return Load(tuple(replace(files, sizes=_light(files.sizes), part=part) for files in self._draw(part)))

    def give_back(self, load: Load) -> None:
        """Have a load that was lost sent again, before anything else."""
        self._again.append(load)


def _by_name(files: Files) -> Files:
    """The files in the order of their names; drawn ones are."""
    if files.paths is None:
        return replace(files, sizes=_light(files.sizes))
    paths = files.paths
    order = sorted(range(files.count), key=lambda index: paths[index])
    return replace(files, sizes=files.sizes[order], paths=[paths[index] for index in order])


def _light(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sizes that are all alike as one number seen many times."""
    if sizes.size and int(sizes.min()) == int(sizes.max()):
        return np.broadcast_to(sizes[:1].copy(), sizes.shape)
    return sizes
