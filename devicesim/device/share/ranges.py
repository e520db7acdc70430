"""A set of byte ranges, kept sorted and merged."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Ranges:
    """Disjoint half-open ranges ``[start, end)``.

    >>> dirty = Ranges()
    >>> dirty.add(0, 10), dirty.add(20, 30), dirty.add(5, 20)
    (10, 10, 10)
    >>> dirty.remove(8, 12), list(dirty), dirty.total
    (4, [(0, 8), (12, 30)], 26)
    >>> list(dirty.within(4, 14)), list(dirty.gaps(4, 14))
    ([(4, 8), (12, 14)], [(8, 12)])
    """

    __slots__ = ("_ends", "_starts", "total")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.total = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._ends, strict=True))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def add(self, start: int, end: int) -> int:
        """Cover a range; returns how much of it is newly covered."""
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        old = sum(self._ends[first:last]) - sum(self._starts[first:last])
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last], self._ends[first:last] = [start], [end]
        self.total += end - start - old
        return end - start - old

    def remove(self, start: int, end: int) -> int:
        """Uncover a range; returns how much of it was covered."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        if first >= last:
            return 0
        pieces = [(a, b) for a, b in ((self._starts[first], start), (end, self._ends[last - 1])) if a < b]
        old = sum(self._ends[first:last]) - sum(self._starts[first:last])
        self._starts[first:last] = [a for a, _ in pieces]
        self._ends[first:last] = [b for _, b in pieces]
        gone = old - sum(b - a for a, b in pieces)
        self.total -= gone
        return gone

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The covered parts of a range, in order."""
        for place in range(bisect_right(self._ends, start), bisect_left(self._starts, end)):
            yield max(start, self._starts[place]), min(end, self._ends[place])

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a range that are not covered, in order."""
        for low, high in self.within(start, end):
            if start < low:
                yield start, low
            start = high
        if start < end:
            yield start, end
