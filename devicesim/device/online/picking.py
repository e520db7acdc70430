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

from devicesim.device.neighbours import ObjectStore, Upload
from devicesim.device.online.shelf import Shelf
from devicesim.device.online.source import Batch, Hear, Source, attributes
from devicesim.device.share import File, Posix
from devicesim.scenario import Files


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
        shelf: of the device that the place is; None on premises.
    """

    def __init__(self, holdings: Sequence[Holding], pick: Pick, shelf: Shelf | None = None) -> None:
        self.pick, self._shelf = pick, shelf
        self._single: dict[str, int] = {}
        self._nodes: dict[int, File] = {}
        self._seen: dict[int, tuple[int, int]] = {}
        self._parts = [part for holding in holdings if (part := _taken(holding, pick)) is not None]
        self._exported = any(_meets(holding.root, pick.below) for holding in holdings)
        super().__init__([part.batch for part in self._parts])
        self._whole = self.sizes.size

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which files are at the place now."""
        if self._shelf is None:
            return np.ones(self.sizes.size, dtype=np.bool_)
        masks = [np.zeros(0, dtype=np.bool_)]
        for part in self._parts:
            held = self._shelf.held(part.name)
            masks.append(np.zeros(part.numbers.size, np.bool_) if held is None else held[part.numbers])
        single = [row in self._nodes for row in range(self._whole, self.sizes.size)]
        return np.concatenate([*masks, np.array(single, dtype=np.bool_)])

    def look(self, hear: Hear) -> str:
        """See both sides before anything is sent; returns why one of them cannot be seen, or nothing."""
        roots = () if self._shelf is None else self._shelf.roots
        if not (self._exported or any(_meets(root, self.pick.below) for root in roots)):
            return f"there is no directory /{self.pick.below}"
        self._take_up()
        said = hear("bucket", self._in_bucket)
        if isinstance(said, str):
            return said
        self.arrived[said or []] ^= True
        self.sent &= self.arrived
        return ""

    def _in_bucket(self, store: ObjectStore) -> str | list[int]:
        """Numbers of the files of which the bucket has an object and should not, or has none any more."""
        if not store.has_bucket(self.pick.bucket):
            return f"there is no bucket {self.pick.bucket}"
        there = {each.key for each in store.list(self.pick.bucket)}
        keys = (key for batch in self.batches for key in map(batch.key, range(batch.count)))
        found = np.fromiter((key in there for key in keys), np.bool_, self.sizes.size)
        differs: list[int] = np.flatnonzero(found != self.arrived).tolist()
        return differs

    def _take_up(self) -> None:
        """Take note of single files that came through a door, changed or went since the last look."""
        found = {} if self._shelf is None else dict(self._shelf.single())
        mine = {key: node for path, node in found.items() if (key := self.pick.key(path)) is not None}
        fresh = [key for key in mine if key not in self._single]
        if fresh:
            self._single |= {key: self.sizes.size + place for place, key in enumerate(fresh)}
            sizes = np.array([mine[key].size for key in fresh], dtype=np.int64)
            files = Files("", f"arn:aws:s3:::{self.pick.bucket}", sizes, fresh)
            self._extend(Batch(files, 0, len(fresh), files.path))
        self._nodes = {self._single[key]: node for key, node in mine.items()}
        for row, node in self._nodes.items():
            if self._seen.get(row) != (node.size, node.mtime_ns):
                self.sizes[row], self.sent[row] = node.size, False
                self._seen[row] = (node.size, node.mtime_ns)

    def upload(self, number: int, key: str, metadata: dict[str, str]) -> Upload:
        """One file on its way into a store; with its content if it came through a door."""
        node, shelf = self._nodes.get(number), self._shelf
        if node is None or shelf is None:
            return super().upload(number, key, metadata)
        epoch = node.bucket.epoch_ns if node.bucket is not None else 0
        posix = Posix(node.mode, node.uid, node.gid, node.atime_ns, node.mtime_ns).at(epoch)
        size = int(self.sizes[number])
        return Upload(key, size, lambda offset, count: shelf.read(node, offset, count), attributes(posix))

    def posix(self, part: Batch) -> Posix | None:
        """The attributes of a batch's files, where anybody knows them."""
        collection = None if self._shelf is None else self._shelf.collections.get(part.files.name)
        return None if collection is None else collection.civil


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
