"""One device that heat comes near, from its start to the end of its copy: the watch of ``device.heat`` alone.

Every step here has its original there, in ``device.snow_device`` and in ``device.ingest``: the case is the device's
own, it is settled at the same moments, and the watch sleeps as long. What copies is asked for little (:class:`Copy`),
so that it may be the exact core, or the fluid.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from devicesim.device.heat import SHORTEST, Case

LOOKS = 8
"""Once patience is spent a copy is looked at after this share of it, as ``device.ingest.patience`` does."""


class Copy(Protocol):
    """A copy under way; it may be asked of any time not before the one that it was asked of last [s]."""

    def begin(self, at: float, cpu: float, disk: float) -> None:
        """Begin, with what heat leaves of the processor's and of the disk's speed."""

    def change(self, at: float, cpu: float, disk: float) -> None:
        """Go on with other speeds."""

    def ended(self, by: float) -> float:
        """When it was over; infinity if it was not by then."""

    def busy(self, at: float) -> tuple[float, float]:
        """For how many seconds the cores, all together, and the store had worked by then."""

    def moved(self, since: float, until: float) -> bool:
        """Whether a byte was taken between two times."""


class Draw(NamedTuple):
    """What a device draws [W].

    Attributes:
        booting, idle, most: while it starts, with nothing to do, and with everything at work.
        core, disk: for a core, and for the disks, that work.
    """

    booting: float
    idle: float
    most: float
    core: float
    disk: float


@dataclass(frozen=True, slots=True)
class Spell:
    """What became of a copy.

    Attributes:
        begun, end: of it [s].
        given_up: whether it ended because nothing moved.
        stopped: longest time that the disk stood still [s].
        spare: by how much the case was cooler than where the disk stops, when it was hottest [K].
    """

    begun: float
    end: float
    given_up: bool
    stopped: float
    spare: float

    @property
    def seconds(self) -> float:
        """It took."""
        return self.end - self.begun


class Watch:
    """The watch on one case, from the moment the device starts.

    Args:
        case: of the device. draw: its.
        at: when it starts [s].
    """

    def __init__(self, case: Case, draw: Draw, at: float) -> None:
        self._case, self._draw = case, draw
        self._now, self._busy = at, (0.0, 0.0)
        self._since, self._stopped, self._spare = inf, 0.0, inf
        self._wake = at
        self._look()

    def _look(self) -> bool:
        """Judge, and sleep until a limit can be reached; True if a speed changed."""
        case = self._case
        changed = case.judge()
        if changed:
            if case.disk_factor == 0:
                self._since = min(self._since, self._now)
            else:
                self._rest()
        self._wake = self._now + max(case.soonest(self._draw.idle, self._draw.most), SHORTEST)
        return changed

    def _rest(self) -> None:
        """Note for how long the disk stood still, if it did."""
        self._stopped, self._since = max(self._stopped, self._now - self._since), inf

    def _settle(self, at: float, energy: float) -> None:
        if at > self._now:
            self._case.warm(at - self._now, energy / (at - self._now))
            self._now, self._spare = at, min(self._spare, self._case.spare)

    def wait(self, until: float, load: float) -> None:
        """Let time pass at a constant draw [W]."""
        while self._wake < until:
            self._settle(self._wake, load * (self._wake - self._now))
            self._look()
        self._settle(until, load * (until - self._now))

    def copy(self, copy: Copy, patience: float) -> Spell:
        """Watch a copy to its end, or until nothing has moved for so long [s]."""
        case, begun, look = self._case, self._now, self._now + patience
        copy.begin(begun, case.cpu_factor, case.disk_factor)
        self._busy = 0.0, 0.0
        while True:
            at = min(self._wake, look)
            if (end := copy.ended(at)) <= at:
                self._book(copy, end)
                return self._over(begun, end, given_up=False)
            if self._wake > look:
                if not copy.moved(max(look - patience, begun), look):
                    self._book(copy, look)
                    return self._over(begun, look, given_up=True)
                look += patience / LOOKS
                continue
            stands = self._book(copy, at)
            if self._look():
                copy.change(at, case.cpu_factor, case.disk_factor)
            if stands and case.stands_still(self._draw.idle):
                self._wake = inf  # nothing that the watch could find would set the copy going again

    def _over(self, begun: float, end: float, *, given_up: bool) -> Spell:
        since = self._since
        self._rest()
        self._since = since if self._case.disk_factor == 0 else inf
        return Spell(begun, end, given_up, self._stopped, self._spare)

    def _book(self, copy: Copy, at: float) -> bool:
        """Settle with what the copy has worked since the last time; True if it was nothing at all."""
        # As ``device.power``: estimates between readings may fall, and are waited for then.
        (cores, store), (had_cores, had_store) = copy.busy(at), self._busy
        cores, store = max(cores, had_cores), max(store, had_store)
        worked, active, self._busy = cores - had_cores, store - had_store, (cores, store)
        draw, elapsed = self._draw, at - self._now
        self._settle(at, draw.idle * elapsed + draw.core * worked + draw.disk * active)
        return elapsed > 0 and worked == active == 0
