"""Heat: the case warms with the draw; a hot processor slows down and a hot disk stops.

Where even the greatest draw cannot reach a limit nothing is scheduled at all. Elsewhere the watch sleeps until
the next limit could be reached at the greatest draw (or left at the least), settles, and sleeps again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import simpy

from devicesim.device.power import Power
from devicesim.device.setting import Setting
from devicesim.physics import thermal
from devicesim.progress import TemperatureChanged

SHORTEST = 60.0
"""Shortest sleep [s]; the case's time constant is half an hour, and near a balance limits are in reach for ever."""


class Heat:
    """The temperature of one device.

    Attributes:
        temperature: of the case [°C].
        cpu_factor, disk_factor: what heat leaves of their speed, in [0, 1].
    """

    def __init__(self, setting: Setting, device: str, job: str, changed: Callable[[], None]) -> None:
        figures = setting.figures
        self._setting, self._job, self._changed = setting, job, changed
        given = setting.scenario.site.ambient
        self._ambient = figures.si(f"{device}.thermal.ambient") if given is None else given
        self._resistance = figures.si(f"{device}.thermal.resistance")
        self._capacity = figures.si(f"{device}.thermal.capacity")
        self._throttle = tuple(
            figures.si(f"{device}.thermal.{name}")
            for name in ("throttle_start", "throttle_end", "throttle_floor")
        )
        self._rise = figures.si(f"{device}.thermal.die_rise")
        self._stop = figures.si(f"{device}.thermal.disk_stop")
        self._resume = figures.si(f"{device}.thermal.disk_resume")
        self.temperature = self._ambient
        self.cpu_factor = self.disk_factor = 1.0
        self._last, self._drawn = setting.now, 0.0

    def settle(self, power: Power) -> None:
        """Warm or cool up to now with what the device drew since the last settling."""
        power.settle()
        elapsed, drawn = self._setting.now - self._last, power.energy - self._drawn
        if elapsed > 0:
            self.temperature = float(
                thermal.temperature(
                    self.temperature,
                    elapsed,
                    drawn / elapsed,
                    self._ambient,
                    self._resistance,
                    self._capacity,
                )
            )
            self._last, self._drawn = self._setting.now, power.energy

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
            if self._judge():
                self._changed()
            wait = self._soonest(least, most)
            if wait == float("inf"):
                return
            yield self._setting.env.timeout(max(wait, SHORTEST)) | off

    def _judge(self) -> bool:
        """Take the factors from the temperature; True if one changed."""
        start, end, floor = self._throttle
        # In steps of a kelvin, so that a slow drift is not an endless row of changes.
        die = float(round(self.temperature + self._rise))
        cpu = float(thermal.throttle(die, start, end, floor))
        stopped = bool(
            thermal.disk_stopped(
                self.temperature,
                self._stop,
                was_stopped=self.disk_factor == 0,
                resume=self._resume,
            )
        )
        disk = 0.0 if stopped else 1.0
        if (cpu, disk) == (self.cpu_factor, self.disk_factor):
            return False
        if disk != self.disk_factor:
            self._say("disk stopped" if stopped else "disk runs again")
        elif (cpu < 1) != (self.cpu_factor < 1):
            self._say("throttled" if cpu < 1 else "full speed again")
        self.cpu_factor, self.disk_factor = cpu, disk
        return True

    def _say(self, what: str) -> None:
        self._setting.say(TemperatureChanged(self._setting.now, self._job, what, self.temperature))

    def _soonest(self, least: float, most: float) -> float:
        """The earliest time at which a limit can be passed, either way [s]."""
        up = [limit for limit in self._limits() if limit > self.temperature]
        down = [limit for limit in self._limits() if limit < self.temperature]
        soonest = float("inf")
        for limit, load in ((min(up, default=None), most), (max(down, default=None), least)):
            if limit is not None:
                soonest = min(soonest, self._time_to(limit, load))
        return soonest

    def _limits(self) -> list[float]:
        start, end, _ = self._throttle
        steps = [start - self._rise + kelvin for kelvin in range(int(end - start) + 1)]
        return [self._resume, self._stop, *steps]

    def _time_to(self, limit: float, load: float) -> float:
        return float(
            thermal.time_to(limit, self.temperature, load, self._ambient, self._resistance, self._capacity)
        )
