"""How long a copy takes, in many futures at once.

Model
-----
The bounds and the buffer's fluid of :mod:`devicesim.throughput.forecasts`, over columns: a block of the list takes what
its slowest station needs, and the store lags behind by at most the buffer. How much longer a list takes than its bounds
say is measured with the exact core on a sample, in :data:`MEASURED` of the futures; it depends on how the stations
compare, and a future's own is the mean of its :data:`NEAREST` neighbours in the logarithms of these ratios.

Scope and limits
----------------
One client, one regime from beginning to end. The error is measured: whole copies of :data:`CHECKED` other futures,
evenly taken, go through the exact core. Their largest difference would leave out a seventh of all futures, so what is
stated is a tolerance limit: the root mean square of the differences times what, were they normal about zero, covers
all but :data:`MOST_CHANCE` of the futures, :data:`SURE` of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import inf, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.lists import Lists, Unfit, Wares
from devicesim.planning.together.stations import Stations, whole
from devicesim.throughput.profile import front_demands

Floats = NDArray[np.float64]

MEASURED, CHECKED = 64, 6
"""Futures whose efficiency is measured, and futures that the exact core computes whole; at the least."""
MOST_MEASURED, MOST_CHECKED = 256, 64
"""And at the most, where their copies are short."""
MEASURED_RPCS, CHECKED_RPCS = 12_800_000, 4_500_000
"""RPCs of all of these together that are affordable beside what else a batch takes."""
NEAREST = 6
"""Neighbours that a future's efficiency is taken from."""
FAR = 1.0
"""Logarithm of the ratio beyond which a station is too quick to matter."""
MOST_RPCS = 3_000_000
"""RPCs up to which it does; beyond, the fast tier's own answer and error take its place."""
WHOLE = 100_000
"""RPCs up to which whole copies are measured in place of samples: beginning and end count for short ones."""
SAMPLE = 8_000
"""Files of a list that samples are taken from."""
LONG, PACED = 16, 14_000
"""WRITEs of a mean file from which on a sample is measured by its bytes, and about how many RPCs it has then."""
SURE, MOST_CHANCE = 0.95, 1e-5
"""How sure the stated error is, and the share of the futures that it leaves out, if errors are normal."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What became of the copies.

    Attributes:
        seconds: each took, shape (n,).
        behind: until the store has what is in the buffer then [s].
        cores, store: seconds that these stations worked, all cores together.
        efficiency: how much longer each took than its bounds say.
        error: of the seconds, relative.
        times, sizes: since the beginning, and bytes admitted by then, shape (knots, n) each.
    """

    seconds: Floats
    behind: Floats
    cores: Floats
    store: Floats
    efficiency: Floats
    error: float
    times: Floats
    sizes: Floats

    def by(self, since: Floats) -> Floats:
        """Bytes admitted by some seconds since the beginning, shape (n,)."""
        place = np.clip((self.times <= since).sum(axis=0) - 1, 0, self.times.shape[0] - 2)
        which = np.arange(since.size)
        begin, end = self.times[place, which], self.times[place + 1, which]
        share = np.clip((since - begin) / np.maximum(end - begin, 1e-300), 0.0, 1.0)
        size = self.sizes[place, which]
        return np.asarray(size + share * (self.sizes[place + 1, which] - size))


@dataclass(frozen=True, slots=True)
class Measured:
    """What the exact core says of some futures' copies, for all of a story.

    Attributes:
        features: how the stations of those compare, shape (stations, rows).
        efficiency: how much longer each took than its bounds say, shape (rows,).
        whole: whether they were computed whole, so that nothing is left to state of them.
        join: blocks of a list that are told as one.
        error: to state of the seconds of any other copy, relative.
    """

    features: Floats
    efficiency: Floats
    whole: bool
    join: int
    error: float


def measure(columns: Columns, stations: Stations, wares: Wares, lists: Lists) -> Measured:
    """Measure some of the futures; one where no figure is drawn.

    They are the first, for those asked for are as well: any so many, a power of two, are spread evenly over the laws.

    Raises:
        Unfit: the columns are not what the device's own code makes of the figures.
    """
    n = stations.bandwidth.size
    rpcs = lists.sums.sum(axis=1)[2].max() + stations.serial * float(lists.count.max())
    short = wares.exact and rpcs <= WHOLE
    count = min(MOST_MEASURED, int(MEASURED_RPCS / rpcs)) if short else MEASURED
    rows, join = np.arange(min(count, n)), _join(stations, lists)
    if short:
        bound = _fluid(stations, lists, np.ones(n), join)[0][-1]
        exact = [_exact(columns, stations, wares, row) for row in rows.tolist()]
        measured = np.array(exact) / bound[rows]
    else:
        measured = np.array([_measured(columns, stations, wares, row) for row in rows.tolist()])
    features = _features(stations, lists)
    efficiency = _near(features, features[:, rows], measured)
    efficiency[rows] = measured
    seconds = _fluid(stations, lists, efficiency, join)[0][-1]
    others = np.arange(rows.size, n) if rows.size < n else rows
    checks = others[: min(max(CHECKED, int(CHECKED_RPCS / rpcs)), MOST_CHECKED)]
    error = _checked(columns, stations, wares, lists, seconds, efficiency, checks)
    return Measured(features[:, rows], measured, short, join, error)


