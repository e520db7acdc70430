"""What a person adds to a file that does not tell it: the link, its round trips, the mount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

from devicesim.errors import BoundError, Problem, UnitError
from devicesim.physics import ethernet
from devicesim.planning.measured.measurement import Measurement, Setting, Version

OPTIONS = {
    "link": '--link "1 Gbit/s"',
    "rtt": '--rtt "0.4 ms"',
    "streams": "--streams 4",
    "wsize": '--wsize "1 MiB"',
    "size": '--file-size "64 KiB"',
    "wall": '--wall "12 min"',
}
"""How each is given on the command line."""

WORDS = {
    "link": "the link",
    "rtt": "its round-trip time",
    "streams": "how many streams wrote",
    "wsize": "the mount's wsize",
    "size": "how large the files were",
    "wall": "how long it took",
}
"""What each is in a sentence."""

_LONGEST = 60
TOO_QUICK = 1.25
"""More than this many times what a link carries is no measurement of it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was said beside a file; what is None was not.

    Attributes:
        link: line rate [bytes/s]; infinite for none. rtt: round trip [s]. streams: files under way at a time.
        wsize: payload of a full WRITE [bytes]. size: of each file [bytes]. wall: how long it all took [s].
        version: of NFS. window: WRITEs in flight of a stream. line: what kind of link it is.
    """

    link: float | None = None
    rtt: float | None = None
    streams: int | None = None
    wsize: int | None = None
    size: float | None = None
    wall: float | None = None
    version: Version | None = None
    window: int | None = None
    line: str = ""


class Found:
    """Measurements and problems of one file, as a reader comes upon them."""

    def __init__(self, file: str, given: Given) -> None:
        self.file, self.given = file, given
        self.measurements: list[Measurement] = []
        self.problems: list[Problem] = []

    def wrong(self, why: str, line: int = 0, source: str = "", hint: str = "") -> None:
        """Note what is wrong with a line, or with the whole file."""
        self.problems.append(Problem("", why, self.file, line, 1 if line else 0, source, hint))

    def missing(self, names: Sequence[str], tool: str) -> bool:
        """Note what neither the tool's file nor a person has said; whether there is such."""
        lacking = [name for name in names if getattr(self.given, name) is None]
        if lacking:
            told = ", ".join(WORDS[name] for name in lacking)
            self.wrong(
                f"{tool} does not tell {told}", hint="add " + " ".join(OPTIONS[name] for name in lacking)
            )
        return bool(lacking)

    def add(self, wall: float, load: float = nan, at: int = 0, source: str = "", **told: Any) -> None:
        """Add a measurement of what a tool has told and a person has given; refuse what cannot be."""
        known = {name: value for name, value in _plain(self.given).items() if value is not None}
        try:
            if not (isfinite(wall) and wall > 0):
                raise BoundError(f"the time must be > 0 s, got {wall:g} s")
            setting = Setting(**{**known, **told})
            _require_possible(setting, wall)
            self.measurements.append(
                Measurement(setting, wall, load, f"{self.file}:{at}" if at else self.file)
            )
        except (BoundError, UnitError) as error:
            self.wrong(str(error), at, source)


def number(value: object, name: str) -> float:
    """A number that a tool has written, as a number or as text.

    Raises:
        BoundError: it is none, or not finite.

    >>> number("16", "numjobs"), number(0.5, "runtime")
    (16.0, 0.5)
    """
    try:
        told = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else nan
    except (ValueError, OverflowError):
        told = nan
    if not isfinite(told):
        raise BoundError(f"{name} must be a number, got {shown(value)}")
    return told


def whole(value: object, name: str) -> int:
    """The same of a whole number.

    Raises:
        BoundError: it is none.
    """
    told = number(value, name)
    if told != int(told):
        raise BoundError(f"{name} must be a whole number, got {shown(value)}")
    return int(told)


def shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _plain(given: Given) -> Mapping[str, Any]:
    names = ("link", "rtt", "streams", "wsize", "size", "version", "window", "line")
    return {name: getattr(given, name) for name in names}


def _require_possible(setting: Setting, wall: float) -> None:
    """Raise where more arrived than the link can have carried: a unit is not what the reader takes it for."""
    if setting.link == inf:
        return
    rate, most = setting.bytes / wall, float(ethernet.goodput(setting.link))
    if rate > TOO_QUICK * most:
        raise BoundError(
            f"{setting.bytes / 1e6:,.4g} MB in {wall:,.4g} s is {rate / 1e6:,.4g} MB/s, and a link of "
            f"{setting.link * 8 / 1e6:,.4g} Mbit/s carries {most / 1e6:,.4g} MB/s: units are mixed up "
            "(link_mbit in Mbit/s, file_bytes in bytes, wall_s in seconds)"
        )
