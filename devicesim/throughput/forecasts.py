"""Many replications of one transfer at once: arrays of regimes in, arrays of ends and curves out.

Model
-----
The bounds, the efficiency and the buffer's fluid of :mod:`~devicesim.throughput.sampled`, but in blocks only and with
efficiencies from a table: the exact core measures them on samples of the list at the corners of a grid over
bandwidth, latency and share, and each regime's is interpolated between them, linearly over the logarithms.

Scope and limits
----------------
One client. What the state of the streams at a change makes of the regime after it is not seen: for one future use
:func:`~devicesim.throughput.estimates.estimate`. The error that is stated is the largest difference to that, over
some of the replications, and what those say of themselves. Where the exact core fits the time,
:func:`~devicesim.throughput.batch.replicate` gives exactly what each future gives alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import inf, log

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput.core import CORES, extension
from devicesim.throughput.fluid import STANDSTILL
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import Profile, front_demands, store_demand
from devicesim.throughput.reading import CHECKPOINT_EVERY, Core, Floats
from devicesim.throughput.sampled import Sampled
from devicesim.throughput.samples import Given

BLOCKS = 64
"""Blocks that a list is forecast in."""

NODES = (8, 3, 4)
"""At most so many bandwidths, latencies and shares at which the efficiency is measured."""

SAMPLE_RPCS = 12_000
"""RPCs that are computed to measure one efficiency."""


@dataclass(frozen=True, slots=True)
class Efficiencies:
    """How much longer than its bounds a list takes, over bandwidth, latency and share.

    Attributes:
        axes: logarithms of the values measured at, in order, one array for each of the three.
        table: the efficiencies there, shape (bandwidths, latencies, shares).
    """

    axes: tuple[Floats, Floats, Floats]
    table: Floats

    def __post_init__(self) -> None:
        axes = [np.ascontiguousarray(axis, dtype=np.float64) for axis in self.axes]
        table = np.ascontiguousarray(self.table, dtype=np.float64)
        shape = tuple(axis.size for axis in axes)
        require(min(shape) >= 1, "axes", "of at least one node each", shape)
        require(table.shape == shape, "table.shape", f"that of the axes, {shape}", table.shape)
        object.__setattr__(self, "axes", tuple(axes))
        object.__setattr__(self, "table", table)

    @classmethod
    def measure(
        cls,
        server: Server,
        client: Client,
        profile: Profile,
        bandwidth: Floats,
        latency: Floats,
        share: Floats,
        core: type[Core] | None = None,
    ) -> Efficiencies:
        """Measure a list's over the range of some values; zeros among these do not count."""
        axes = [_nodes(values, most) for values, most in zip((bandwidth, latency, share), NODES, strict=True)]
        sample = _sample(profile, client)
        table = [
            _efficiency(server, client, sample, Regime((float(b),), (float(v),), float(s)), core)
            for b, v, s in product(*axes)
        ]
        shape = tuple(axis.size for axis in axes)
        logs = tuple(np.log(np.maximum(axis, 1e-300)) for axis in axes)
        return cls((logs[0], logs[1], logs[2]), np.array(table).reshape(shape))

    def at(self, bandwidth: float, latency: float, share: float) -> float:
        """Return the efficiency at some rates, that of the nearest beyond the range measured."""
        total = 0.0
        places = [
            _place(axis, log(max(value, 1e-300)))
            for axis, value in zip(self.axes, (bandwidth, latency, share), strict=True)
        ]
        for i, a in places[0]:
            for j, b in places[1]:
                for k, c in places[2]:
                    total += a * b * c * float(self.table[i, j, k])
        return total


def _nodes(values: Floats, most: int) -> Floats:
    """Values to measure at: those that occur if they are few, else evenly over the logarithm of their range."""
    positive = values[values > 0]
    if not positive.size:
        return np.ones(1)
    few = np.unique(positive[: 4 * most])
    low, high = float(positive.min()), float(positive.max())
    if few.size <= most and few[0] == low and few[-1] == high and np.isin(positive, few).all():
        return few
    return np.geomspace(low, high, most)


def _place(axis: Floats, value: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two nodes around a value and their weights."""
    last = axis.size - 1
    i = min(max(int(np.searchsorted(axis, value, side="right")) - 1, 0), max(last - 1, 0))
    if last == 0:
        return (0, 1.0), (0, 0.0)
    weight = min(max((value - float(axis[i])) / float(axis[i + 1] - axis[i]), 0.0), 1.0)
    return (i, 1.0 - weight), (i + 1, weight)


def _sample(profile: Profile, client: Client) -> Floats:
    """Stretches from all over a list, together of about :data:`SAMPLE_RPCS`."""
    per_file = profile.rpcs(client) / max(float(profile.total[0]), 1.0)
    files = max(16 * client.streams, int(SAMPLE_RPCS / max(per_file, 1.0)))
    if not profile.samples:
        return np.empty(0)
    stretches = max(1, min(len(profile.samples), files // (8 * client.streams)))
    chosen = np.linspace(0, len(profile.samples) - 1, stretches).astype(int)
    each = -(-files // stretches)
    parts = [profile.samples[i][:each] for i in chosen]
    return np.concatenate(parts) if parts else np.empty(0)


def _efficiency(
    server: Server, client: Client, sample: Floats, regime: Regime, core: type[Core] | None
) -> float:
    """Time that a sample takes over what its bounds say, its beginning and end left out; the buffer never full."""
    if sample.size < 4 * client.streams:
        return 1.0
    client = replace(client, start=0.0)
    if not any(operation.wait for operation in client.operations.all):
        server = replace(server, buffer=inf)
    running = (core or CORES[0])(server, (client,), regime, 0.0, CHECKPOINT_EVERY)
    given = Given(running, client, server.buffer, 0.0)
    given.give(sample)
    demands = front_demands(server, client, regime, server.store.rate(server.store.position))
    warm = min(2 * client.streams, sample.size // 4)
    given.sample(demands, warm, inf)
    told = given.sample(demands, sample.size - 2 * warm, inf)
    return told.took / float(told.needs.max()) if told is not None and not told.held_up else 1.0


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
            serial = store_demand(client, store_at.rate(store_at.position + (size + part / 2)))
            work = sum(a * b for a, b in zip(serial, block, strict=True)) * left / speed
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
