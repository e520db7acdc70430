"""What a job is expected to take, as a chain of closed forms: waiting and travelling, the copy, the import.

Not a simulation: preparation, transit and hand-over at their means, the copy at its asymptotic bound, batteries by
energy. It ranks figures and weighs roads in milliseconds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim import catalog, throughput
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces, radio
from devicesim.device.power import budget
from devicesim.device.snow_device import GIGABIT
from devicesim.physics import power
from devicesim.scenario import Scenario

DAY = 86400.0

QUANTILES = np.array([-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645])
"""Standard normal quantiles at 5, 15, ... 95 %, to average a faded link."""


class Load(NamedTuple):
    """What is copied.

    Attributes:
        sizes: of a sample of the files [bytes].
        files: how many there are. bytes: of all of them.
        archives: those of the files that AWS unpacks at the import.
        unpacked: objects that come out of them.
    """

    sizes: NDArray[np.int64]
    files: int
    bytes: int
    archives: int = 0
    unpacked: float = 0.0


def expected(figures: Figures, story: Scenario, load: Load) -> tuple[float, float, float]:
    """Expected seconds of waiting and travelling, of work at the site, and of the import."""
    return (
        figures.part("waiting", lambda seen: _waiting(seen, story)),
        figures.part("copying", lambda seen: _copying(seen, story, load)),
        figures.part("importing", lambda seen: _importing(seen, load)),
    )


class Waits(NamedTuple):
    """Expected seconds that a job spends on everything but data; ``transit`` one way."""

    new: float
    preparation: float
    transit: float
    unpack: float
    keep: float
    hand_over: float


def _waiting(figures: Figures, story: Scenario) -> float:
    each = waits(figures, story)
    return each.new + each.preparation + 2 * each.transit + each.unpack + each.hand_over + each.keep


def waits(figures: Figures, story: Scenario) -> Waits:
    """Expected waiting and travelling of one device."""
    figure = figures.si

    def prepared(path: str) -> float:
        return figure(catalog.own(story.job.device, f"preparation.{path}"))

    def mean(kind: str) -> float:
        sigma = prepared(f"{kind}.sigma")
        return prepared(f"{kind}.median") * float(np.exp(sigma * sigma / 2))

    share = prepared("stock_out.share")

    preparation = (1 - share) * mean("in_stock") + share * mean("stock_out")
    lane = catalog.lane_for(story.site.region).name
    option = (story.job.shipping or "").upper()
    late = figure("courier.late") / (1 - figure("courier.tail"))
    # Business days carry five sevenths of the calendar.
    transit = (figure(f"{lane}.{option}.business_days") + late) * 7 / 5 * DAY
    unpack = story.job.unpack if story.job.unpack is not None else figure("default_customer.unpacking")
    handed = figures.si_values("courier.handover")
    hand_over = story.job.hand_over if story.job.hand_over is not None else sum(handed) / len(handed)
    new = figure("preparation.new.duration")
    return Waits(new, preparation, transit, unpack, story.job.keep, hand_over)


def _copying(figures: Figures, story: Scenario, load: Load) -> float:
    if not story.clients or not load.files:
        return 0.0
    device, figure = story.job.device, figures.si
    bounds = figures.part("bounds", lambda seen: _bounds(seen, story, load))
    rate = min(bounds.values())
    work = load.bytes / rate if rate > 0 else np.inf
    started = max(figure(f"{device}.{service}.start") for service in interfaces.used(story))
    ready = figure(f"{device}.boot.time") + figure(f"{device}.unlock.time") + started
    supply = story.site.power
    if supply.source == "mains":
        return ready + work
    usable = (supply.capacity or figure(f"{device}.battery.capacity")) * (
        1 - figure(f"{device}.battery.shutdown")
    )
    busy = load.bytes / work
    cpu = min(1.0, busy / bounds["cores"]) if bounds.get("cores") else 1.0
    air = any(client.link == "wifi" for client in story.clients)
    fast = any(client.rate is not None and client.rate > GIGABIT for client in story.clients)
    wired = any(client.rate is not None for client in story.clients) and not fast
    draw = power.draw(
        budget(figures, device), cpu, 1.0, float(air), ethernet_1g=wired, ethernet_10g=fast, wifi_on=air
    )
    session = usable * figure(f"{device}.battery.efficiency") / float(draw) - ready
    if session <= 0:
        return float(ready + work)
    stops = work / session
    recharged = max(0.0, stops - supply.spares) if supply.recharge is not None else 0.0
    changing = (stops - recharged) * supply.swap + recharged * (supply.recharge or 0.0)
    return float(ready + work + changing + stops * (ready + figure(f"{device}.shutdown.time")))


def _bounds(figures: Figures, story: Scenario, load: Load) -> dict[str, float]:
    """The most that each station lets through [bytes/s]."""
    device = story.job.device
    sizes = [load.sizes] * len(story.clients)
    clients = figures.part("clients", lambda seen: capacities.clients(seen, story, sizes=sizes))
    rates, latencies = figures.part("links", lambda seen: _links(seen, story))
    regime = throughput.Regime(bandwidth=rates, latency=latencies)
    held = story.job.holds.size if story.job.holds is not None else 0.0
    room = catalog.room(device, story.job.capacity, bool(story.instances or story.functions))
    server = figures.part("server", lambda seen: capacities.server(seen, device, held, room, story.clients))
    return throughput.bounds(server, clients, regime, load.sizes)


def _links(figures: Figures, story: Scenario) -> tuple[tuple[float, ...], tuple[float, ...]]:
    base = capacities.wired_latency(figures, story)
    wired = iter(capacities.wired_rates(figures, story.job.device, story.clients))
    rates, latencies = [], []
    for client in story.clients:
        if client.link == "wifi":
            faded = radio.air(figures, story).goodput(QUANTILES * figures.si("wifi.shadow_sigma"))
            rates.append(float(faded.mean()))
            latencies.append(base + figures.si("wifi.latency"))
        else:
            rates.append(next(wired))
            latencies.append(base)
    return tuple(rates), tuple(latencies)


def _importing(figures: Figures, load: Load) -> float:
    if not load.files:
        return 0.0
    figure = figures.si
    plain = load.files - load.archives
    copying = load.bytes / figure("aws_import.rate") + plain / figure("aws_import.object_rate")
    if load.unpacked:
        copying += load.unpacked / figure("aws_import.object_rate_extracted")
    waits = figure("aws_import.sorting_mean") + figure("aws_import.start_mean")
    return waits + load.files / figure("aws_import.listing_rate") + copying
