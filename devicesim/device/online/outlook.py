"""What a scenario with an online road is expected to take: the later end of all its roads, in closed form."""

from __future__ import annotations

from collections.abc import Iterable

from devicesim.catalog import Figures
from devicesim.device import capacities, expectation
from devicesim.device.expectation import Load
from devicesim.device.online.line import since_monday
from devicesim.device.online.pace import Pace
from devicesim.device.online.sending import Sending
from devicesim.device.online.undertaking import Online
from devicesim.scenario import Scenario, Wan


def expected(figures: Figures, online: Online, story: Scenario, load: Load) -> tuple[float, float, float]:
    """Expected seconds of waiting, travelling and sending, of copying at the site, and of the import.

    Their sum is the end of the road that ends last: the site's agent, the device's, or the parcel with the rest.

    Args:
        figures: the catalog with the scenario's own.
        online: what was undertaken.
        story: the scenario, or as its job sees it. load: what is copied onto the device.
    """
    line = story.site.wan
    if line is None:
        return expectation.expected(figures, story, load)
    monday = since_monday(story.start)
    ends = [(_sending(figures, line, monday, online.from_site, figures.si("datasync.site_read")), 0.0, 0.0)]
    if online.lives:
        waiting, copying, importing = expectation.expected(figures, story, load)
        if online.from_device:
            waits = expectation.waits(figures, story)
            begin = waits.new + waits.preparation + waits.transit + waits.unpack
            reading = _reading(figures, story.job.device)
            lasting = _sending(figures, line, monday + begin + copying, online.from_device, reading)
            ends.append((begin + lasting, copying, 0.0))
        if not online.returns_empty:
            ends.append((waiting, copying, importing))
    return max(ends, key=sum)


def _sending(
    figures: Figures, line: Wan, monday: float, sendings: Iterable[Sending], reading: float
) -> float:
    """Expected seconds that tasks of one agent take, one after the other."""
    at = monday
    for sending in sendings:
        task = sending.task
        at = max(at, monday + task.start_after)
        sizes = sending.source.sizes[: sending.source.first_count]
        pace = Pace(figures, line, task.verify, task.bytes_per_second, task.connections, reading)
        at += pace.all(at, sizes)
    return at - monday


def _reading(figures: Figures, device: str) -> float:
    """What an agent reads of a device that does nothing else [bytes/s]."""
    figure = figures.si
    return min(
        capacities.server(figures, device).store.rate(0.0),
        figure(f"{device}.nfs.cores") / figure(f"{device}.nfs.per_byte"),
        figure("datasync.agent.vcpus") / figure("datasync.agent.per_byte"),
    )
