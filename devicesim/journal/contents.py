"""What becomes of the bytes that clients write, where a World's state is kept.

=============  ======================================================================================
``keep``       appended to one file beside the state, and read from there; nothing in it is ever
               overwritten, so that what a log says of it stays true; what no file leads to any more
               gives its room back (:mod:`devicesim.journal.holes`)
``hash``       a checksum of each file, as far as it was written; whoever writes on in a file after a
               restart loses it, and is told so
``discard``    nothing: sizes survive, and all reads as zeros
=============  ======================================================================================

The store is ahead of the log at most: bytes of which no log tells are cut off when it is opened again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from devicesim.device.share import Content, Digest, Discard, File, Hash, Kept, ShareError
from devicesim.device.share.content import CHECKSUM, Data, digest_by_reading
from devicesim.errors import StateError, require
from devicesim.journal.extents import Extents
from devicesim.journal.holes import Part, punch

KINDS = ("keep", "hash", "discard")
_DIGITS = 32
"""Of a checksum."""
Handle = tuple[str, int, int]
"""JobId, inode number and generation."""
Known = tuple[int, str | None, str]
"""How many bytes from the start, their checksum, or why there is none."""


def store_of(state: Path) -> Path:
    """The file beside a state in which its contents lie."""
    return Path(f"{state}-content")


class Contents:
    """The store of one World's contents.

    Args:
        state: the file beside which it lies.
        kind: one of :data:`KINDS`.
        end: bytes of it that the log tells of.

    Attributes:
        end: where it ends now.
        freed: bytes that files have let go of since somebody last looked.
        replaying: whether what is written is written again: then a log tells where it lies.

    Raises:
        BoundError: no such kind.
        StateError: it is not as long as the log says.
    """

    def __init__(self, state: Path, kind: str, end: int = 0) -> None:
        require(kind in KINDS, "content", f"{', '.join(KINDS)} where the state is kept", kind)
        self.path = store_of(state)
        self.kind, self.end, self.freed = kind, end, 0
        self.replaying = False
        self._unsynced = False
        self._known: dict[Handle, Known] = {}
        self._touched: dict[Handle, File] = {}
        self._descriptor = self._opened(state) if kind == "keep" else -1

    def policy(self, job: str) -> Content:
        """The content policy of a job's device."""
        if self.kind == "discard":
            return Discard()
        return Placed(self) if self.kind == "keep" else Summed(self, job)

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    # The store of bytes.

    def append(self, data: Data) -> int:
        """Add bytes; returns their place."""
        place, view = self.end, memoryview(data).cast("B")
        try:
            while view:
                done = os.pwrite(self._descriptor, view, self.end)
                view, self.end = view[done:], self.end + done
        except OSError as error:
            self.end = place
            raise ShareError(errno.EIO, f"{self.path} cannot be written: {error.strerror}") from error
        self._unsynced = True
        return place

    def read(self, place: int, count: int) -> bytes:
        """Bytes of a place."""
        try:
            data = os.pread(self._descriptor, count, place)
        except OSError as error:
            raise ShareError(errno.EIO, f"{self.path} cannot be read: {error.strerror}") from error
        if len(data) < count:
            raise ShareError(errno.EIO, f"{self.path} ends at {place + len(data)}")
        return data

    def sync(self) -> None:
        """Have on the disk what was added."""
        if self._unsynced:
            self._unsynced = False
            os.fdatasync(self._descriptor)

    def release(self, holes: Sequence[Part]) -> None:
        """Give back the room of parts that no file leads to, in the World that is on disk or in any snapshot."""
        for part in holes if self._descriptor >= 0 else ():
            if not punch(self._descriptor, part):
                return

    def _opened(self, state: Path) -> int:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OSError(error.errno, f"cannot be opened: {error.strerror}", str(self.path)) from None
        there = os.fstat(descriptor).st_size
        if there < self.end:
            os.close(descriptor)
            if not there:
                self.path.unlink()
            raise StateError(
                f"{self.path} has {there} bytes, and {state} tells of {self.end}: the two belong together"
            )
        os.ftruncate(descriptor, self.end)
        return descriptor

    # Checksums.

    def know(self, known: Mapping[Handle, Known]) -> None:
        """Take over checksums of files as a state has them."""
        self._known, self._touched = dict(known), {}

    @contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Keep what is taken over inside only if nothing is raised there."""
        before = self._known, self._touched
        self._known = dict(self._known)
        try:
            yield
        except BaseException:
            self._known, self._touched = before
            raise

    @property
    def unasked(self) -> Mapping[Handle, Known]:
        """What nobody has asked for yet."""
        return self._known

    def touch(self, handle: Handle, file: File) -> None:
        """Note that a file's checksum has changed."""
        self._touched[handle] = file

    def recalled(self, handle: Handle) -> Known | None:
        """What is known of a file from an earlier process; it is asked for once."""
        return self._known.pop(handle, None)

    def changed(self) -> Iterator[tuple[Handle, Known]]:
        """Checksums that have changed since somebody last asked."""
        touched, self._touched = self._touched, {}
        for handle, file in touched.items():
            yield handle, known(file)


