"""The same model as events: every RPC a SimPy process that queues at its stations.

Slow and literal, to hold the core against. Times are set absolutely (``now + delay`` would round), and what happens
at one instant is put in the model's order by turnstiles: those who reach one at an instant wait until nothing
further downstream happens at that instant, then pass one by one in the order of their rank.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Sequence
from heapq import heappop, heappush
from math import inf, sqrt
from typing import Any

import numpy as np
import simpy
from simpy.events import NORMAL

from devicesim.throughput import Client, Operation, Regime, Server

Steps = Generator[simpy.Event, Any, Any]


class Timeline(simpy.Environment):
    """An environment whose events can be put at an absolute time."""

    def at(self, time: float, priority: int = NORMAL) -> simpy.Event:
        """An event that happens at a time; at infinity it never does."""
        event = simpy.Event(self)
        if time < inf:
            event._ok, event._value = True, None
            heappush(self._queue, (time, priority, next(self._eid), event))  # type: ignore[misc]
        return event


class Turnstile:
    """Lets those who come at one instant pass by rank, once everything of a lower level is quiet."""

    def __init__(self, env: Timeline, level: int) -> None:
        self.env, self.level = env, NORMAL + level
        self.here: list[tuple[Any, int, simpy.Event]] = []
        self.armed = False
        self.count = 0

    def enter(self, rank: Any) -> simpy.Event:
        """Come to it; the event happens when it is one's turn."""
        event = self.env.event()
        self.count += 1
        heappush(self.here, (rank, self.count, event))
        self._arm()
        return event

    def _arm(self) -> None:
        if self.here and not self.armed:
            self.armed = True
            self.env.at(self.env.now, self.level).callbacks.append(self._pass)

    def _pass(self, _: simpy.Event) -> None:
        self.armed = False
        heappop(self.here)[2].succeed()
        self._arm()


