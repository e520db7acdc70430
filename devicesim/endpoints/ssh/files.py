"""SFTP into the share: requests of a client as operations on the device's files."""

from __future__ import annotations

import errno
import os
import stat
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar, cast

import paramiko
from paramiko import SFTPAttributes
from paramiko.sftp import (
    SFTP_FAILURE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTP_PERMISSION_DENIED,
)

from devicesim.device.share import Directory, Node, Share, ShareError, Symlink
from devicesim.endpoints.arrivals import Arrival
from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh.packets import MOST_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

T = TypeVar("T")

HOME = "/buckets"
"""Where a session begins; above it is only the root."""

LINKS = 40
"""Symbolic links followed in one path at most, as Linux does."""

SECOND = 10**9
"""Nanoseconds of one; SFTP version 3 tells whole seconds."""

PAGE = 1024
"""Entries of a directory read from the share at a time."""

STATUS = {
    errno.ENOENT: SFTP_NO_SUCH_FILE,
    errno.ENOTDIR: SFTP_NO_SUCH_FILE,
    errno.EACCES: SFTP_PERMISSION_DENIED,
    errno.EPERM: SFTP_PERMISSION_DENIED,
    errno.EROFS: SFTP_PERMISSION_DENIED,
}
"""Status codes of SFTP version 3, which has few; all else is SFTP_FAILURE with words."""


def absent(premises: Premises) -> tuple[int, str]:
    """Status and words for a share that is not there now: a locked device permits nothing, any other fails.

    SFTP has the status "no connection" for a client's own use; a server must not send it.
    """
    with premises.lock:
        device = premises.device
        if device is None:
            return SFTP_FAILURE, "the device is not with its customer"
        if device.state == "locked":
            return SFTP_PERMISSION_DENIED, "the device is locked; it must be unlocked first"
        if device.state == "unlocked" and not device.off.triggered:
            return (
                SFTP_FAILURE,
                "the device's NFS service does not run; start-service --service-id nfs starts it",
            )
        return SFTP_FAILURE, "the device is off" if device.off.triggered else f"the device is {device.state}"


class Listing(list[SFTPAttributes]):
    """The entries of a directory, made as they are sent: paramiko takes slices from the front of a list."""

    def __init__(self, entries: Iterator[SFTPAttributes]) -> None:
        super().__init__()
        self._entries = entries

    def __getitem__(self, piece: Any) -> Any:
        if piece.stop is None:  # the rest
            return self
        return list(islice(self._entries, piece.stop))


