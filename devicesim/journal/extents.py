"""Where the bytes of one file lie in a store to which everything is appended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator


class Extents:
    """Parts of a file, in order and apart from one another, each with its place in the store.

    Attributes:
        bytes: of all parts together.

    >>> extents = Extents()
    >>> extents.put(0, 10, 100)
    >>> extents.put(4, 6, 500)
    >>> list(extents.within(0, 8))
    [(0, 4, 100), (4, 6, 500), (6, 8, 106)]
    >>> extents.bytes
    10
    """

    __slots__ = ("_ends", "_places", "_starts", "bytes")

    def __init__(self) -> None:
        self.bytes = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._places: list[int] = []

    def put(self, start: int, end: int, place: int) -> None:
        """Let the bytes from ``start`` up to ``end`` lie from a place on."""
        if self._ends and start >= self._ends[-1]:
            at = len(self._ends)
        else:
            at = self.cut(start, end)
        self.bytes += end - start
        before = at - 1
        joins = before >= 0 and self._ends[before] == start
        if joins and self._places[before] + start - self._starts[before] == place:
            self._ends[before] = end
            return
        self._starts.insert(at, start)
        self._ends.insert(at, end)
        self._places.insert(at, place)

    def cut(self, start: int, end: int) -> int:
        """Let nothing lie between; returns before which part something could."""
        first = bisect_right(self._ends, start)
        last = first
        kept: list[tuple[int, int, int]] = []
        while last < len(self._starts) and self._starts[last] < end:
            low, high, place = self._starts[last], self._ends[last], self._places[last]
            if low < start:
                kept.append((low, start, place))
            if high > end:
                kept.append((end, high, place + end - low))
            last += 1
        self.bytes -= sum(self._ends[first:last]) - sum(self._starts[first:last])
        self.bytes += sum(part[1] - part[0] for part in kept)
        self._starts[first:last] = [part[0] for part in kept]
        self._ends[first:last] = [part[1] for part in kept]
        self._places[first:last] = [part[2] for part in kept]
        return first + sum(1 for part in kept if part[1] <= start)

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Start, end and place of what lies between."""
        for index in range(bisect_right(self._ends, start), len(self._starts)):
            low, high, place = self._starts[index], self._ends[index], self._places[index]
            if low >= end:
                return
            begin = max(low, start)
            yield begin, min(high, end), place + begin - low
