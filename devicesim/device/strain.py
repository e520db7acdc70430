"""What faults take of a device's disk and links for a while: factors on their speeds, by the fault's id."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod


class Strain:
    """The faults that slow one device down now.

    >>> strain = Strain()
    >>> strain.lay("F1", disk=0.5)
    >>> strain.lay("F2", disk=0.5, links={0: 0.0})
    >>> strain.disk, strain.link(0), strain.link(1)
    (0.25, 0.0, 1.0)
    >>> strain.lift("F1")
    >>> strain.disk
    0.5
    """

    def __init__(self) -> None:
        self._disk: dict[str, float] = {}
        self._links: dict[str, dict[int, float]] = {}

    def lay(self, fault: str, *, disk: float = 1.0, links: dict[int, float] | None = None) -> None:
        """Let a fault leave so much of the disk's speed, and of the links of clients by their numbers."""
        self._disk[fault] = disk
        self._links[fault] = dict(links or {})

    def lift(self, fault: str) -> None:
        """Let a fault take nothing more."""
        self._disk.pop(fault, None)
        self._links.pop(fault, None)

    @property
    def disk(self) -> float:
        """What is left of the disk's speed, in [0, 1]."""
        return prod(self._disk.values())

    def link(self, client: int) -> float:
        """What is left of the speed of a client's link, in [0, 1]."""
        return prod(links.get(client, 1.0) for links in self._links.values())

    @property
    def still(self) -> str:
        """The fault by which something stands still; empty if nothing does."""
        stopped: Iterable[str] = (fault for fault, factor in self._disk.items() if factor == 0)
        cut = (fault for fault, links in self._links.items() if 0 in links.values())
        return next(iter((*stopped, *cut)), "")
