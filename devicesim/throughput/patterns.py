"""How files that are all alike follow one another, after other beginnings than the one at hand.

Model
-----
Streams whose files are all alike soon follow one another in a pattern that repeats itself. Which of several it is
depends on where each stream stood when the regime began, and where that is a guess, so is the pattern, and with it the
pace. How much that may matter is measured: the exact core lets the streams begin at other places, in the regime before
and then at another point of its pattern, and the paces into which they fall are compared.

Scope and limits
----------------
One client; as many beginnings as :data:`BEGINNINGS` says, so a pattern that hardly any of them leads into is missed.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from devicesim.throughput import curves
from devicesim.throughput.core import CORES
from devicesim.throughput.model import Client, Regime, Server, Store
from devicesim.throughput.profile import front_demands, sums
from devicesim.throughput.reading import CHECKPOINT_EVERY, Core, Floats
from devicesim.throughput.samples import MOST_PERIOD, period

BEGINNINGS, TURNS = 8, 2
"""Beginnings that are tried, and how often from each the regime before and the one in question take turns."""

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, less their whole parts, fill the unit interval evenly however many there are."""


class Patterns:
    """What other patterns of a client's files there may be.

    Args:
        server, client: who sends to what.
        size: of every file [bytes].
        drift: by how much of itself a period may change.
        core: the exact core to use.
    """

    def __init__(
        self, server: Server, client: Client, size: float, drift: float = 0.0, core: type[Core] | None = None
    ) -> None:
        self._server, self._client, self._size, self._drift = server, replace(client, start=0.0), size, drift
        self._core = core or CORES[0]
        self._known: dict[tuple[Regime | None, Regime], Floats] = {}
        self._files = max(8 * client.streams, MOST_PERIOD // 2)

    def spread(
        self, before: Regime | None, regime: Regime, store: Store, pace: float, stored: bool = False
    ) -> float:
        """Return by which part of itself a pace may be another in a regime; all of it if nothing is found.

        Args:
            before: the regime that held before it, if any.
            regime: that holds.
            store: as it is when the regime is first asked for.
            pace: time for each file [s].
            stored: whether the pace is the store's, to which quicker patterns come down.
        """
        key = before, regime
        if key not in self._known:
            self._known[key] = self.paces(before, regime, store)
        others = self._known[key]
        if not others.size:
            return 1.0
        apart = others / pace - 1
        return max(0.0, float(apart.max())) if stored else float(np.abs(apart).max())

    def paces(self, before: Regime | None, regime: Regime, store: Store) -> Floats:
        """Return how long each file takes after several beginnings, shape (n,) [s].

        The buffer never holds them up. Beginnings after which no pattern repeats itself count only if there are no
        others.
        """
        client = self._client
        other = before or replace(regime, bandwidth=tuple(each / 2 for each in regime.bandwidth))
        waits = any(operation.wait for operation in client.operations.all)
        server = replace(self._server, store=store, buffer=self._server.buffer if waits else inf)
        one, rate = sums(client, np.array([self._size]), 1)[:, 0], store.rate(store.position)
        # No bound is beaten, so never more files are through in such a time.
        there, here = (
            self._files * float((front_demands(server, client, each, rate) @ one).max())
            for each in (other, regime)
        )
        # First files of other sizes, so that each stream comes to the next at another time: that of several files, or
        # of one that takes several WRITEs.
        reach = min(client.streams * self._size, max(self._size, float(client.block)))
        settled: list[float] = []
        loose: list[float] = []
        for number in range(1, BEGINNINGS + 1):
            running = self._core(server, (client,), other, 0.0, CHECKPOINT_EVERY)
            first = np.floor(GOLDEN * number * np.arange(1, client.streams + 1) % 1.0 * reach)
            sizes = np.append(first, np.full(3 * self._files * (TURNS + 1), self._size))
            running.submit(0, sizes)
            running.grant(0, sizes.size, 0.0, 0.0)
            until, now = [], 0.0
            for turn in range(TURNS):
                running.lay(other, now)
                # Where in its pattern a change of regime meets the streams makes the next one.
                now += there * (1 + GOLDEN * (number * TURNS + turn) % 1.0 / client.streams)
                running.lay(regime, now)
                now += 2 * here
                until.append(now)
            running.catch_up(now)
            ends = np.array(curves.view(running.files(0).finished_at))
            for count in np.searchsorted(ends, until).tolist():
                latest = ends[max(0, count - self._files) : count]
                known = period(latest, self._drift)
                if known is not None:
                    settled.append(known.time / known.files)
                elif latest.size > 1:
                    loose.append(float(latest[-1] - latest[0]) / (latest.size - 1))
        return np.array(settled or loose)
