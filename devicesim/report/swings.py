"""Which assumed figures matter most: the expected days to S3, re-estimated at both ends of each one's range.

The estimate is a chain of expected values (preparation, transit, copy at its asymptotic bound, batteries,
import), not a simulation: it ranks figures in milliseconds and says how far each moves the answer, all else
equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, throughput
from devicesim.catalog import Figures
from devicesim.device import capacities, radio
from devicesim.device.power import budget
from devicesim.physics import power
from devicesim.report.model import Swing
from devicesim.scenario import Scenario

DAY = 86400.0
QUANTILES = np.array([-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645])
"""Standard normal quantiles at 5, 15, ... 95 %, to average a faded link."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is copied: a sample of the file sizes, how many files there are, and their bytes."""

    sizes: NDArray[np.int64]
    files: int
    bytes: int


def swings(figures: Figures, story: Scenario, load: Load) -> tuple[Swing, ...]:
    """Rank the assumed figures that the run read by how far they move the expected days to S3.

    Args:
        figures: the run's figures, with what it read.
        story: the scenario.
        load: what is copied.
    """
    base = expected_days(figures, story, load)
    found = []
    for key, figure in tuple(figures.used.items()):
        if figure.kind != "assumed" or figure.exact or not isinstance(figure.value, float | int):
            continue
        low = expected_days(figures.with_value(key, figure.low_si), story, load) - base
        high = expected_days(figures.with_value(key, figure.high_si), story, load) - base
        if max(abs(low), abs(high)) > 0.005:
            found.append(Swing(key, figure.text, figure.range_text, low, high))
    return tuple(sorted(found, key=lambda s: -max(abs(s.low_days), abs(s.high_days))))


def expected_days(figures: Figures, story: Scenario, load: Load) -> float:
    """Expected days from the order to the data in S3, or to the return for local use."""
    parts: tuple[Callable[[], float], ...] = (
        lambda: _waiting(figures, story),
        lambda: _copying(figures, story, load),
        lambda: _importing(figures, load),
    )
    return sum(part() for part in parts) / DAY


def _waiting(figures: Figures, story: Scenario) -> float:
    figure = figures.si
    share = figure("preparation.stock_out.share")

    def mean(kind: str) -> float:
        sigma = figure(f"preparation.{kind}.sigma")
        return figure(f"preparation.{kind}.median") * float(np.exp(sigma * sigma / 2))

    preparation = (1 - share) * mean("in_stock") + share * mean("stock_out")
    lane = catalog.lane_for(story.site.region).name
    option = (story.job.shipping or "").upper()
    late = figure("courier.late") / (1 - figure("courier.tail"))
    # Business days carry five sevenths of the calendar.
    transit = 2 * (figure(f"{lane}.{option}.business_days") + late) * 7 / 5 * DAY
    unpack = story.job.unpack if story.job.unpack is not None else figure("default_customer.unpacking")
    waits = figures.si_values("courier.handover")
    hand_over = story.job.hand_over if story.job.hand_over is not None else sum(waits) / len(waits)
    return figure("preparation.new.duration") + preparation + transit + unpack + hand_over + story.job.keep


def _copying(figures: Figures, story: Scenario, load: Load) -> float:
    if not story.clients or not load.files:
        return 0.0
    device, figure = story.job.device, figures.si
    clients = capacities.clients(figures, story)
    rates, latencies = _links(figures, story)
    regime = throughput.Regime(bandwidth=rates, latency=latencies)
    server = capacities.server(figures, device)
    bounds = throughput.bounds(server, clients, regime, load.sizes)
    rate = min(bounds.values())
    work = load.bytes / rate if rate > 0 else np.inf
    ready = figure(f"{device}.boot.time") + figure(f"{device}.unlock.time") + figure(f"{device}.nfs.start")
    supply = story.site.power
    if supply.source == "mains":
        return ready + work
    usable = (supply.capacity or figure(f"{device}.battery.capacity")) * (
        1 - figure(f"{device}.battery.shutdown")
    )
    busy = load.bytes / work
    cpu = min(1.0, busy / bounds["cores"]) if bounds.get("cores") else 1.0
    draw = power.draw(budget(figures, device), cpu, 1.0, 0.0, ethernet_1g=1)
    session = usable * figure(f"{device}.battery.efficiency") / float(draw) - ready
    if session <= 0:
        return float(ready + work)
    stops = work / session
    return float(ready + work + stops * (ready + supply.swap + figure(f"{device}.shutdown.time")))


def _links(figures: Figures, story: Scenario) -> tuple[tuple[float, ...], tuple[float, ...]]:
    base = capacities.wired_latency(figures, story)
    rates, latencies = [], []
    for client in story.clients:
        if client.link == "wifi":
            faded = radio.air(figures, story).goodput(QUANTILES * figures.si("wifi.shadow_sigma"))
            rates.append(float(faded.mean()))
            latencies.append(base + figures.si("wifi.latency"))
        else:
            rates.append(capacities.wired_rate(figures, story.job.device, client.rate or 0.0))
            latencies.append(base)
    return tuple(rates), tuple(latencies)


def _importing(figures: Figures, load: Load) -> float:
    if not load.files:
        return 0.0
    figure = figures.si
    copying = load.bytes / figure("aws_import.rate") + load.files / figure("aws_import.object_rate")
    waits = figure("aws_import.sorting_mean") + figure("aws_import.start_mean")
    return waits + load.files / figure("aws_import.listing_rate") + copying
