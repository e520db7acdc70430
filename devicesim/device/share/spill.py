"""Content of a share in files of the host, one for each file of the share."""

from __future__ import annotations

import errno
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from devicesim.device.share.content import CHECKSUM, Data, Digest, digest_by_reading
from devicesim.device.share.limits import ShareError
from devicesim.device.share.nodes import File

_OPEN_FILES = 64  # descriptors kept open at a time
_ZEROS = bytes(1 << 20)


@contextmanager
def _host(directory: str) -> Iterator[None]:
    """Turn trouble with the host's own disk into an I/O error of the simulated one."""
    try:
        yield
    except ShareError:
        raise
    except OSError as error:
        raise ShareError(errno.EIO, f"spill directory {directory}: {error.strerror}") from error


class Spill:
    """Keep content in a directory of the host; holes stay holes there.

    Files are named by inode number and generation, never by a client's names.
    """

    readable = True

    def __init__(self, directory: str | os.PathLike[str], algorithm: str = CHECKSUM) -> None:
        self.directory = os.fspath(directory)
        self.algorithm = algorithm
        self._open: OrderedDict[str, int] = OrderedDict()
        os.makedirs(self.directory, exist_ok=True)

    def _descriptor(self, file: File) -> int:
        name = file.content or f"{file.fileid:x}-{file.generation:x}"
        # Nobody's link leads a client's bytes elsewhere.
        flags = os.O_RDWR | os.O_NOFOLLOW | (0 if file.content else os.O_CREAT | os.O_TRUNC)
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        if len(self._open) >= _OPEN_FILES:
            os.close(self._open.popitem(last=False)[1])
        self._open[name] = os.open(os.path.join(self.directory, name), flags, 0o600)
        file.content = name
        return self._open[name]

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Write through to the host."""
        with _host(self.directory):
            if not isinstance(data, int):
                _write(self._descriptor(file), offset, data)
            elif file.content is not None:
                descriptor = self._descriptor(file)
                end = min(offset + data, os.fstat(descriptor).st_size)
                for at in range(offset, end, len(_ZEROS)):
                    _write(descriptor, at, _ZEROS[: end - at])

    def read(self, file: File, offset: int, count: int) -> bytes:
        """Read from the host, zeros where nothing was written."""
        if file.content is None:
            return bytes(count)
        with _host(self.directory):
            data = os.pread(self._descriptor(file), count, offset)
            while len(data) < count and (
                more := os.pread(self._descriptor(file), count - len(data), offset + len(data))
            ):
                data += more
        return data + bytes(count - len(data))

    def resize(self, file: File, size: int) -> None:
        """Cut the host's file; it grows by writing only."""
        if file.content is None:
            return
        with _host(self.directory):
            descriptor = self._descriptor(file)
            if os.fstat(descriptor).st_size > size:
                os.ftruncate(descriptor, size)

    def forget(self, file: File) -> None:
        """Remove the host's file."""
        if file.content is None:
            return
        with _host(self.directory):
            if file.content in self._open:
                os.close(self._open.pop(file.content))
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self.directory, file.content))
        file.content = None

    def digest(self, file: File) -> Digest:
        """Checksum of what the host holds."""
        return digest_by_reading(self, file, self.algorithm)

    def close(self) -> None:
        """Close the descriptors; the files stay."""
        while self._open:
            os.close(self._open.popitem()[1])


def _write(descriptor: int, offset: int, data: Data) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(descriptor, view, offset)
        view, offset = view[done:], offset + done
