"""A transfer's course, exact where that is cheap, and sampled with its error stated where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput.batch import simulate
from devicesim.throughput.curves import Curve
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.profile import Profile
from devicesim.throughput.reading import Core, Floats
from devicesim.throughput.sampled import Sampled
from devicesim.throughput.transfer import Transfer

RPC_BUDGET = 1_000_000
"""RPCs up to which a transfer is computed one by one."""

TOLERANCE = 0.02
"""Stated error beyond which a sampled transfer is computed exactly after all, if its list is there."""


class Estimate:
    """A whole transfer.

    Attributes:
        tier: ``exact``, or ``sampled``: see :mod:`~devicesim.throughput.sampled`.
        error: of the byte curve, relative to all bytes, and of the end, relative to the time it took (unless the link
            goes down so near the end that the error decides whether before or after); 0 if exact.
        rpcs: that the transfer needs.
        computed: of these, computed one by one, a sampled attempt that was not precise enough included.
    """

    def __init__(self, whole: Transfer | Sampled, rpcs: float, computed: float) -> None:
        self._whole = whole
        self.tier = "exact" if isinstance(whole, Transfer) else "sampled"
        self.error = 0.0 if isinstance(whole, Transfer) else whole.error
        self.rpcs, self.computed = rpcs, computed
        self._began = whole.began

    @property
    def end(self) -> float:
        """When the last file was finished [s]; infinity if that never comes under the regimes known."""
        return self._whole.end

    def progress(self, t: ArrayLike) -> tuple[Floats, Floats]:
        """Return bytes admitted and files finished by each time, any shape [s]."""
        return self._whole.progress(t)

    def curve(self, points: int = 2001) -> Curve:
        """Return the course at so many times, evenly from beginning to end.

        Raises:
            BoundError: the transfer never ends.
        """
        require(self.end < inf, "end", "finite", self.end)
        times = np.linspace(self._began, self.end, points)
        return Curve(times, *self.progress(times))


def estimate(
    server: Server,
    clients: Sequence[Client],
    sizes_per_client: Sequence[ArrayLike | Iterator[ArrayLike]],
    schedule: Sequence[tuple[float, Regime]],
    *,
    budget: float = RPC_BUDGET,
    tolerance: float = TOLERANCE,
    core: type[Core] | None = None,
) -> Estimate:
    """Run a transfer whose regimes are all known, one RPC after another or, beyond a budget, in samples.

    Several clients are always computed exactly.

    Args:
        server: cores, buffer and store.
        clients: who sends.
        sizes_per_client: of each client's files, shape (n,) [bytes]; an iterator of such arrays is read once and
            never held as a whole beyond the budget.
        schedule: regimes and from when on each holds, in order of time; the first is the beginning.
        budget: RPCs up to which the answer is exact; infinity for always, 0 for never.
        tolerance: stated error above which it is, too, unless the list has gone by.
        core: the exact core to use.

    Raises:
        BoundError: as :func:`~devicesim.throughput.batch.simulate`.

    Example
    -------
    >>> from devicesim.throughput import Client, Operation, Operations, Server, Store
    >>> life = Operations((Operation("CREATE", 200, 1e-4),), Operation("WRITE", 200, 5e-5), ())
    >>> server = Server(cores=1, buffer=1e9, store=Store(180e6, 90e6, 8e12))
    >>> pieces = (np.full(1000, 65536.0) for _ in range(1000))
    >>> told = estimate(server, [Client(life)], [pieces], [(0.0, Regime((100e6,), (1e-4,)))])
    >>> told.tier, round(told.end), told.rpcs, bool(told.error < 0.01)
    ('sampled', 745, 2000000.0, True)
    """
    require(
        len(sizes_per_client) == len(clients),
        "len(sizes_per_client)",
        f"{len(clients)}",
        len(sizes_per_client),
    )
    require(len(schedule) > 0, "len(schedule)", "> 0", len(schedule))
    begins = np.array([time for time, _ in schedule], dtype=np.float64)
    require(np.isfinite(begins), "schedule", "at finite times", begins)
    require(budget >= 0, "budget", ">= 0", budget)
    require(tolerance > 0, "tolerance", "> 0", tolerance)
    lists = [
        _Remembered(client, sizes, budget) for client, sizes in zip(clients, sizes_per_client, strict=True)
    ]
    profiles = [Profile.of(client, each.sizes) for client, each in zip(clients, lists, strict=True)]
    rpcs = sum(profile.rpcs(client) for client, profile in zip(clients, profiles, strict=True))
    if len(clients) == 1 and rpcs > budget:
        for regime in (regime for _, regime in schedule):
            regime.require_clients(1)
        times = [time for time, _ in schedule]
        require(times == sorted(times), "schedule", "in order of time", times)
        sampled = Sampled(server, clients[0], profiles[0], schedule, core)
        sampled.advance(inf)
        told = Estimate(sampled, rpcs, sampled.computed)
        if told.error <= tolerance or lists[0].gone or budget == 0:
            return told
        exact = simulate(server, clients, [lists[0].whole()], schedule, core=core)
        return Estimate(exact, rpcs, rpcs + sampled.computed)
    return Estimate(
        simulate(server, clients, [each.whole() for each in lists], schedule, core=core), rpcs, rpcs
    )


class _Remembered:
    """A list that is there, or one that comes in pieces and is remembered while it is short."""

    def __init__(self, client: Client, sizes: ArrayLike | Iterator[ArrayLike], budget: float) -> None:
        self.gone = False
        self._client, self._budget, self._rpcs = client, budget, 0.0
        self._pieces: list[Floats] = []
        self._list: ArrayLike | None = None if isinstance(sizes, Iterator) else sizes
        self.sizes = self._watched(sizes) if isinstance(sizes, Iterator) else sizes

    def _watched(self, pieces: Iterator[ArrayLike]) -> Iterator[ArrayLike]:
        serial = len(self._client.operations.all) - 1
        for piece in pieces:
            given = np.array(piece, dtype=np.float64)
            if not self.gone:
                self._rpcs += serial * given.size + float(np.ceil(given / self._client.block).sum())
                self._pieces.append(given)
                if self._rpcs > self._budget:
                    self.gone = True
                    self._pieces.clear()
            yield given

    def whole(self) -> ArrayLike:
        if self._list is not None:
            return self._list
        return np.concatenate(self._pieces) if self._pieces else np.empty(0)
