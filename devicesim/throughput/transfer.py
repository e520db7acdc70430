"""A transfer that can be asked at any time: the host owns the clock, the core owns the arithmetic.

The core computes ahead of the clock where that is free, and goes back to a checkpoint where an input (files, an
operation offered, a regime) would have changed what it computed; the result is, bit for bit, that of knowing every
input beforehand. Going back is possible to any time not :meth:`settled <Transfer.settle>`.

A host in a discrete-event simulation needs one process per transfer::

    while not transfer.done:
        yield env.timeout(transfer.bound() - env.now) | changed      # never late; early merely asks again
        transfer.advance(env.now)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappush
from math import inf, isfinite, isnan, nan, nextafter
from sys import float_info

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.throughput import curves, demand
from devicesim.throughput.capacity import Differences, Schedule
from devicesim.throughput.model import Client, Operation, Regime, Server
from devicesim.throughput.ordered import run_ordered
from devicesim.throughput.queued import Queue
from devicesim.throughput.state import Files, Record, State

Floats = NDArray[np.float64]

CHECKPOINT_EVERY = 2048
"""RPCs from one checkpoint to the next: about what one costs to copy and a change costs to replay, in balance."""

CHECKPOINTS = 24
"""Beyond so many, every other one of the older checkpoints is dropped."""

LITTLE = 4096
"""RPCs left at which :meth:`Transfer.bound` computes the end itself."""

ANSWERS = 65536
"""Operations offered that can be replayed; older ones are settled."""

LAST = float_info.max
LARGEST = 2.0**53
"""Largest file: beyond it bytes are no longer whole numbers."""


@dataclass(slots=True)
class _Checkpoint:
    state: State
    lengths: list[int]
    applied: int


class Transfer:
    """Files of some clients on their way into one server.

    Args:
        server: cores, buffer and store.
        clients: who sends; files are given to them by :meth:`submit`.
        regime: what holds from the beginning.
        at: when that is [s].

    Attributes:
        server, clients: as given.
        now: the clock: the latest time the transfer was advanced to [s].

    Example
    -------
    >>> from devicesim.throughput import Client, Operation, Operations, Server, Store
    >>> life = Operations((Operation("CREATE", 0, 1e-3),), Operation("WRITE", 0, 0.0), ())
    >>> server = Server(cores=1, buffer=1e9, store=Store(100e6, 100e6, 1e12))
    >>> transfer = Transfer(server, [Client(life, streams=1)], Regime((50e6,), (1e-3,)))
    >>> transfer.submit(0, [100e3, 200e3])
    >>> round(transfer.run(), 6)
    0.016
    """

    def __init__(self, server: Server, clients: Sequence[Client], regime: Regime, at: float = 0.0) -> None:
        require(len(clients) > 0, "len(clients)", "> 0", len(clients))
        require(isfinite(at), "at", "finite", at)
        self.server, self.clients, self.now = server, tuple(clients), at
        self._schedule = Schedule(self.clients, regime)
        self._regimes = [(at, regime)]
        self._state = State.begin(server, self.clients, at)
        self._record = Record(len(self.clients), len(self._state.link_free), at)
        self._ordered = self._schedule.keeps_order and server.cores == 1
        self._inputs: list[tuple[float, Callable[[], None]]] = []
        self._applied = 0
        self._settled = self._began = at
        self._through = at
        self._totals = [(demand.Demand(), demand.Demand()) for _ in self.clients]
        self._rings = sum(client.streams * client.window for client in self.clients)
        self._waits = any(o.wait for c in self.clients for o in c.operations.all)
        self._checkpoints = [self._freeze()]

    # Inputs.

    def submit(self, client_index: int, sizes: ArrayLike) -> None:
        """Append files to a client's list, as of now.

        Args:
            client_index: whose list.
            sizes: of the files, in the order in which they are taken, shape (n,) [bytes].

        Raises:
            BoundError: a size is negative, not a number, or above 2^53.
        """
        self._known(client_index)
        given = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
        require(given.ndim == 1, "sizes.ndim", "1", given.ndim)
        require(given >= 0, "sizes", ">= 0", given)
        require(given <= LARGEST, "sizes", f"<= {LARGEST:.0f}", given)
        before = nextafter(self.now, -inf)
        self._back_to(before)
        self._record.files[client_index].sizes.frombytes(given.tobytes())
        self._through = -inf
        self._inputs.append((before, partial(self._grant, client_index, given.size, self.now)))
        self._catch_up(self.now)

    def offer(self, operation: Operation, payload: float, client: int, at: float) -> float:
        """Send one operation of a door through the same stations.

        Args:
            operation: what it is.
            payload: bytes that it carries.
            client: whose link it comes over.
            at: when it is issued, no earlier than now [s].

        Returns:
            When its reply arrives [s], as far as known: with several links or cores an operation offered later may
            yet overtake it on the way. Infinite if it never gets through under the regimes known; one that does
            not even get through its link is not sent.
        """
        self._known(client)
        require(0 <= payload <= LARGEST, "payload", f"in [0, {LARGEST:.0f}]", payload)
        require(self.now <= at < inf, "at", f">= {self.now} and finite", at)
        self._back_to(at)
        self.now, self._through = at, -inf
        self._inputs.append((at, partial(self._send, client, operation, float(payload), at)))
        self._catch_up(at)
        if len(self._inputs) > 2 * ANSWERS:
            self.settle(self._inputs[-ANSWERS][0])
        return self._answer()

    def set_regime(self, regime: Regime, at: float) -> None:
        """Let a regime hold from ``at`` on; what had been laid for later is forgotten.

        Args:
            regime: what holds.
            at: from when on [s]; a time yet to come lays a known schedule, a past one (not settled) corrects it.
        """
        require(self._settled <= at < inf, "at", f">= {self._settled} and finite", at)
        differs = self._schedule.lay(at, regime)
        self._regimes = [(time, old) for time, old in self._regimes if time < at] + [(at, regime)]
        self._ordered = self._ordered and self._schedule.keeps_order
        if not self._untouched(self._state, differs):
            self._go_back(lambda state: self._untouched(state, differs))
        self._revive()
        self._through = -inf
        self._catch_up(self.now)

    def settle(self, t: float) -> None:
        """Promise that nothing before ``t`` will change, so that what it would take to go back there can be dropped."""
        require(isfinite(t), "t", "finite", t)
        self._settled = max(self._settled, t)
        safe = [i for i, point in enumerate(self._checkpoints) if _before(point.state, self._settled)]
        if safe:
            del self._checkpoints[: safe[-1]]
            dropped = self._checkpoints[0].applied
            del self._inputs[:dropped]
            self._applied -= dropped
            for point in self._checkpoints:
                point.applied -= dropped

    # The clock.

    def advance(self, to: float) -> None:
        """Process every RPC issued at or before ``to``; an earlier ``to`` than now changes nothing."""
        require(-inf < to, "to", "a time", to)
        if to > LAST:
            self.run()
        elif to > self.now:
            self._catch_up(to)
            self.now = to

    def run(self) -> float:
        """Process everything; return the end, infinity if it does not come under the regimes known."""
        self._catch_up(LAST)
        self.now = max(self.now, self._state.time)
        return self.end

    def bound(self) -> float:
        """Return a time before which the transfer is not done: exact once little is left, infinity if stalled."""
        if self._through < LAST:
            demands = [self._demand(i) for i in range(len(self.clients))]
            if demand.rpcs(self.clients, self._state, demands) > LITTLE:
                since = max(self.now, self._state.time)
                return demand.completion(
                    self.server, self.clients, self._schedule, self._state, demands, since
                )
            if self._state.time <= self.now:
                self._checkpoints.append(self._freeze())
            self._catch_up(LAST)
        return self._ends() if self._complete else inf

    @property
    def done(self) -> bool:
        """Whether every file submitted is finished by now."""
        return self._complete and self._ends() <= self.now

    @property
    def end(self) -> float:
        """When the last file was finished [s]; infinity while some are not."""
        return self._ends() if self.done else inf

    @property
    def regime(self) -> Regime:
        """The regime that holds now."""
        return next(
            (regime for time, regime in reversed(self._regimes) if time <= self.now), self._regimes[0][1]
        )

    # What can be read; no read moves anything.

    def progress(self, t: ArrayLike, client: int | None = None) -> tuple[Floats, Floats]:
        """Return bytes admitted and files finished by each time, of one client or of all.

        Args:
            t: times no later than now, any shape [s]; once all is done, any times.
            client: its index.
        """
        times = self._times(t)
        files = self._files(client)
        zero = np.zeros(times.shape)
        return sum((curves.sent(f, times) for f in files), zero), sum(
            (curves.finished(f, times) for f in files), zero
        )

    def curve(self, client: int | None = None) -> curves.Curve:
        """Return every step of :meth:`progress` up to now."""
        return curves.curve(self._files(client), self._limit)

    def finish(self, client: int) -> Floats:
        """Return when each of a client's files was finished, infinity where it is not by now, shape (n,) [s]."""
        (files,) = self._files(client)
        times = np.full(len(files.sizes), inf)
        count = int(np.searchsorted(curves.view(files.finished_at), self._limit, side="right"))
        times[np.array(files.finished[:count], dtype=np.int64)] = files.finished_at[:count]
        return times

    def stored(self, t: ArrayLike) -> Floats:
        """Return the bytes that the store had by each time: what losing the buffer would leave."""
        return curves.stored(self._record, self._state, self._times(t))

    def usage(self, t: ArrayLike) -> curves.Usage:
        """Return how long each station had served by each time."""
        return curves.usage(self._record, self._state, self._schedule.share, self._times(t))

    def waits(self) -> curves.Waits:
        """Return where the RPCs computed so far spent their time."""
        state = self._state
        return curves.Waits(state.in_link, state.in_cores, state.in_buffer, state.in_store, state.in_latency)

    @property
    def _limit(self) -> float:
        """Up to when reads are final under the regimes known."""
        return inf if self._through >= LAST and self._state.time <= self.now else self.now

    def _times(self, t: ArrayLike) -> Floats:
        times = np.asarray(t, dtype=np.float64)
        require(times <= self._limit, "t", f"<= now, {self._limit}", times)
        return times

    def _files(self, client: int | None) -> list[Files]:
        if client is None:
            return self._record.files
        self._known(client)
        return [self._record.files[client]]

    def _known(self, client: int) -> None:
        require(0 <= client < len(self.clients), "client", f"in [0, {len(self.clients) - 1}]", client)

    @property
    def _complete(self) -> bool:
        return all(len(files.finished) == len(files.sizes) for files in self._record.files)

    def _ends(self) -> float:
        return max(
            [self._began, *(files.finished_at[-1] for files in self._record.files if files.finished_at)]
        )

    def _demand(self, client: int) -> demand.Demand:
        """Demand of the files that a client has not begun."""
        sizes, begun = self._record.files[client].sizes, self._state.taken[client]
        total, done = self._totals[client]
        total = total.up_to(self.clients[client], sizes, len(sizes))
        done = (done if done.files <= begun else demand.Demand()).up_to(self.clients[client], sizes, begun)
        self._totals[client] = total, done
        return total - done

    # Going on and going back.

    def _grant(self, client: int, count: int, at: float) -> None:
        state = self._state
        state.available[client] += count
        for turn in [turn for turn in state.parked if state.streams[turn[2]].client == client]:
            state.parked.remove(turn)
            heappush(state.ready, (at, *turn[1:]))

    def _send(self, client: int, operation: Operation, payload: float, at: float) -> None:
        state, queue = self._state, self._queue(self._state)
        state.asked, state.told = state.number, nan
        state.number += 1
        if not queue.send(state.asked, -1, 0, client, operation, payload, at):
            state.told = inf
        while self._ordered and state.flight:
            queue.step()

    def _answer(self) -> float:
        """Let the operation offered last go through, as if no other came, and take it all back."""
        if isnan(self._state.told):
            lengths, trial = self._record.lengths(), self._state.copy()
            queue = self._queue(trial)
            while isnan(trial.told) and not queue.run(LAST, 1):
                pass
            self._record.cut(lengths)
            return inf if isnan(trial.told) else trial.told
        return self._state.told

    def _queue(self, state: State) -> Queue:
        return Queue(self.server, self.clients, self._schedule, state, self._record)

    def _catch_up(self, to: float) -> None:
        """Apply the inputs not yet applied, each at its time, and go on to ``to``."""
        while self._applied < len(self._inputs):
            time, apply = self._inputs[self._applied]
            self._compute(time)
            apply()
            self._applied += 1
        if to > self._through:
            self._compute(to)
            self._through = to

    def _compute(self, to: float) -> None:
        while True:
            every = CHECKPOINT_EVERY * (1 + (self._rings + len(self._state.buffered)) // 8192)
            budget = self._checkpoints[-1].state.number + every - self._state.number
            if budget <= 0:
                self._checkpoints.append(self._freeze())
                if len(self._checkpoints) > CHECKPOINTS:
                    del self._checkpoints[1 : -CHECKPOINTS // 2 : 2]
            elif self._ordered:
                server, clients = self.server, self.clients
                if run_ordered(server, clients, self._schedule, self._state, self._record, to, budget):
                    return
            elif self._queue(self._state).run(to, budget):
                return

    def _freeze(self) -> _Checkpoint:
        return _Checkpoint(self._state.copy(), self._record.lengths(), self._applied)

    def _back_to(self, time: float) -> None:
        """Undo what happens after a time, for an input that comes then."""
        if self._state.time > time:
            self._go_back(lambda state: state.time <= time)

    def _go_back(self, fits: Callable[[State], bool]) -> None:
        while len(self._checkpoints) > 1 and not fits(self._checkpoints[-1].state):
            self._checkpoints.pop()
        point = self._checkpoints[-1]
        self._state, self._applied = point.state.copy(), point.applied
        self._record.cut(point.lengths)
        self._revive()

    def _revive(self) -> None:
        """Let RPCs that had no way on try again."""
        state = self._state
        for turns in state.stalled:
            for turn in turns:
                heappush(state.ready, turn)
            turns.clear()

    def _untouched(self, state: State, differs: Differences) -> bool:
        """Tell whether nothing computed so far used a capacity at a time from which on it is now another."""
        bandwidth, latency, share, store = differs
        cores = max(state.cores)
        if cores > share or state.store_free > store:
            return False
        served = max(cores, state.admitted_at, state.store_free if self._waits else -inf)
        for client, rate_from, latency_from in zip(self.clients, bandwidth, latency, strict=True):
            free, stalled = state.link_free[client.link], state.stalled[client.link]
            if free > rate_from or (stalled and state.time > rate_from):
                return False
            if max(free, served) >= latency_from < inf:
                return False
        return True


def _before(state: State, time: float) -> bool:
    """Tell whether everything computed so far is over before a time."""
    used = (*state.link_free, *state.cores, state.admitted_at, state.store_free)
    return state.time <= time and max(used) < time
