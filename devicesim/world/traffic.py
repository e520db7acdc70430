"""What came through the doors of one device, between two other verbs of a log: some bytes for each operation.

A benchmark pushes millions of operations through a door, so they are kept as lines of JSON, deflated in blocks: a
number is the time from which on things happened [s], an array one operation or change. Contents are left out; of
bytes there is only how many.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

BLOCK = 1 << 16
"""Bytes of lines that are deflated together."""


Place = tuple[int, int]
"""How many blocks lie before, and how many bytes after them."""


class Traffic:
    """Operations and changes in the order in which they were made.

    Attributes:
        end: the time up to which the World had followed them [s].

    >>> traffic = Traffic(at=10.0)
    >>> traffic.note(12.5, "offer", "WRITE", 4096, 0)
    >>> traffic.note(12.5, "offer", "COMMIT", 0, 0)
    >>> list(traffic)
    [(12.5, ['offer', 'WRITE', 4096, 0]), (12.5, ['offer', 'COMMIT', 0, 0])]
    """

    def __init__(self, at: float) -> None:
        self.end = at
        self._at: float | None = None
        self._blocks: list[bytes] = []
        self._lines = bytearray()

    def note(self, at: float, *row: Any) -> None:
        """Add what was done at a time, no earlier than the last [s]."""
        lines = self._lines
        if at != self._at:
            self._at = at
            self.end = max(self.end, at)
            lines += orjson.dumps(at, option=orjson.OPT_APPEND_NEWLINE)
        lines += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        if len(lines) >= BLOCK:
            self._blocks.append(zlib.compress(lines, 1))
            self._lines = bytearray()

    @classmethod
    def told(cls, end: float, lines: bytes) -> Traffic:
        """Traffic of which the lines are there, up to a time [s]; nothing more is added to it."""
        made, start = cls(end), 0
        while len(lines) - start >= BLOCK:
            cut = lines.find(b"\n", start + BLOCK - 1) + 1 or len(lines)
            made._blocks.append(zlib.compress(lines[start:cut], 1))
            start = cut
        made._lines = bytearray(lines[start:])
        return made

    def lines(self, after: Place = (0, 0)) -> tuple[bytes, Place]:
        """The lines after a place, and the place after them; the beginning is (0, 0)."""
        block, offset = after
        if block == len(self._blocks):
            return bytes(self._lines[offset:]), self.place
        parts = [*map(zlib.decompress, self._blocks[block:]), bytes(self._lines)]
        return b"".join(parts)[offset:], self.place

    @property
    def place(self) -> Place:
        """The place after the last line."""
        return len(self._blocks), len(self._lines)

    def __iter__(self) -> Iterator[tuple[float, Sequence[Any]]]:
        """Each with its time [s]."""
        at = 0.0
        for block in (*map(zlib.decompress, self._blocks), bytes(self._lines)):
            # At once: a line alone costs more to begin than to read, and no text has a line end of its own.
            for told in orjson.loads(b"[%b]" % block.strip().replace(b"\n", b",")):
                if isinstance(told, list):
                    yield at, told
                else:
                    at = told

    def __eq__(self, other: object) -> bool:
        """Whether two tell the same."""
        if not isinstance(other, Traffic):
            return NotImplemented
        alike = (self.end, self._blocks, self._lines) == (other.end, other._blocks, other._lines)
        return alike or (self.end == other.end and list(self) == list(other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """How much there is."""
        size = sum(map(len, self._blocks)) + len(self._lines)
        return f"<Traffic until {self.end:.3f} s in {size} bytes>"