def copies(
    columns: Columns, stations: Stations, lists: Lists, measured: Measured, numbers: NDArray[np.int64]
) -> Copies:
    """Tell the copies of all futures, of which these are the numbers; where no figure was drawn all go as one."""
    if columns.drawn:
        return _told(stations, lists, measured, numbers)
    first = np.zeros(1, dtype=np.int64)
    one = _told(stations.rows(first), lists.rows(first, 1.0), measured, first)
    shared: dict[str, Any] = {
        each.name: np.broadcast_to(value, (*value.shape[:-1], columns.count))
        for each in fields(one)
        if isinstance(value := getattr(one, each.name), np.ndarray)
    }
    return replace(one, **shared)


def _told(stations: Stations, lists: Lists, measured: Measured, numbers: NDArray[np.int64]) -> Copies:
    n, total = stations.bandwidth.size, lists.sums.sum(axis=1)
    efficiency = _near(_features(stations, lists), measured.features, measured.efficiency)
    own = numbers < measured.efficiency.size
    efficiency[own] = measured.efficiency[numbers[own]]
    times, sizes, behind = _fluid(stations, lists, efficiency, measured.join)
    seconds = times[-1]
    front = np.einsum("skn,kn->sn", stations.front(stations.rate_start), np.broadcast_to(total, (6, n)))
    stored = total[0] * stations.stored + total[3] / stations.rate(lists.bytes / 2)
    worked, stored = front[2] * stations.cores, np.minimum(stored, seconds)
    error = 0.0 if measured.whole and own.all() else measured.error
    return Copies(seconds, behind, worked, stored, efficiency, error, times, sizes)


def _held(
    columns: Columns, stations: Stations, row: int, sizes: NDArray[np.int64]
) -> tuple[throughput.Server, throughput.Client, throughput.Regime]:
    """Server, client and regime of one future, which its columns are held to."""
    made = whole(columns, columns.row(row), sizes)
    if not stations.agrees(row, made):
        raise Unfit("its columns are not what the device makes of the same figures")
    return made


def exactly(columns: Columns, stations: Stations, wares: Wares, lists: Lists, row: int) -> float | None:
    """Seconds of one future's copy by the exact core; None where that is too much to compute."""
    rpcs = float(lists.rows(np.array([row]), 1.0).sums[2].sum()) + stations.serial * float(lists.count[row])
    return _exact(columns, stations, wares, row) if wares.exact and rpcs <= MOST_RPCS else None


def _exact(columns: Columns, stations: Stations, wares: Wares, row: int) -> float:
    """Seconds of a whole copy, by the exact core."""
    sizes = wares.sizes(row)
    server, client, regime = _held(columns, stations, row, sizes)
    return throughput.simulate(server, [client], [sizes], [(0.0, regime)]).end


def _measured(columns: Columns, stations: Stations, wares: Wares, row: int) -> float:
    """Time of a sample over what its bounds say, by the exact core."""
    sizes = wares.sizes(row)
    server, client, regime = _held(columns, stations, row, sizes)
    if not stations.waits and float(sizes.mean()) > LONG * stations.block:
        return _paced(server, client, regime, sizes)
    profile = throughput.Profile.of(client, _part(sizes))
    bandwidth, latency = np.array(regime.bandwidth), np.array(regime.latency)
    table = throughput.Efficiencies.measure(server, client, profile, bandwidth, latency, np.ones(1))
    return float(table.table.item())


def _paced(
    server: throughput.Server, client: throughput.Client, regime: throughput.Regime, sizes: NDArray[np.int64]
) -> float:
    """The same of files so long that few of them are a sample: by the bytes that come in while all streams work."""
    rpcs = np.cumsum(np.ceil(sizes / client.block))
    count = max(int(np.searchsorted(rpcs, PACED)) + 1, 4 * client.streams)
    sample = sizes[:count].astype(np.float64)
    transfer = throughput.Transfer(replace(server, buffer=inf), [client], regime)
    transfer.submit(0, sample)
    transfer.run()
    ends = np.sort(transfer.finish(0))
    if ends.size <= 2 * client.streams:
        return 1.0
    until = float(np.nextafter(ends[-client.streams - 1], 0.0))
    since = min(float(ends[0]), 0.3 * until)
    before, after = transfer.progress(np.array([since, until]))[0]
    total = throughput.Profile.of(client, sample).total
    needs = front_demands(server, client, regime, server.store.rate(server.store.position)) @ total
    return float((until - since) / ((after - before) * needs.max() / total[3]))


