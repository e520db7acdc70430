"""The device's files as a client of NFS meets them: handles, times on the wire, and who may do what.

Model: permissions are those of POSIX: owner, group, others, the sticky bit; root may do everything unless he is
squashed. A file's owner may always read and write it, as NFS servers have it: a client has looked at the mode when it
opened the file, and the mode may have changed since.

Scope and limits: a handle names a node of one run of the device. After a reboot it is stale, and clients mount anew.
What changes the share goes through here, so that no version of the protocol has rules of its own.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from struct import Struct

from devicesim.device.share import Directory, File, Node, Share, Special, Symlink, VirtualFile
from devicesim.device.share.limits import refuse
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.xdr import Reader

READ, WRITE, EXECUTE = 4, 2, 1
_HANDLE = Struct(">4sQI")
_NEXT = Struct(">I4sQI")  # the same behind its length, as it comes in a call
HANDLE_BYTES = _HANDLE.size
MOST_HANDLE = 64
"""Bytes of the longest handle that a client may name, ours or not."""
_PSEUDO = 1 << 62  # inode number of the directory above all, larger than any of a share
_STICKY, _SETGID, _SETS = 0o1000, 0o2000, 0o6000
SECOND = 10**9


@dataclass(slots=True)
class Wanted:
    """Attributes that a client sets; None for those that it leaves.

    Attributes:
        atime_ns, mtime_ns: simulated times [ns].
        atime_now, mtime_now: the server's time in their place.
    """

    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    size: int | None = None
    atime_ns: int | None = None
    mtime_ns: int | None = None
    atime_now: bool = False
    mtime_now: bool = False


class Tree:
    """One share, at one run of its device.

    Args:
        share: the files.

    Attributes:
        share: as given.
        epoch_ns: civil time of simulated second 0 [ns].
        boot: which run it is.
        signature: four bytes that tell this run from others.
        pseudo: the directory above ``/buckets``, which only NFSv4 shows.
    """

    def __init__(self, share: Share) -> None:
        self.share, self.epoch_ns = share, share.epoch_ns
        self.boot = share.boot
        self.signature = share.verifier[:4]
        self.pseudo = Directory(None, "", None, 0o755, 0, 0, 0)
        self.pseudo.entries.add("buckets", share.root)
        self.pseudo.fileid = _PSEUDO

    # Handles.

    def handle(self, node: Node) -> bytes:
        """What names a node to clients."""
        return _HANDLE.pack(self.signature, node.fileid, node.generation)

    def node(self, handle: bytes | memoryview) -> Node:
        """The node of a handle.

        Raises:
            NfsError: BADHANDLE for what was never one of ours.
            ShareError: ESTALE for one of an earlier run, or whose node is gone.
        """
        if len(handle) != HANDLE_BYTES:
            raise NfsError(Status.BADHANDLE)
        signature, fileid, generation = _HANDLE.unpack(handle)
        if signature != self.signature:
            raise NfsError(Status.STALE)
        if fileid == _PSEUDO:
            return self.pseudo
        return self.share.node(fileid, generation)

    def named(self, reader: Reader, most: int = MOST_HANDLE) -> Node:
        """The node of the handle that a call names next, as :meth:`node`."""
        buffer, position = reader.buffer, reader.position
        if len(buffer) - position >= _NEXT.size:
            size, signature, fileid, generation = _NEXT.unpack_from(buffer, position)
            if size == HANDLE_BYTES and signature == self.signature and fileid != _PSEUDO:
                reader.position = position + _NEXT.size
                return self.share.node(fileid, generation)
        return self.node(reader.view(most))

    @staticmethod
    def numbers(handle: bytes | memoryview) -> tuple[int, int]:
        """Inode number and generation that a handle names."""
        _, fileid, generation = _HANDLE.unpack(handle)
        return fileid, generation

    def parent(self, directory: Directory) -> Directory:
        """The directory above; the pseudo root is above the buckets and above itself."""
        return self.pseudo if directory is self.share.root else directory.parent

    # Who may do what.

    def may(self, caller: Caller, node: Node, wanted: int) -> int:
        """Those of the wanted bits (READ, WRITE, EXECUTE) that a caller has."""
        if caller.uid == 0:
            # Root executes what anybody may execute, and searches every directory.
            return wanted if node.mode & 0o111 or isinstance(node, Directory) else wanted & ~EXECUTE
        if caller.uid == node.uid:
            bits = node.mode >> 6
        elif caller.belongs(node.gid):
            bits = node.mode >> 3
        else:
            bits = node.mode
        return bits & wanted

    def check(self, caller: Caller, node: Node, wanted: int) -> None:
        """Refuse with EACCES what a caller may not do."""
        if caller.uid and self.may(caller, node, wanted) != wanted:
            refuse(errno.EACCES, "not permitted")

    def check_data(self, caller: Caller, file: Node, wanted: int) -> None:
        """The same for the data of a file, which its owner may always read and write."""
        if caller.uid not in (0, file.uid) and not self.may(caller, file, wanted):
            refuse(errno.EACCES, "not permitted")

    def check_read(self, caller: Caller, file: Node) -> None:
        """Refuse to read; who may execute a file may read it, since the kernel reads it for him."""
        if caller.uid not in (0, file.uid) and not self.may(caller, file, READ | EXECUTE):
            refuse(errno.EACCES, "not permitted")

    def _check_entry(self, caller: Caller, directory: Node) -> None:
        if not isinstance(directory, Directory):
            refuse(errno.ENOTDIR, "not a directory")
        self.check(caller, directory, WRITE | EXECUTE)

    def _check_sticky(self, caller: Caller, directory: Node, name: bytes) -> None:
        if directory.mode & _STICKY and caller.uid not in (0, directory.uid):
            node = self.share.lookup(directory, name)
            if node.uid != caller.uid:
                refuse(errno.EPERM, "somebody else's, in a sticky directory")

    # Looking.

    def lookup(self, caller: Caller, directory: Node, name: bytes) -> Node:
        """The node of a name."""
        if not isinstance(directory, Directory):
            refuse(errno.ENOTDIR, "not a directory")
        self.check(caller, directory, EXECUTE)
        if name == b"..":
            return self.parent(directory)
        return self.share.lookup(directory, name)

    # Changes. Each takes the simulated time ``now`` [s].

    def create(
        self,
        caller: Caller,
        directory: Node,
        name: bytes,
        wanted: Wanted,
        now: float,
        *,
        guarded: bool = False,
        verifier: bytes | None = None,
    ) -> tuple[File | VirtualFile, bool]:
        """Make a file or find it; whether it was made."""
        if not isinstance(directory, Directory):
            refuse(errno.ENOTDIR, "not a directory")
        self.check(caller, directory, EXECUTE)
        there = directory.entries.nodes.get(name.decode("utf-8", "surrogateescape"))
        if there is None:
            self._check_entry(caller, directory)
        mode, uid, gid = self._owner(caller, directory, wanted, 0o644)
        node = self.share.create(
            directory, name, now, guarded=guarded, verifier=verifier, mode=mode, uid=uid, gid=gid
        )
        made = there is None and isinstance(node, File)
        if made:
            self._given(node, wanted, now)
        elif wanted.size is not None and verifier is None:
            self.setattr(caller, node, Wanted(size=wanted.size), now)
        return node, made

    def mkdir(self, caller: Caller, directory: Node, name: bytes, wanted: Wanted, now: float) -> Directory:
        """Make a directory."""
        self._check_entry(caller, directory)
        mode, uid, gid = self._owner(caller, directory, wanted, 0o755)
        node = self.share.mkdir(directory, name, now, mode=mode | directory.mode & _SETGID, uid=uid, gid=gid)
        self._given(node, wanted, now)
        return node

    def symlink(
        self, caller: Caller, directory: Node, name: bytes, target: bytes, wanted: Wanted, now: float
    ) -> Symlink:
        """Make a symbolic link."""
        self._check_entry(caller, directory)
        _, uid, gid = self._owner(caller, directory, wanted, 0o777)
        node = self.share.symlink(directory, name, target, now, uid=uid, gid=gid)
        self._given(node, wanted, now)
        return node

    def special(
        self,
        caller: Caller,
        directory: Node,
        name: bytes,
        kind: str,
        device: tuple[int, int],
        wanted: Wanted,
        now: float,
    ) -> Special:
        """Make a special file."""
        self._check_entry(caller, directory)
        mode, uid, gid = self._owner(caller, directory, wanted, 0o644)
        node = self.share.special(directory, name, kind, now, device=device, mode=mode, uid=uid, gid=gid)
        self._given(node, wanted, now)
        return node

    def link(self, caller: Caller, node: Node, directory: Node, name: bytes, now: float) -> None:
        """Give a file another name."""
        self._check_entry(caller, directory)
        self.share.link(node, directory, name, now)

    def remove(self, caller: Caller, directory: Node, name: bytes, now: float) -> None:
        """Remove the name of what is no directory."""
        self._check_entry(caller, directory)
        self._check_sticky(caller, directory, name)
        self.share.remove(directory, name, now)

    def rmdir(self, caller: Caller, directory: Node, name: bytes, now: float) -> None:
        """Remove an empty directory."""
        self._check_entry(caller, directory)
        self._check_sticky(caller, directory, name)
        self.share.rmdir(directory, name, now)

    def rename(
        self, caller: Caller, source: Node, name: bytes, target: Node, new_name: bytes, now: float
    ) -> None:
        """Move a node."""
        self._check_entry(caller, source)
        self._check_entry(caller, target)
        self._check_sticky(caller, source, name)
        if target.mode & _STICKY and isinstance(target, Directory):
            there = target.entries.nodes.get(new_name.decode("utf-8", "surrogateescape"))
            if there is not None:
                self._check_sticky(caller, target, new_name)
        self.share.rename(source, name, target, new_name, now)

    def write(
        self, caller: Caller, node: Node, offset: int, data: memoryview | bytes, now: float, *, stable: bool
    ) -> int:
        """Write; returns how many bytes were accepted."""
        self.check_data(caller, node, WRITE)
        return self.write_opened(caller, node, offset, data, now, stable=stable)

    def write_opened(
        self, caller: Caller, node: Node, offset: int, data: memoryview | bytes, now: float, *, stable: bool
    ) -> int:
        """The same through an open for writing, at which it was looked whether he may."""
        count = self.share.write(node, offset, data, now, stable=stable)
        if node.mode & _SETS and caller.uid:
            self.share.setattr(node, now, mode=node.mode & ~_SETS, mtime_ns=node.mtime_ns)
        return count

    def read(self, caller: Caller, node: Node, offset: int, count: int) -> bytes:
        """Bytes of a file."""
        if isinstance(node, File | VirtualFile):
            self.check_read(caller, node)
        return self.share.read(node, offset, count)

    def setattr(
        self, caller: Caller, node: Node, wanted: Wanted, now: float, *, opened: bool = False
    ) -> None:
        """Set attributes, all or none; ``opened`` tells that a size is set through an open for writing."""
        if node.bucket is None:
            refuse(errno.EROFS, "only the device changes it")
        owns = caller.uid in (0, node.uid)
        self._check_owner(caller, node, wanted, owns=owns)
        if wanted.size is not None and not opened:
            if isinstance(node, Directory):
                refuse(errno.EISDIR, "a directory")
            self.check_data(caller, node, WRITE)
        if not owns:
            if wanted.atime_ns is not None or wanted.mtime_ns is not None:
                refuse(errno.EPERM, "only its owner sets a file's times")
            if wanted.atime_now or wanted.mtime_now:
                self.check(caller, node, WRITE)
        mode = wanted.mode
        if mode is not None and caller.uid and not caller.belongs(node.gid):
            mode &= ~_SETGID
        if mode is None and caller.uid and node.mode & _SETS and _changes(wanted.uid, wanted.gid):
            mode = node.mode & ~_SETS
        self._set(node, wanted, now, mode=mode, uid=wanted.uid, gid=wanted.gid, size=wanted.size)

    def _check_owner(self, caller: Caller, node: Node, wanted: Wanted, *, owns: bool) -> None:
        if wanted.mode is not None and not owns:
            refuse(errno.EPERM, "only its owner changes a file's mode")
        if wanted.uid is not None and caller.uid and not (owns and wanted.uid == node.uid):
            refuse(errno.EPERM, "only root gives files away")
        if wanted.gid is not None and caller.uid and not (owns and caller.belongs(wanted.gid)):
            refuse(errno.EPERM, "not of that group")

    def _owner(self, caller: Caller, directory: Node, wanted: Wanted, mode: int) -> tuple[int, int, int]:
        """Mode, owner and group of what a caller makes."""
        uid, gid = caller.uid, directory.gid if directory.mode & _SETGID else caller.gid
        if caller.uid == 0:
            uid = uid if wanted.uid is None else wanted.uid
            gid = gid if wanted.gid is None else wanted.gid
        elif wanted.gid is not None and caller.belongs(wanted.gid):
            gid = wanted.gid
        return (mode if wanted.mode is None else wanted.mode) & 0o7777, uid, gid

    def _given(self, node: Node, wanted: Wanted, now: float) -> None:
        """Size and times of a node that was just made."""
        times = wanted.atime_ns, wanted.mtime_ns
        if wanted.size and isinstance(node, File):
            self._set(node, wanted, now, size=wanted.size)
        elif times != (None, None):
            self._set(node, wanted, now)

    def _set(
        self,
        node: Node,
        wanted: Wanted,
        now: float,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        size: int | None = None,
    ) -> None:
        moment = round(now * SECOND)
        self.share.setattr(
            node,
            now,
            mode=None if mode is None else mode & 0o7777,
            uid=uid,
            gid=gid,
            size=size,
            atime_ns=moment if wanted.atime_now else wanted.atime_ns,
            mtime_ns=moment if wanted.mtime_now else wanted.mtime_ns,
        )


def _changes(*values: int | None) -> bool:
    return any(value is not None for value in values)
