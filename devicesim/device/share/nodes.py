"""What a share's tree is made of: directories, files, links, special files, and the buckets above them.

A million files must fit into memory, so every class has slots, times are whole nanoseconds shared between
fields, and a file does not know its names (it may have several).
"""

from __future__ import annotations

import stat
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

KINDS = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "block": stat.S_IFBLK, "char": stat.S_IFCHR}
"""Of special files, as ``stat`` has them."""

FIRST_COOKIE = 3  # 0 starts a listing, 1 and 2 are "." and ".." (RFC 7530, 16.24: 1 and 2 are reserved)


class Node:
    """One inode: what `stat` tells, and the handle (``fileid``, ``generation``) that never names another.

    Attributes:
        fileid: number of the inode; a number in use again has another generation.
        change: grows with every change of data or attributes (the NFSv4 `change` attribute).
        atime_ns, mtime_ns, ctime_ns: simulated times [ns]; reading does not move ``atime_ns``.
        nlink: number of names; 0 once the node is gone.
        size: of a file its data, of a symbolic link its target in UTF-8, of a directory 0 [bytes].
    """

    __slots__ = (
        "atime_ns", "bucket", "change", "ctime_ns", "fileid", "generation", "gid", "mode", "mtime_ns",
        "nlink", "size", "uid",
    )  # fmt: skip

    def __init__(self, bucket: Bucket | None, mode: int, uid: int, gid: int, stamp: int) -> None:
        self.bucket = bucket
        self.mode, self.uid, self.gid = mode, uid, gid
        self.atime_ns = self.mtime_ns = self.ctime_ns = stamp
        self.fileid = self.generation = self.change = self.size = 0
        self.nlink = 1

    @property
    def st_mode(self) -> int:
        """Kind and permission bits, as ``stat`` has them."""
        return stat.S_IFREG | self.mode

    def touch(self, stamp: int, *, data: bool = True) -> None:
        """Note a change at ``stamp`` [ns]: of the data, or of the attributes only."""
        self.ctime_ns = stamp
        if data:
            self.mtime_ns = stamp
        self.change += 1


class File(Node):
    """A regular file, with its content in whatever form the share's policy keeps it."""

    __slots__ = ("content", "unstable", "verifier")

    def __init__(self, bucket: Bucket | None, mode: int, uid: int, gid: int, stamp: int) -> None:
        super().__init__(bucket, mode, uid, gid, stamp)
        self.content: Any = None
        self.unstable: Any = None
        self.verifier: bytes | None = None


class Symlink(Node):
    """A symbolic link; the import at AWS does not follow it, and skips it."""

    __slots__ = ("target",)

    def __init__(self, bucket: Bucket | None, mode: int, uid: int, gid: int, stamp: int, target: str) -> None:
        super().__init__(bucket, mode, uid, gid, stamp)
        self.target = target
        self.size = len(target.encode())

    @property
    def st_mode(self) -> int:
        """Those of a symbolic link."""
        return stat.S_IFLNK | self.mode


class Special(Node):
    """A named pipe, socket or device; it holds nothing, and the import at AWS skips it.

    Attributes:
        kind: one of :data:`KINDS`.
        device: major and minor number.
    """

    __slots__ = ("device", "kind")

    def __init__(
        self,
        bucket: Bucket | None,
        mode: int,
        uid: int,
        gid: int,
        stamp: int,
        kind: str,
        device: tuple[int, int],
    ) -> None:
        super().__init__(bucket, mode, uid, gid, stamp)
        self.kind, self.device = kind, device

    @property
    def st_mode(self) -> int:
        """Those of its kind."""
        return KINDS[self.kind] | self.mode


