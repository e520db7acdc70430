"""What has been accepted of a copy and is not on the disk yet: how much, since when, and how long it takes there."""

from __future__ import annotations

import numpy as np

from devicesim.catalog import Figures
from devicesim.device.ingest.session import Session
from devicesim.physics import page_cache

LOOKS, NARROW = 256, 1e-14
"""Times that are looked at together, and how close relative to themselves, until they are looked at one by one."""


def reached(session: Session, size: float, now: float) -> float:
    """When more than ``size`` bytes of a session had been accepted; infinite if they never were [s]."""
    transfer, low = session.transfer, session.start
    high = min(session.end, now)
    if float(transfer.progress(high)[0]) <= size:
        return np.inf
    # Narrowed down to neighbouring times, so that this is the very moment: many at once first, and halved then.
    while high - low > NARROW * high:
        times = np.linspace(low, high, LOOKS)
        after = int(np.argmax(transfer.progress(times)[0] > size))
        if after == 0:
            break
        low, high = float(times[after - 1]), float(times[after])
    while low < (middle := (low + high) / 2) < high:
        if float(transfer.progress(middle)[0]) > size:
            high = middle
        else:
            low = middle
    return high


def drain_time(session: Session, now: float, used: float, disk_factor: float) -> float:
    """How long the disk needs for what the page cache holds, data and journal; infinite while it stands still.

    Args:
        session: the last one.
        now: the present [s].
        used: bytes on the device.
        disk_factor: what heat and others leave of the disk's speed.
    """
    transfer, end = session.transfer, min(session.end, now)
    transfer.look(end)
    size, count = transfer.progress(np.array([end]))
    waiting = float(size[0]) - float(transfer.stored(end))
    if waiting <= 0:
        return 0.0
    behind = reached(session, float(transfer.stored(end)), now)
    if behind == np.inf:
        return 0.0
    speed = transfer.server.store.rate(used) * disk_factor
    files = float(count[0]) - float(transfer.progress(np.array([behind]))[1][0])
    operations = transfer.clients[0].operations
    journal = files * sum(operation.store for operation in (*operations.before, *operations.after))
    return max(0.0, waiting / speed + journal - (now - end)) if speed > 0 else np.inf


def lying(figures: Figures, kind: str, session: Session, now: float, used: float) -> float:
    """Bytes in the page cache at a session's end: the core's backlog, or what Linux lets lie a while.

    The core drains its buffer at once, which is right for rates; a kernel leaves dirty pages alone up to the
    background limit or until they are old, and a power cut takes those as well.

    Args:
        figures: catalog figures.
        kind: catalog entry of the device.
        session: the last one.
        now: the present [s].
        used: bytes on the device.
    """
    transfer, end = session.transfer, min(session.end, now)
    background, limit = figures.si(f"{kind}.cache.background"), figures.si(f"{kind}.cache.dirty_limit")
    age = figures.si(f"{kind}.cache.age")
    length = end - session.start
    recent = min(age, length)
    sent, _ = transfer.progress(np.array([end - recent, end]))
    write = float(sent[1] - sent[0]) / recent if recent > 0 else 0.0
    limits = page_cache.DirtyLimits(background, limit, (background + limit) / 2)
    dirty = page_cache.dirty_after(length, write, transfer.server.store.rate(used), limits, age=age)
    waiting = float(sent[1]) - float(transfer.stored(end))
    return max(waiting, min(float(dirty), float(sent[1])))
