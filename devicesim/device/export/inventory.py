"""What an export takes from S3: the objects of its key ranges in order, and those that cannot come along, with why.

What cannot come along is what the AWS guides name: keys that end in a slash, keys that are too long, objects in
Glacier that nobody restored; and what a file system cannot hold: keys that are no paths, a key that would be a
directory of another's, objects larger than the device takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from devicesim.device.neighbours import ObjectStore
from devicesim.device.setting import Setting
from devicesim.device.share import Limits, ShareError
from devicesim.errors import require
from devicesim.scenario import Dataset, Files, keys
from devicesim.units import format_size

NAMED = 100
"""Keys of objects that stay behind which are named for each reason; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Objects that are not exported, for one reason.

    Attributes:
        keys: their keys, a hundred at most.
    """

    why: str
    objects: int
    bytes: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an export takes.

    Attributes:
        files: of each data set, in the order of their keys.
        behind: what is not exported.
        listed: keys that S3 lists for it.
        twice: keys that lie in more than one of its ranges; each is exported once.
        restore: how long restoring from Glacier takes before anything is loaded [s].
        stored: whether it is what an object store has, which then gives the content.
    """

    files: tuple[Files, ...]
    behind: tuple[Behind, ...]
    listed: int
    twice: int
    restore: float
    stored: bool = False

    @property
    def count(self) -> int:
        """Objects that are exported."""
        return sum(files.count for files in self.files)

    @property
    def total(self) -> int:
        """Their bytes."""
        return sum(files.total for files in self.files)


def take(setting: Setting, drawn: Sequence[Files], limits: Limits, label: str = "") -> Inventory:
    """Find what a scenario's export takes.

    Args:
        setting: with the scenario, and the object store if one is attached: then its objects are taken.
        drawn: the scenario's data sets, which tell what is in S3 where no store is attached.
        limits: of the device.
        label: tells this listing of a store from every other of the World.

    Raises:
        BoundError: there is no such bucket, or nothing to export.
    """
    story, stored = setting.scenario, False
    longest = int(setting.figures.si("aws_export.max_key"))
    behind, taken, seen = list[Behind](), list[Files](), dict[str, set[str]]()
    listed = twice = 0
    restore = 0.0
    for dataset, files in zip(story.datasets, drawn, strict=True):
        found = _stored(setting, dataset, label)
        stored = stored or found is not None
        inside, more = keys.within(keys.ordered(files if found is None else found), dataset.key_range)
        listed, twice = listed + inside.count, twice + more
        sorted_out = _Sorting(inside, behind)
        if dataset.storage_class in {"GLACIER", "DEEP_ARCHIVE"}:
            if dataset.restore is None:
                sorted_out.all("in S3 Glacier: AWS cannot export what is not restored")
            else:
                restore = max(restore, dataset.restore)
        sorted_out.each_size(limits.file_size)
        sorted_out.each_key(seen.setdefault(dataset.bucket, set()), longest, limits)
        taken.append(sorted_out.files)
    whole = Inventory(tuple(taken), tuple(behind), listed, twice, restore, stored)
    require(whole.count > 0, "the export", "of one object at least", "none in its key ranges that can come")
    return whole


def attached(setting: Setting, label: str) -> bool:
    """Whether an object store is attached, or was when the log of this World was written."""
    there = setting.neighbours.objects is not None
    return bool(setting.heard.ask(f"store/{label}", setting.now, (lambda: True) if there else None))


def _stored(setting: Setting, dataset: Dataset, label: str) -> Files | None:
    """What a store has in a data set's key ranges, each object once; None where there is no store."""
    store = setting.neighbours.objects
    find = None if store is None else partial(_listed, dataset, store)
    listed = setting.heard.ask(f"list/{label}/{dataset.name}", setting.now, find)
    if listed is None:
        return None
    sizes = np.fromiter((size for _, size in listed), dtype=np.int64, count=len(listed))
    return Files(dataset.name, dataset.bucket, sizes, [key for key, _ in listed])


