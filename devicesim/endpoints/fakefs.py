"""The share inside pyfakefs: ordinary Python code writes to it, and the device takes its time.

Scope and limits: what goes through ``open``, ``os``, ``pathlib``, ``shutil``, ``io`` and all that is built on them
(``zipfile``, ``gzip``, ``tarfile``) is on the device: names, sizes, content, ENOSPC at the true byte. Making,
writing, renaming and removing cost what their NFS operations cost, and under the ``driven`` clock time moves so; looks
and reads cost nothing. pyfakefs hands a whole file over at each flush: a file of many megabytes, written in small
flushes, is slow, and some hundred megabytes are its end. Code that writes from C (``sqlite3``, ``numpy.tofile``,
``pyarrow``, other processes) passes pyfakefs by; :meth:`Mount.close` says so where it left anything on the real disk.
``fs.create_file(path, st_size=...)`` makes a file of any size whose bytes nobody has.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from devicesim.device.share import Directory, Node, Share, ShareError, Symlink
from devicesim.endpoints.premises import Premises
from devicesim.errors import MissingExtraError, VerbError, require

try:
    from pyfakefs.fake_file import FakeDirectory, FakeFile
    from pyfakefs.fake_filesystem import FakeFilesystem
    from pyfakefs.helpers import FakeStatResult
except ImportError:
    raise MissingExtraError("snow_share", "pytest") from None

T = TypeVar("T")

WSIZE = 1 << 20
"""Bytes of one WRITE, as Linux mounts NFS."""

_REAL = (os.lstat,)  # in a tuple, since pyfakefs replaces it wherever it has a name


class Mount:
    """A device's share at a path of a fake file system.

    Args:
        fs: the fake file system.
        premises: the World and its device, which must be there and serve.
        path: where; no such path may exist in the real file system.
        client: number of the scenario's client whose link is used.

    Raises:
        VerbError: the device is not there.
        BoundError: the path is there already, really or in the fake file system.
    """

    def __init__(
        self, fs: FakeFilesystem, premises: Premises, path: str = "/mnt/snowcone", client: int = 0
    ) -> None:
        require(not _exists(path), "path", "free in the real file system", path)
        require(not fs.exists(path), "path", "free in the fake file system", path)
        if premises.share is None:
            raise VerbError("the share cannot be mounted: no device is with its customer")
        self.fs, self.premises, self.path, self._client = fs, premises, path, client
        self._wrapped: dict[tuple[int, int, int, str], FakeFile] = {}
        fs.add_mount_point(path)
        root = fs.resolve(path)
        self.device = root.st_dev
        fs.mount_points[path] = _Room(self)
        fs.__class__ = _Clocked
        root.__class__ = ShareDirectory
        root._adopt(self, premises.share.root, None)

    def close(self) -> None:
        """Say so if something passed the fake file system by.

        Raises:
            VerbError: there is something at the path in the real file system.
        """
        if _exists(self.path):
            raise VerbError(
                f"{self.path} exists in the real file system: something wrote there past pyfakefs, as C code and "
                "other processes do; mount the share by NFS or FUSE for those"
            )

    @property
    def share(self) -> Share:
        """The device's share now; EIO when the device is gone."""
        share = self.premises.share
        return share if share is not None else _refuse(errno.EIO, self.path)

    def spend(self, operation: str, payload: int, change: Callable[[float], T], path: str) -> T:
        """Do something to the share at its price, and let time pass.

        Raises:
            OSError: it was refused, or the device does not serve.
        """
        done = self.premises.perform(operation, payload, self._client, change)
        if done.reply == float("inf"):
            _refuse(errno.EIO, path)
        self.premises.due(done.reply)
        if done.error is not None:
            _refuse(done.error.errno or errno.EIO, path)
        return done.result  # type: ignore[return-value]

    def wrap(self, parent: ShareDirectory, name: str, node: Node) -> FakeFile:
        """The fake file of a node, always the same one for a name."""
        key = (parent._node.fileid, node.fileid, node.generation, name)
        if key not in self._wrapped:
            made: FakeFile
            if isinstance(node, Directory):
                made = FakeDirectory(name, filesystem=self.fs)
                made.__class__ = ShareDirectory
            else:
                made = FakeFile(name, filesystem=self.fs)
                made.__class__ = ShareFile
            made._adopt(self, node, parent)
            self._wrapped[key] = made
        return self._wrapped[key]

    def keep(self, parent: ShareDirectory, name: str, file: FakeFile) -> None:
        """Remember a fake file that got a name."""
        self._wrapped[parent._node.fileid, file._node.fileid, file._node.generation, name] = file


