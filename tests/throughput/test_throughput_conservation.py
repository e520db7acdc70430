"""No station above its capacity at any time, and counters that only rise: at every moment, whatever comes late."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from cases import Case, drawn, turning

from devicesim.throughput import Regime, Transfer
from devicesim.throughput.capacity import Capacity

ROUNDING = 1e-9


def among(seed: int, cores: int, links: int) -> Case:
    """Draw a transfer with so many cores, whose clients share so many links in turn."""
    case = drawn(seed)
    clients = tuple(replace(client, link=k % links) for k, client in enumerate(case.clients))
    if len(clients) < links:
        clients *= links
        clients = tuple(replace(client, link=k % links) for k, client in enumerate(clients))
    count = len(clients)

    def for_all(regime: Regime) -> Regime:
        latency = regime.latency if links > 1 or seed % 2 else regime.latency[:1] * count
        return replace(
            regime, bandwidth=(regime.bandwidth * count)[:count], latency=(latency * count)[:count]
        )

    schedule = tuple((time, for_all(regime)) for time, regime in case.schedule)
    return Case(replace(case.server, cores=cores), clients, (case.sizes * count)[:count], schedule)


class Watch:
    """Holds a transfer to what it can have done, and to what it has told before."""

    def __init__(self, case: Case, transfer: Transfer, draw: random.Random) -> None:
        self._case, self._transfer, self._draw = case, transfer, draw
        self.regimes = [case.schedule[0]]
        self._told: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []

    def lay(self, at: float, regime: Regime) -> None:
        """Set a regime, whose time may be long past: then what was told since may change."""
        self.regimes = [known for known in self.regimes if known[0] < at] + [(at, regime)]
        self._told = [told for told in self._told if (told[1] < at).all()]
        self._transfer.set_regime(regime, at)

    def look(self) -> None:
        """Read everything at drawn times up to now."""
        transfer, now = self._transfer, self._transfer.now
        times = np.sort(np.array([0.0, *(now * self._draw.random() for _ in range(6)), now]))
        self._within(times)
        size, stored = np.zeros(times.size), transfer.stored(times)
        for k in range(len(self._case.clients)):
            sent, objects = transfer.progress(times, k)
            for counter in (sent, objects, stored):
                assert (np.diff(counter) >= 0).all()
            # What comes at this very instant still counts at it.
            past = times < now
            self._told.append((k, times[past], sent[past], objects[past]))
            size += sent
        assert (stored <= size).all()
        for k, then, sent, objects in self._told:
            again = transfer.progress(then, k)
            assert again[0].tolist() == sent.tolist()
            assert again[1].tolist() == objects.tolist()
        self._served(times)

    def _within(self, times: np.ndarray) -> None:
        """Between any two times no station was busy for longer than lay between them."""
        usage, servers = self._transfer.usage(times), self._case.server.cores
        for busy, most in ((usage.link, 1), (usage.cores, servers), (usage.store, 1), (usage.buffer, 1)):
            gained = np.diff(busy)
            assert (gained >= -ROUNDING).all()
            assert (gained <= most * np.diff(times) + ROUNDING).all()

    def _served(self, times: np.ndarray) -> None:
        """Nor has any done more work by a time than its rates since the beginning come to."""
        case, needed = self._case, np.zeros(times.size)
        for k, client in enumerate(case.clients):
            sent, objects = self._transfer.progress(times, k)
            assert (sent <= self._most([regime.bandwidth[k] for _, regime in self.regimes], times)).all()
            life = client.operations
            needed += objects * sum(call.work for call in (*life.before, *life.after))
            needed += sent * min(operation.work_per_byte for operation in life.all)
        assert (needed <= case.server.cores * self._most([r.share for _, r in self.regimes], times)).all()
        # Between the readings of its meter the store's bytes are drawn as a line.
        told = self._transfer._core.meter("stored")
        at, had = (
            np.concatenate((column, latest))
            for column, latest in zip(told[:2], zip(*told.latest, strict=True), strict=True)
        )
        known = np.isfinite(at)
        speed = self._most([regime.store for _, regime in self.regimes], at[known])
        assert (had[known] <= case.server.store.rate_start * speed).all()

    def _most(self, rates: Sequence[float], times: np.ndarray) -> np.ndarray:
        capacity = Capacity.of(([-np.inf, *(at for at, _ in self.regimes)], [0.0, *rates]))
        return np.array([capacity.done(0.0, time) for time in times]) * (1 + ROUNDING) + ROUNDING


def watched(case: Case, seed: int, stride: float = 1.0) -> None:
    """Drive a transfer by drawn inputs, early and late, and look at it after each."""
    draw = random.Random(seed)
    transfer = Transfer(case.server, case.clients, case.schedule[0][1])
    watch, regimes, paused = Watch(case, transfer, draw), list(case.schedule[1:]), set()
    given, offered = [0.0] * len(case.clients), [0.0] * len(case.clients)

    def submit(k: int, sizes: Sequence[float]) -> None:
        transfer.submit(k, sizes)
        given[k] += sum(sizes)

    for k, sizes in enumerate(case.sizes):
        submit(k, sizes)
    for _ in range(draw.randint(4, 16)):
        k = draw.randrange(len(case.clients))
        match draw.choice(("submit", "offer", "regime", "regime", "advance", "advance", "pause", "bound")):
            case "submit":
                submit(k, case.sizes[k][:3])
            case "offer":
                operation, payload = draw.choice(case.clients[k].operations.all), draw.choice((0.0, 2.0, 5.0))
                transfer.offer(operation, payload, k, transfer.now + draw.random())
                offered[k] += payload
            case "regime" if regimes:
                at, regime = regimes.pop(0)
                watch.lay(max(at + draw.choice((-20.0, 0.0, 5.0)), 0.0), regime)
            case "advance":
                transfer.advance(transfer.now + stride * draw.choice((0.25, 1.0, 8.0 * draw.random())))
            case "pause":
                (transfer.resume if k in paused else transfer.pause)(k)
                paused ^= {k}
            case "bound":
                transfer.bound()
        watch.look()
    for k in paused:
        transfer.resume(k)
    transfer.run()
    watch.look()
    for k in range(len(case.clients)):
        finish = transfer.finish(k)
        sent, objects = (float(each) for each in transfer.progress(transfer.now, k))
        assert objects == (finish <= transfer.now).sum()
        assert sent <= given[k] + offered[k]
        assert sent >= given[k] or not transfer.done


@pytest.mark.parametrize("links", [1, 2])
@pytest.mark.parametrize("cores", [1, 3])
@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(80, 1600, 80))]
)
def test_no_station_does_more_than_it_can_and_no_counter_falls(first: int, cores: int, links: int) -> None:
    """Files, operations offered, regimes for times to come and long past, pauses; each loop of each core."""
    for seed in range(first, first + 80):
        watched(among(seed, cores, links), seed)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(60, 1200, 60))]
)
def test_nor_where_streams_take_turns_for_long(first: int) -> None:
    """Which has a loop of its own in the compiled form."""
    for seed in range(first, first + 60):
        watched(turning(seed), seed, stride=8.0)
