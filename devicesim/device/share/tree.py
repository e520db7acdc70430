"""The names of a share: a tree of directories with stable handles and stable listing cookies."""

from __future__ import annotations

import errno
import math
from itertools import islice

from devicesim.device.share.collection import COLLECTION_SHIFT, Collection, Overlay, VirtualFile
from devicesim.device.share.content import Content
from devicesim.device.share.inodes import Inodes
from devicesim.device.share.limits import Limits, Usage, clean_name, clean_text, refuse
from devicesim.device.share.nodes import KINDS, Bucket, Directory, Entry, File, Node, Page, Special, Symlink
from devicesim.device.share.paths import directories
from devicesim.device.share.stability import WriteBack
from devicesim.errors import require


class Tree:
    """Names and attributes. Every method that changes something takes the simulated time ``now`` [s].

    Attributes:
        limits: what is accepted; may be replaced to make a disk full or small.
        buckets: by name.
        root: the directory of buckets, which only the device changes.
        touched: files written to since somebody last looked, in the order in which they first were; None while
            nobody looks.
        read_only: refuse every change with EROFS, as when the device is on its way back.
        epoch_ns: civil time of second 0 [ns of Unix time], for the times that travel with objects.
    """

    def __init__(self, limits: Limits, content: Content, now: float = 0.0) -> None:
        self.usage = Usage(limits)
        self.content = content
        self.unstable = WriteBack()
        self.buckets: dict[str, Bucket] = {}
        self.touched: dict[File, None] | None = None
        self.read_only = False
        self.epoch_ns = 0
        self._overlays: dict[str, Overlay] = {}
        self._collections: list[Collection] = []
        self._inodes = Inodes()
        self._last = (math.nan, 0)
        self.root = Directory(None, "", None, 0o755, 0, 0, self._stamp(now))
        self.root.fixed = True
        self._inodes.enter(self.root)

    @property
    def nodes(self) -> list[Node | None]:
        """The inode table: nodes by number, None for numbers that are free. Only to be looked at."""
        return self._inodes.nodes

    @property
    def overlays(self) -> dict[str, Overlay]:
        """What collections lay over each bucket, by its name. Only to be looked at."""
        return self._overlays

    @property
    def limits(self) -> Limits:
        """What the share accepts."""
        return self.usage.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.usage.limits = limits

    def add_bucket(self, name: str, now: float) -> Bucket:
        """Make ``/buckets/<name>``, which only the device does; EEXIST if it is there."""
        name = clean_name(name, self.limits)
        if name in self.buckets:
            refuse(errno.EEXIST, f"bucket {name} exists")
        bucket = self.buckets[name] = Bucket(name, self.root, self._stamp(now))
        bucket.epoch_ns = self.epoch_ns
        self._overlays[name] = Overlay()
        self._enter(self.root, name, bucket.directory, self._stamp(now))
        return bucket

    def node(self, fileid: int, generation: int) -> Node:
        """The node of a handle; ESTALE when it is gone, or never was."""
        number, index = fileid >> COLLECTION_SHIFT, fileid & ((1 << COLLECTION_SHIFT) - 1)
        if number == 0:
            if (node := self._inodes.find(index, generation)) is not None:
                return node
        elif 0 < number <= len(self._collections) and generation == 0:
            collection = self._collections[number - 1]
            if collection.is_complete(index):
                return VirtualFile(collection, index)
        return refuse(errno.ESTALE, f"no file with handle {fileid}.{generation}")

    def lookup(self, directory: Node, name: str | bytes) -> Node:
        """The node of a name; "." and ".." work, and the root is above itself."""
        at = self._open(directory)
        if name in (".", b"."):
            return at
        if name in ("..", b".."):
            return at.parent
        node = self._child(at, text := clean_name(name, self.limits))
        return node if node is not None else refuse(errno.ENOENT, text)

    def resolve(self, path: str) -> Node:
        """The node of a whole path such as ``/buckets/trail-cams/a.jpg``; links are not followed."""
        parts = [part for part in path.split("/") if part]
        if not parts or parts[0] != "buckets":
            refuse(errno.ENOENT, path)
        node: Node = self.root
        for part in parts[1:]:
            node = self.lookup(node, part)
        return node

    def create(
        self, directory: Node, name: str | bytes, now: float, *, guarded: bool = False,
        verifier: bytes | None = None, mode: int = 0o644, uid: int = 0, gid: int = 0,
    ) -> File | VirtualFile:  # fmt: skip
        """Make a file, or find it (RFC 1813, 3.3.8).

        Args:
            directory: where.
            name: what.
            now: simulated time [s].
            guarded: refuse with EEXIST if the name is there.
            verifier: make it exclusive: EEXIST unless the file was made with the same verifier.
            mode, uid, gid: attributes of a new file.
        """
        at, text, found = self._open_for(directory, name)
        if found is not None:
            repeated = verifier is not None and isinstance(found, File) and found.verifier == verifier
            if (
                not isinstance(found, File | VirtualFile)
                or guarded
                or (verifier is not None and not repeated)
            ):
                refuse(errno.EEXIST, text)
            return found
        self._check_new(at, text)
        self.usage.check_files()
        file = File(at.bucket, *self._inodes.owner(mode, uid, gid), self._stamp(now))
        self._touch(file)
        file.verifier = verifier
        self._enter(at, text, file, file.ctime_ns)
        self.usage.files += 1
        _bucket(at).objects += 1
        return file

    def mkdir(
        self, directory: Node, name: str | bytes, now: float, *, mode: int = 0o755, uid: int = 0, gid: int = 0
    ) -> Directory:
        """Make a directory; EEXIST if the name is there."""
        at, text = self._open_new(directory, name)
        new = Directory(at, text, at.bucket, *self._inodes.owner(mode, uid, gid), self._stamp(now))
        self._enter(at, text, new, new.ctime_ns)
        return new

    def symlink(
        self, directory: Node, name: str | bytes, target: str | bytes, now: float, *, mode: int = 0o777,
        uid: int = 0, gid: int = 0,
    ) -> Symlink:  # fmt: skip
        """Make a symbolic link; the target need not exist."""
        at, text = self._open_new(directory, name)
        target = clean_text(target)
        if not target:
            refuse(errno.EINVAL, "empty target of a symbolic link")
        if len(target) > self.limits.path_chars:
            refuse(errno.ENAMETOOLONG, f"target longer than {self.limits.path_chars} characters")
        self.usage.check_files()
        new = Symlink(at.bucket, *self._inodes.owner(mode, uid, gid), self._stamp(now), target)
        self._enter(at, text, new, new.ctime_ns)
        self.usage.files += 1
        return new

    def special(
        self, directory: Node, name: str | bytes, kind: str, now: float, *, device: tuple[int, int] = (0, 0),
        mode: int = 0o644, uid: int = 0, gid: int = 0,
    ) -> Special:  # fmt: skip
        """Make a ``fifo``, ``socket``, ``block`` or ``char`` device, which counts as a file."""
        require(kind in KINDS, "kind", " or ".join(KINDS), kind)
        at, text = self._open_new(directory, name)
        self.usage.check_files()
        new = Special(at.bucket, *self._inodes.owner(mode, uid, gid), self._stamp(now), kind, device)
        self._enter(at, text, new, new.ctime_ns)
        self.usage.files += 1
        return new

    def readlink(self, node: Node) -> str:
        """Target of a symbolic link."""
        self._live(node)
        return node.target if isinstance(node, Symlink) else refuse(errno.EINVAL, "not a symbolic link")

    def link(self, node: Node, directory: Node, name: str | bytes, now: float) -> None:
        """Give a file another name in the same bucket; at import each name becomes an object."""
        at, text, found = self._open_for(directory, name)
        self._live(node)
        if isinstance(node, Directory):
            refuse(errno.EPERM, "a directory has one name")
        if isinstance(node, VirtualFile):
            refuse(errno.EROFS, "files of a collection are read-only")
        if node.bucket is not at.bucket:
            refuse(errno.EXDEV, "another bucket")
        if found is not None:
            refuse(errno.EEXIST, text)
        self._check_new(at, text)
        node.nlink += 1
        node.touch(self._stamp(now), data=False)
        self._enter(at, text, node, node.ctime_ns)
        if isinstance(node, File):
            _bucket(at).objects += 1
            _bucket(at).bytes += node.size

    def remove(self, directory: Node, name: str | bytes, now: float) -> None:
        """Remove a name; the file goes with its last one."""
        at, text, found = self._open_for(directory, name)
        if found is None:
            refuse(errno.ENOENT, text)
        if isinstance(found, Directory):
            refuse(errno.EISDIR, text)
        if isinstance(found, VirtualFile):
            refuse(errno.EROFS, "files of a collection are read-only")
        self._leave(at, text, self._stamp(now))
        self._drop(found, self._stamp(now))

    def rmdir(self, directory: Node, name: str | bytes, now: float) -> None:
        """Remove an empty directory."""
        at, text, found = self._open_for(directory, name)
        if found is None:
            refuse(errno.ENOENT, text)
        if not isinstance(found, Directory):
            refuse(errno.ENOTDIR, text)
        if len(found.entries) or found.fixed:
            refuse(errno.ENOTEMPTY, text)
        self._leave(at, text, self._stamp(now))
        self._drop(found, self._stamp(now))

    def rename(
        self, source: Node, name: str | bytes, target: Node, new_name: str | bytes, now: float
    ) -> None:
        """Move a node within its bucket, over whatever of its kind has the new name."""
        old, old_text, node = self._open_for(source, name)
        new, new_text, found = self._open_for(target, new_name)
        if node is None:
            refuse(errno.ENOENT, old_text)
        if old.bucket is not new.bucket:
            refuse(errno.EXDEV, "another bucket")
        if isinstance(node, VirtualFile) or (isinstance(node, Directory) and node.fixed):
            refuse(errno.EROFS, "files of a collection are read-only")
        if isinstance(node, Directory) and new.is_within(node):
            refuse(errno.EINVAL, "a directory cannot move into itself")
        if found is node:
            return
        self._check_over(node, found, new_text)
        self._check_new(new, new_text)
        stamp = self._stamp(now)
        self._leave(old, old_text, stamp)
        if found is not None:
            self._leave(new, new_text, stamp, keep_cookie=True)
            self._drop(found, stamp)
        self._enter(new, new_text, node, stamp)
        node.touch(stamp, data=False)
        if isinstance(node, Directory):
            node.parent, node.name = new, new_text

    def readdir(self, directory: Node, cookie: int, limit: int) -> Page:
        """Up to ``limit`` entries behind ``cookie`` (0 starts), without "." and "..".

        Cookies are valid for ever: whatever is created or removed meanwhile, an entry that is there
        throughout is seen exactly once.
        """
        require(limit >= 1, "limit", ">= 1", limit)
        at = self._open(directory)
        found = [Entry(*line) for line in islice(at.entries.after(cookie), limit + 1)]
        if len(found) <= limit and at.fixed and at.bucket is not None:
            behind = self._overlays[at.bucket.name].after(at.key, cookie, self.limits)
            found += [Entry(*line) for line in islice(behind, limit + 1 - len(found))]
        return Page(found[:limit], len(found) <= limit)

    def _list_collections(self, bucket: Bucket) -> None:
        """Put the directories of collections into the tree, once somebody looks at their bucket."""
        overlay = self._overlays[bucket.name]
        while overlay.unlisted:
            collection = overlay.unlisted.pop(0)
            posix = collection.posix
            for path in directories(collection.paths):
                self._list_directory(bucket, path, posix.uid, posix.gid, posix.mtime_ns)

    def _list_directory(self, bucket: Bucket, path: str, uid: int, gid: int, stamp: int) -> None:
        at = bucket.directory
        for name in path.split("/") if path else []:
            found = at.entries.nodes.get(name)
            if not isinstance(found, Directory):
                try:
                    self.limits.check_path(path)
                except OSError:
                    return  # such files cannot be looked at; the import reports them
                found = Directory(at, name, bucket, 0o755, uid, gid, stamp)
                self._enter(at, name, found, stamp)
            found.fixed = True
            at = found

    def _open(self, directory: Node) -> Directory:
        """Check that a node is a directory, and complete it."""
        self._live(directory)
        if not isinstance(directory, Directory):
            refuse(errno.ENOTDIR, "not a directory")
        if directory.bucket is not None and self._overlays[directory.bucket.name].unlisted:
            self._list_collections(directory.bucket)
        return directory

    def _open_for(self, directory: Node, name: str | bytes) -> tuple[Directory, str, Node | None]:
        """Check a directory and a name for a change; returns what has the name now."""
        at = self._open(directory)
        text = clean_name(name, self.limits)
        if self.read_only or at.bucket is None:
            refuse(errno.EROFS, "read-only" if self.read_only else "only the device makes buckets")
        return at, text, self._child(at, text)

    def _open_new(self, directory: Node, name: str | bytes) -> tuple[Directory, str]:
        """The same for a name that must not be there."""
        at, text, found = self._open_for(directory, name)
        if found is not None:
            refuse(errno.EEXIST, text)
        self._check_new(at, text)
        return at, text

    def _live(self, node: Node) -> None:
        if not node.nlink:
            refuse(errno.ESTALE, "the file is gone")

    def _child(self, at: Directory, name: str) -> Node | None:
        node = at.entries.nodes.get(name)
        if node is None and at.fixed:
            claim = self._claim(at, name)
            if claim is not None and claim[0].is_complete(claim[1]):
                return VirtualFile(*claim)
        return node

    def _claim(self, at: Directory, name: str) -> tuple[Collection, int] | None:
        if at.bucket is None or not at.fixed:
            return None
        key = at.key
        return self._overlays[at.bucket.name].find(f"{key}/{name}" if key else name)

    def _check_new(self, at: Directory, name: str) -> None:
        key = at.key
        self.limits.check_key(f"{key}/{name}" if key else name)
        if self._claim(at, name) is not None:
            refuse(errno.EEXIST, f"{name} belongs to a collection")

    def _check_over(self, node: Node, found: Node | None, name: str) -> None:
        """Check that a rename may replace what it finds."""
        if found is None:
            return
        if isinstance(found, VirtualFile):
            refuse(errno.EROFS, "files of a collection are read-only")
        if isinstance(node, Directory):
            if not isinstance(found, Directory):
                refuse(errno.ENOTDIR, name)
            if len(found.entries) or found.fixed:
                refuse(errno.ENOTEMPTY, name)
        elif isinstance(found, Directory):
            refuse(errno.EISDIR, name)

    def _enter(self, at: Directory, name: str, node: Node, stamp: int) -> None:
        if not node.fileid:
            self._inodes.enter(node)
        at.entries.add(name, node)
        at.nlink += isinstance(node, Directory)
        at.touch(stamp)

    def _leave(self, at: Directory, name: str, stamp: int, *, keep_cookie: bool = False) -> None:
        at.nlink -= isinstance(at.entries.nodes[name], Directory)
        if not keep_cookie:
            at.entries.remove(name)
        at.touch(stamp)

    def _drop(self, node: Node, stamp: int) -> None:
        """Take one name from a node, and free it with the last."""
        node.nlink = 0 if isinstance(node, Directory) else node.nlink - 1
        node.touch(stamp, data=False)
        if isinstance(node, File) and node.bucket is not None:
            node.bucket.objects -= 1
            node.bucket.bytes -= node.size
        if node.nlink:
            return
        if isinstance(node, File):
            self.unstable.settle(node, 0, node.size)
            self.usage.bytes -= node.size
            self.content.forget(node)
        self.usage.files -= not isinstance(node, Directory)
        self._inodes.leave(node)

    def _touch(self, file: File) -> None:
        if self.touched is not None:
            self.touched[file] = None

    def _stamp(self, now: float) -> int:
        """Simulated seconds as whole nanoseconds, the same object for the same time."""
        if now != self._last[0]:
            require(math.isfinite(now), "now", "finite", now)
            self._last = (now, round(now * 1e9))
        return self._last[1]


def _bucket(directory: Directory) -> Bucket:
    """The bucket of a directory below the root."""
    if directory.bucket is None:
        refuse(errno.EROFS, "only the device makes buckets")
    return directory.bucket
