"""One timed transfer, and the settings that repeats of it share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal, cast

from devicesim.errors import require
from devicesim.physics.nfs.calls import VERSIONS

Version = Literal["3", "4.0", "4.1"]

KIB, MIB, GIB = 2**10, 2**20, 2**30
SMALL, LARGE = 128 * KIB, 32 * MIB
"""Files up to the first are small, from the second on large [bytes]."""

CLASSES = ("small files", "middling files", "large files")


@dataclass(frozen=True, slots=True)
class Setting:
    """How files were sent: all that the time may depend on.

    Attributes:
        link: line rate of the link [bytes/s], infinite where nothing limits it.
        rtt: round-trip time [s].
        streams: files under way at a time.
        wsize: payload of a full WRITE [bytes].
        files: how many were sent.
        size: of each [bytes].
        version: of NFS.
        window: WRITEs in flight of each stream; 0 where nobody has said.
        line: what kind of link it was, a word of the measurer's own; empty where nobody has said.
    """

    link: float
    rtt: float
    streams: int
    wsize: int
    files: int
    size: float
    version: Version = "3"
    window: int = 0
    line: str = ""

    def __post_init__(self) -> None:
        require(self.link > 0, "link", "> 0", self.link)
        require(0 <= self.rtt < inf, "rtt", ">= 0 and finite", self.rtt)
        for name in ("streams", "wsize", "files"):
            require(getattr(self, name) >= 1, name, ">= 1", getattr(self, name))
        require(0 <= self.size < inf, "size", ">= 0 and finite", self.size)
        require(self.window >= 0, "window", ">= 0", self.window)

    @property
    def bytes(self) -> float:
        """Payload of all files together."""
        return self.files * self.size

    @property
    def file_class(self) -> str:
        """One of :data:`CLASSES`."""
        return CLASSES[(self.size > SMALL) + (self.size >= LARGE)]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A transfer that somebody has timed.

    Attributes:
        setting: how the files were sent.
        wall: how long it took [s].
        load: load average of the machine meanwhile; not a number where nobody has said.
        place: file and line that say so.
    """

    setting: Setting
    wall: float
    load: float = float("nan")
    place: str = ""

    def __post_init__(self) -> None:
        require(self.wall > 0 and isfinite(self.wall), "wall", "> 0 and finite", self.wall)

    def disturbed(self, most_load: float) -> bool:
        """Whether other work on the machine makes the time doubtful."""
        return self.load > most_load


@dataclass(frozen=True, slots=True)
class Cell:
    """Repeats of one setting."""

    setting: Setting
    repeats: tuple[Measurement, ...]

    @property
    def group(self) -> tuple[float, str, int]:
        """The link: its rate, its kind, and the order of magnitude of its round trips."""
        return self.setting.link, self.setting.line, int(self.setting.rtt > DISTANT)


DISTANT = 3e-4
"""Round trips longer than this leave the machine room [s]; tells links apart where their kind is not said."""


def cells(measurements: Iterable[Measurement]) -> list[Cell]:
    """Bring repeats of one setting together, in order of first appearance."""
    found: dict[Setting, list[Measurement]] = {}
    for measurement in measurements:
        found.setdefault(measurement.setting, []).append(measurement)
    return [Cell(setting, tuple(repeats)) for setting, repeats in found.items()]


def groups(given: Sequence[Cell]) -> list[list[int]]:
    """Positions of the cells of each link, in order of first appearance."""
    found: dict[tuple[float, str, int], list[int]] = {}
    for place, cell in enumerate(given):
        found.setdefault(cell.group, []).append(place)
    return list(found.values())


def version_of(text: str) -> Version:
    """The version that a tool calls ``3``, ``4``, ``4.0``, ``4.1`` or ``4.2``.

    >>> version_of("4.2"), version_of("4")
    ('4.1', '4.0')
    """
    known = {"4": "4.0", "4.2": "4.1"}.get(text, text)
    require(known in VERSIONS, "the NFS version", f"one of {', '.join(VERSIONS)}", text)
    return cast(Version, known)