def _listed(dataset: Dataset, store: ObjectStore) -> list[tuple[str, int]]:
    bucket = dataset.bucket.rpartition(":")[2]
    require(store.has_bucket(bucket), "bucket", "a bucket that there is", bucket)
    found: dict[str, int] = {}
    for marks in dataset.key_range or (None,):
        begin, end = (marks.begin, marks.end) if marks is not None else ("", "")
        # The last marker also takes what begins with it, so the store is asked without one.
        for stored in store.list(bucket, begin):
            if end and keys.begins_after(stored.key, end):
                break
            found[stored.key] = stored.size
    return list(found.items())


class _Sorting:
    """Takes out of some files what cannot come along."""

    def __init__(self, files: Files, behind: list[Behind]) -> None:
        self.files, self._behind = files, behind

    def all(self, why: str) -> None:
        """Leave everything behind."""
        self._out(np.arange(self.files.count, dtype=np.int64), why)

    def each_size(self, most: int) -> None:
        """Leave behind what is too large."""
        large = np.flatnonzero(self.files.sizes > most)
        self._out(large, f"larger than the {format_size(most)} that the device takes")

    def each_key(self, seen: set[str], longest: int, limits: Limits) -> None:
        """Leave behind what has a key that cannot be one, or one that another data set has brought."""
        run = self.files.paths.run if isinstance(self.files.paths, keys.Keys) else None
        if run is not None:
            if self.files.count and (why := _flaw(self.files.path(0), longest, limits)):
                self.all(why)
            return
        names = [self.files.path(i) for i in range(self.files.count)]
        above = _directories(names)
        reasons: dict[str, list[int]] = {}
        for number, key in enumerate(names):
            why = _flaw(key, longest, limits)
            if not why and key in above:
                why = "another key begins with this one and '/': a file cannot be a directory as well"
            if not why and key in seen:
                why = "the key is in another data set of this bucket, which brings it"
            if why:
                reasons.setdefault(why, []).append(number)
            seen.add(key)
        numbers = {why: np.array(found, dtype=np.int64) for why, found in reasons.items()}
        for why, found in numbers.items():
            self._tell(found, why)
        if numbers:
            self._keep(np.concatenate(list(numbers.values())))

    def _out(self, numbers: NDArray[np.int64], why: str) -> None:
        if numbers.size:
            self._tell(numbers, why)
            self._keep(numbers)

    def _tell(self, numbers: NDArray[np.int64], why: str) -> None:
        some = tuple(self.files.path(int(number)) for number in numbers[:NAMED])
        self._behind.append(Behind(why, numbers.size, int(self.files.sizes[numbers].sum()), some))

    def _keep(self, without: NDArray[np.int64]) -> None:
        mask = np.ones(self.files.count, dtype=np.bool_)
        mask[without] = False
        self.files = keys.picked(self.files, np.flatnonzero(mask).astype(np.int64))


def _flaw(key: str, longest: int, limits: Limits) -> str:
    """Why a key cannot be exported, or nothing."""
    if key.endswith(("/", "\\")):
        return "the key ends in a slash"
    if len(key) > longest:
        return f"the key has more than {longest} characters"
    try:
        limits.check_path(key)
    except ShareError:
        return "the key cannot be the path of a file"
    return ""


def _directories(names: Sequence[str]) -> set[str]:
    """Every directory that some key lies in."""
    return {above for name in names for above in _above(name)}


def _above(name: str) -> Iterator[str]:
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)


def content(setting: Setting, found: Inventory, files: Files) -> Callable[[int, int, int], bytes] | None:
    """What gives bytes of an object from an offset, if anybody knows them; a copy is read from where it was taken.

    A World made again from its log knows keys and sizes, and reads zeros where no store is attached.
    """
    if not found.stored:
        return None
    bucket = files.bucket.rpartition(":")[2]

    def read(number: int, offset: int, count: int) -> bytes:
        store = setting.neighbours.objects
        return bytes(count) if store is None else store.get(bucket, files.path(number), offset, count)

    return read