def _exists(path: str) -> bool:
    """Whether there is such a path in the real file system."""
    try:
        _REAL[0](path)
    except OSError:
        return False
    return True


class _Clocked(FakeFilesystem):
    """A fake file system that tells its shares when somebody sets times; all others it takes from the wall."""

    def utime(self, path: Any, times: Any = None, *, ns: Any = None, follow_symlinks: bool = True) -> None:
        """Set times, of the share's files on the device."""
        super().utime(path, times, ns=ns, follow_symlinks=follow_symlinks)
        found = self.resolve(path, follow_symlinks, allow_fd=True)
        if isinstance(found, ShareFile | ShareDirectory):
            if times is not None:
                ns = tuple(round(second * 1e9) for second in times)
            found._set_times(*(ns or (None, None)))


class _Room(dict[str, Any]):
    """What pyfakefs keeps of a mount point, told by the share: its size and what is used."""

    def __init__(self, mount: Mount) -> None:
        super().__init__(idev=mount.device, total_size=0, used_size=0)
        self._mount = mount

    def __getitem__(self, key: str) -> Any:
        if key == "total_size":
            return self._mount.share.limits.capacity
        if key == "used_size":
            return self._mount.share.used
        return super().__getitem__(key)


class _OnShare:
    """What files and directories of the share have in common: their attributes are the node's."""

    _mount: Mount
    _node: Node
    _told: FakeStatResult

    def _adopt(self, mount: Mount, node: Node, parent: FakeDirectory | None) -> None:
        fake: Any = self
        self._told = fake.__dict__.pop("stat_result")
        self._mount, self._node = mount, node
        if parent is not None:
            fake.parent_dir = lambda: parent

    @property
    def stat_result(self) -> FakeStatResult:
        """As the node has them now; what pyfakefs sets of them otherwise does not last."""
        node, told, epoch = self._node, self._told, self._mount.share.epoch_ns
        told.st_mode, told.st_size = node.st_mode, node.size
        told.st_ino, told.st_nlink, told.st_dev = node.fileid, node.nlink, self._mount.device
        told.st_uid, told.st_gid = node.uid, node.gid
        told.st_atime_ns, told.st_mtime_ns = epoch + node.atime_ns, epoch + node.mtime_ns
        told.st_ctime_ns = epoch + node.ctime_ns
        return told

    def __setattr__(self, key: str, value: Any) -> None:
        if key in {"st_mode", "st_uid", "st_gid"}:
            member, number = key.removeprefix("st_"), stat.S_IMODE(value) if key == "st_mode" else value
            if value is not None and number != getattr(self._node, member):
                self._set(**{member: number})
        elif key not in FakeFile.stat_types:
            object.__setattr__(self, key, value)

    def _set(self, **attributes: Any) -> None:
        node, mount = self._node, self._mount
        path = str(self.path)  # type: ignore[attr-defined]
        mount.spend("SETATTR", 0, lambda now: mount.share.setattr(node, now, **attributes), path)

    def _set_times(self, atime_ns: int | None, mtime_ns: int | None) -> None:
        now = round(self._mount.premises.world.now * 1e9)
        epoch = self._mount.share.epoch_ns
        self._set(
            atime_ns=now if atime_ns is None else atime_ns - epoch,
            mtime_ns=now if mtime_ns is None else mtime_ns - epoch,
        )


