"""The parcel: collected once a business day, some business days on the way, sometimes late, lost or damaged."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim import catalog
from devicesim.device.faults.parcel import Way
from devicesim.device.job import Order
from devicesim.device.setting import Setting
from devicesim.physics import courier
from devicesim.physics.courier.public_holidays import FIRST_YEAR, LAST_YEAR
from devicesim.progress import ParcelMoved

YEARS = 12
"""A customer may keep a device for ten years, and then it still has to travel."""


@lru_cache(maxsize=64)
def days_off(country: str, start: int) -> NDArray[np.datetime64]:
    """The carrier's days off from a year on, as far as the calendar knows them."""
    first, last = max(start, FIRST_YEAR), min(start + YEARS, LAST_YEAR + 1)
    known = [courier.holidays(country, year) for year in range(first, last)]
    days = np.concatenate([np.zeros(0, "datetime64[D]"), *known])
    days.flags.writeable = False  # many parcels look at the same
    return days


class Shipment:
    """The way between AWS and the customer, out and back, at one speed.

    Attributes:
        carrier: who carries on this lane.
        fault: by which the parcel last came to grief; empty if by chance, or not at all.
    """

    def __init__(self, setting: Setting, job: str, order: Order) -> None:
        self.setting, self.job, self.fault = setting, job, ""
        lane = catalog.lane_for(setting.scenario.site.region)
        self._option = f"{lane.name}.{order.shipping.value}"
        self.carrier = setting.figures.text(f"{lane.name}.carrier")
        country = setting.figures.text(f"{lane.name}.holidays")
        self._holidays = days_off(country, setting.epoch.year)
        self._week = courier.weekmask(country, setting.epoch.year)

    def collect(self, direction: str) -> Generator[simpy.Event, object, None]:
        """Wait until the courier comes: once a business day, at the cut-off."""
        setting = self.setting
        cutoff = setting.figures.si("courier.cutoff")
        at = courier.collected(setting.civil, cutoff, self._holidays, self._week)
        yield setting.env.timeout(setting.until(at))
        self._say(direction, "collected")

    def carry(self, direction: str) -> Generator[simpy.Event, object, str]:
        """Carry the parcel; returns ``delivered``, ``damaged`` or ``lost``."""
        setting, figures = self.setting, self.setting.figures
        way = self._way(direction)
        yield from way.held()
        draw = setting.draw(f"shipping/{direction}/{self.job}")
        base = self._promised_days(draw)
        late = self._late_days(draw)
        lost, damaged = figures.si("courier.lost"), figures.si("courier.damaged")
        fate = courier.Outcome(int(courier.leg_outcomes(draw, 1, lost, damaged)[0]))
        arrival = figures.si("courier.delivery")
        at = courier.delivered(setting.civil, base, late, arrival, self._holidays, self._week)
        promised = courier.delivered(setting.civil, base, 0, arrival, self._holidays, self._week)
        yield setting.env.timeout(setting.until(promised))
        self.fault = way.lost()
        if self.fault or fate is courier.Outcome.LOST:
            self._say(direction, "lost", fault=self.fault)
            return "lost"
        if (yield from way.held()):
            yield from self._deliver(1)
        yield from way.misled(base)
        if late:
            self._say(direction, "late", float(late))
        yield setting.env.timeout(setting.until(at))
        self._say(direction, "delivered")
        self.fault = way.damaged()
        if self.fault or fate is courier.Outcome.DAMAGED:
            self._say(direction, "damaged", fault=self.fault)
            return "damaged"
        return "delivered"

    def _way(self, direction: str) -> Way:
        """What faults need of this way."""
        return Way(
            self.setting,
            self.job,
            direction,
            lambda what, fault: self._say(direction, what, fault=fault),
            self._deliver,
            lambda: self.collect(direction),
        )

    def _deliver(self, days: int) -> Generator[simpy.Event, object, None]:
        """Carry the parcel on for so many business days, up to the hour of delivery."""
        setting = self.setting
        arrival = setting.figures.si("courier.delivery")
        at = courier.delivered(setting.civil, days, 0, arrival, self._holidays, self._week)
        yield setting.env.timeout(setting.until(at))

    def forward(self) -> Generator[simpy.Event, object, str]:
        """Send the parcel on from where it was delivered to the forwarding address, as a second leg with its own draw.

        Nothing is published about it: that it is collected and carried as the first leg was is *assumed*.
        """
        yield from self.collect("forwarding")
        return (yield from self.carry("forwarding"))

    def _promised_days(self, draw: np.random.Generator) -> int:
        figures = self.setting.figures
        days, sigma = figures.si(f"{self._option}.business_days"), figures.si(f"{self._option}.sigma")
        return int(courier.transit_days(draw, 1, days, sigma)[0])

    def _late_days(self, draw: np.random.Generator) -> int:
        figures = self.setting.figures
        months = np.ones(12)
        months[11] = figures.si("courier.december")
        month = self.setting.civil.astype("datetime64[M]").astype(int) % 12 + 1
        late = courier.seasonal_late(figures.si("courier.late"), int(month), months)
        return int(courier.lateness_days(draw, 1, float(late), figures.si("courier.tail"))[0])

    def _say(self, direction: str, what: str, days: float = 0.0, fault: str = "") -> None:
        self.setting.say(ParcelMoved(self.setting.now, self.job, direction, what, self.carrier, days, fault))
