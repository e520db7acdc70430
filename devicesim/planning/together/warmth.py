"""Heat in columns: in which futures the case of a device comes near a limit, so that each has to be watched alone.

Model
-----
That of :mod:`devicesim.device.heat`: the case warms and cools by the draw of each phase (booting, waiting for the
service, copying), of first order. A phase is hottest at one of its ends.

Scope and limits
----------------
The draw of a copy is its mean over the whole list; what that leaves open is covered by :data:`CLOSE`. What becomes
of a copy that heat slows down or stops is told in :mod:`~devicesim.planning.together.hot`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from devicesim.device.snow_device import GIGABIT
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.copying import Copies

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

CLOSE = 0.5
"""Kelvins below a limit from which on it may be reached."""
STEP = 0.5
"""Kelvins by which the device rounds a temperature up at most."""


def idle(columns: Columns) -> Floats:
    """What a device draws that is on and has nothing to do, as ``device.snow_device`` has it, shape (n,) [W]."""
    device, client = columns.story.job.device, columns.story.clients[0]

    def figure(path: str) -> Floats:
        return columns.all(f"{device}.power.{path}")

    port = "ethernet_10g" if (client.rate or 0.0) > GIGABIT else "ethernet_1g"
    drawn = figure("base") + columns.all(f"{device}.disk.count") * figure("disk_idle") + figure(port)
    return drawn + figure("wifi_idle") if columns.story.job.wifi else drawn


def draws(columns: Columns, cores: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """The :class:`~devicesim.planning.together.watched.Draw` of every future, shape (n,) each [W]."""
    device, least = columns.story.job.device, idle(columns)
    core, disk = columns.all(f"{device}.power.per_vcpu"), _disk(columns)
    return (
        least + core * columns.all(f"{device}.boot.vcpus"),
        least,
        least + (core * cores + disk),
        core,
        disk,
    )


def _disk(columns: Columns) -> Floats:
    """What the disks draw more when they are at work, shape (n,) [W]."""

    def figure(path: str) -> Floats:
        return columns.all(f"{columns.story.job.device}.{path}")

    return figure("disk.count") * (figure("power.disk_active") - figure("power.disk_idle"))


def warm(columns: Columns, copies: Copies) -> Marks:
    """The futures in which the device comes to a limit of heat, or close to one, shape (n,)."""
    device, site = columns.story.job.device, columns.story.site

    def figure(path: str) -> Floats:
        return columns.all(f"{device}.thermal.{path}")

    ambient = figure("ambient") if site.ambient is None else np.full(columns.count, site.ambient)
    resistance, constant = figure("resistance"), figure("resistance") * figure("capacity")
    limit = np.minimum(figure("throttle_start") - STEP - figure("die_rise"), figure("disk_stop"))
    case, hot = ambient, np.zeros(columns.count, dtype=np.bool_)
    for lasts, power in _phases(columns, copies):
        balance = ambient + resistance * power
        case = balance + (case - balance) * np.exp(-lasts / constant)
        hot |= case + CLOSE >= limit
    return np.asarray(hot)


def _phases(columns: Columns, copies: Copies) -> Iterator[tuple[Floats, Floats]]:
    """How long each phase is [s], and what is drawn in it [W]."""
    device, least = columns.story.job.device, idle(columns)

    def figure(path: str) -> Floats:
        return columns.all(f"{device}.{path}")

    core = figure("power.per_vcpu")
    disk = _disk(columns)
    yield figure("boot.time"), least + core * figure("boot.vcpus")
    yield figure("unlock.time") + figure("nfs.start"), least
    active = np.minimum(copies.store / copies.seconds, 1.0)
    yield copies.seconds * (1 + copies.error), least + core * copies.cores / copies.seconds + disk * active