class Files(paramiko.SFTPServerInterface):
    """The share as paramiko asks for it.

    Attributes:
        why: what the last refusal was, in words.
        due: when the reply of the last request is due [s]; infinite while it would never come, as over a dead link.
    """

    def __init__(self, server: paramiko.ServerInterface, premises: Premises, client: int | Arrival) -> None:
        super().__init__(server)
        self.premises, self._client = premises, client
        self.why = ""
        self.due = self._latest = 0.0

    def spend(self, operation: str, payload: int, change: Callable[[Share, float], T]) -> T | int:
        """Do something to the share, at its price; an SFTP status where it was refused."""
        share = self.premises.share
        if share is None:
            return self._refuse(*absent(self.premises))
        done = self.premises.perform(operation, payload, self._client, lambda now: change(share, now))
        applied = done.reply < inf or done.result is not None or done.error is not None
        if done.reply < inf:
            self._latest = max(self._latest, done.reply)
        self.due = inf if applied and done.reply == inf else self._latest
        if done.error is not None:
            code = done.error.errno or errno.EIO
            return self._refuse(STATUS.get(code, SFTP_FAILURE), f"{os.strerror(code)}: {done.error.strerror}")
        if not applied:
            return self._refuse(*absent(self.premises))
        return cast(T, done.result)

    def asked(self) -> float:
        """When the reply to a small request would come that is sent now [s]."""
        return self.premises.perform("LOOKUP", 0, self._client, lambda now: None).reply

    def _refuse(self, status: int, why: str) -> int:
        self.why = why
        return status

    # Requests of paths.

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> paramiko.SFTPHandle | int:
        """Open a file, or make it."""

        def change(share: Share, now: float) -> Node:
            directory, name = self._place(share, path)
            if not flags & os.O_CREAT:
                node = self._find(share, path)
            else:
                mode = 0o644 if attr.st_mode is None else stat.S_IMODE(attr.st_mode)
                node = share.create(directory, name, now, guarded=bool(flags & os.O_EXCL), mode=mode)
            if isinstance(node, Directory):
                raise ShareError(errno.EISDIR, path)
            if flags & os.O_TRUNC and node.size:
                share.setattr(node, now, size=0)
            return node

        found = self.spend("CREATE" if flags & os.O_CREAT else "LOOKUP", 0, change)
        return found if isinstance(found, int) else Handle(self, found, flags)

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        """The entries of a directory."""

        def change(share: Share, now: float) -> Listing:
            node = self._find(share, path)
            if not isinstance(node, Directory):
                raise ShareError(errno.ENOTDIR, path)
            return Listing(self._entries(share, node))

        return self.spend("READDIR", 0, change)

    def _entries(self, share: Share, node: Node) -> Iterator[SFTPAttributes]:
        cookie, end = 0, False
        while not end:
            with self.premises.lock:
                page = share.readdir(node, cookie, PAGE)
                told = [self.told(share, entry.node, entry.name) for entry in page.entries]
            end = page.end
            cookie = page.entries[-1].cookie if page.entries else cookie
            yield from told

    def stat(self, path: str) -> SFTPAttributes | int:
        """Attributes of what a path leads to."""
        return self.spend("GETATTR", 0, lambda share, _: self.told(share, self._find(share, path), path))

    def lstat(self, path: str) -> SFTPAttributes | int:
        """Attributes of what has a path, be it a link."""
        return self.spend(
            "GETATTR", 0, lambda share, _: self.told(share, self._find(share, path, follow=False), path)
        )

    def remove(self, path: str) -> int:
        """Remove a file."""
        return self._change("REMOVE", lambda share, now: share.remove(*self._place(share, path), now))

    def rmdir(self, path: str) -> int:
        """Remove an empty directory."""
        return self._change("RMDIR", lambda share, now: share.rmdir(*self._place(share, path), now))

    def mkdir(self, path: str, attr: SFTPAttributes) -> int:
        """Make a directory."""
        mode = 0o755 if attr.st_mode is None else stat.S_IMODE(attr.st_mode)
        return self._change(
            "MKDIR", lambda share, now: share.mkdir(*self._place(share, path), now, mode=mode)
        )

    def rename(self, oldpath: str, newpath: str) -> int:
        """Move, over nothing: SFTP version 3 refuses a name that is there."""

        def change(share: Share, now: float) -> None:
            directory, name = self._place(share, newpath)
            try:
                share.lookup(directory, name)
            except ShareError:
                share.rename(*self._place(share, oldpath), directory, name, now)
            else:
                raise ShareError(errno.EEXIST, newpath)

        return self._change("RENAME", change)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """Move, over what is there."""
        return self._change(
            "RENAME",
            lambda share, now: share.rename(*self._place(share, oldpath), *self._place(share, newpath), now),
        )

    def symlink(self, target_path: str, path: str) -> int:
        """Make a symbolic link, which no import follows."""
        return self._change(
            "SYMLINK", lambda share, now: share.symlink(*self._place(share, path), target_path, now)
        )

    def readlink(self, path: str) -> str | int:
        """Target of a symbolic link."""
        return self.spend(
            "READLINK", 0, lambda share, _: share.readlink(self._find(share, path, follow=False))
        )

    def chattr(self, path: str, attr: SFTPAttributes) -> int:
        """Change attributes."""
        return self._change("SETATTR", lambda share, now: self.set(share, self._find(share, path), attr, now))

    def canonicalize(self, path: str) -> str:
        """A path from the root; what is not, begins at home."""
        return os.path.normpath(os.path.join(HOME, path)).replace("//", "/")

    def _change(self, operation: str, change: Callable[[Share, float], object]) -> int:
        def applied(share: Share, now: float) -> int:
            change(share, now)
            return SFTP_OK

        return self.spend(operation, 0, applied)

    # Paths, and what is told of a node.

    def _find(self, share: Share, path: str, *, follow: bool = True) -> Node:
        """The node of a path, through symbolic links."""
        parts = [part for part in self.canonicalize(path).split("/") if part]
        at: list[Node] = []
        links = 0
        while parts:
            part = parts.pop(0)
            if not at:
                if part != "buckets":
                    raise ShareError(errno.ENOENT, path)
                at.append(share.root)
                continue
            if part == "..":
                at = at[:-1] or at
                continue
            node = share.lookup(at[-1], part)
            if isinstance(node, Symlink) and (parts or follow):
                links += 1
                if links > LINKS:
                    raise ShareError(errno.ELOOP, path)
                target = [piece for piece in node.target.split("/") if piece not in {"", "."}]
                parts = target + parts
                at = [] if node.target.startswith("/") else at
                continue
            at.append(node)
        return at[-1] if at else share.root

    def _place(self, share: Share, path: str) -> tuple[Node, str]:
        """The directory and the name of a path."""
        head, _, name = self.canonicalize(path).rpartition("/")
        if not head:
            raise ShareError(errno.EROFS, "only the device makes what stands beside /buckets")
        return self._find(share, head), name

    def told(self, share: Share, node: Node, path: str) -> SFTPAttributes:
        """A node's attributes; its times are the World's."""
        told = SFTPAttributes()
        told.filename = path.rpartition("/")[2]
        told.st_mode, told.st_size = node.st_mode, node.size
        told.st_uid, told.st_gid = node.uid, node.gid
        told.st_atime = (share.epoch_ns + node.atime_ns) // SECOND
        told.st_mtime = (share.epoch_ns + node.mtime_ns) // SECOND
        return told

    def set(self, share: Share, node: Node, attr: SFTPAttributes, now: float) -> None:
        """Change those attributes of a node that a client gave."""
        times = {}
        if attr.st_atime is not None and attr.st_mtime is not None:
            times = {
                "atime_ns": int(attr.st_atime) * SECOND - share.epoch_ns,
                "mtime_ns": int(attr.st_mtime) * SECOND - share.epoch_ns,
            }
        share.setattr(
            node,
            now,
            mode=None if attr.st_mode is None else stat.S_IMODE(attr.st_mode),
            uid=attr.st_uid,
            gid=attr.st_gid,
            size=attr.st_size,
            **times,
        )


