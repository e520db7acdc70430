"""One future's fluid copy beside the watch on its heat, from the start of its device until it is told to go off.

What :class:`~devicesim.planning.together.watched.Watch` tells of a :class:`~devicesim.planning.together.flow.Flow`;
where there was a compiler at install time, ``c/watched.c`` does, with the same steps.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.device.heat import SHORTEST, Case
from devicesim.physics import thermal
from devicesim.planning.together.flow import Flow
from devicesim.planning.together.watched import LOOKS, Copy, Draw, Spell, Watch

Floats = NDArray[np.float64]

extension: Any = None
with suppress(ImportError):
    # By name: tools that read imports know only modules written in Python.
    extension = import_module("devicesim.planning.together.compiled")


class Flown(NamedTuple):
    """How a fluid copy went.

    Attributes:
        spell: the watch's.
        size: bytes taken. behind: how long the disk needs for what only the buffer has of these [s].
        still: whether the disk stands still when the device is told to go off.
        times, sizes: knots of the copy, and bytes taken by then.
    """

    spell: Spell
    size: float
    behind: float
    still: bool
    times: Floats
    sizes: Floats


@dataclass(frozen=True, slots=True)
class Stay:
    """A device at the customer's.

    Attributes:
        figures: of the future. device: its catalog entry. ambient: of the site, if the scenario says it [°C].
        draw: of the device.
        start: when it is switched on. phases: booting, unlocking and starting the service take [s].
        patience: of the customer with a copy that stands. keep: the device stays on afterwards [s].
    """

    figures: Figures
    device: str
    ambient: float | None
    draw: Draw
    start: float
    phases: tuple[float, float, float]
    patience: float
    keep: float

    @property
    def case(self) -> Case:
        """The device's case before it is switched on."""
        return Case(self.figures, self.device, self.ambient)

    def watch(self, copy: Copy, tilt: float = 0.0) -> tuple[Spell, Case]:
        """Start the device, let its services come up, and watch a copy until the device is told to go off.

        Args:
            copy: that has not begun.
            tilt: by how much more the device draws, relative to its draw.
        """
        draw, case = Draw(*(value * (1 + tilt) for value in self.draw)), self.case
        at, watch = self.start, Watch(case, draw, self.start)
        for lasts, load in zip(self.phases, (draw.booting, draw.idle, draw.idle), strict=True):
            at += lasts
            watch.wait(at, load)
        spell = watch.copy(copy, self.patience)
        if self.keep:
            watch.wait(spell.end + self.keep, draw.idle)
        return spell, case


class Fluid:
    """A fluid copy during a stay, to be told several times.

    Args:
        stay: of the device. flow: the copy.
        compiled: whether the compiled form tells it; where there is one if not given.
    """

    def __init__(self, stay: Stay, flow: Flow, *, compiled: bool | None = None) -> None:
        self._stay, self._flow = stay, flow
        self._given = self._all() if (extension is not None if compiled is None else compiled) else None

    def told(self, tilt: float = 0.0) -> Flown:
        """Tell it, with the device's draw so much higher than it is, relative."""
        if self._given is not None:
            return self._compiled(tilt)
        flow = self._flow
        flow.again()
        spell, case = self._stay.watch(flow, tilt)
        times, sizes = (np.array(column) for column in zip(*flow.knots, strict=True))
        return Flown(spell, flow.size, flow.behind, case.disk_factor == 0, times, sizes)

    def _all(self) -> list[Floats]:
        """What the compiled form is given."""
        stay, case = self._stay, self._stay.case
        law = case.law
        degrees = np.arange(np.floor(law.throttle[0]), np.ceil(law.throttle[1]) + 1)
        factors = thermal.throttle(degrees, *law.throttle)
        heat = case.ambient, law.resistance, law.capacity, law.rise, law.stop, law.resume, degrees[0]
        times = SHORTEST, LOOKS, stay.start, *stay.phases, stay.patience, stay.keep
        numbers = np.array([*heat, *stay.draw, *times, *self._flow.disk])
        files, sizes = self._flow.blocks
        return [numbers, np.array(law.limits), factors, files, sizes, *self._flow.paces(factors)]

    def _compiled(self, tilt: float) -> Flown:
        numbers, *others = self._given or []
        tilted = numbers.copy()
        tilted[DRAWN] *= 1 + tilt
        begun, end, stopped, given_up, spare, size, behind, still, *knots = extension.fly(tilted, *others)
        times, sizes = (np.frombuffer(each) for each in knots)
        return Flown(Spell(begun, end, given_up, stopped, spare), size, behind, still, times, sizes)


DRAWN = slice(7, 7 + len(Draw._fields))
"""Places of the draw among the numbers that the compiled form is given."""
