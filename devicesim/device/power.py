"""Mains or battery: what the device draws, what it has used, and when a battery runs low.

Between changes of load the draw is a constant plus coefficients times busy seconds, which the transfer core
counts, so energy is an exact integral and nothing ticks. When a battery will run low is unknown before the work
is known, but never sooner than at full draw: the watch sleeps until then, settles, and sleeps again; what is
left shrinks geometrically until the moment is pinned to a second.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from operator import sub
from typing import NamedTuple

import simpy

from devicesim.catalog import Figures
from devicesim.device.setting import Setting
from devicesim.physics import battery, power
from devicesim.progress import BatteryChanged

PRECISION = 1.0
"""How precisely the moment of low battery is pinned [s]."""


def budget(figures: Figures, device: str) -> power.Budget:
    """The device's draw by part, from the catalog; a part that it does not have draws nothing."""
    parts = ("disk_idle", "disk_active", "ethernet_1g", "ethernet_10g", "per_vcpu")
    radio = ("wifi_idle", "wifi_active")
    fitted = figures.flag(f"{device}.wifi.fitted")
    return power.Budget(
        base=figures.si(f"{device}.power.base"),
        disks=figures.si(f"{device}.disk.count"),
        **{part: figures.si(f"{device}.power.{part}") for part in parts},
        **{part: figures.si(f"{device}.power.{part}") if fitted else 0.0 for part in radio},
    )


class Busy(NamedTuple):
    """Cumulative busy seconds of the parts that draw by activity."""

    cpu: float = 0.0
    disk: float = 0.0
    wifi: float = 0.0


class Power:
    """The supply of one device.

    Attributes:
        sags: what the supply gives less for a while, by the fault [W].
        wasted: joules that were left in batteries that died or were swapped.
        energy: joules the device has drawn so far.
        charge: joules left in the connected battery; infinite on mains.
        low: event that fires when the battery reaches its shutdown level.
    """

    def __init__(self, setting: Setting, device: str, job: str) -> None:
        figures, supply = setting.figures, setting.scenario.site.power
        self._setting, self._job = setting, job
        self.budget = budget(figures, device)
        self._supply = figures.si(f"{device}.power.supply")
        self.sags: dict[str, float] = {}
        self.wasted = 0.0
        self.on_battery = supply.source == "battery"
        self.efficiency = figures.si(f"{device}.battery.efficiency") if self.on_battery else 1.0
        self.capacity = float("inf")
        if self.on_battery:
            self.capacity = supply.capacity or figures.si(f"{device}.battery.capacity")
        self.warn = figures.si(f"{device}.battery.warn") if self.on_battery else 0.0
        # A battery that may die under the device is used to its end; a clean shutdown starts earlier.
        clean = self.on_battery and supply.when_low == "shutdown"
        self.shutdown = figures.si(f"{device}.battery.shutdown") if clean else 0.0
        self.charge = self.capacity
        self.lowest = 1.0
        self.spares, self.swaps, self.recharges = supply.spares, 0, 0
        self.energy = self.on_time = 0.0
        self.low: simpy.Event = setting.env.event()
        self._constant = 0.0
        self._busy: Callable[[], Busy] = Busy
        self._last, self._counted = setting.now, Busy()
        self._warned = False
        self._changed = setting.env.event()

    @property
    def rating(self) -> float:
        """What the supply can give now [W]."""
        return min(self._supply, *self.sags.values()) if self.sags else self._supply

    @property
    def sagging(self) -> str:
        """The fault by which the supply gives least; empty while it gives what it can."""
        return min(self.sags, key=lambda each: self.sags[each], default="")

    def die(self) -> None:
        """Let the battery die, whatever was in it."""
        self.settle()
        self.wasted += self.charge
        self.charge = 0.0
        self._tell()

    def load(self, constant: float, busy: Callable[[], Busy] = Busy) -> None:
        """Change what the device draws: a constant [W] and a counter of busy seconds."""
        self.settle()
        if busy is not self._busy:
            self._busy, self._counted = busy, busy()
        self._constant = constant
        changed, self._changed = self._changed, self._setting.env.event()
        changed.succeed()

    def settle(self) -> None:
        """Book the energy since the last settling."""
        elapsed, counted, used = self._since()
        if elapsed <= 0:
            return
        self._last, self._counted = self._setting.now, counted
        self.energy += used
        self.on_time += elapsed if self._constant > 0 else 0.0
        if self.on_battery:
            self.charge = max(0.0, self.charge - used / self.efficiency)
            self._tell()

    def look(self) -> tuple[float, float]:
        """Energy drawn by now, and charge [J]; unlike :meth:`settle` this books nothing."""
        used = self._since()[2]
        return self.energy + used, max(0.0, self.charge - used / self.efficiency)

    def _since(self) -> tuple[float, Busy, float]:
        """Since the last settling: seconds, what is counted now, and the energy [J]."""
        elapsed, busy = self._setting.now - self._last, self._busy()
        # Between the core's readings of its meters the counters are estimates, which a change of load may lower:
        # what was booked then is waited for, so that the sum is that of the readings.
        counted = Busy(*map(max, busy, self._counted))
        used = self._constant * elapsed
        if self._constant > 0:
            used += power.activity_energy(self.budget, *map(sub, counted, self._counted))
        return elapsed, counted, used

    def _tell(self) -> None:
        fraction = self.charge / self.capacity
        self.lowest = min(self.lowest, fraction)
        self._setting.stream.record("battery.charge", self._setting.now, fraction)
        if fraction < self.warn and not self._warned:
            self._warned = True
            self._setting.say(BatteryChanged(self._setting.now, self._job, "low", fraction))

    def watch(self, most: Callable[[], float], off: simpy.Event) -> Generator[simpy.Event, object, None]:
        """Fire :attr:`low` when the battery reaches its shutdown level.

        Args:
            most: the greatest draw possible now [W].
            off: ends the watch.
        """
        env = self._setting.env
        while self.on_battery and not (self.low.triggered or off.triggered):
            self.settle()
            wait = self.lasts(most(), self.shutdown)
            if wait < PRECISION:
                self._setting.say(
                    BatteryChanged(self._setting.now, self._job, "empty", self.charge / self.capacity)
                )
                self.low.succeed()
                return
            if not self._warned:
                wait = min(wait, max(self.lasts(most(), self.warn), PRECISION))
            pause = env.timeout(wait) if wait < float("inf") else env.event()
            yield pause | self._changed | off

    def lasts(self, draw: float, level: float = 0.0) -> float:
        """How long the battery carries a draw [W] down to a level of charge in [0, 1]; for ever on mains [s]."""
        if not self.on_battery:
            return float("inf")
        return battery.depletion_time(self.charge, draw, self.efficiency, level * self.capacity)

    def replenish(self) -> Generator[simpy.Event, object, bool]:
        """Swap in a spare, or recharge where the scenario allows it; False when nothing is left."""
        supply, setting = self._setting.scenario.site.power, self._setting
        if self.spares > 0:
            self.spares -= 1
            self.swaps += 1
            what, wait = "swapped", supply.swap
        elif supply.recharge is not None:
            self.recharges += 1
            what, wait = "recharged", supply.recharge
        else:
            return False
        self.settle()
        yield setting.env.timeout(wait)
        self.settle()
        if what == "swapped":
            self.wasted += self.charge
        self.charge, self._warned = self.capacity, False
        self.low = setting.env.event()
        setting.say(BatteryChanged(setting.now, self._job, what, 1.0))
        self._tell()
        return True
