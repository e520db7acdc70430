"""Many replications of one transfer at once: arrays of regimes in, arrays of ends and curves out.

Model
-----
The bounds, the efficiency and the buffer's fluid of :mod:`~devicesim.throughput.sampled`, but in blocks only and with
efficiencies from a table: the exact core measures them on samples of the list at the corners of a grid over
bandwidth, latency and share, and each regime's is interpolated between them, linearly over the logarithms.

Scope and limits
----------------
One client. The store's rate is that in the middle of a block. What the state of the streams at a change makes of the
regime after it is not seen: for one future use :func:`~devicesim.throughput.estimates.estimate`. The error that is
stated is the largest difference to that, over some of the replications, and what those say of themselves. Where the
exact core fits the time, :func:`~devicesim.throughput.batch.replicate` gives exactly what each future gives alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput.core import extension
from devicesim.throughput.efficiencies import Efficiencies
from devicesim.throughput.fluid import STANDSTILL
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import Profile, front_demands, store_demand
from devicesim.throughput.reading import Core, Floats
from devicesim.throughput.sampled import Sampled

BLOCKS = 64
"""Blocks that a list is forecast in."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What became of each replication.

    Attributes:
        end: when its last file was finished, infinity if that never comes, shape (n,) [s].
        bytes, files: admitted and finished by the times asked for, shape (n, m).
        error: of ends and byte curves, relative.
    """

    end: Floats
    bytes: Floats
    files: Floats
    error: float


def forecast(
    server: Server,
    client: Client,
    profile: Profile,
    times: ArrayLike,
    bandwidth: ArrayLike,
    latency: ArrayLike,
    share: ArrayLike = 1.0,
    store: ArrayLike = 1.0,
    at: ArrayLike = (),
    *,
    efficiencies: Efficiencies | None = None,
    checks: int = 2,
    threads: int = 1,
    core: type[Core] | None = None,
) -> Forecast:
    """Forecast many replications.

    Args:
        server, client, profile: who sends what to whom.
        times: from when on each regime holds, not falling along a row, the first the beginning, shape (n, r) [s].
        bandwidth, latency, share, store: of each, as in a Regime; what broadcasts to shape (n, r).
        at: times at which the courses are wanted, shape (m,) [s].
        efficiencies: measured before; measured for the regimes given if None.
        checks: replications that are also computed by samples, to state the error; 0 leaves it NaN.
        threads: that share the work; the compiled form lets go of the interpreter's lock.
        core: the exact core to measure with.

    Raises:
        BoundError: shapes that do not fit, times that fall, a regime that is none.
    """
    begins = np.ascontiguousarray(times, dtype=np.float64)
    require(begins.ndim == 2 and begins.shape[1] > 0, "times.shape", "(n, r) with r > 0", begins.shape)
    require(np.isfinite(begins), "times", "finite", begins)
    require(np.all(np.diff(begins, axis=1) >= 0), "times", "not falling", begins)
    regimes = []
    for name, given in (("bandwidth", bandwidth), ("latency", latency), ("share", share), ("store", store)):
        values = np.asarray(given, dtype=np.float64)
        require((values >= 0) & np.isfinite(values), name, ">= 0 and finite", values)
        if name == "share":
            require(values <= 1, name, "in [0, 1]", values)
        try:
            whole = np.broadcast_to(values, begins.shape)
        except ValueError:
            require(False, f"{name}.shape", f"one that broadcasts to {begins.shape}", values.shape)
            raise
        regimes.append(np.ascontiguousarray(whole))
    wanted = np.atleast_1d(np.asarray(at, dtype=np.float64))
    require(np.isfinite(wanted), "at", "finite", wanted)
    require(np.all(np.diff(wanted) >= 0), "at", "not falling", wanted)
    require(checks >= 0, "checks", ">= 0", checks)
    require(threads >= 1, "threads", ">= 1", threads)
    rates, delays, shares = (each.ravel() for each in regimes[:3])
    table = efficiencies or Efficiencies.measure(server, client, profile, rates, delays, shares, core)
    told = _all(server, client, _merged(profile), begins, regimes, wanted, table, threads)
    error = (
        _checked(server, client, profile, begins, regimes, wanted, told, checks, core) if checks else np.nan
    )
    return Forecast(*told, error)


Told = tuple[Floats, Floats, Floats]


def _merged(profile: Profile) -> Floats:
    """The sums over at most :data:`BLOCKS` blocks, shape (6, blocks)."""
    blocks = profile.sums.shape[1]
    if blocks <= BLOCKS:
        return np.ascontiguousarray(profile.sums)
    starts = np.arange(BLOCKS) * blocks // BLOCKS
    return np.ascontiguousarray(np.add.reduceat(profile.sums, starts, axis=1))


def _all(
    server: Server,
    client: Client,
    sums: Floats,
    begins: Floats,
    regimes: Sequence[Floats],
    wanted: Floats,
    table: Efficiencies,
    threads: int,
) -> Told:
    count = begins.shape[0]
    end, size, files = np.empty(count), np.zeros((count, wanted.size)), np.zeros((count, wanted.size))
    parts = [slice(a, b) for a, b in zip(*_bounds(count, threads), strict=True)]

    def some(part: slice) -> None:
        if extension is not None:
            extension.forecast(
                server, client, sums, begins.shape[1], begins[part], *(each[part] for each in regimes), wanted,
                *table.axes, np.ascontiguousarray(table.table), end[part], size[part], files[part],
            )  # fmt: skip
            return
        for i in range(part.start, part.stop):
            rows = [each[i].tolist() for each in regimes]
            end[i], knots = _one(server, client, sums, begins[i].tolist(), rows, table)
            if wanted.size:
                moments, sizes, counts = (np.array(column) for column in zip(*knots, strict=True))
                size[i], files[i] = np.interp(wanted, moments, sizes), np.interp(wanted, moments, counts)

    if threads == 1:
        some(parts[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(some, parts))
    return end, size, files


def _bounds(count: int, threads: int) -> tuple[list[int], list[int]]:
    edges = [count * i // threads for i in range(threads + 1)]
    return edges[:-1], edges[1:]


def _one(
    server: Server,
    client: Client,
    sums: Floats,
    begins: Sequence[float],
    regimes: Sequence[Sequence[float]],
    table: Efficiencies,
) -> tuple[float, list[tuple[float, float, float]]]:
    """One replication: its end, and its knots: times, bytes admitted, files finished."""
    waits = any(operation.wait for operation in client.operations.all)
    blocks, store_at = sums.T.tolist(), server.store
    works = _works(server, client, blocks)
    now = max(begins[0], client.start)
    knots = [(now, 0.0, 0.0)]
    places, moments = [0.0], [now]
    size = files = done = 0.0
    at = behind = 0
    speed = STANDSTILL
    for j, begin in enumerate(begins):
        until = begins[j + 1] if j + 1 < len(begins) else inf
        if until <= now:
            continue
        bandwidth, latency, share, store = (each[j] for each in regimes)
        was, speed = speed, max(store, STANDSTILL)
        start = max(now, begin)
        moments = [m if m <= start else start + (m - start) * (was / speed) for m in moments]
        if not (bandwidth > 0 and share > 0 and (store > 0 or not waits)):
            now = until
            if until < inf:
                knots.append((now, size, files))
            continue
        regime = Regime((bandwidth,), (latency,), share, max(store, STANDSTILL))
        efficiency = table.at(bandwidth, latency, share)
        rate = store_at.rate(store_at.position + size)
        rows = front_demands(server, client, regime, rate).tolist()
        while at < len(blocks):
            block, left = blocks[at], 1.0 - done
            took = (
                max(sum(a * b for a, b in zip(row, block, strict=True)) for row in rows) * efficiency * left
            )
            part = block[3] * left
            work = works[at] * left / speed
            then = now + took
            free = max(moments[-1], now)
            if not waits:
                target = size + part - server.buffer
                if target >= size and part > 0:
                    room = free + work * ((target - size) / part)
                else:
                    behind, room = _room(places, moments, behind, target)
                then = max(then, room)
            if then > until:
                # So much of it as this regime lets through.
                share_of = (until - now) / (then - now)
                done += (1.0 - done) * share_of
                size += part * share_of
                files += block[0] * left * share_of
                places.append(size)
                moments.append(max(free + work * share_of, until))
                now = until
                knots.append((now, size, files))
                break
            size += part
            files += block[0] * left
            places.append(size)
            moments.append(max(free + work, then))
            now, done = then, 0.0
            at += 1
            knots.append((now, size, files))
        if at == len(blocks):
            return now, knots
    return inf if blocks else now, knots


def _works(server: Server, client: Client, blocks: Sequence[Sequence[float]]) -> list[float]:
    """Seconds of the store for each block, at its full speed and at the rate in the block's middle."""
    store, size, works = server.store, 0.0, []
    for block in blocks:
        serial = store_demand(client, store.rate(store.position + (size + block[3] / 2)))
        works.append(sum(a * b for a, b in zip(serial, block, strict=True)))
        size += block[3]
    return works