class Placed:
    """Content in the store, found again by its place.

    Attributes:
        place: of what was written last; None where nobody has its content.
    """

    readable = True

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.place: int | None = None

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Append to the store; what a log tells of is there already."""
        extents: Extents = file.content or Extents()
        before = extents.bytes
        if isinstance(data, Kept):
            count, self.place = int(data), data.place
        elif isinstance(data, int):
            count, self.place = data, None
        else:
            count, self.place = len(data), self._contents.append(data)
        if self.place is None:
            extents.cut(offset, offset + count)
        else:
            extents.put(offset, offset + count, self.place)
        self._contents.freed += before + (count if self.place is not None else 0) - extents.bytes
        file.content = extents

    def read(self, file: File, offset: int, count: int) -> bytes:
        """The bytes, with zeros where nothing was written."""
        if file.content is None:
            return bytes(count)
        parts, at = [], offset
        for start, end, place in file.content.within(offset, offset + count):
            parts += [bytes(start - at), self._contents.read(place, end - start)]
            at = end
        return b"".join((*parts, bytes(offset + count - at)))

    def resize(self, file: File, size: int) -> None:
        """Forget what lies beyond a smaller size."""
        if file.content is not None and size < file.size:
            before = file.content.bytes
            file.content.cut(size, file.size)
            self._contents.freed += before - file.content.bytes

    def forget(self, file: File) -> None:
        """Forget all of it."""
        if file.content is not None:
            self._contents.freed += file.content.bytes
            file.content = None

    def digest(self, file: File) -> Digest:
        """Checksum of what the store holds."""
        return digest_by_reading(self, file, CHECKSUM)


class _Resumed:
    """A checksum from an earlier process: of so many bytes, not to be carried on."""

    __slots__ = ("position", "value")

    def __init__(self, position: int, value: str) -> None:
        self.position, self.value = position, value


class Summed(Hash):
    """Checksums that outlive the process."""

    def __init__(self, contents: Contents, job: str) -> None:
        super().__init__(CHECKSUM)
        self._contents, self._job = contents, job

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """As :class:`Hash`; nothing where it is written again, of which the checksum tells already."""
        if self._begin(file):
            if isinstance(file.content, _Resumed):
                file.content = f"written at {offset} after a restart"
            super().write(file, offset, data)

    def resize(self, file: File, size: int) -> None:
        """As :class:`Hash`."""
        if self._begin(file):
            if isinstance(file.content, _Resumed) and 0 < size < file.content.position:
                file.content = f"cut to {size} bytes"
            super().resize(file, size)

    def digest(self, file: File) -> Digest:
        """As :class:`Hash`."""
        self._recall(file)
        if not isinstance(file.content, _Resumed):
            return super().digest(file)
        if file.content.position != file.size:
            why = f"of the first {file.content.position} bytes alone since a restart"
            return Digest(self.algorithm, None, why)
        return Digest(self.algorithm, file.content.value)

    def forget(self, file: File) -> None:
        """As :class:`Hash`."""
        self._contents.recalled(self._handle(file))
        super().forget(file)

    def _begin(self, file: File) -> bool:
        if self._contents.replaying:
            return False
        self._recall(file)
        self._contents.touch(self._handle(file), file)
        return True

    def _recall(self, file: File) -> None:
        if file.content is None and (told := self._contents.recalled(self._handle(file))) is not None:
            position, value, why = told
            if value is not None and len(value) != _DIGITS:
                why = "summed otherwise by the devicesim that wrote it"
            file.content = why or (_Resumed(position, value or "") if position else None)

    def _handle(self, file: File) -> Handle:
        return self._job, file.fileid, file.generation


def known(file: File) -> Known:
    """What can be told of a file's checksum now."""
    state = file.content
    if state is None:
        return 0, None, ""
    if isinstance(state, str):
        return 0, None, state
    if isinstance(state, _Resumed):
        return state.position, state.value, ""
    if state.early:
        return 0, None, "written out of order when a restart came"
    return state.position, state.value, ""
