"""The share as a real directory of this machine, for programs that pyfakefs cannot reach.

Scope and limits: Linux with FUSE 3 (``fusermount3``) and the extra ``mount``; for the user who mounts it, permission
bits are kept and not checked. Every request costs what its NFS operation costs; under the ``driven`` clock time moves
so, under ``real`` programs wait. The kernel keeps attributes and names for a second, and no data.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from devicesim.device.share import Node, Page, Share
from devicesim.endpoints.premises import Premises
from devicesim.errors import MissingExtraError, VerbError

try:
    import mfusepy
except (ImportError, OSError):  # OSError: the package is there, and libfuse is not
    raise MissingExtraError("mounting a share", "mount") from None

T = TypeVar("T")

BLOCK = 4096
"""Unit in which room is told [bytes]."""

PAGE = 1024
"""Entries of a directory read from the share at a time."""

PATIENCE = 10.0
"""How long mounting may take on the wall [s]."""


def mounted(
    premises: Premises, listen: str, port: int | None, path: Path, client: str | None = None
) -> FuseMount:
    """A mount, made as the doors are made that listen somewhere.

    Raises:
        UnknownNameError: the scenario has no such client.
    """
    return FuseMount(premises, path, 0 if client is None else premises.client(client))


class FuseMount:
    """The share of a device at a directory, until :meth:`close` or the end of a ``with``.

    Args:
        premises: the World and its device.
        path: an empty directory.
        client: number of the scenario's client whose link is used.

    Attributes:
        path: as given.
        address: the same as text.

    Raises:
        VerbError: it cannot be mounted there.
    """

    def __init__(self, premises: Premises, path: Path, client: int = 0) -> None:
        if not path.is_dir() or any(path.iterdir()):
            raise VerbError(f"{path} must be an empty directory to mount a share there")
        if shutil.which("fusermount3") is None:
            raise VerbError("mounting needs fusermount3, of the package fuse3")
        self.path, self._failed = path.resolve(), ""
        self.address = str(self.path)
        self._operations = _Operations(premises, client)
        self._thread = threading.Thread(target=self._serve, name="devicesim-fuse", daemon=True)
        here = Path.cwd()
        self._thread.start()
        ready = self._operations.ready.wait(PATIENCE)
        os.chdir(here)  # libfuse goes to the root directory, as a daemon would, and takes the process with it
        if not ready or self._failed:
            raise VerbError(f"{path} cannot be mounted: {self._failed or 'FUSE does not answer'}")

    def __enter__(self) -> FuseMount:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the share away, even while a program uses it."""
        subprocess.run(["fusermount3", "-u", "-z", str(self.path)], check=False, capture_output=True)
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        try:
            mfusepy.FUSE(
                self._operations,
                str(self.path),
                foreground=True,
                nothreads=False,
                fsname="devicesim",
                direct_io=False,
            )
        except RuntimeError as why:
            code = why.args[0] if why.args else 0
            self._failed = (
                os.strerror(code) if isinstance(code, int) and code > 0 else f"FUSE ended with {why}"
            )
        finally:
            self._operations.ready.set()


