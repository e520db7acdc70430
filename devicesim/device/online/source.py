"""What a task sends: its files, which of them are there, and which are in S3 as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.device.neighbours import ObjectStore, Upload
from devicesim.device.share import Collection, Posix
from devicesim.scenario import Files

AGENT = "aws-datasync"
"""How objects that DataSync made name their maker."""


Hear = Callable[[str, Callable[[ObjectStore], Any]], Any]
"""Asks the object store something, under a name; None where there is none, and what it said then in a replay."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of files of one data set.

    Attributes:
        files: the data set.
        first, count: which of its files.
        key: of one file's object, by its number in the data set.
    """

    files: Files
    first: int
    count: int
    key: Callable[[int], str]

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.files.bucket.rpartition(":")[2]


def batch(files: Files, first: int = 0, count: int | None = None) -> Batch:
    """Files of a data set under the keys that the device would give them as well."""
    named = files.paths is not None
    key = (lambda index: f"{files.name}/{files.path(index)}") if named else files.path
    return Batch(files, first, files.count - first if count is None else count, key)


def parted(batches: Sequence[Batch], most: int) -> list[list[Batch]]:
    """Deal batches out to as few lists as possible, none with more than ``most`` files."""
    parts: list[list[Batch]] = [[]]
    room = most
    for whole in batches:
        first, left = whole.first, whole.count
        while left > 0:
            if room == 0:
                parts.append([])
                room = most
            taken = min(left, room)
            parts[-1].append(Batch(whole.files, first, taken, whole.key))
            first, left, room = first + taken, left - taken, room - taken
    return parts


class Source:
    """The files of one task and what is known of each; files are numbered through its batches.

    Attributes:
        batches: the data sets, in the order in which they are sent.
        sizes: of all files [bytes].
        sent: in S3 as it is at the source.
        arrived: in S3 in any form, an older one perhaps.
    """

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.batches = list(batches)
        parts = [b.files.sizes[b.first : b.first + b.count] for b in batches]
        self.sizes = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
        self.first_count = self.sizes.size
        self.sent = np.zeros(self.sizes.size, dtype=np.bool_)
        self.arrived = self.sent.copy()

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which files are at the source now."""
        return np.ones(self.sizes.size, dtype=np.bool_)

    @property
    def settled(self) -> bool:
        """Whether nothing more will come to the source by itself."""
        return True

    def look(self, hear: Hear) -> str:
        """See both sides before anything is sent; returns why one of them cannot be seen, or nothing."""
        return ""

    def starts(self) -> list[int]:
        """Number of the first file of each batch."""
        return [int(start) for start in np.cumsum([0, *(b.count for b in self.batches)])[:-1]]

    def complete(self, files: NDArray[np.intp]) -> None:
        """Take note that files are in S3 as they are."""
        self.sent[files] = True
        self.arrived[files] = True

    def change(self, draw: np.random.Generator, share: float, overwrite: bool) -> int:
        """Let a share of the files change; returns how many. Without overwriting, S3 keeps the older form."""
        count = round(share * self.sizes.size)
        if not count:
            return 0
        which = draw.choice(self.sizes.size, count, replace=False)
        self.sent[which] = self.arrived[which] & (not overwrite)
        return count

    def grow(self, draw: np.random.Generator, share: float, number: int) -> int:
        """Add new files of sizes like those there are, a share of the first ones; returns how many."""
        count = round(share * self.first_count)
        if not count:
            return 0
        sizes = draw.choice(self.sizes[: self.first_count], count)
        model = self.batches[-1].files
        self.append(Files(f"{model.name}-new-{number}", model.bucket, sizes))
        return count

    def append(self, files: Files) -> None:
        """Take one more data set."""
        self._extend(batch(files))

    def _extend(self, part: Batch) -> None:
        self.batches.append(part)
        self.sizes = np.concatenate([self.sizes, part.files.sizes])
        more = np.zeros(part.count, dtype=np.bool_)
        self.sent, self.arrived = np.concatenate([self.sent, more]), np.concatenate([self.arrived, more])

    def put(self, store: ObjectStore, files: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Make objects of files, with their attributes as metadata; tells which ones the store took."""
        taken = np.ones(files.size, dtype=np.bool_)
        starts = self.starts()
        for start, part in zip(starts, self.batches, strict=True):
            mine = np.flatnonzero((files >= start) & (files < start + part.count))
            metadata = attributes(self.posix(part))
            there = store.has_bucket(part.bucket)
            for place in mine.tolist():
                number = int(files[place])
                key = part.key(part.first + number - start)
                upload = self.upload(number, key, metadata)
                taken[place] = there and not store.put(part.bucket, upload)
        return taken

    def upload(self, number: int, key: str, metadata: dict[str, str]) -> Upload:
        """One file on its way into a store; nobody kept its content."""
        return Upload(key, int(self.sizes[number]), None, metadata)

    def posix(self, part: Batch) -> Posix | None:
        """The attributes of a batch's files, where anybody knows them."""
        return None


def attributes(posix: Posix | None) -> dict[str, str]:
    """An object's metadata as DataSync writes it (``x-amz-meta-`` before each name)."""
    if posix is None:
        posix = Posix(0o644, 0, 0, 0, 0)
    return {
        "file-owner": str(posix.uid),
        "file-group": str(posix.gid),
        "file-permissions": f"{posix.mode & 0o7777:04o}",
        "file-atime": f"{posix.atime_ns}ns",
        "file-mtime": f"{posix.mtime_ns}ns",
        "user-agent": AGENT,
    }


class DeviceSource(Source):
    """Files that clients copy onto the device while its agent sends them.

    Args:
        batches: as of :class:`Source`.
        held: which files of a data set are on the device now; none before the copy began.
        settled: whether the copy is over.
        collections: the collections of the device's share, by data set.
        add: writes new files onto the device.
    """

    def __init__(
        self,
        batches: Sequence[Batch],
        held: Callable[[str], NDArray[np.bool_] | None],
        settled: Callable[[], bool],
        collections: Callable[[], dict[str, Collection]],
        add: Callable[[Files], None],
    ) -> None:
        super().__init__(batches)
        self._held, self._settled, self._collections, self._add = held, settled, collections, add

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which files are on the device now."""
        parts = [np.zeros(0, dtype=np.bool_)]
        for part in self.batches:
            held = self._held(part.files.name)
            parts.append(
                np.zeros(part.count, dtype=np.bool_)
                if held is None
                else held[part.first : part.first + part.count]
            )
        return np.concatenate(parts)

    @property
    def settled(self) -> bool:
        """Whether the copy onto the device is over."""
        return self._settled()

    def append(self, files: Files) -> None:
        """Take one more data set, which somebody has just written onto the device."""
        self._add(files)
        super().append(files)

    def posix(self, part: Batch) -> Posix | None:
        """The attributes of the files on the device."""
        collection = self._collections().get(part.files.name)
        return None if collection is None else collection.civil

    def remove(self) -> tuple[int, int]:
        """Take from the device what is in S3 as it is; returns files and bytes."""
        count = size = 0
        for start, part in zip(self.starts(), self.batches, strict=True):
            collection = self._collections().get(part.files.name)
            if collection is None:
                continue
            before = collection.files, collection.bytes
            collection.lose(part.first + np.flatnonzero(self.sent[start : start + part.count]))
            count, size = count + before[0] - collection.files, size + before[1] - collection.bytes
        return count, size
