"""What holds for a copy from one change to the next: the links, the cores, the disk."""

from __future__ import annotations

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.compute.compute import Alone
from devicesim.device.course import Copying
from devicesim.device.ingest.receiver import Receiver
from devicesim.device.radio import Segment
from devicesim.device.radio import air as mean_air
from devicesim.device.setting import Setting


def regime(
    setting: Setting, device: Receiver, segment: Segment | None = None, alone: bool = False
) -> throughput.Regime:
    """What the links, the cores and the disk give now; Wi-Fi at its mean where no segment is named.

    ``alone`` asks what they would give if nothing computed beside the copy, heat being what it is.
    """
    figures, story = setting.figures, setting.scenario
    base = capacities.wired_latency(figures, story)
    air = iter(segment.rates) if segment is not None else None
    have = device.alone if alone else Alone(device.cpu_share, device.disk_factor, device.network_taken)
    wired = iter(capacities.wired_rates(figures, device.kind, story.clients, have.network))
    rates, latencies = [], []
    for number, client in enumerate(story.clients):
        left = device.strain.link(number)
        if client.link == "wifi":
            rates.append(left * (next(air) if air is not None else float(mean_air(figures, story).goodput())))
            latencies.append(base + figures.si("wifi.latency"))
        else:
            rates.append(left * next(wired))
            latencies.append(base)
    return throughput.Regime(
        bandwidth=tuple(rates), latency=tuple(latencies), share=have.share, store=have.store
    )


def ahead(setting: Setting, device: Receiver, transfer: Copying) -> None:
    """Lay what holds when a fault is over: whoever asks meanwhile when a reply comes is told."""
    for at in device.strain.ends:
        if at > setting.now:
            with device.strain.seen_at(at):
                transfer.set_regime(regime(setting, device), at)
