"""What faults take of a device's disk and links for a while: factors on their speeds, by the fault's id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf, prod


@dataclass(frozen=True, slots=True)
class _Laid:
    """What one fault leaves, and until when [s]."""

    until: float
    disk: float = 1.0
    links: Mapping[int, float] = field(default_factory=dict)


class Strain:
    """The faults that slow one device down now.

    Attributes:
        crowding: ids of the faults that take room on the disk, in the order in which they came.

    >>> strain = Strain()
    >>> strain.lay("F1", 60.0, disk=0.5)
    >>> strain.lay("F2", 90.0, disk=0.5, links={0: 0.0})
    >>> strain.disk, strain.link(0), strain.link(1), strain.ends
    (0.25, 0.0, 1.0, [60.0, 90.0])
    >>> with strain.seen_at(60.0):
    ...     strain.disk
    0.5
    """

    def __init__(self) -> None:
        self.crowding: list[str] = []
        self._laid: dict[str, _Laid] = {}
        self._seen = -inf

    def lay(
        self, fault: str, until: float, *, disk: float = 1.0, links: Mapping[int, float] | None = None
    ) -> None:
        """Let a fault leave so much of the disk's speed, and of the links of clients by their numbers, to a time."""
        self._laid[fault] = _Laid(until, disk, dict(links or {}))

    def lift(self, fault: str) -> None:
        """Let a fault take nothing more."""
        self._laid.pop(fault, None)

    @contextmanager
    def seen_at(self, at: float) -> Iterator[None]:
        """Look at it as it will be at a time, if nothing else happens [s]."""
        before, self._seen = self._seen, at
        try:
            yield
        finally:
            self._seen = before

    @property
    def _now(self) -> Iterator[_Laid]:
        return (each for each in self._laid.values() if each.until > self._seen)

    @property
    def disk(self) -> float:
        """What is left of the disk's speed, in [0, 1]."""
        return prod(each.disk for each in self._now)

    def link(self, client: int) -> float:
        """What is left of the speed of a client's link, in [0, 1]."""
        return prod(each.links.get(client, 1.0) for each in self._now)

    @property
    def crowded(self) -> str:
        """The fault that took room on the disk last; empty if none does."""
        return self.crowding[-1] if self.crowding else ""

    @property
    def ends(self) -> list[float]:
        """When what is laid now ends, in order [s]."""
        return sorted({each.until for each in self._laid.values() if each.until < inf})

    @property
    def still(self) -> str:
        """The fault by which something stands still; empty if nothing does."""
        stopped = (name for name, each in self._laid.items() if 0 in (each.disk, *each.links.values()))
        return next(stopped, "")