class Handle(paramiko.SFTPHandle):
    """An open file."""

    def __init__(self, files: Files, node: Node, flags: int) -> None:
        super().__init__(flags)
        self._files, self._node, self._flags = files, node, flags
        self._written = False

    def read(self, offset: int, length: int) -> bytes | int:
        """Bytes from an offset."""
        if self._flags & os.O_WRONLY:
            return SFTP_PERMISSION_DENIED
        length = max(
            0, min(length, self._node.size - offset, MOST_DATA)
        )  # who asks for more is told less, and asks again
        return self._files.spend("READ", length, lambda share, _: share.read(self._node, offset, length))

    def write(self, offset: int, data: Buffer) -> int:
        """All of the bytes, or none: SFTP has no short writes."""
        content = memoryview(data)

        def change(share: Share, now: float) -> int:
            at = self._node.size if self._flags & os.O_APPEND else offset
            if at + len(content) > share.limits.file_size:
                raise ShareError(errno.EFBIG, f"a file has at most {share.limits.file_size} bytes")
            if at + len(content) - self._node.size > share.free:
                raise ShareError(errno.ENOSPC, f"{share.free} bytes free")
            share.write(self._node, at, content, now, stable=False)
            self._written = True
            return SFTP_OK

        if not self._flags & (os.O_WRONLY | os.O_RDWR):
            return SFTP_PERMISSION_DENIED
        return self._files.spend("WRITE", len(content), change)

    def stat(self) -> SFTPAttributes | int:
        """Its attributes."""
        return self._files.spend("GETATTR", 0, lambda share, _: self._files.told(share, self._node, ""))

    def chattr(self, attr: SFTPAttributes) -> int:
        """Change its attributes."""

        def change(share: Share, now: float) -> int:
            self._files.set(share, self._node, attr, now)
            return SFTP_OK

        return self._files.spend("SETATTR", 0, change)

    def close(self) -> None:
        """Put what was written on the platters, as a client does that closes a file over NFS."""
        if self._written:
            self._files.spend("COMMIT", 0, lambda share, _: share.mark_stable(self._node))
