"""The bill of one job: service fee, extra days, shipping, each with what its price rests on."""

from __future__ import annotations

import math

from devicesim import catalog
from devicesim.catalog import Figures
from devicesim.device.job import Order
from devicesim.report import phrases
from devicesim.report.model import Cost

DAY = 86400.0


def bill(figures: Figures, region: str, order: Order, on_site: float, moved: float) -> tuple[Cost, ...]:
    """Give the lines of the bill.

    Args:
        figures: with the prices; those of a device stand in its own entry.
        region: whose lane the parcel travels on.
        order: the device and the capacity ordered.
        on_site: from the day of receipt to the day of pickup [s]; those two are not charged.
        moved: what was moved on the device, where the fee depends on it [bytes].
    """
    lines = [_service(figures, order, moved)]
    days = max(0.0, math.floor(on_site / DAY) - 1)
    extra = max(0.0, days - figures.si(f"{order.device}.price.included") / DAY)
    daily = figures.figure(f"{order.device}.price.daily_fee")
    if extra:
        lines.append(Cost(phrases.count(extra, "extra day"), extra * daily.si, daily.kind))
    shipping = figures.figure(_shipping(region, order.device))
    lines.append(Cost("shipping", shipping.si, shipping.kind))
    return tuple(lines)


def _service(figures: Figures, order: Order, moved: float) -> Cost:
    fees = f"{order.device}.price.service_fee"
    key = f"{fees}_{order.capacity}" if catalog.has(f"{fees}_{order.capacity}") else fees
    if catalog.has(f"{fees}_large") and moved > figures.si(f"{order.device}.price.large"):
        key = f"{fees}_large"
    fee = figures.figure(key)
    return Cost("service fee", fee.si, fee.kind)


def _shipping(region: str, device: str) -> str:
    """The price of the lane, where one is known; else that of the device, else that of a small parcel."""
    place = catalog.lane_for(region).name.removeprefix("lane.")
    known = (f"prices.shipping.{place}", f"{device}.price.shipping", "prices.shipping.other")
    return next(key for key in known if catalog.has(key))
