"""The share of a device: a :class:`~devicesim.device.share.tree.Tree` of names, with bytes in its files."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.device.share.collection import Collection, Posix
from devicesim.device.share.files import Files
from devicesim.device.share.limits import refuse
from devicesim.device.share.nodes import Directory, File, Node
from devicesim.device.share.paths import Numbered, Paths, clash, directories, paths_of
from devicesim.device.share.stability import Loss
from devicesim.device.share.walk import Item, items, walk
from devicesim.errors import require, unknown


class Fit(NamedTuple):
    """How much of a batch of files goes in.

    Attributes:
        files: how many whole files from the start.
        partial_bytes: how much of the file after them [bytes].
        why: errno of the refusal that ends it, 0 if everything fits.
    """

    files: int
    partial_bytes: int
    why: int


class Cut(NamedTuple):
    """Files of a collection that a power cut takes or shortens; only complete ones count.

    Attributes:
        which: their numbers, each once.
        kept: what is left of each [bytes]; None when the files are gone, names and all.
    """

    collection: Collection
    which: NDArray[np.integer]
    kept: NDArray[np.int64] | None = None

    def apply(self) -> NDArray[np.integer]:
        """Let it happen; returns the numbers of the files that lost something."""
        there = self.collection.are_complete(self.which)
        which: NDArray[np.integer] = self.which[there]
        if self.kept is None:
            self.collection.lose(which)
            return which
        shorter = self.kept[there] < self.collection.sizes[which]
        which = which[shorter]
        self.collection.cut_short(which, self.kept[there][shorter])
        return which


class Share(Files):
    """The one tree of names, sizes, attributes and content on a device."""

    @property
    def files(self) -> int:
        """Names of regular files that are there, those of collections included: what becomes objects."""
        return sum(bucket.objects for bucket in self.buckets.values())

    @property
    def bytes(self) -> int:
        """Sizes of what :attr:`files` counts [bytes]."""
        return sum(bucket.bytes for bucket in self.buckets.values())

    @property
    def contents(self) -> tuple[int, int]:
        """Files that are there now and their bytes, with what a copy under way has brought."""
        (files, size), limits = self.usage.arrived, self.limits
        return (
            min(self.files + files, max(self.files, limits.files)),
            min(self.bytes + size, max(self.bytes, limits.capacity)),
        )

    @property
    def used(self) -> int:
        """Room in use [bytes]: files with several names once, partial files too."""
        return self.usage.bytes

    @property
    def free(self) -> int:
        """Room left [bytes]."""
        return self.usage.free_bytes

    @property
    def free_files(self) -> int:
        """How many more files the share takes."""
        return self.usage.free_files

    def add_collection(
        self, bucket: str, name: str, sizes: NDArray[np.int64],
        path_of: Callable[[int], str] | Sequence[str] | Numbered | None = None, now: float = 0.0, *, mode: int = 0o644,
        uid: int = 0, gid: int = 0,
    ) -> Collection:  # fmt: skip
        """Announce many files at once; each is there when the collection is told that it is complete.

        Args:
            bucket: where they go.
            name: of the collection; the directory of generated names.
            sizes: of the files, shape (n,) [bytes]; not copied.
            path_of: path below the bucket of each file, as function or sequence, or a run of numbered ones; None
                generates names.
            now: simulated time, the files' times [s].
            mode, uid, gid: attributes of every file.

        Raises:
            ShareError: EEXIST if a path is taken, by a real file or by another collection.
        """
        if bucket not in self.buckets:
            raise unknown("bucket", bucket, self.buckets)
        if isinstance(path_of, Numbered):
            require(path_of.count == len(sizes), "path_of", f"of {len(sizes)} paths", path_of.count)
        elif path_of is not None and not callable(path_of):
            require(len(path_of) == len(sizes), "path_of", f"of {len(sizes)} paths", len(path_of))
        if path_of is None:
            self.limits.check_path(name)
        paths = paths_of(name, path_of, len(sizes))
        self._check_free(bucket, paths)
        stamp = self._stamp(now)
        posix = Posix(mode, uid, gid, stamp, stamp)
        collection = Collection(
            len(self._collections) + 1, self.buckets[bucket], name, sizes, paths, posix, self.usage
        )
        self._collections.append(collection)
        self._overlays[bucket].collections.append(collection)
        self._overlays[bucket].unlisted.append(collection)
        return collection

    def collections(self, bucket: str) -> tuple[Collection, ...]:
        """The collections of a bucket, in the order in which they were added."""
        return tuple(self._overlays[bucket].collections)

    def fit(self, sizes: NDArray[np.int64]) -> Fit:
        """How much of a batch of new files, written one after the other, goes in now."""
        limits, usage = self.limits, self.usage
        short, why = min(len(sizes), usage.free_files), errno.EDQUOT
        large = np.flatnonzero(sizes[:short] > limits.file_size)
        if len(large):
            short, why = int(large[0]), errno.EFBIG
        room = usage.free_bytes
        if int(sizes[:short].sum()) > room:
            short, why = int(np.searchsorted(np.cumsum(sizes[:short]), room, "right")), errno.ENOSPC
        if short == len(sizes):
            return Fit(short, 0, 0)
        left = room - int(sizes[:short].sum())
        if why == errno.EFBIG and left < limits.file_size:
            why = errno.ENOSPC
        return Fit(short, 0 if why == errno.EDQUOT else min(left, limits.file_size), why)

    def mark_stable(self, node: Node, offset: int = 0, count: int = 0) -> int:
        """Put a range of a file on the platters, to its end if ``count`` is 0, as COMMIT does."""
        self._live(node)
        if not isinstance(node, File):
            return 0
        return self.unstable.settle(node, offset, offset + count if count else max(offset, node.size))

    def flush(self, count: int) -> int:
        """Put the oldest ``count`` unstable bytes on the platters; returns how many there were."""
        require(count >= 0, "count", ">= 0", count)
        return self.unstable.flush(count)

    @property
    def unstable_bytes(self) -> int:
        """Accepted bytes that are not on the platters [bytes]."""
        return self.unstable.bytes

    def restart(self) -> None:
        """Start again after an orderly stop: everything is on the platters, the verifier is another."""
        self.unstable.flush(self.unstable.bytes)
        self.boot += 1

    def power_cut(self, now: float, keep_bytes: int = 0, cuts: Sequence[Cut] = ()) -> Loss:
        """Lose what is not on the platters, and start again.

        Names and attributes survive (they are in the journal); data of unstable writes does not: files end
        where their last stable byte is, and lost bytes before it read as zeros.

        Args:
            now: simulated time [s].
            keep_bytes: how many unstable bytes, oldest first, made it to the platters.
            cuts: files of collections that are lost or shortened.
        """
        self.flush(keep_bytes)
        files, lost = self.unstable.files(), self.unstable.bytes
        for file in files:
            self._forget_unstable(file, self._stamp(now))
        taken: list[tuple[Collection, NDArray[np.integer]]] = []
        for cut in cuts:
            before = cut.collection.bytes
            taken.append((cut.collection, cut.apply()))
            lost += before - cut.collection.bytes
        self.boot += 1
        return Loss(len(files) + sum(len(n) for _, n in taken), lost, lambda: self._names(files, taken))

    def objects(self, bucket: str) -> Iterator[Item]:
        """Every name of a bucket in a set order, one by one; those that cannot become objects say why."""
        if bucket not in self.buckets:
            raise unknown("bucket", bucket, self.buckets)
        return items(self.buckets[bucket], self._overlays[bucket].collections, self.limits)

    def _check_free(self, bucket: str, paths: Paths) -> None:
        """Refuse a collection whose paths are taken; costs nothing in a bucket that is empty."""
        for other in self._overlays[bucket].collections:
            if (path := clash(paths, other.paths)) is not None:
                refuse(errno.EEXIST, f"{path} belongs to collection {other.name}")
        top = self.buckets[bucket].directory
        if not len(top.entries):
            return
        for path in directories(paths):
            node: Node | None = top
            for part in path.split("/") if path else []:
                node = node.entries.nodes.get(part) if isinstance(node, Directory) else node
            if isinstance(node, Directory):
                for name in node.entries.nodes:
                    if paths.find(key := f"{path}/{name}" if path else name) >= 0:
                        refuse(errno.EEXIST, f"{key} is there")
            elif node is not None:
                refuse(errno.EEXIST, f"{path} lies below a file")

    def _forget_unstable(self, file: File, stamp: int) -> None:
        size: int = file.unstable.stable_size
        for start, end in file.unstable.ranges:
            if start < size:
                self.content.write(file, start, min(end, size) - start)
        if size < file.size:
            self.content.resize(file, size)
        self.unstable.settle(file, 0, file.size)
        self._grow(file, size - file.size)
        file.touch(stamp)

    def _names(
        self, files: Sequence[File], taken: Sequence[tuple[Collection, NDArray[np.integer]]]
    ) -> Iterator[str]:
        wanted = set(map(id, files))
        for bucket in self.buckets.values() if wanted else ():
            for path, node in walk(bucket.directory):
                if id(node) in wanted:
                    yield f"/buckets/{bucket.name}/{path}"
        for collection, numbers in taken:
            for index in numbers.tolist():
                yield f"/buckets/{collection.bucket.name}/{collection.path(index)}"
