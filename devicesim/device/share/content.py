"""What becomes of the bytes written into a share: four policies behind one small interface.

The share keeps sizes and room itself; a policy only holds content. ``discard`` for runs of many terabytes, ``hash``
when checksums must be true (:mod:`devicesim.device.share.hashed`), ``keep`` in memory, ``spill`` in a folder of the
host.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from devicesim.device.share.limits import refuse
from devicesim.device.share.nodes import File
from devicesim.errors import require

Data = bytes | bytearray | memoryview
CHECKSUM = "md5"
"""How checksums are made: as S3 makes the ETag of an object that is put whole."""
PIECE = 1 << 20
"""Memory handled at a time [bytes]: what one WRITE brings at most. Any size gives the same content."""
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_POPULATE", 0)
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


def _pieces(offset: int, count: int) -> Iterator[tuple[int, int, int]]:
    """Cut a range at multiples of the piece: number of the piece, start in it, end in it."""
    end = offset + count
    while offset < end:
        number, start = divmod(offset, PIECE)
        stop = min(PIECE, start + end - offset)
        yield number, start, stop
        offset += stop - start


class Room(mmap.mmap):
    """Memory for one whole piece of a file, into which its content is received and where it then stays.

    Attributes:
        taken: whether it is a file's by now.
    """

    taken = False

    def __new__(cls) -> Room:
        """Room with its pages in it: to have the system put in each when it is touched costs twice as much."""
        return super().__new__(cls, -1, PIECE, flags=_PRIVATE)


Piece = bytearray | Room


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
        """Room for a piece: if it comes back whole in :meth:`write`, it is kept without being copied."""
        room = self._spare.pop() if self._spare else Room()
        room.taken = False
        return room

    def _moved(self, file: File) -> Content | None:
        own = file.content is None or isinstance(file.content, dict)
        return None if own else self.overflow

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Copy into memory, or into the overflow once the bound is reached."""
        if (moved := self._moved(file)) is not None:
            return moved.write(file, offset, data)
        pieces: dict[int, Piece] = file.content or {}
        if isinstance(data, int):
            return _clear(pieces, offset, data)
        if not pieces and not offset and len(data) < PIECE and self.held + len(data) <= self.bound:
            file.content = {0: bytearray(data)}  # a small file, which most are
            self.held += len(data)
            return None
        growth = sum(
            max(0, stop - len(pieces.get(number, b""))) for number, _, stop in _pieces(offset, len(data))
        )
        if self.held + growth > self.bound:
            return self._overflow(file, offset, data)
        file.content = pieces
        view = memoryview(data)
        if (
            len(view) == PIECE
            and not offset % PIECE
            and isinstance(room := view.obj, Room)
            and not room.taken
        ):
            return self._take(pieces, offset // PIECE, room, growth)
        for number, start, stop in _pieces(offset, len(data)):
            part, view = view[: stop - start], view[stop - start :]
            piece = pieces.get(number)
            if piece is None:
                pieces[number] = self._piece(part) if not start else bytearray(start) + part
                continue
            if isinstance(piece, bytearray) and len(piece) < start:
                piece.extend(bytes(start - len(piece)))
            piece[start:stop] = part
        self._grown(growth)
        return None

    def _take(self, pieces: dict[int, Piece], number: int, room: Room, growth: int) -> None:
        """Keep a piece that was received where it is to stay."""
        former = pieces.get(number)
        room.taken = True
        pieces[number] = room
        self._leave(former)
        self._grown(growth)

    def _grown(self, growth: int) -> None:
        self.held += growth
        while self._spare and self.held + len(self._spare) * PIECE > self.bound:
            self._spare.pop()

    def _leave(self, piece: Piece | None) -> None:
        """Keep the memory of a piece for others."""
        if isinstance(piece, Room) and len(self._spare) < _MOST_SPARE:
            self._spare.append(piece)

    def _piece(self, data: memoryview) -> Piece:
        """A new piece, in memory that was in use before where there is some."""
        if len(data) < PIECE:
            return bytearray(data)
        room = self.lend()
        room[:], room.taken = data, True
        return room

    def _overflow(self, file: File, offset: int, data: Data) -> None:
        if self.overflow is None:
            refuse(errno.ENOSPC, f"content kept in memory is bounded at {self.bound} bytes")
        pieces: dict[int, Piece] = file.content or {}
        file.content = None
        try:
            for number, piece in pieces.items():
                self.overflow.write(file, number * PIECE, memoryview(piece))
            self.overflow.write(file, offset, data)
        except OSError:
            try:
                self.overflow.forget(file)
            finally:
                file.content = pieces or None
            raise
        self.held -= sum(map(len, pieces.values()))

    def read(self, file: File, offset: int, count: int) -> bytes:
        """The bytes, with zeros in the holes."""
        if (moved := self._moved(file)) is not None:
            return moved.read(file, offset, count)
        pieces: dict[int, Piece] = file.content or {}
        parts = []
        for number, start, stop in _pieces(offset, count):
            part = bytes(memoryview(pieces.get(number, b""))[start:stop])
            parts.append(part)
            parts.append(bytes(stop - start - len(part)))
        return b"".join(parts)

    def resize(self, file: File, size: int) -> None:
        """Drop what lies beyond a smaller size."""
        if (moved := self._moved(file)) is not None:
            return moved.resize(file, size)
        pieces: dict[int, Piece] = file.content or {}
        last, rest = divmod(size, PIECE)
        for number in [n for n in pieces if n >= last]:
            keep = rest if number == last else 0
            self.held -= max(0, len(pieces[number]) - keep)
            piece = pieces.pop(number)
            if keep and len(piece) > keep:
                pieces[number] = bytearray(memoryview(piece)[:keep])
            elif keep:
                pieces[number] = piece
            if len(piece) > keep:
                self._leave(piece)
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


def _clear(pieces: dict[int, Piece], offset: int, count: int) -> None:
    """Write zeros where something is held; nothing is held for the rest, and it reads as zeros."""
    end = offset + count
    for number, piece in pieces.items():
        start = max(offset - number * PIECE, 0)
        stop = min(end - number * PIECE, len(piece))
        if start < stop:
            piece[start:stop] = bytes(stop - start)