class ShareFile(_OnShare, FakeFile):  # type: ignore[override]
    """A file or a symbolic link of the share."""

    @property
    def _byte_contents(self) -> bytes | None:  # type: ignore[override]
        """Its bytes as the share has them."""
        node = self._node
        if isinstance(node, Symlink):
            return node.target.encode()
        content: bytes
        seen, content = self.__dict__.get("_seen", (None, b""))
        if seen != node.change:
            content = self._mount.share.read(node, 0, node.size)
            self.__dict__["_seen"] = node.change, content
        return content

    def is_large_file(self) -> bool:
        """Whether it is larger than pyfakefs can handle whole."""
        return not isinstance(self._node, Symlink) and self._node.size > 1 << 30

    def set_initial_contents(self, contents: Any) -> bool:
        """Write what differs from the bytes that are there, as much of it as fits."""
        new = self._encode_contents(contents) or b""
        old = self._byte_contents or b""
        if new == old:
            return False
        begin = _same(old, new)
        mount, node, path = self._mount, self._node, str(self.path)
        if len(new) < len(old):
            self._set(size=len(new))
        if begin < len(new):
            self._write(new, begin)
        mount.spend("COMMIT", 0, lambda now: mount.share.mark_stable(node), path)
        self.__dict__["_seen"] = node.change, new
        self.epoch += 1
        return True

    def _write(self, content: bytes, begin: int) -> None:
        """Send writes one after the other, all under way together as a client's page cache does."""
        mount, node, path = self._mount, self._node, str(self.path)
        last = 0.0
        for offset in range(begin, len(content), WSIZE):
            piece = memoryview(content)[offset : offset + WSIZE]

            def change(now: float, offset: int = offset, piece: memoryview = piece) -> int:
                return mount.share.write(node, offset, piece, now, stable=False)

            done = mount.premises.perform("WRITE", len(piece), mount._client, change)
            last = max(last, done.reply)
            if done.reply == float("inf") or done.error is not None or done.result != len(piece):
                if last < float("inf"):
                    mount.premises.due(last)
                code = errno.EIO if done.reply == float("inf") else errno.ENOSPC
                _refuse(done.error.errno or code if done.error is not None else code, path)
        mount.premises.due(last)

    def set_large_file_size(self, st_size: int) -> None:
        """Let so many bytes come that nobody has the content of."""
        mount, node, path = self._mount, self._node, str(self.path)
        if node.size:
            self._set(size=0)
        written = mount.spend(
            "WRITE", st_size, lambda now: mount.share.write(node, 0, st_size, now) if st_size else 0, path
        )
        if written < st_size:
            _refuse(errno.ENOSPC, path)

    @property
    def size(self) -> int:
        """Its size [bytes]."""
        return self._node.size

    @size.setter
    def size(self, st_size: int) -> None:
        if st_size != self._node.size:
            self._set(size=st_size)
            self.epoch += 1


