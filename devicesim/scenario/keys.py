"""Keys of objects in S3: their order, and the ranges of them that an export takes.

Keys are ordered by the bytes of their UTF-8 form. A range has a first key and a last one, both included and either
left out for no bound; the last one also takes every key that begins with it, so that ``photos/2024`` ends after
``photos/2024/12/31.jpg``.

>>> bucket = ["01", "Aardvark", "Aardwolf", "Aasvogel/apple", "Aasvogel/banana", "Banana", "Car"]
>>> [bucket[i] for i in span(bucket, "Aar", "Aarrr")]
['Aardvark', 'Aardwolf']
>>> [bucket[i] for i in span(bucket, "", "Aasvogel")][-1]
'Aasvogel/banana'
>>> len(span(bucket, "car", ""))
0
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from devicesim.scenario.data import KeyRange
from devicesim.scenario.listing import Files, numbered

Numbers = range | NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Keys(Sequence[str]):
    """Some of a list's keys, each made when it is asked for.

    Attributes:
        path_of: the key of a number of the list.
        numbers: which of them.
        made_up: name of the data set where keys are numbered names, and how many it has in all.
    """

    path_of: Callable[[int], str]
    numbers: Numbers
    made_up: tuple[str, int] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Keys: ...
    def __getitem__(self, index: int | slice) -> str | Keys:
        """One key, or those of a slice."""
        if isinstance(index, slice):
            return Keys(self.path_of, self.numbers[index], self.made_up)
        return self.path_of(int(self.numbers[index]))

    @property
    def run(self) -> tuple[str, int, int] | None:
        """Where the keys are a run of numbered names: the data set's name, the first number, how many it has."""
        if self.made_up is None or not isinstance(self.numbers, range):
            return None
        return self.made_up[0], self.numbers.start, self.made_up[1]


def begins_after(begin: str, end: str) -> bool:
    """Tell whether no key could lie between two markers, the empty one being no bound.

    >>> begins_after("car", "Car"), begins_after("Aasvogel/kiwi", "Aasvogel"), begins_after("a", "")
    (True, False, False)
    """
    first, last = begin.encode(), end.encode()
    return bool(last) and first[: len(last)] > last


def span(keys: Sequence[str], begin: str, end: str) -> range:
    """The positions of the keys from one marker to another, in a list that is in order.

    Args:
        keys: in the order of their UTF-8 bytes; only some 50 of them are looked at.
        begin: the first key; empty for no bound.
        end: the last key, or what the last ones begin with; empty for no bound.
    """
    positions, first, last = range(len(keys)), begin.encode(), end.encode()
    start = bisect_left(positions, first, key=lambda i: keys[i].encode()) if first else 0
    stop = len(keys)
    if last:
        stop = bisect_right(positions, last, key=lambda i: keys[i].encode()[: len(last)])
    return range(start, max(start, stop))


def holds(key: str, begin: str, end: str) -> bool:
    """Tell whether one key lies in a range.

    >>> holds("Aasvogel/apple", "Aar", "Aasvogel"), holds("Banana", "Aar", "Aasvogel")
    (True, False)
    """
    return len(span([key], begin, end)) == 1


def ordered(files: Files) -> Files:
    """Give a data set's files in the order of their keys; made-up names are in it already."""
    if files.paths is None:
        path_of = _numbered(files.name, files.count)
        return _chosen(files, Keys(path_of, range(files.count), (files.name, files.count)), None)
    paths = files.paths
    # Python compares text by code points, which is the order of its bytes in UTF-8.
    order = np.array(sorted(range(files.count), key=paths.__getitem__), dtype=np.int64)
    return _chosen(files, Keys(paths.__getitem__, order), order)


def within(files: Files, ranges: Sequence[KeyRange]) -> tuple[Files, int]:
    """Take the files whose keys lie in any of some ranges, each once; all of them where no range is given.

    Args:
        files: in the order of their keys.
        ranges: of keys, which may overlap.

    Returns:
        The files, and how many lie in more than one range.
    """
    if not ranges:
        return files, 0
    keys = _keys(files)
    spans = sorted((span(keys, r.begin, r.end) for r in ranges), key=lambda s: (s.start, s.stop))
    pieces: list[range] = []
    twice, reached, told = 0, 0, 0
    for each in spans:
        # What reaches below the furthest key so far is taken already; each key is told of once.
        twice += max(0, min(each.stop, reached) - max(each.start, told))
        told = max(told, min(each.stop, reached))
        if each.stop > max(each.start, reached):
            pieces.append(range(max(each.start, reached), each.stop))
            reached = each.stop
    return chosen(files, pieces), twice


def chosen(files: Files, pieces: Sequence[range]) -> Files:
    """Take stretches of files, in ascending order."""
    if len(pieces) == 1:
        piece = slice(pieces[0].start, pieces[0].stop)
        return Files(files.name, files.bucket, files.sizes[piece], _keys(files)[piece], files.skipped)
    return picked(
        files, np.concatenate([np.zeros(0, np.int64), *(np.arange(p.start, p.stop) for p in pieces)])
    )


def picked(files: Files, which: NDArray[np.int64]) -> Files:
    """Take some files by their positions."""
    keys = _keys(files)
    numbers = np.asarray(keys.numbers, dtype=np.int64)[which]
    kept = Keys(keys.path_of, numbers, keys.made_up)
    return Files(files.name, files.bucket, files.sizes[which], kept, files.skipped)


def _keys(files: Files) -> Keys:
    if isinstance(files.paths, Keys):
        return files.paths
    if files.paths is None:
        return Keys(_numbered(files.name, files.count), range(files.count), (files.name, files.count))
    return Keys(files.paths.__getitem__, range(files.count))


def _chosen(files: Files, keys: Keys, order: NDArray[np.int64] | None) -> Files:
    sizes = files.sizes if order is None else files.sizes[order]
    return Files(files.name, files.bucket, sizes, keys, files.skipped)


def _numbered(name: str, count: int) -> Callable[[int], str]:
    return lambda number: numbered(name, number, count)
