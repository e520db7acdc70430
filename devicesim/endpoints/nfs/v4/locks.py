"""Byte-range locks of one file: who holds what, and what stands against it.

Model: POSIX: locks of one owner replace one another where they overlap; those of two owners may overlap only where
both read. They bind nobody who does not ask for them.

>>> locks = Locks()
>>> locks.add("a", 0, 100, writes=True)
>>> locks.remove("a", 40, 60)
>>> [(each.start, each.end) for each in locks.held]
[(0, 40), (60, 100)]
>>> locks.against("b", 50, 60, writes=True) is None
True
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Held:
    """A range ``[start, end)`` that an owner has locked."""

    owner: Hashable
    start: int
    end: int
    writes: bool


class Locks:
    """The locks of one file.

    Attributes:
        held: all of them.
    """

    def __init__(self) -> None:
        self.held: list[Held] = []

    def against(self, owner: Hashable, start: int, end: int, *, writes: bool) -> Held | None:
        """Another's lock that forbids this one."""
        for each in self.held:
            if each.owner != owner and each.start < end and start < each.end and (writes or each.writes):
                return each
        return None

    def add(self, owner: Hashable, start: int, end: int, *, writes: bool) -> None:
        """Lock a range that nothing stands against."""
        self.remove(owner, start, end)
        for each in [e for e in self.held if e.owner == owner and e.writes == writes]:
            if each.end == start or each.start == end:  # touching ones of a kind become one
                self.held.remove(each)
                start, end = min(start, each.start), max(end, each.end)
        self.held.append(Held(owner, start, end, writes))

    def remove(self, owner: Hashable, start: int, end: int) -> None:
        """Unlock a range, whatever of it was locked."""
        kept = []
        for each in self.held:
            if each.owner != owner or each.end <= start or end <= each.start:
                kept.append(each)
                continue
            if each.start < start:
                kept.append(replace(each, end=start))
            if end < each.end:
                kept.append(replace(each, start=end))
        self.held = kept

    def of(self, owner: Hashable) -> bool:
        """Whether an owner holds anything."""
        return any(each.owner == owner for each in self.held)
