"""The content of one file in memory: pieces in the order of their places, with holes between.

Model: data that were received into a :class:`Room` become a piece as they are, wherever they begin. Other data are
copied: into the piece that is there, behind it, or into a new one, within cells of :data:`PIECE` that begin at its
multiples; so small writes, in whatever order, make few pieces.

>>> pieces = Pieces()
>>> pieces.copy(3, memoryview(b"abc"), bytearray)
>>> pieces.read(0, 8)
b'\\x00\\x00\\x00abc\\x00\\x00'
>>> pieces.held
6
"""

from __future__ import annotations

import mmap
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

PIECE = 1 << 20
"""Memory handled at a time [bytes]: what one WRITE brings at most. Any size gives the same content."""
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_POPULATE", 0)
_WORTH = PIECE * 3 // 4  # bytes from which on a whole room is kept for them


class Room(mmap.mmap):
    """Memory into which the content of a file is received, and where it then stays.

    Attributes:
        taken: whether it is a file's by now.
    """

    taken = False

    def __new__(cls) -> Room:
        """Room with its pages in it: to have the system put in each when it is touched costs twice as much."""
        return super().__new__(cls, -1, PIECE, flags=_PRIVATE)


Piece = bytearray | memoryview
"""What can grow, or a part of a room."""


def room_of(data: memoryview) -> Room | None:
    """The room in which data lie that can stay there."""
    room = data.obj
    return room if isinstance(room, Room) and not room.taken and len(data) >= _WORTH else None


class Pieces:
    """The pieces of one file.

    Attributes:
        starts: where in the file each begins [bytes], ascending.
        pieces: what lies there.
    """

    __slots__ = ("pieces", "starts")

    def __init__(self, first: bytearray | None = None) -> None:
        """Begin with what lies at 0."""
        self.starts = [] if first is None else [0]
        self.pieces: list[Piece] = [] if first is None else [first]

    @property
    def held(self) -> int:
        """Bytes of all pieces."""
        return sum(map(len, self.pieces))

    def covered(self, start: int, end: int) -> slice | None:
        """The pieces that a range covers, if there is no other that it touches."""
        starts, pieces = self.starts, self.pieces
        first = bisect_left(starts, start)
        if first and starts[first - 1] + len(pieces[first - 1]) > start:
            return None
        last = bisect_left(starts, end, first)
        if last > first and starts[last - 1] + len(pieces[last - 1]) > end:
            return None
        return slice(first, last)

    def put(self, start: int, data: memoryview, covered: slice) -> None:
        """Let data be a piece, in the place of those that they cover."""
        self.starts[covered] = [start]
        self.pieces[covered] = [data]

    def growth(self, start: int, end: int) -> int:
        """How many more bytes are held once a range has been copied."""
        return sum(max(0, stop - max(0, held)) for _, _, _, stop, held in self._cells(start, end))

    def copy(self, start: int, data: memoryview, make: Callable[[memoryview], Piece]) -> None:
        """Copy data to where they belong; ``make`` gives new pieces with what lies at their beginning."""
        done = 0
        for place, begins, at, stop, held in self._cells(start, start + len(data)):
            part, done = data[done : done + stop - at], done + stop - at
            if held < 0:
                piece = make(part) if not at else bytearray(at) + part
                self.starts.insert(place, begins)
                self.pieces.insert(place, piece)
                continue
            piece = self.pieces[place]
            if isinstance(piece, bytearray) and held < at:
                piece.extend(bytes(at - held))
            piece[at:stop] = part

    def _cells(self, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Cut a range where its pieces end, those that are there and those that are to be made.

        Gives the place of each among the pieces, where it begins in the file, the part of the range in it, and how
        many bytes of it are held; -1 for one that is not there.
        """
        starts, pieces = self.starts, self.pieces
        while start < end:
            place = bisect_right(starts, start)
            low = start - start % PIECE
            high = min(end, low + PIECE, *starts[place : place + 1])
            if place:
                begins, held = starts[place - 1], len(pieces[place - 1])
                grows = begins >= low and isinstance(pieces[place - 1], bytearray)
                if start < begins + held or grows:
                    high = high if grows else min(end, begins + held)
                    yield place - 1, begins, start - begins, high - begins, held
                    start = high
                    continue
                low = max(low, begins + held)
            yield place, low, start - low, high - low, -1
            start = high

    def clear(self, start: int, end: int) -> None:
        """Write zeros where something is held."""
        place = max(0, bisect_right(self.starts, start) - 1)
        for begins, piece in zip(self.starts[place:], self.pieces[place:], strict=True):
            if begins >= end:
                return
            first, last = max(start - begins, 0), min(end - begins, len(piece))
            if first < last:
                piece[first:last] = bytes(last - first)

    def cut(self, size: int) -> list[Piece]:
        """Drop what lies from a size on; gives the pieces that are needed no more."""
        place = bisect_left(self.starts, size)
        gone = self.pieces[place:]
        del self.starts[place:], self.pieces[place:]
        if place and len(last := self.pieces[-1]) > (rest := size - self.starts[-1]):
            self.pieces[-1] = bytearray(memoryview(last)[:rest])
            gone.append(last)
        return gone

    def read(self, start: int, count: int) -> bytes:
        """The bytes of a range, with zeros in the holes."""
        parts: list[bytes | memoryview] = []
        end, place = start + count, max(0, bisect_right(self.starts, start) - 1)
        for begins, piece in zip(self.starts[place:], self.pieces[place:], strict=True):
            if begins >= end:
                break
            first, last = max(start, begins), min(end, begins + len(piece))
            if first < last:
                parts += bytes(first - start), memoryview(piece)[first - begins : last - begins]
                start = last
        return b"".join([*parts, bytes(end - start)])
