"""Files and directories of the share as pyfakefs knows its own."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from pyfakefs.fake_file import FakeDirectory, FakeFile
from pyfakefs.helpers import FakeStatResult

from devicesim.device.share import Directory, Node, ShareError, Symlink

if TYPE_CHECKING:
    from devicesim.endpoints.fakefs.mount import Mount

WSIZE = 1 << 20
"""Bytes of one WRITE, as Linux mounts NFS."""


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
                refuse(done.error.errno or code if done.error is not None else code, path)
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
            refuse(errno.ENOSPC, path)

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


def refuse(code: int, path: str) -> NoReturn:
    """Raise what the operating system would."""
    raise OSError(code, os.strerror(code), path)
