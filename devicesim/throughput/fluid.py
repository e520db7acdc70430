"""The buffer ahead of the store as a fluid, through stretches whose RPCs are not computed.

Model
-----
A payload is admitted when it has room,

    T(x) = max(T_front(x), C(x - buffer)),   C(x) = max(T(x), C(x - dx) + work(dx) / speed)

with ``T_front`` what comes before the buffer allows and ``C`` the time at which the store has byte ``x``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import NamedTuple

import numpy as np

from devicesim.throughput.capacity import Capacity
from devicesim.throughput.core import extension
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import store_demand
from devicesim.throughput.reading import Floats, Standing

GRAINS = 8
"""Parts of the buffer in which it is filled and drained."""

STANDSTILL = 1e-6
"""Speed of a store that stands still, while its fluid is followed up to the regime's end."""


class Stretch(NamedTuple):
    """When each block is admitted, when the store has it [s], and whether the buffer held them up."""

    ends: Floats
    drained: Floats
    held_up: bool


class Fluid:
    """The buffer and the store of a server, one client ahead of it, the store's speed known."""

    def __init__(self, server: Server, client: Client, schedule: Sequence[tuple[float, Regime]]) -> None:
        self._server, self._client = server, client
        self._speeds = Capacity(schedule[0][1].store)
        for at, regime in schedule[1:]:
            self._speeds.lay(at, regime.store)
        self._open = server.buffer == inf or any(operation.wait for operation in client.operations.all)

    def stretch(self, times: Floats, blocks: Floats, standing: Standing, now: float, end: float) -> Stretch:
        """Return what becomes of blocks that begin now.

        Where replies wait for the store it holds nobody up but those, and the buffer nobody.

        Args:
            times: how long each takes up to the buffer, shape (n,) [s].
            blocks: their :data:`~devicesim.throughput.profile.SUMS`, shape (6, n).
            standing: of the transfer.
            now, end: the beginning, and up to when the present regime holds [s].
        """
        if self._open:
            ends = now + np.cumsum(times)
            return Stretch(ends, ends, False)
        buffer, store, sizes = self._server.buffer, self._server.store, blocks[3]
        start, fall = store.rate_start**2, store.rate_end**2 - store.rate_start**2
        places = np.minimum(standing.position + np.cumsum(sizes) - sizes / 2, store.capacity)
        serial, _, write, _, _, _ = store_demand(self._client, 1.0)
        works = (
            sizes / np.sqrt(start + fall * places / store.capacity) + blocks[0] * serial + blocks[2] * write
        )
        speed = max(self._speeds.at(now), STANDSTILL)
        # Small parts, so that the buffer is not filled at a stroke.
        parts = max(1, min(4096, ceil(float(sizes.max()) * GRAINS / max(buffer, 1.0))))
        until = max(standing.store_free, now)
        held = standing.buffered if until > now else 0.0
        # Work that lies beyond this regime goes at the speeds of those to come.
        if until > end:
            until = end + self._speeds.done(end, until) / speed
        times, sizes, works = (np.repeat(each / parts, parts) for each in (times, sizes, works / speed))
        ends, drained = flow(times, sizes, works, now, buffer, held, until)
        held_up = float(ends[-1]) - now > (1 + 1e-3) * float(times.sum())
        ends, drained = ends[parts - 1 :: parts], drained[parts - 1 :: parts].copy()
        for i in np.flatnonzero(drained > end).tolist():
            drained[i] = self._speeds.finish(end, (float(drained[i]) - end) * speed)
        return Stretch(ends, drained, held_up)


def flow(
    times: Floats, sizes: Floats, works: Floats, now: float, limit: float, held: float, until: float
) -> tuple[Floats, Floats]:
    """Return when parts of a list are admitted to a buffer and when the store has them, shape (n,) [s].

    Args:
        times: how long each part takes up to the buffer, shape (n,) [s].
        sizes, works: its bytes, and how long the store needs for it [s].
        now: when the first begins [s].
        limit: of the buffer [bytes].
        held, until: bytes in the buffer at the beginning, and when the store has all of them [s].

    Example
    -------
    >>> ends, stored = flow(np.ones(3), np.full(3, 10.0), np.full(3, 4.0), now=0.0, limit=10.0, held=0.0, until=0.0)
    >>> ends.tolist(), stored.tolist()
    ([1.0, 4.0, 8.0], [4.0, 8.0, 12.0])
    """
    if extension is not None:
        ends, stored = np.array(times), np.array(works)
        extension.flow(ends, np.ascontiguousarray(sizes), stored, now, limit, held, until)
        return ends, stored
    places, moments = [-held, 0.0], [now, until]
    admitted, had = [], []
    at, place, free, behind = now, 0.0, until, 0
    for time, size, work in zip(times.tolist(), sizes.tolist(), works.tolist(), strict=True):
        place += size
        at += time
        while behind + 1 < len(places) and places[behind + 1] <= place - limit:
            behind += 1
        if behind + 1 < len(places) and places[behind] < place - limit:
            part = (place - limit - places[behind]) / (places[behind + 1] - places[behind])
            at = max(at, moments[behind] + part * (moments[behind + 1] - moments[behind]))
        elif places[behind] <= place - limit:
            at = max(at, moments[behind])
        free = max(free + work, at)
        admitted.append(at)
        had.append(free)
        places.append(place)
        moments.append(free)
    return np.array(admitted), np.array(had)
