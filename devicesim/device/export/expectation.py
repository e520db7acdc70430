"""What an export is expected to take until the last part has been read: waits, loading, reading, in closed form.

As for imports no simulation: parts one after the other, each at its means, and the reading at its asymptotic bound.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from devicesim import catalog, throughput
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces
from devicesim.device.expectation import Load, waits
from devicesim.device.export import capacities as reading_capacities
from devicesim.physics import cloud, export
from devicesim.scenario import Scenario


def expected(figures: Figures, story: Scenario, load: Load) -> tuple[float, float, float]:
    """Expected seconds of waiting and travelling, of work at the site, and of work at AWS."""
    device, figure = story.job.device, figures.si
    room = catalog.room(device, story.job.capacity, bool(story.instances or story.functions))
    parts = max(1, ceil(load.bytes / figure(room)))
    each = waits(figures, story)
    between = each.hand_over + each.keep
    waiting = 2 * each.new + parts * (each.preparation + each.transit + each.unpack) + (parts - 1) * between
    started = max(figure(f"{device}.{service}.start") for service in interfaces.used(story))
    ready = figure(f"{device}.boot.time") + figure(f"{device}.unlock.time") + started
    rate = min(bounds(figures, story, load).values(), default=0.0)
    reading = load.bytes / rate if rate > 0 else 0.0
    per_object = export.object_time(
        figure("aws_export.first_byte"), figure("aws_export.connections"), figure("aws_export.request_rate")
    )
    loading = export.loading_time(load.bytes, load.files, figure("aws_export.rate"), per_object)
    listing = cloud.listing_time(float(load.files), figure("aws_export.listing_rate"))
    return waiting, parts * ready + reading, float(listing + loading + figure("aws_export.parts.delay"))


def bounds(figures: Figures, story: Scenario, load: Load) -> dict[str, float]:
    """How fast each station would let the site read, were it the only one [bytes/s]; nothing where nobody reads."""
    sizes = load.sizes[load.sizes > 0]
    if not sizes.size or not all(client.rate for client in story.clients) or not story.clients:
        return {}
    device = story.job.device
    # The mean over the disk: a device that is full is read from its first track to its last.
    server = reading_capacities.server(figures, device, clients=story.clients)
    mean = (server.store.rate_start + server.store.rate_end) / 2
    server = replace(server, store=replace(server.store, rate_start=mean, rate_end=mean))
    rates = tuple(capacities.wired_rates(figures, device, story.clients))
    latency = capacities.wired_latency(figures, story)
    regime = throughput.Regime(rates, (latency,) * len(rates))
    clients = reading_capacities.clients(figures, story, device)
    return throughput.bounds(server, clients, regime, np.asarray(sizes, dtype=np.float64))
