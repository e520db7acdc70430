"""The parcel: collected once a business day, some business days on the way, sometimes late, lost or damaged."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import simpy

from devicesim import catalog
from devicesim.device.job import Order
from devicesim.device.setting import Setting
from devicesim.physics import courier
from devicesim.progress import ParcelMoved


@dataclass(slots=True)
class Shipment:
    """The way between AWS and the customer, out and back, at one speed.

    Attributes:
        carrier: who carries on this lane.
    """

    setting: Setting
    job: str
    order: Order

    def __post_init__(self) -> None:
        story = self.setting.scenario
        lane = catalog.lane_for(story.site.region)
        self._option = f"{lane.name}.{self.order.shipping.value}"
        self.carrier = self.setting.figures.text(f"{lane.name}.carrier")
        years = range(self.setting.epoch.year, self.setting.epoch.year + 4)
        country = self.setting.figures.text(f"{lane.name}.holidays")
        self._holidays = np.concatenate([courier.holidays(country, year) for year in years])

    def collect(self, direction: str) -> Generator[simpy.Event, object, None]:
        """Wait until the courier comes: once a business day, at the cut-off."""
        setting = self.setting
        cutoff = setting.figures.si("courier.cutoff")
        at = courier.collected(setting.civil, cutoff, self._holidays)
        yield setting.env.timeout(setting.until(at))
        self._say(direction, "collected")

    def carry(self, direction: str) -> Generator[simpy.Event, object, str]:
        """Carry the parcel; returns ``delivered``, ``damaged`` or ``lost``."""
        setting, figures = self.setting, self.setting.figures
        draw = setting.draw(f"shipping/{direction}/{self.job}")
        base = self._base_days(draw)
        late = int(courier.lateness_days(draw, 1, figures.si("courier.late"), figures.si("courier.tail"))[0])
        fate = float(draw.random())
        lost, damaged = figures.si("courier.lost"), figures.si("courier.damaged")
        at = courier.delivered(setting.civil, base, late, figures.si("courier.delivery"), self._holidays)
        promised = courier.delivered(setting.civil, base, 0, figures.si("courier.delivery"), self._holidays)
        if fate < lost:
            yield setting.env.timeout(setting.until(promised))
            self._say(direction, "lost")
            return "lost"
        if late:
            yield setting.env.timeout(setting.until(promised))
            self._say(direction, "late", float(late))
        yield setting.env.timeout(setting.until(at))
        self._say(direction, "delivered")
        if fate < lost + damaged:
            self._say(direction, "damaged")
            return "damaged"
        return "delivered"

    def _base_days(self, draw: np.random.Generator) -> int:
        figures = self.setting.figures
        days = figures.si(f"{self._option}.business_days")
        sigma = figures.si(f"{self._option}.sigma")
        return max(1, round(float(draw.lognormal(np.log(days), sigma)))) if sigma else max(1, round(days))

    def _say(self, direction: str, what: str, days: float = 0.0) -> None:
        self.setting.say(ParcelMoved(self.setting.now, self.job, direction, what, self.carrier, days))
