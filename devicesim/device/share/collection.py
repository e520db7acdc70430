"""Millions of files as one array of sizes: what the simulated ingest puts on a device."""

from __future__ import annotations

import errno
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devicesim.device.share.limits import Limits, Usage, is_name, refuse
from devicesim.device.share.nodes import Bucket, Node
from devicesim.device.share.paths import Paths
from devicesim.errors import require

COLLECTION_SHIFT = 40  # bits of an inode number for the file's number, so real inodes stay below 2**40
_STEP = 1 << 16  # files looked at together when going through a collection


@dataclass(frozen=True, slots=True)
class Posix:
    """The attributes of a file that travel with its object.

    Attributes:
        atime_ns, mtime_ns: simulated times [ns], or civil ones.
    """

    mode: int
    uid: int
    gid: int
    atime_ns: int
    mtime_ns: int

    def at(self, epoch_ns: int) -> Posix:
        """The same with civil times, those of a share whose second 0 was then [ns of Unix time]."""
        return replace(self, atime_ns=self.atime_ns + epoch_ns, mtime_ns=self.mtime_ns + epoch_ns)


class Collection:
    """Files that differ only in path and size, each there once it is complete; 8 to 9 bytes a file.

    Its paths belong to it from the start: nobody else can create them, finished or not.

    Attributes:
        number: counts the collections of a share from 1.
        files: how many files are complete.
        bytes: their sizes together [bytes].
        inside: objects that AWS makes of each file at the import, on average: more than one of an archive.
        content: gives bytes of a file, by its number, from an offset; None where nobody knows them.
    """

    def __init__(
        self,
        number: int,
        bucket: Bucket,
        name: str,
        sizes: NDArray[np.int64],
        paths: Paths,
        posix: Posix,
        usage: Usage,
    ) -> None:
        require(sizes.ndim == 1 and sizes.dtype == np.int64, "sizes", "a vector of int64", sizes.dtype)
        require(sizes >= 0, "sizes", ">= 0", sizes)
        self.number, self.bucket, self.name, self.paths, self.posix = number, bucket, name, paths, posix
        self.files = self.bytes = 0
        self.content: Callable[[int, int, int], bytes] | None = None
        self.inside = 1.0
        self._usage = usage
        self._sizes = sizes.view()
        self._sizes.flags.writeable = False
        self._first = 0  # files 0 .. first-1 are complete, unless there is a mask
        self._mask: NDArray[np.bool_] | None = None
        self._partial = 0

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def civil(self) -> Posix:
        """The attributes of its files with civil times."""
        return self.posix.at(self.bucket.epoch_ns)

    @property
    def first_fileid(self) -> int:
        """Inode number of file 0; the others follow."""
        return self.number << COLLECTION_SHIFT

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Sizes of all files, complete or not, shape (n,) [bytes]; not to be written to."""
        return self._sizes

    def size(self, index: int) -> int:
        """Size of one file [bytes]."""
        return int(self._sizes[index])

    def path(self, index: int) -> str:
        """Path of one file below the bucket, which is its object's key."""
        return self.paths.path(index)

    def is_complete(self, index: int) -> bool:
        """Tell whether one file is there."""
        if self._mask is not None:
            return 0 <= index < len(self) and bool(self._mask[index])
        return 0 <= index < self._first

    def are_complete(self, which: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Tell which of some files are there, shape of ``which``."""
        which = self._numbers(which)
        return which < self._first if self._mask is None else self._mask[which]

    def __iter__(self) -> Iterator[int]:
        """Numbers of the files that are there, ascending."""
        for start in range(0, len(self), _STEP):
            if self._mask is None:
                yield from range(start, min(start + _STEP, self._first))
            else:
                yield from (start + np.flatnonzero(self._mask[start : start + _STEP])).tolist()

    def complete_sizes(self) -> NDArray[np.int64]:
        """Sizes of the files that are there [bytes]."""
        return self._sizes[: self._first] if self._mask is None else self._sizes[self._mask]

    @property
    def partial_bytes(self) -> int:
        """Bytes received of files that are not complete [bytes]; they take room, and are no object."""
        return self._partial

    @partial_bytes.setter
    def partial_bytes(self, count: int) -> None:
        require(count >= 0, "partial_bytes", ">= 0", count)
        self._usage.check_bytes(count - self._partial)
        self._usage.bytes += count - self._partial
        self._partial = count

    def complete_first(self, count: int, partial_bytes: int = 0) -> None:
        """Make the first ``count`` files complete, of files that finish in their order.

        Args:
            count: how many files; those complete already stay so.
            partial_bytes: what has come of the files after them [bytes].
        """
        require(0 <= count <= len(self), "count", f"in 0..{len(self)}", count)
        if self._mask is not None:
            self.complete(np.flatnonzero(~self._mask[:count]), partial_bytes)
            return
        self._add(self._sizes[self._first : count], partial_bytes)
        self._first = max(self._first, count)

    def complete(self, which: NDArray[np.bool_] | NDArray[np.integer], partial_bytes: int = 0) -> None:
        """Make files complete, whichever; those that are already stay so.

        Args:
            which: mask of shape (n,), or numbers of files.
            partial_bytes: what has come of the files not complete [bytes].

        Raises:
            ShareError: EFBIG, EDQUOT or ENOSPC, and nothing is complete that was not.
        """
        mask = self._as_mask()
        wanted = np.zeros(len(self), dtype=np.bool_)
        wanted[self._numbers(which)] = True
        wanted &= ~mask
        self._add(self._sizes[wanted], partial_bytes)
        mask |= wanted
        if self.files == len(self):
            self._first, self._mask = len(self), None

    def cut_short(self, which: NDArray[np.integer], sizes: NDArray[np.int64]) -> None:
        """Let files end early: on a full disk, or after a power cut.

        Args:
            which: numbers of files, each once.
            sizes: their new sizes, none larger than before [bytes].
        """
        which = self._numbers(which)
        before = self._sizes[which]
        require((sizes >= 0) & (sizes <= before), "sizes", ">= 0 and not larger than before", sizes)
        there = self.are_complete(which)
        if not self._sizes.flags.writeable:
            self._sizes = self._sizes.copy()
        self._sizes[which] = sizes
        self._account(0, -int((before - sizes)[there].sum()))

    def lose(self, which: NDArray[np.integer]) -> None:
        """Take complete files away; they may be completed again."""
        gone = np.unique(self._numbers(which))
        mask = self._as_mask()
        gone = gone[mask[gone]]
        mask[gone] = False
        self._account(-len(gone), -int(self._sizes[gone].sum()))

    def _numbers(self, which: NDArray[np.bool_] | NDArray[np.integer]) -> NDArray[np.intp]:
        if which.dtype == bool:
            require(len(which) == len(self), "mask", f"of {len(self)} files", len(which))
            return np.flatnonzero(which)
        require((which >= 0) & (which < len(self)), "numbers", f"in 0..{len(self) - 1}", which)
        return which.astype(np.intp)

    def _as_mask(self) -> NDArray[np.bool_]:
        if self._mask is None:
            self._mask = np.arange(len(self)) < self._first
        return self._mask

    def _add(self, sizes: NDArray[np.int64], partial_bytes: int) -> None:
        require(partial_bytes >= 0, "partial_bytes", ">= 0", partial_bytes)
        limit = self._usage.limits.file_size
        if len(sizes) and int(sizes.max()) > limit:
            refuse(errno.EFBIG, f"a file of {int(sizes.max())} bytes, at most {limit}")
        total = int(sizes.sum())
        self._usage.check_files(len(sizes))
        self._usage.check_bytes(total + partial_bytes - self._partial)
        self._account(len(sizes), total)
        self.partial_bytes = partial_bytes

    def _account(self, files: int, size: int) -> None:
        self.files += files
        self.bytes += size
        self._usage.files += files
        self._usage.bytes += size
        self.bucket.objects += files
        self.bucket.bytes += size


class VirtualFile(Node):
    """One complete file of a collection, made up when somebody asks for it; read-only."""

    __slots__ = ("collection", "index")

    def __init__(self, collection: Collection, index: int) -> None:
        posix = collection.posix
        super().__init__(collection.bucket, posix.mode, posix.uid, posix.gid, posix.mtime_ns)
        self.atime_ns = posix.atime_ns
        self.fileid = collection.first_fileid + index
        self.collection, self.index = collection, index
        self.size = collection.size(index)

    def read(self, offset: int, count: int) -> bytes:
        """Its bytes; zeros where nobody knows them."""
        known = self.collection.content
        return known(self.index, offset, count) if known is not None else b"\0" * count


class Overlay:
    """The collections of one bucket, as seen beside its real files."""

    def __init__(self) -> None:
        self.collections: list[Collection] = []
        self.unlisted: list[Collection] = []

    def find(self, path: str) -> tuple[Collection, int] | None:
        """The file that claims a path, complete or not."""
        for collection in self.collections:
            if (index := collection.paths.find(path)) >= 0:
                return collection, index
        return None

    def after(self, parent: str, cookie: int, limits: Limits) -> Iterator[tuple[int, str, Node]]:
        """Cookie, name and node of the complete files of a directory behind a cookie.

        A cookie here is the inode number, above every cookie of the directory's real entries.
        """
        for collection in self.collections:
            children = collection.paths.children(parent)
            behind = cookie - collection.first_fileid
            for place in range(bisect_right(children, behind), len(children)):
                index = children[place]
                if not collection.is_complete(index):
                    continue
                name = collection.path(index).rpartition("/")[2]
                if is_name(name, limits):
                    yield collection.first_fileid + index, name, VirtualFile(collection, index)
