"""The bytes of a share's files: writing, reading and attributes, within the share's limits."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import NamedTuple

from devicesim.device.share.collection import VirtualFile
from devicesim.device.share.content import Content, Data, Digest, Discard
from devicesim.device.share.limits import Limits, refuse
from devicesim.device.share.nodes import Directory, File, Node, Special, Symlink
from devicesim.device.share.stability import write_verifier
from devicesim.device.share.tree import Tree


class Space(NamedTuple):
    """What `df` tells: bytes and files, in all and free."""

    total_bytes: int
    free_bytes: int
    total_files: int
    free_files: int


class Files(Tree):
    """A tree whose files can be written and read.

    Attributes:
        name: of the device; goes into the write verifier.
        boot: how often the device has started.
        emptied: who wants to know of files that are cut to nothing; nobody if None.
    """

    emptied: Callable[[File], None] | None = None

    def __init__(
        self, limits: Limits, content: Content | None = None, name: str = "", now: float = 0.0
    ) -> None:
        super().__init__(limits, content if content is not None else Discard(), now)
        self.name = name
        self.boot = 1

    @property
    def verifier(self) -> bytes:
        """Write verifier: eight bytes that change whenever unstable writes may have been lost."""
        return write_verifier(self.name, self.boot)

    def statfs(self) -> Space:
        """Room in all and free."""
        usage, limits = self.usage, self.limits
        return Space(limits.capacity, usage.free_bytes, limits.files, usage.free_files)

    def write(self, node: Node, offset: int, data: Data | int, now: float, *, stable: bool = True) -> int:
        """Write as much as fits, as POSIX does: a short count at the last byte, ENOSPC or EFBIG at none.

        Args:
            node: the file.
            offset: first byte [bytes].
            data: bytes, or how many bytes come of which nobody has the content.
            now: simulated time [s].
            stable: whether they are on the platters when this returns.

        Returns:
            How many bytes were accepted.
        """
        file = self._writable(node)
        count = data if isinstance(data, int) else len(data := memoryview(data).cast("B"))
        if offset < 0 or count < 0:
            refuse(errno.EINVAL, f"offset {offset}, count {count}")
        if count == 0:
            return 0
        fits = min(count, self.limits.file_size - offset)
        if fits <= 0:
            refuse(errno.EFBIG, f"a file of {offset + count} bytes, at most {self.limits.file_size}")
        growth = offset + fits - file.size
        if growth > 0:
            fits -= growth - self.usage.room_for(growth)
        if fits <= 0:
            refuse(errno.ENOSPC, f"{self.usage.free_bytes} bytes free")
        whole = fits == count
        self.content.write(file, offset, data if whole else fits if isinstance(data, int) else data[:fits])
        if stable:
            self.unstable.written(file, offset, offset + fits)
        else:
            self.unstable.accept(file, offset, offset + fits)
        self._grow(file, max(0, offset + fits - file.size))
        file.touch(self._stamp(now))
        self._touch(file)
        return fits

    def read(self, node: Node, offset: int, count: int) -> bytes:
        """Bytes of a file, fewer at its end; what nobody has the content of reads as zeros."""
        self._live(node)
        if isinstance(node, Directory):
            refuse(errno.EISDIR, "a directory")
        if isinstance(node, Symlink | Special) or offset < 0 or count < 0:
            refuse(errno.EINVAL, f"offset {offset}, count {count}")
        count = max(0, min(count, node.size - offset))
        if isinstance(node, VirtualFile) and count:
            return node.read(offset, count)
        return self.content.read(node, offset, count) if isinstance(node, File) and count else b"\0" * count

    def setattr(
        self,
        node: Node,
        now: float,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        size: int | None = None,
        atime_ns: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Change attributes, those that are given, or none if one is refused.

        A new size cuts the file, or extends it by a hole, which takes room like data.
        """
        self._live(node)
        if self.read_only or isinstance(node, VirtualFile):
            refuse(errno.EROFS, "read-only" if self.read_only else "files of a collection are read-only")
        if size is not None:
            self._resize(self._writable(node), size, self._stamp(now))
        node.mode, node.uid, node.gid = self._inodes.owner(
            node.mode if mode is None else mode,
            node.uid if uid is None else uid,
            node.gid if gid is None else gid,
        )
        node.touch(self._stamp(now), data=False)
        node.atime_ns = node.atime_ns if atime_ns is None else atime_ns
        node.mtime_ns = node.mtime_ns if mtime_ns is None else mtime_ns

    def digest(self, node: Node) -> Digest:
        """Checksum of a file, or why nobody knows it."""
        if isinstance(node, File):
            return self.content.digest(node)
        return Digest("", None, "no content of its own")

    def _writable(self, node: Node) -> File:
        self._live(node)
        if self.read_only or isinstance(node, VirtualFile):
            refuse(errno.EROFS, "read-only" if self.read_only else "files of a collection are read-only")
        if isinstance(node, Directory):
            refuse(errno.EISDIR, "a directory")
        return node if isinstance(node, File) else refuse(errno.EINVAL, "no regular file")

    def _resize(self, file: File, size: int, stamp: int) -> None:
        if size < 0:
            refuse(errno.EINVAL, f"size {size}")
        if size > self.limits.file_size:
            refuse(errno.EFBIG, f"a file of {size} bytes, at most {self.limits.file_size}")
        self.usage.check_bytes(size - file.size)
        self.content.resize(file, size)
        if size == 0 and self.emptied is not None:
            self.emptied(file)
        self.unstable.resized(file, size)
        self._grow(file, size - file.size)
        file.touch(stamp)

    def _grow(self, file: File, count: int) -> None:
        file.size += count
        self.usage.bytes += count
        if file.bucket is not None:
            file.bucket.bytes += count * file.nlink