def _part(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stretches from all over a list."""
    if sizes.size <= SAMPLE:
        return sizes
    starts = np.linspace(0, sizes.size - SAMPLE // 20, 20).astype(np.int64)
    return np.concatenate([sizes[start : start + SAMPLE // 20] for start in starts.tolist()])


def _features(stations: Stations, lists: Lists) -> Floats:
    """How each station compares with the slowest, logarithms, shape (stations, n)."""
    total = np.broadcast_to(lists.sums.sum(axis=1), (6, stations.bandwidth.size))
    front = np.einsum("skn,kn->sn", stations.front(stations.rate_start), total)
    store = total[0] * stations.stored + total[3] / stations.rate(lists.bytes / 2)
    every = np.log(np.maximum(np.vstack([front, store]), 1e-300))
    return np.asarray(np.maximum(every - every.max(axis=0), -FAR))


def _near(features: Floats, known: Floats, values: Floats) -> Floats:
    """A column from its values at some features, weighted by nearness, shape (n,)."""
    k = min(NEAREST, values.size)
    square = (features**2).sum(axis=0)[:, np.newaxis] + (known**2).sum(axis=0) - 2 * features.T @ known
    near = np.argpartition(square, k - 1, axis=1)[:, :k]
    weight = 1 / (np.maximum(np.take_along_axis(square, near, axis=1), 0.0) + 1e-6)
    return np.asarray((values[near] * weight).sum(axis=1) / weight.sum(axis=1))


def _fluid(stations: Stations, lists: Lists, efficiency: Floats, join: int) -> tuple[Floats, Floats, Floats]:
    """When each block is over, the bytes up to there, and how long the store still needs after the last [s]."""
    n = efficiency.size
    now, size, stored_at = np.zeros(n), np.zeros(n), np.zeros(n)
    knots = [(now, size)]
    front, known = stations.front(stations.rate_start), None
    for many, block in _blocks(lists, join, n):
        if stations.waits:
            front, known = stations.front(stations.rate(size)), None
        if block is not known:
            known, needs = block, np.einsum("skn,kn->sn", front, block).max(axis=0) * efficiency
        part, took = many * block[3], many * needs
        work = many * block[0] * stations.stored + part / stations.rate(size + part / 2)
        free = np.maximum(stored_at, now)
        then = now + took
        if not stations.waits:
            room = free + work * np.clip((part - stations.buffer) / np.maximum(part, 1.0), 0.0, 1.0)
            then = np.maximum(then, room)
        stored_at = np.maximum(free + work, then)
        size, now = size + part, then
        knots.append((now, size))
    times, sizes = (np.stack(column) for column in zip(*knots, strict=True))
    return times, sizes, stored_at - now


def _join(stations: Stations, lists: Lists) -> int:
    """How many blocks of a list make a part that is no smaller than the buffer."""
    per_block = float(lists.bytes.min()) / lists.sums.shape[1]
    return max(1, int(np.ceil(float(stations.buffer.max()) / max(per_block, 1.0))))


def _blocks(lists: Lists, join: int, n: int) -> list[tuple[float, Floats]]:
    """The list in parts: how many, and of which block, shape (6, n)."""
    count = lists.sums.shape[1]
    starts = np.arange(0, count, min(join, count))
    if lists.even:
        one = lists.sums[:, 0]
        return [(float(many), one) for many in np.diff(np.append(starts, count)).tolist()]
    merged = np.add.reduceat(lists.sums, starts, axis=1)
    return [(1.0, np.broadcast_to(merged[:, i], (6, n))) for i in range(starts.size)]


def _checked(
    columns: Columns,
    stations: Stations,
    wares: Wares,
    lists: Lists,
    seconds: Floats,
    efficiency: Floats,
    rows: NDArray[np.int64],
) -> float:
    """The error to state: a tolerance limit from differences to the exact core, or to what stands for longer lists."""
    found = []
    for row in rows.tolist():
        scale, sizes = wares.scale(row), wares.sizes(row)
        ours = float(seconds[row])
        if scale != 1:
            one = np.array([row])
            short = stations.rows(one), lists.rows(one, scale)
            ours = float(_fluid(*short, efficiency[one], _join(*short))[0][-1, 0])
        server, client, regime = _held(columns, stations, row, sizes)
        told = throughput.estimate(
            server, [client], [sizes], [(0.0, regime)], budget=MOST_RPCS, tolerance=inf
        )
        found.append(abs(ours / told.end - 1) + told.error)
    if not columns.drawn:
        return max(found)
    square = float(np.square(found).mean())
    return sqrt(square) * _tolerance(len(found))


def _tolerance(count: int) -> float:
    """By what the root mean square of so many normal errors is multiplied to cover nearly all others.

    The quantile of the normal law, times how much the root mean square may fall short of its deviation: the lower
    quantile of chi-square, in the form of E. B. Wilson and M. M. Hilferty (1931).
    """
    normal = NormalDist()
    fraction = 2 / (9 * count)
    low = (1 - fraction + normal.inv_cdf(1 - SURE) * sqrt(fraction)) ** 3
    return normal.inv_cdf(1 - MOST_CHANCE / 2) / sqrt(low)