class Entries:
    """The names of one directory, in the order in which they came, with cookies that never move.

    The log holds every name with a growing cookie. A removed name stays in the log, and is told from a
    later entry of the same name by the cookie from which the name counts again; when half of the log is
    dead it is rewritten, each name keeping its cookie. So every operation is O(1) on average, a listing
    finds its place by bisection, and an entry costs 16 bytes besides the dictionary.
    """

    __slots__ = ("_cookies", "_head", "_log", "_next", "_since", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._log: list[str] = []
        self._cookies = array("Q")
        self._since: dict[str, int] = {}
        self._next = FIRST_COOKIE
        self._head = 0  # the log is dead before this place, as after removing everything in order

    def __len__(self) -> int:
        return len(self.nodes)

    def add(self, name: str, node: Node) -> None:
        """Enter a node; a name that is there keeps its cookie and changes its node."""
        if name not in self.nodes:
            self._log.append(name)
            self._cookies.append(self._next)
            self._next += 1
        self.nodes[name] = node

    def remove(self, name: str) -> None:
        """Take a name out."""
        del self.nodes[name]
        self._since[name] = self._next
        while self._head < len(self._log) and not self._lives(self._head):
            self._head += 1
        if len(self._log) > 2 * len(self.nodes) + 64:
            self._compact()

    def after(self, cookie: int) -> Iterator[tuple[int, str, Node]]:
        """Cookie, name and node of each entry behind ``cookie``, whatever changes in between."""
        log, place = self._log, self._place(cookie)
        while True:
            if log is not self._log:  # rewritten since the last step
                log, place = self._log, self._place(cookie)
            if place >= len(log):
                return
            name, cookie = log[place], self._cookies[place]
            place += 1
            node = self.nodes.get(name)
            if node is not None and cookie >= self._since.get(name, 0):
                yield cookie, name, node

    def _place(self, cookie: int) -> int:
        return max(self._head, bisect_right(self._cookies, cookie))

    def _lives(self, place: int) -> bool:
        name = self._log[place]
        return name in self.nodes and self._cookies[place] >= self._since.get(name, 0)

    def _compact(self) -> None:
        live = [(at, name) for at, name, _ in self.after(0)]
        self._log = [name for _, name in live]
        self._cookies = array("Q", [at for at, _ in live])
        self._since = {}
        self._head = 0


class Directory(Node):
    """A directory. ``fixed`` ones lead to files of a collection: they are not removed or renamed."""

    __slots__ = ("entries", "fixed", "name", "parent")

    def __init__(
        self,
        parent: Directory | None,
        name: str,
        bucket: Bucket | None,
        mode: int,
        uid: int,
        gid: int,
        stamp: int,
    ) -> None:
        super().__init__(bucket, mode, uid, gid, stamp)
        self.parent: Directory = self if parent is None else parent
        self.name = name
        self.nlink = 2
        self.entries = Entries()
        self.fixed = False

    @property
    def st_mode(self) -> int:
        """Those of a directory."""
        return stat.S_IFDIR | self.mode

    @property
    def key(self) -> str:
        """Path below the bucket, without slashes at the ends; empty for the bucket itself."""
        parts: list[str] = []
        at = self
        while at.parent.parent is not at.parent:
            parts.append(at.name)
            at = at.parent
        return "/".join(reversed(parts))

    def is_within(self, other: Directory) -> bool:
        """Tell whether this directory is ``other`` or lies below it."""
        at = self
        while at is not other and at.parent is not at:
            at = at.parent
        return at is other


class Entry(NamedTuple):
    """One line of a directory listing."""

    cookie: int
    name: str
    node: Node


class Page(NamedTuple):
    """A part of a directory listing; ``end`` tells that nothing follows."""

    entries: list[Entry]
    end: bool


class Bucket:
    """One bucket: its directory, and what the import will find in it.

    Everybody may write into the directory: a device knows hosts that may mount, and no users.

    Attributes:
        objects: names of regular files, and finished files of collections; a file with two names is two.
        bytes: their sizes together [bytes].
        epoch_ns: civil time of the share's second 0 [ns of Unix time].
    """

    __slots__ = ("bytes", "directory", "epoch_ns", "name", "objects")

    def __init__(self, name: str, root: Directory, stamp: int) -> None:
        self.name = name
        self.objects = self.bytes = self.epoch_ns = 0
        self.directory = Directory(root, name, self, 0o777, root.uid, root.gid, stamp)
        self.directory.fixed = True
