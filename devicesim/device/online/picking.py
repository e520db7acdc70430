"""Which files of a place a task takes: those below a directory that its filters let through, and under which keys.

A place has its files below one root, as an NFS server exports them: a device those of its buckets below
``/buckets/NAME``, a site each data set below a directory of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from devicesim.device.neighbours import ObjectStore
from devicesim.device.online.source import Batch, Source
from devicesim.device.share import Collection, Posix
from devicesim.scenario import Files

Held = Callable[[str], NDArray[np.bool_] | None]
"""Which files of a data set are at a place now; None before any of it came."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What a task asks for.

    Attributes:
        path: directory at the place; empty for all of it.
        bucket: name of the bucket it goes to.
        prefix: of the keys there.
        include, exclude: patterns as of :func:`matches`; empty to take everything, or to leave nothing out.

    >>> Pick("/photos/", "trail-cams", "raw/", "/2026*").key("photos/2026/a.jpg")
    'raw/2026/a.jpg'
    >>> Pick("/photos/", "trail-cams", exclude="*.tmp").key("photos/2026/a.tmp") is None
    True
    """

    path: str
    bucket: str
    prefix: str = ""
    include: str = ""
    exclude: str = ""

    @property
    def below(self) -> str:
        """The directory, without slashes at its ends."""
        return plain(self.path)

    @property
    def filtered(self) -> bool:
        """Whether names decide."""
        return bool(self.include or self.exclude)

    def key(self, path: str) -> str | None:
        """The key of the file of a path at the place; None where the task does not take it."""
        below = self.below
        if below and not path.startswith(f"{below}/"):
            return None
        inside = path[len(below) + 1 :] if below else path
        if self.include and not matches(self.include, inside):
            return None
        if self.exclude and matches(self.exclude, inside):
            return None
        start = plain(self.prefix)
        return f"{start}/{inside}" if start else inside


def plain(path: str) -> str:
    """A path without slashes at its ends, and without doubled ones or dots.

    >>> plain("/buckets//trail-cams/./")
    'buckets/trail-cams'
    """
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def matches(patterns: str, path: str) -> bool:
    """Whether a path is, or lies in, what one of DataSync's patterns names.

    Patterns are parted by ``|``; ``*`` stands for anything, slashes too, and a backslash takes a sign as it is.

    >>> matches("/2025|/2026", "2026/a.jpg"), matches("*.tmp", "x/a.tmp"), matches("/2026", "x/2026")
    (True, True, False)
    """
    return _compiled(patterns).fullmatch(f"/{path}") is not None


@cache
def _compiled(patterns: str) -> re.Pattern[str]:
    alternatives = [part for part in re.split(r"(?<!\\)\|", patterns) if part]
    return re.compile(f"(?:{'|'.join(map(_expression, alternatives))})(?:/.*)?", re.DOTALL)


def _expression(pattern: str) -> str:
    signs = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(".*" if sign == "*" else re.escape(sign[-1]) for sign in signs)


@dataclass(frozen=True, slots=True)
class Holding:
    """A data set at a place.

    Attributes:
        files: the data set.
        root: directory that all of its files lie in.
        path: of one file, by its number.
    """

    files: Files
    root: str
    path: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Part:
    """What a task takes of a data set: the numbers of the files there, in order."""

    name: str
    numbers: NDArray[np.intp]
    batch: Batch


class Picked(Source):
    """The files that a task takes of a place.

    Args:
        holdings: the data sets of the place.
        pick: what the task asks for.
        held: which files of a data set are there now.
        collections: of the place's share, for attributes; none where nobody knows them.
    """

    def __init__(
        self,
        holdings: Sequence[Holding],
        pick: Pick,
        held: Held | None = None,
        collections: Callable[[], dict[str, Collection]] = dict,
    ) -> None:
        self.pick, self._held, self._collections = pick, held, collections
        self._parts = [part for holding in holdings if (part := _taken(holding, pick)) is not None]
        self._exported = any(_meets(holding.root, pick.below) for holding in holdings)
        super().__init__([part.batch for part in self._parts])

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which files are at the place now."""
        if self._held is None:
            return np.ones(self.sizes.size, dtype=np.bool_)
        masks = [np.zeros(0, dtype=np.bool_)]
        for part in self._parts:
            held = self._held(part.name)
            masks.append(np.zeros(part.numbers.size, np.bool_) if held is None else held[part.numbers])
        return np.concatenate(masks)

    def look(self, store: ObjectStore | None) -> str:
        """See both sides before anything is sent; returns why one of them cannot be seen, or nothing."""
        if not self._exported:
            return f"there is no directory /{self.pick.below}"
        if store is None:
            return ""
        if not store.has_bucket(self.pick.bucket):
            return f"there is no bucket {self.pick.bucket}"
        if self.arrived.any():
            there = {each.key for each in store.list(self.pick.bucket)}
            keys = (key for batch in self.batches for key in map(batch.key, range(batch.count)))
            self.arrived = np.fromiter((key in there for key in keys), np.bool_, self.sizes.size)
            self.sent &= self.arrived
        return ""

    def posix(self, part: Batch) -> Posix | None:
        """The attributes of a batch's files, where anybody knows them."""
        collection = self._collections().get(part.files.name)
        return None if collection is None else collection.posix


def _meets(root: str, below: str) -> bool:
    """Whether one of two directories lies in the other."""
    return not below or root == below or root.startswith(f"{below}/") or below.startswith(f"{root}/")


def _taken(holding: Holding, pick: Pick) -> _Part | None:
    """What a task takes of a data set, by its root alone where names need not be looked at."""
    below, root, files = pick.below, holding.root, holding.files
    if not _meets(root, below):
        return None
    inside = not below or root == below or root.startswith(f"{below}/")
    if inside and not pick.filtered:
        numbers = np.arange(files.count)
    else:
        chosen = (i for i in range(files.count) if pick.key(holding.path(i)) is not None)
        numbers = np.fromiter(chosen, np.intp)
    if not numbers.size:
        return None
    sizes = files.sizes if numbers.size == files.count else files.sizes[numbers]
    bound = replace(files, bucket=f"arn:aws:s3:::{pick.bucket}", sizes=sizes)
    unfiltered = replace(pick, include="", exclude="")

    def key(index: int) -> str:
        return unfiltered.key(holding.path(int(numbers[index]))) or ""

    return _Part(files.name, numbers, Batch(bound, 0, numbers.size, key))