class ShareDirectory(_OnShare, FakeDirectory):  # type: ignore[override]
    """A directory of the share; what comes through other doors is in it, too."""

    @property
    def entries(self) -> Any:
        """What is in it now."""
        return _Entries(self)

    @property  # type: ignore[misc]
    def size(self) -> int:
        """A directory has none of its own here."""
        return 0

    def add_entry(self, path_object: Any) -> None:
        """Give a name in this directory to something: new, moved here, or to be known by a second name."""
        name, mount = str(path_object.name), self._mount
        share, path = mount.share, f"{self.path!s}/{path_object.name}"
        own = isinstance(path_object, _OnShare)
        moved = path_object.__dict__.get("_moving")
        if moved is not None:
            source, old = moved
            if moved != (self._node, name):  # it comes back to where it was after a move that was refused
                mount.spend("RENAME", 0, lambda now: share.rename(source, old, self._node, name, now), path)
            del path_object.__dict__["_moving"]
        elif own:
            mount.spend("LINK", 0, lambda now: share.link(path_object._node, self._node, name, now), path)
        elif stat.S_ISLNK(path_object.st_mode):
            path_object.__class__ = _PendingLink
            path_object.__dict__["_place"] = self
            path_object.parent_dir = lambda: self
            return
        else:
            self._make(path_object, name, path)
        path_object.parent_dir = lambda: self
        mount.keep(self, name, path_object)

    def _make(self, fake: Any, name: str, path: str) -> None:
        mount, share = self._mount, self._mount.share
        is_directory, mode = isinstance(fake, FakeDirectory), stat.S_IMODE(fake.st_mode)
        children = list(fake.entries.values()) if is_directory else []
        contents = None if is_directory else fake._byte_contents
        if is_directory:
            node: Node = mount.spend(
                "MKDIR", 0, lambda now: share.mkdir(self._node, name, now, mode=mode), path
            )
        else:
            node = mount.spend(
                "CREATE", 0, lambda now: share.create(self._node, name, now, guarded=True, mode=mode), path
            )
            fake.__dict__.pop("_byte_contents", None)
        fake.__class__ = ShareDirectory if is_directory else ShareFile
        fake._adopt(mount, node, self)
        for child in children:
            fake.add_entry(child)
        if contents:
            fake.set_initial_contents(contents)

    def remove_entry(self, pathname_name: str, recursive: bool = True) -> None:
        """Remove a name, or let it go to where :meth:`add_entry` will say."""
        name, mount, share = str(pathname_name), self._mount, self._mount.share
        entry = self.entries[name]
        if not recursive:  # pyfakefs renames so: takes the name out, then puts it in elsewhere
            entry.__dict__["_moving"] = self._node, name
            return
        path = f"{self.path!s}/{name}"
        if isinstance(entry, ShareDirectory):
            for child in list(entry.entries):
                entry.remove_entry(child)
            mount.spend("RMDIR", 0, lambda now: share.rmdir(self._node, name, now), path)
        else:
            mount.spend("REMOVE", 0, lambda now: share.remove(self._node, name, now), path)


class _PendingLink(FakeFile):
    """A symbolic link that has a name and, for a moment, no target yet."""

    def set_initial_contents(self, contents: Any) -> bool:
        place, name = self.__dict__["_place"], str(self.name)
        mount, share = place._mount, place._mount.share
        target = self._encode_contents(contents) or b""
        node = mount.spend(
            "SYMLINK", 0, lambda now: share.symlink(place._node, name, target, now), f"{place.path}/{name}"
        )
        self.__dict__.pop("_byte_contents", None)
        self.__class__ = ShareFile  # type: ignore[assignment]
        self._adopt(mount, node, place)
        mount.keep(place, name, self)
        return True


class _Entries(Mapping[str, FakeFile]):
    """The names in a directory of the share, looked up as they are asked for."""

    def __init__(self, directory: ShareDirectory) -> None:
        self._directory = directory

    def __getitem__(self, name: str) -> FakeFile:
        mount, node = self._directory._mount, self._directory._node
        try:
            with mount.premises.lock:
                found = mount.share.lookup(node, name)
        except ShareError:
            raise KeyError(name) from None
        return mount.wrap(self._directory, name, found)

    def __iter__(self) -> Iterator[str]:
        mount, node = self._directory._mount, self._directory._node
        with mount.premises.lock:
            page = mount.share.readdir(node, 0, 1 << 40)
        return iter([entry.name for entry in page.entries])

    def __len__(self) -> int:
        node = self._directory._node
        assert isinstance(node, Directory)
        return len(list(iter(self))) if node.fixed else len(node.entries)


def _same(old: bytes, new: bytes) -> int:
    """How many bytes two contents have in common from the start."""
    low, high = 0, min(len(old), len(new))
    if old[:high] == new[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _refuse(code: int, path: str) -> NoReturn:
    raise OSError(code, os.strerror(code), path)
