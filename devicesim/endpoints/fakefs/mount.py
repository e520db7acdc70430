"""Where a share is in a fake file system, and what passes between the two."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, TypeVar

from pyfakefs.fake_file import FakeDirectory, FakeFile
from pyfakefs.fake_filesystem import FakeFilesystem

from devicesim.device.share import Directory, Node, Share
from devicesim.endpoints.fakefs import passing
from devicesim.endpoints.fakefs.nodes import ShareDirectory, ShareFile, refuse
from devicesim.endpoints.premises import Premises
from devicesim.errors import VerbError, require

T = TypeVar("T")

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
        passing.watch(path)

    def close(self) -> None:
        """Say so if something passed the fake file system by.

        Raises:
            VerbError: there is something at the path in the real file system.
        """
        passing.leave(self.path)
        if _exists(self.path):
            raise VerbError(
                f"{self.path} exists in the real file system: something wrote there past pyfakefs, as C code and "
                "other processes do; mount the share by NFS or FUSE for those"
            )

    @property
    def share(self) -> Share:
        """The device's share now; EIO when the device is gone."""
        share = self.premises.share
        return share if share is not None else refuse(errno.EIO, self.path)

    def spend(self, operation: str, payload: int, change: Callable[[float], T], path: str) -> T:
        """Do something to the share at its price, and let time pass.

        Raises:
            OSError: it was refused, or the device does not serve.
        """
        done = self.premises.perform(operation, payload, self._client, change)
        if done.reply == float("inf"):
            refuse(errno.EIO, path)
        self.premises.due(done.reply)
        if done.error is not None:
            refuse(done.error.errno or errno.EIO, path)
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
            return self._mount.share.limits.capacity - self._mount.share.free
        return super().__getitem__(key)
