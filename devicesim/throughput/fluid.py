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

HELD_UP = 1e-6
"""Of the time a stretch takes up to the buffer: what comes later than that is held up."""

STANDSTILL = 1e-6
"""Speed of a store that stands still, while its fluid is followed up to the regime's end."""


class Stretch(NamedTuple):
    """When each block is admitted, when the store has it [s], and how many are before the buffer holds one up."""

    ends: Floats
    drained: Floats
    free: int


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
            return Stretch(ends, ends, ends.size)
        buffer, sizes = self._server.buffer, blocks[3]
        speed, works = max(self._speeds.at(now), STANDSTILL), self.works(blocks, standing)
        # Small parts, so that the buffer is not filled at a stroke.
        parts = max(1, min(4096, ceil(float(sizes.max()) * GRAINS / max(buffer, 1.0))))
        until = max(standing.store_free, now)
        held = standing.buffered if until > now else 0.0
        # Work that lies beyond this regime goes at the speeds of those to come.
        if until > end:
            until = end + self._speeds.done(end, until) / speed
        times, sizes, works = (np.repeat(each / parts, parts) for each in (times, sizes, works / speed))
        ends, drained = flow(times, sizes, works, now, buffer, held, until)
        ends, drained = ends[parts - 1 :: parts], drained[parts - 1 :: parts].copy()
        late = ends - now > (1 + HELD_UP) * np.cumsum(times)[parts - 1 :: parts]
        free = int(late.argmax()) if late.any() else late.size
        if drained[-1] > end:
            beyond = drained > end
            drained[beyond] = self.stored((drained[beyond] - end) * speed, end)
        return Stretch(ends, drained, free)

    def works(self, blocks: Floats, standing: Standing) -> Floats:
        """Return how long the store needs for blocks that come next, at full speed, shape (n,) [s]."""
        edges = standing.position + np.append(0.0, np.cumsum(blocks[3]))
        serial, _, write, _, _, _ = store_demand(self._client, 1.0)
        payloads = blocks[3] / np.maximum(blocks[2], 1.0)
        written = self._written(edges[:-1], edges[1:], payloads)
        return np.asarray(written + blocks[0] * serial + blocks[2] * write)

    def _written(self, begin: Floats, end: Floats, payloads: Floats) -> Floats:
        """Return how long the store writes from one position to another, at full speed [s].

        The square of its rate falls in proportion to the place, so that a stretch goes at the mean of the rates at its
        two ends; but each payload at the rate of its first byte, which is half a payload ahead of its middle.
        """
        store = self._server.store
        start, fall = store.rate_start**2, store.rate_end**2 - store.rate_start**2
        first, last = (
            np.sqrt(start + fall * np.minimum(place, store.capacity) / store.capacity)
            for place in (begin, end)
        )
        return np.asarray(2 * (end - begin) / (first + last) - payloads / 2 * (1 / last - 1 / first))

    def work(self, amounts: Floats, size: float, place: float | Floats) -> Floats:
        """Return how long the store needs for bytes of files of one size, at full speed, shape (n,) [s].

        Args:
            amounts: of bytes, shape (n,).
            size: of each file [bytes].
            place: where the first byte goes, one or shape (n,).
        """
        writes = max(1, ceil(size / self._client.block))
        serial, _, write, _, _, _ = store_demand(self._client, 1.0)
        written = self._written(np.asarray(place), place + amounts, np.array([size / writes]))
        return written + amounts / size * (serial + writes * write)

    def drained(self, amounts: Floats, size: float, knots: Floats, standing: Standing, now: float) -> Floats:
        """Return when the store has bytes of files of one size that come evenly, shape (n,) [s].

        A store that has caught up with them keeps step from then on.

        Args:
            amounts, knots: so many bytes have come by when [bytes, s], shape (n,).
            size: of each file [bytes].
            standing: of the transfer, before.
            now: when the first of them come [s].
        """
        if self._open:
            return knots
        works = self.work(amounts, size, standing.position)
        return np.maximum(self.stored(works, max(now, standing.store_free)), knots)

    def room(self, files: int, size: float, standing: Standing, now: float) -> float:
        """Return how long it takes until a full buffer has room for so many files of one size [s]."""
        # What makes room now came one buffer ago.
        place = max(0.0, standing.position - standing.buffered)
        work, speed = float(self.work(np.array([files * size]), size, place)[0]), self._speeds.at(now)
        return work / speed if speed > 0 else inf

    def slower(self, files: int, size: float, standing: Standing, beyond: float) -> float:
        """Return how much longer the store needs for files of one size so many bytes further on [s]."""
        amount = np.array([files * size])
        here, there = (self.work(amount, size, standing.position + past)[0] for past in (0.0, beyond))
        return float(there - here)

    def speed(self, now: float) -> float:
        """Return the store's speed."""
        return self._speeds.at(now)

    def stored(self, works: Floats, begin: float) -> Floats:
        """Return when the store has done so much work since it began, at the speeds to come, shape (n,) [s].

        Args:
            works: as long as it takes at full speed, not falling [s].
            begin: when it begins [s].
        """
        speeds = np.array(self._speeds.since(begin))
        times = np.append(begin, self._speeds.times[len(self._speeds.times) - speeds.size + 1 :])
        done = np.append(0.0, np.cumsum(np.diff(times) * speeds[:-1]))
        last = np.maximum(np.searchsorted(done, works, side="left") - 1, 0)
        with np.errstate(divide="ignore"):
            return np.asarray(times[last] + (works - done[last]) / speeds[last])


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