class Steady:
    """A piecewise-constant capacity."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        kept = [p for i, p in enumerate(points) if i == 0 or p[1] != points[i - 1][1]]
        self.times = [t for t, _ in kept]
        self.values = [v for _, v in kept]

    def at(self, time: float) -> float:
        """The value that holds at a time."""
        return self.values[max(bisect_right(self.times, time) - 1, 0)]

    def done(self, start: float, work: float) -> float:
        """When work begun at a time is done, infinity if it never is."""
        if work <= 0:
            return start
        i = max(bisect_right(self.times, start) - 1, 0)
        while True:
            value = self.values[i]
            end = self.times[i + 1] if i + 1 < len(self.times) else inf
            if value > 0:
                finish = start + work / value
                if finish <= end:
                    return finish
                work -= (end - start) * value
            if end == inf:
                return inf
            start, i = end, i + 1


class Oracle:
    """One run of the model; ``finish``, ``admitted`` and ``served`` hold what it found."""

    def __init__(
        self,
        server: Server,
        clients: Sequence[Client],
        sizes: Sequence[Sequence[float]],
        schedule: Sequence[tuple[float, Regime]],
        pauses: Sequence[tuple[int, float, float]] = (),
    ) -> None:
        self.server, self.clients = server, clients
        self.start = schedule[0][0]
        self.pauses = pauses
        self.env = env = Timeline(self.start)
        self.bandwidth = [Steady([(t, r.bandwidth[k]) for t, r in schedule]) for k in range(len(clients))]
        self.latency = [Steady([(t, r.latency[k]) for t, r in schedule]) for k in range(len(clients))]
        self.share = Steady([(t, r.share) for t, r in schedule])
        self.speed = Steady([(t, r.store) for t, r in schedule])
        links = 1 + max(c.link for c in clients)
        self.links = [simpy.Resource(env, 1) for _ in range(links)]
        self.cores = simpy.Resource(env, server.cores)
        self.admission = simpy.Resource(env, 1)
        self.at_admission, self.at_cores, self.at_links = (Turnstile(env, level) for level in (1, 2, 3))
        self.travelling = [0.0] * len(clients)
        self.dirty, self.drained = 0.0, env.event()
        self.queue = simpy.Store(env)
        self.position = server.store.position
        self.number = self.begun = 0
        self.finish = [np.full(len(s), inf) for s in sizes]
        self.admitted: list[list[tuple[float, float]]] = [[] for _ in clients]
        self.served: list[tuple[str, float, float]] = []
        self.lists = [iter(list(enumerate(map(float, s)))) for s in sizes]
        env.process(self._store())
        rank = -sum(c.streams for c in clients)
        for k, client in enumerate(clients):
            for _ in range(client.streams):
                env.process(self._stream(k, rank))
                rank += 1
        env.run()

    def _stream(self, k: int, rank: int) -> Steps:
        client = self.clients[k]
        life = client.operations
        key = (max(self.start, client.start), rank)
        yield self.env.at(key[0])
        while True:
            yield from self._gate(k, key[1])
            file, left = next(self.lists[k], (None, 0.0))
            if file is None:
                return
            passed = True
            for operation in life.before:
                if not passed:
                    yield from self._gate(k, key[1])
                passed = False
                key = yield self._issue(k, operation, 0.0)
            answers: list[Any] = []
            while left > 0:
                i = len(answers)
                if i >= client.window:
                    key = max(key, (yield answers[i - client.window]))
                if not passed:
                    yield from self._gate(k, key[1])
                passed = False
                payload = min(left, client.block)
                left -= payload
                answers.append(self._issue(k, life.write, payload))
            for answer in answers[-client.window :]:
                key = max(key, (yield answer))
            for operation in life.after:
                if not passed:
                    yield from self._gate(k, key[1])
                passed = False
                key = yield self._issue(k, operation, 0.0)
            self.finish[k][file] = self.env.now

    def _gate(self, k: int, rank: int) -> Steps:
        """Wait while the client is paused, then for those who go first at this instant."""
        while ends := [end for who, begin, end in self.pauses if who == k and begin <= self.env.now < end]:
            yield self.env.at(ends[0])
        yield self.at_links.enter(rank)

    def _issue(self, k: int, operation: Operation, payload: float) -> simpy.Process:
        self.number += 1
        return self.env.process(self._rpc(k, operation, payload, self.number))

    def _rpc(self, k: int, operation: Operation, payload: float, number: int) -> Steps:
        env = self.env
        with self.links[self.clients[k].link].request() as mine:
            yield mine
            start = env.now
            yield env.at(self.bandwidth[k].done(start, operation.request + payload))
            self.served.append((f"link {self.clients[k].link}", start, env.now))
        self.travelling[k] = max(env.now + self.latency[k].at(env.now), self.travelling[k])
        yield env.at(self.travelling[k])
        yield self.at_cores.enter(number)
        with self.cores.request() as mine:
            yield mine
            start = env.now
            self.begun += 1
            order = self.begun
            yield env.at(self.share.done(start, operation.work + operation.work_per_byte * payload))
            self.served.append(("cores", start, env.now))
        if payload or operation.store or operation.wait:
            yield self.at_admission.enter(order)
            with self.admission.request() as mine:
                yield mine
                while payload and self.dirty and self.dirty + payload > self.server.buffer:
                    yield self.drained
                self.dirty += payload
                if payload:
                    self.admitted[k].append((env.now, payload))
                stored = env.event()
                self.queue.put((payload, operation.store, stored))
            if operation.wait:
                yield stored
        yield env.at(env.now + self.latency[k].at(env.now))
        return env.now, number

    def _store(self) -> Steps:
        env, disk = self.env, self.server.store
        while True:
            payload, work, stored = yield self.queue.get()
            if payload:
                first, last = disk.rate_start**2, disk.rate_end**2
                work += payload / sqrt(
                    first + (last - first) * min(self.position, disk.capacity) / disk.capacity
                )
                self.position += payload
            start = env.now
            yield env.at(self.speed.done(start, work))
            self.served.append(("store", start, env.now))
            self.dirty -= payload
            stored.succeed()
            drained, self.drained = self.drained, env.event()
            drained.succeed()
