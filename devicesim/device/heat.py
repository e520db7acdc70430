"""Heat: the case warms with the draw; a hot processor slows down and a hot disk stops.

Where even the greatest draw cannot reach a limit nothing is scheduled at all. Elsewhere the watch sleeps until
the next limit could be reached at the greatest draw (or left at the least), settles, and sleeps again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator
from math import inf
from typing import NamedTuple

import simpy

from devicesim.catalog import Figures
from devicesim.device.power import Power
from devicesim.device.setting import Setting
from devicesim.physics import thermal
from devicesim.progress import TemperatureChanged

SHORTEST = 60.0
"""Shortest sleep [s]; the case's time constant is half an hour, and near a balance limits are in reach for ever."""
HAIR = 1e-6
"""Kelvins by which a limit that was waited for may be missed: the last digit must not decide whether it was reached."""


class Law(NamedTuple):
    """What decides how a case warms and what that does.

    Attributes:
        resistance: to the surroundings [K/W]. capacity: for heat [J/K].
        rise: of the die above the case [K]. throttle: start and end of the processor's slowing [°C], and its floor.
        stop, resume: of the disk [°C].
        limits: temperatures of the case at which something changes, in order [°C].
    """

    resistance: float
    capacity: float
    rise: float
    throttle: tuple[float, float, float]
    stop: float
    resume: float
    limits: tuple[float, ...]


class Case:
    """The case of one device and what its warmth does, on nobody's clock.

    Args:
        figures: the catalog's. device: its entry.
        ambient: of the site, if the scenario says it [°C].

    Attributes:
        temperature: of the case [°C]. ambient: of the air around it [°C].
        cpu_factor, disk_factor: what heat leaves of their speed, in [0, 1].
    """

    def __init__(self, figures: Figures, device: str, ambient: float | None) -> None:
        self.ambient = figures.si(f"{device}.thermal.ambient") if ambient is None else ambient
        self._resistance = figures.si(f"{device}.thermal.resistance")
        self._capacity = figures.si(f"{device}.thermal.capacity")
        start, end, floor = (
            figures.si(f"{device}.thermal.{name}")
            for name in ("throttle_start", "throttle_end", "throttle_floor")
        )
        self._throttle = start, end, floor
        self._rise = figures.si(f"{device}.thermal.die_rise")
        self._stop = figures.si(f"{device}.thermal.disk_stop")
        self._resume = figures.si(f"{device}.thermal.disk_resume")
        steps = (start - self._rise + kelvin for kelvin in range(int(end - start) + 1))
        self._limits = sorted((self._resume, self._stop, *steps))
        self.temperature = self.ambient
        self.cpu_factor = self.disk_factor = 1.0

    def warm(self, elapsed: float, load: float) -> None:
        """Warm or cool for so long [s] at a constant draw [W]."""
        self.temperature = self.after(elapsed, load)

    def after(self, elapsed: float, load: float) -> float:
        """What its temperature will be after so long [s] at a constant draw [W]."""
        told = thermal.temperature(
            self.temperature, elapsed, load, self.ambient, self._resistance, self._capacity
        )
        return float(told)

    def judge(self) -> bool:
        """Take the factors from the temperature; True if one changed."""
        # In steps of a kelvin, so that a slow drift is not an endless row of changes.
        die = float(round(self.temperature + self._rise))
        cpu = float(thermal.throttle(die, *self._throttle))
        was_stopped = self.disk_factor == 0
        reached = self.temperature - HAIR if was_stopped else self.temperature + HAIR
        stopped = thermal.disk_stopped(reached, self._stop, was_stopped=was_stopped, resume=self._resume)
        was = self.cpu_factor, self.disk_factor
        self.cpu_factor, self.disk_factor = cpu, 0.0 if stopped else 1.0
        return was != (self.cpu_factor, self.disk_factor)

    def soonest(self, least: float, most: float) -> float:
        """The earliest time at which a limit can be passed, up at the greatest draw or down at the least [s]."""
        limits, soonest = self._limits, inf
        above = bisect_right(limits, self.temperature + HAIR)
        below = bisect_left(limits, self.temperature - HAIR) - 1
        if above < len(limits):
            soonest = self._time_to(limits[above], most)
        return min(soonest, self._time_to(limits[below], least)) if below >= 0 else soonest

    @property
    def law(self) -> Law:
        """What decides how it warms and what that does."""
        return Law(
            self._resistance,
            self._capacity,
            self._rise,
            self._throttle,
            self._stop,
            self._resume,
            tuple(self._limits),
        )

    @property
    def spare(self) -> float:
        """By how much the case is cooler than where the disk stops [K]."""
        return self._stop - self.temperature

    def stands_still(self, load: float) -> bool:
        """Whether a disk that has stopped does not start again at a draw that stays [W]."""
        balance = self.ambient + load * self._resistance
        return self.disk_factor == 0 and min(balance, self.temperature) >= self._resume + HAIR

    def _time_to(self, limit: float, load: float) -> float:
        return float(
            thermal.time_to(limit, self.temperature, load, self.ambient, self._resistance, self._capacity)
        )