def _room(places: Sequence[float], moments: Sequence[float], behind: int, target: float) -> tuple[int, float]:
    """The place before a target, looked for from one before it, and when the store has all up to the target."""
    while behind + 1 < len(places) and places[behind + 1] <= target:
        behind += 1
    if places[behind] > target:
        return behind, -inf
    room = moments[behind]
    if behind + 1 < len(places):
        share = (target - places[behind]) / (places[behind + 1] - places[behind])
        room += share * (moments[behind + 1] - moments[behind])
    return behind, room


def _checked(
    server: Server,
    client: Client,
    profile: Profile,
    begins: Floats,
    regimes: Sequence[Floats],
    wanted: Floats,
    told: Told,
    checks: int,
    core: type[Core] | None,
) -> float:
    """The largest difference to what samples say of some replications, and what these say of themselves."""
    worst = 0.0
    total = max(float(profile.total[3]), 1.0)
    for i in np.linspace(0, begins.shape[0] - 1, min(checks, begins.shape[0])).astype(int).tolist():
        schedule = [
            (float(t), Regime((float(b),), (float(v),), float(s), float(o)))
            for t, b, v, s, o in zip(begins[i], *(each[i] for each in regimes), strict=True)
        ]
        run = Sampled(server, client, profile, schedule, core)
        run.advance(inf)
        if run.end < inf and told[0][i] < inf:
            length = max(run.end - run.began, 1e-300)
            worst = max(worst, run.error + abs(float(told[0][i]) - run.end) / length)
            inside = wanted[wanted <= run.end]
            if inside.size:
                gap = np.abs(run.progress(inside)[0] - told[1][i, : inside.size])
                worst = max(worst, run.error + float(gap.max()) / total)
        elif run.end != told[0][i]:
            worst = inf
    return worst