class _Operations(mfusepy.Operations):  # type: ignore[misc]
    """What the kernel asks, as operations on the share."""

    use_ns = True

    def __init__(self, premises: Premises, client: int) -> None:
        self.ready = threading.Event()
        self._premises, self._client = premises, client

    def init(self, path: str) -> None:
        """The file system is there."""
        self.ready.set()

    def _spend(self, operation: str, payload: int, change: Callable[[Share, float], T]) -> T:
        share = self._premises.share
        if share is None:
            _refuse(errno.EIO)
        done = self._premises.perform(operation, payload, self._client, lambda now: change(share, now))
        if done.reply == float("inf"):
            _refuse(errno.EIO)
        while (wait := self._premises.due(done.reply)) > 0:
            threading.Event().wait(min(wait, 3600.0))
        self._premises.settle(clock=False)
        if done.error is not None:
            _refuse(done.error.errno or errno.EIO)
        return done.result  # type: ignore[return-value]

    # Looks.

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Attributes, with the World's times."""
        return self._spend("GETATTR", 0, lambda share, _: self._told(share, _find(share, path)))

    def _told(self, share: Share, node: Node) -> dict[str, Any]:
        return {
            "st_mode": node.st_mode,
            "st_ino": node.fileid,
            "st_nlink": node.nlink,
            "st_size": node.size,
            "st_blocks": -(-node.size // 512),
            "st_uid": node.uid or os.getuid(),
            "st_gid": node.gid or os.getgid(),
            "st_atime": share.epoch_ns + node.atime_ns,
            "st_mtime": share.epoch_ns + node.mtime_ns,
            "st_ctime": share.epoch_ns + node.ctime_ns,
        }

    def readdir(self, path: str, fh: int) -> Iterator[str]:
        """Names in a directory."""
        names = [".", ".."]
        cookie, end = 0, False

        def page(share: Share, _: float) -> Page:
            return share.readdir(_find(share, path), cookie, PAGE)

        while not end:
            told = self._spend("READDIR", 0, page)
            names += [entry.name for entry in told.entries]
            end = told.end
            cookie = told.entries[-1].cookie if told.entries else cookie
        return iter(names)

    def readlink(self, path: str) -> str:
        """Target of a symbolic link."""
        return self._spend("READLINK", 0, lambda share, _: share.readlink(_find(share, path)))

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Bytes of a file."""
        return self._spend("READ", size, lambda share, _: share.read(_find(share, path), offset, size))

    def statfs(self, path: str) -> dict[str, int]:
        """Room on the device."""
        space = self._spend("FSSTAT", 0, lambda share, _: share.statfs())
        total, free = space.total_bytes // BLOCK, space.free_bytes // BLOCK
        return {
            "f_bsize": BLOCK,
            "f_frsize": BLOCK,
            "f_blocks": total,
            "f_bfree": free,
            "f_bavail": free,
            "f_files": space.total_files,
            "f_ffree": space.free_files,
            "f_favail": space.free_files,
            "f_namemax": 255,
        }

    # Changes.

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Make a file."""
        self._spend(
            "CREATE", 0, lambda share, now: share.create(*_place(share, path), now, mode=stat.S_IMODE(mode))
        )
        return 0

    def open(self, path: str, flags: int) -> int:
        """Open a file that is there."""
        return 0

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write what fits."""
        return self._spend(
            "WRITE",
            len(data),
            lambda share, now: share.write(_find(share, path), offset, data, now, stable=False),
        )

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Put a file on the platters."""
        return self._spend("COMMIT", 0, lambda share, _: 0 * share.mark_stable(_find(share, path)))

    def flush(self, path: str, fh: int) -> int:
        """Put what was written on the platters when a file is closed, as NFS clients do."""
        with suppress(OSError):  # the file may be gone, and closing it is no error
            if self._premises.share is not None and self._premises.share.unstable_bytes:
                return self.fsync(path, 0, fh)
        return 0

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Set a size."""
        return self._set(path, size=length)

    def chmod(self, path: str, mode: int) -> int:
        """Set permission bits."""
        return self._set(path, mode=stat.S_IMODE(mode))

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Set owner and group; -1 leaves one as it is."""
        unset = (-1, 0xFFFFFFFF)
        return self._set(path, uid=None if uid in unset else uid, gid=None if gid in unset else gid)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Set times; the World's now if none are given."""

        def change(share: Share, now: float) -> None:
            stamp = share.epoch_ns + round(now * 1e9)
            atime, mtime = (each - share.epoch_ns for each in times or (stamp, stamp))
            share.setattr(_find(share, path), now, atime_ns=atime, mtime_ns=mtime)

        self._spend("SETATTR", 0, change)
        return 0

    def _set(self, path: str, **attributes: Any) -> int:
        self._spend("SETATTR", 0, lambda share, now: share.setattr(_find(share, path), now, **attributes))
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Make a directory."""
        self._spend(
            "MKDIR", 0, lambda share, now: share.mkdir(*_place(share, path), now, mode=stat.S_IMODE(mode))
        )
        return 0

    def rmdir(self, path: str) -> int:
        """Remove an empty directory."""
        self._spend("RMDIR", 0, lambda share, now: share.rmdir(*_place(share, path), now))
        return 0

    def unlink(self, path: str) -> int:
        """Remove a name."""
        self._spend("REMOVE", 0, lambda share, now: share.remove(*_place(share, path), now))
        return 0

    def rename(self, old: str, new: str) -> int:
        """Move, over what is there."""
        self._spend(
            "RENAME", 0, lambda share, now: share.rename(*_place(share, old), *_place(share, new), now)
        )
        return 0

    def link(self, target: str, source: str) -> int:
        """Give a file another name."""
        self._spend(
            "LINK", 0, lambda share, now: share.link(_find(share, source), *_place(share, target), now)
        )
        return 0

    def symlink(self, target: str, source: str) -> int:
        """Make a symbolic link."""
        self._spend("SYMLINK", 0, lambda share, now: share.symlink(*_place(share, target), source, now))
        return 0


def _find(share: Share, path: str) -> Node:
    return share.resolve(f"/buckets{path}")


def _place(share: Share, path: str) -> tuple[Node, str]:
    head, _, name = path.rpartition("/")
    return share.resolve(f"/buckets{head}"), name


def _refuse(code: int) -> NoReturn:
    raise mfusepy.FuseOSError(code)