class Heat:
    """The heat of one device in a World.

    Attributes:
        case: its case.
    """

    def __init__(self, setting: Setting, device: str, job: str, changed: Callable[[], None]) -> None:
        self._setting, self._job, self._changed = setting, job, changed
        self.case = Case(setting.figures, device, setting.scenario.site.ambient)
        self._last, self._drawn = setting.now, 0.0
        self._usual, self._around = self.case.ambient, dict[str, float]()
        self._stirred = setting.env.event()

    @property
    def temperature(self) -> float:
        """Of the case [°C]."""
        return self.case.temperature

    @property
    def cpu_factor(self) -> float:
        """What heat leaves of the processor's speed, in [0, 1]."""
        return self.case.cpu_factor

    @property
    def disk_factor(self) -> float:
        """What heat leaves of the disk's speed, 0 or 1."""
        return self.case.disk_factor

    def surround(self, fault: str, ambient: float | None) -> None:
        """Let the air be at a temperature [°C] for a fault, or no longer; whoever does has settled before."""
        if ambient is None:
            self._around.pop(fault, None)
        else:
            self._around[fault] = ambient
        self.case.ambient = max(self._around.values(), default=self._usual)
        stirred, self._stirred = self._stirred, self._setting.env.event()
        stirred.succeed()

    def settle(self, power: Power) -> None:
        """Warm or cool up to now with what the device drew since the last settling."""
        power.settle()
        elapsed, drawn = self._setting.now - self._last, power.energy - self._drawn
        if elapsed > 0:
            self.case.warm(elapsed, drawn / elapsed)
            self._last, self._drawn = self._setting.now, power.energy

    def look(self, power: Power) -> float:
        """Temperature of the case now [°C]; unlike :meth:`settle` this books nothing."""
        elapsed = self._setting.now - self._last
        drawn = power.look()[0] - self._drawn
        return self.case.after(elapsed, drawn / elapsed) if elapsed > 0 else self.temperature

    def watch(
        self, power: Power, least: float, most: float, off: simpy.Event
    ) -> Generator[simpy.Event, object, None]:
        """Slow the processor and stop the disk as the case warms, until the device goes off.

        Args:
            power: the device's supply.
            least, most: bounds of the draw for as long as the device is on [W].
            off: ends the watch.
        """
        while not off.triggered:
            self.settle(power)
            cpu, disk = self.cpu_factor, self.disk_factor
            if self.case.judge():
                self._say(cpu, disk)
                self._changed()
            wait = self.case.soonest(least, most)
            if wait == inf:
                yield self._stirred | off
            else:
                env = self._setting.env
                yield simpy.AnyOf(env, [env.timeout(max(wait, SHORTEST)), off, self._stirred])

    def _say(self, cpu: float, disk: float) -> None:
        """Tell the stream what another factor means, against what it was."""
        if disk != self.disk_factor:
            what = "disk runs again" if disk == 0 else "disk stopped"
        elif (cpu < 1) != (self.cpu_factor < 1):
            what = "throttled" if cpu == 1 else "full speed again"
        else:
            return
        self._setting.say(TemperatureChanged(self._setting.now, self._job, what, self.temperature))
