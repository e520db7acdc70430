"""What becomes of the bytes written into a share: four policies behind one small interface.

The share keeps sizes and room itself; a policy only holds content. ``discard`` for runs of many terabytes, ``hash``
when checksums must be true (:mod:`devicesim.device.share.hashed`), ``keep`` in memory, ``spill`` in a folder of the
host.
"""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from typing import Protocol, cast

from devicesim.device.share.limits import refuse
from devicesim.device.share.nodes import File
from devicesim.device.share.pieces import PIECE, Piece, Pieces, Room, room_of
from devicesim.errors import require

Data = bytes | bytearray | memoryview
CHECKSUM = "md5"
"""How checksums are made: as S3 makes the ETag of an object that is put whole."""
_MOST_SPARE = (1 << 29) // PIECE


@dataclass(frozen=True, slots=True)
class Digest:
    """Checksum of a file's content, or why there is none.

    Attributes:
        algorithm: name as in :mod:`hashlib`.
        value: hexadecimal digits, None if it cannot be told.
        reason: why it cannot; empty when it can.
    """

    algorithm: str
    value: str | None
    reason: str = ""


class Content(Protocol):
    """A content policy. It may keep anything in ``file.content``, which starts as None.

    Attributes:
        readable: whether what is read is what was written.
    """

    @property
    def readable(self) -> bool:
        """Whether what is read is what was written."""

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Take data, or so many bytes nobody has the content of, which read as zeros. May refuse."""

    def read(self, file: File, offset: int, count: int) -> bytes:
        """Give ``count`` bytes, a range inside the file."""

    def resize(self, file: File, size: int) -> None:
        """Prepare for a new size; ``file.size`` is still the old one."""

    def forget(self, file: File) -> None:
        """Drop the content of a file that is gone."""

    def digest(self, file: File) -> Digest:
        """The checksum of the whole file."""


class Kept(int):
    """So many bytes, whose content a store has from a place on.

    A policy over such a store has an attribute ``place``: where the bytes that were written last lie in it, None
    where nobody has their content. It goes into the log, so that they are found again.
    """

    place: int

    def __new__(cls, count: int, place: int) -> Kept:
        """``count`` bytes from ``place`` on."""
        made = super().__new__(cls, count)
        made.place = place
        return made


class Discard:
    """Keep sizes only: reads give zeros."""

    readable = False

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Take the data and forget it."""

    def read(self, file: File, offset: int, count: int) -> bytes:
        """Zeros."""
        return bytes(count)

    def resize(self, file: File, size: int) -> None:
        """Nothing to prepare."""

    def forget(self, file: File) -> None:
        """Nothing to drop."""

    def digest(self, file: File) -> Digest:
        """None: the content was not kept."""
        return Digest("", None, "content is discarded")


def digest_by_reading(content: Content, file: File, algorithm: str) -> Digest:
    """Checksum of a file whose content a policy can read back."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for offset in range(0, file.size, PIECE):
        digest.update(content.read(file, offset, min(PIECE, file.size - offset)))
    return Digest(algorithm, digest.hexdigest())


class Keep:
    """Keep content in memory, up to ``bound`` bytes; beyond, use ``overflow`` or refuse.

    Holes of 1 MiB and more are not held. Memory that files leave behind is kept for the next ones, up to 512 MiB
    and within the bound: to take it from the system anew costs several times what copying into it does.
    A file that no longer fits moves to the overflow as a whole. Without one the write is refused with
    ENOSPC, although the simulated disk has room: the message names the bound.
    """

    readable = True

    def __init__(self, bound: int, overflow: Content | None = None, algorithm: str = CHECKSUM) -> None:
        require(bound >= 0, "bound", ">= 0", bound)
        self.bound = bound
        self.overflow = overflow
        self.algorithm = algorithm
        self.held = 0
        self._spare: list[Room] = []  # whole pieces of files that are gone

    def lend(self) -> Room:
        """Room for what is written: if enough of it comes back in :meth:`write`, it is kept without being copied."""
        room = self._spare.pop() if self._spare else Room()
        room.taken = False
        return room

    def _moved(self, file: File) -> Content | None:
        own = file.content is None or isinstance(file.content, bytearray | Pieces)
        return None if own else self.overflow

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Copy into memory, or into the overflow once the bound is reached."""
        if (moved := self._moved(file)) is not None:
            return moved.write(file, offset, data)
        content = file.content
        if isinstance(data, int):
            return None if content is None else self._pieces(file).clear(offset, offset + data)
        if content is None and not offset and len(data) < PIECE and self.held + len(data) <= self.bound:
            file.content = bytearray(data)  # a small file, which most are
            self.held += len(data)
            return None
        pieces, view = self._pieces(file), memoryview(data)
        end = offset + len(view)
        room, covered = room_of(view), None
        if room is not None and (covered := pieces.covered(offset, end)) is not None:
            gone = pieces.pieces[covered]
            growth = len(view) - sum(map(len, gone))
        else:
            growth = pieces.growth(offset, end)
        if self.held + growth > self.bound:
            return self._overflow(file, pieces, offset, data)
        if room is not None and covered is not None:
            room.taken = True
            pieces.put(offset, view, covered)
            self._leave(gone)
        else:
            pieces.copy(offset, view, self._piece)
        file.content = pieces
        self.held += growth
        while self._spare and self.held + len(self._spare) * PIECE > self.bound:
            self._spare.pop()
        return None

    def _pieces(self, file: File) -> Pieces:
        return file.content if isinstance(file.content, Pieces) else Pieces(file.content)

    def _leave(self, pieces: list[Piece]) -> None:
        """Keep the memory of pieces for others."""
        for piece in pieces:
            if isinstance(piece, memoryview) and len(self._spare) < _MOST_SPARE:
                self._spare.append(cast("Room", piece.obj))

    def _piece(self, data: memoryview) -> Piece:
        """A new piece, in memory that was in use before where there is some."""
        if len(data) < PIECE:
            return bytearray(data)
        room = self.lend()
        room[:], room.taken = data, True
        return memoryview(room)

    def _overflow(self, file: File, pieces: Pieces, offset: int, data: Data) -> None:
        if self.overflow is None:
            refuse(errno.ENOSPC, f"content kept in memory is bounded at {self.bound} bytes")
        content, file.content = file.content, None
        try:
            for start, piece in zip(pieces.starts, pieces.pieces, strict=True):
                self.overflow.write(file, start, memoryview(piece))
            self.overflow.write(file, offset, data)
        except OSError:
            try:
                self.overflow.forget(file)
            finally:
                file.content = content
            raise
        self.held -= pieces.held

    def read(self, file: File, offset: int, count: int) -> bytes:
        """The bytes, with zeros in the holes."""
        if (moved := self._moved(file)) is not None:
            return moved.read(file, offset, count)
        return self._pieces(file).read(offset, count)

    def resize(self, file: File, size: int) -> None:
        """Drop what lies beyond a smaller size."""
        if (moved := self._moved(file)) is not None:
            return moved.resize(file, size)
        if file.content is None:
            return None
        pieces = self._pieces(file)
        before = pieces.held
        self._leave(pieces.cut(size))
        self.held -= before - pieces.held
        file.content = pieces if pieces.pieces else None
        return None

    def forget(self, file: File) -> None:
        """Free the memory."""
        if (moved := self._moved(file)) is not None:
            moved.forget(file)
        else:
            self.resize(file, 0)
        file.content = None

    def digest(self, file: File) -> Digest:
        """Checksum of what is held."""
        return digest_by_reading(self, file, self.algorithm)
