"""A transfer that can be asked at any time: the host owns the clock, the core owns the arithmetic.

The core computes ahead of the clock where that is free, and goes back to a checkpoint where an input (files, an
operation offered, a regime) would have changed what it computed; the result is, bit for bit, that of knowing every
input beforehand. Going back is possible to any time not :meth:`settled <Transfer.settle>`.

A host in a discrete-event simulation needs one process per transfer, which sleeps until the bound::

    while not transfer.done:
        yield env.timeout(transfer.bound() - env.now) | changed      # never late; early merely asks again
        transfer.advance(env.now)

Whoever changes something says so by ``changed``; where changes are many it is cheaper to do so only when
:meth:`Transfer.bound` has come nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, nextafter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.throughput import curves, demand
from devicesim.throughput.core import CORES
from devicesim.throughput.model import LARGEST, Client, Operation, Regime, Server
from devicesim.throughput.profile import checked
from devicesim.throughput.reading import CHECKPOINT_EVERY, LAST, Core, FileColumns, Floats, Standing

LITTLE = 4096
"""RPCs left at which :meth:`Transfer.bound` computes the end itself."""

ANSWERS = 16384
"""Operations offered that can be replayed; older ones are settled."""


class Transfer:
    """Files of some clients on their way into one server.

    Args:
        server: cores, buffer and store.
        clients: who sends; files are given to them by :meth:`submit`.
        regime: what holds from the beginning.
        at: when that is [s].
        core: what computes it, one of :data:`~devicesim.throughput.core.CORES`; the first if not given.

    Attributes:
        server, clients: as given.
        now: the clock: the latest time the transfer was advanced to, or up to which operations offered are settled [s].
        began: when it began [s].

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

    def __init__(
        self,
        server: Server,
        clients: Sequence[Client],
        regime: Regime,
        at: float = 0.0,
        core: type[Core] | None = None,
    ) -> None:
        require(len(clients) > 0, "len(clients)", "> 0", len(clients))
        require(isfinite(at), "at", "finite", at)
        self.server, self.clients, self.now = server, tuple(clients), at
        regime.require_clients(len(self.clients))
        self._regimes = [(at, regime)]
        self._bound = -inf
        self._settled = self.began = self._seen = at
        self._totals = [(demand.Demand(), demand.Demand()) for _ in self.clients]
        self._core = (core or CORES[0])(server, self.clients, regime, at, CHECKPOINT_EVERY)
        self._core.catch_up(at)

    # Inputs.

    def submit(self, client_index: int, sizes: ArrayLike) -> None:
        """Append files to a client's list, as of now.

        Args:
            client_index: whose list.
            sizes: of the files, in the order in which they are taken, shape (n,) [bytes]. They are copied, but for
                a read-only array of float64 that is no view of another: the compiled core looks at it where it is.

        Raises:
            BoundError: a size is negative, not a number, or above 2^53.
        """
        self._known(client_index)
        given = _lasting(sizes, checked(sizes))
        self._bound = -inf
        self._core.submit(client_index, given)
        # A stream that comes to the list at this very instant finds them there.
        self._core.grant(client_index, given.size, self.now, nextafter(self.now, -inf))
        self._core.catch_up(self.now)

    def pause(self, client: int) -> None:
        """Let a client issue nothing from now on; what it has issued goes its way."""
        self._pause(client, True)

    def resume(self, client: int) -> None:
        """Let a paused client go on, as of now."""
        self._pause(client, False)

    def _pause(self, client: int, paused: bool) -> None:
        self._known(client)
        self._bound = -inf
        self._core.pause(client, paused, self.now, nextafter(self.now, -inf))
        self._core.catch_up(self.now)

    def offer(self, operation: Operation, payload: float, client: int, at: float) -> float:
        """Send one operation of a door through the same stations.

        Args:
            operation: what it is.
            payload: bytes that it carries.
            client: whose link it comes over.
            at: when it is issued, no earlier than now; in any order [s].

        Returns:
            When its reply arrives [s], as far as known: an operation offered later may have been issued before it, or
            with several links or cores overtake it on the way. Infinite while it would never arrive under the regimes
            known; should its link, the cores or the store come back, it goes on.
        """
        self._known(client)
        require(0 <= payload <= LARGEST, "payload", f"in [0, {LARGEST:.0f}]", payload)
        if not self.now <= at < inf:
            require(False, "at", f">= {self.now} and finite", at)
        self._bound = -inf
        reply = self._core.offer(client, operation, float(payload), at)
        settled = self._core.settle_inputs(ANSWERS)
        if settled > self._settled:
            self._settled, self.now = settled, max(self.now, settled)
        return reply

    def set_regime(self, regime: Regime, at: float) -> None:
        """Let a regime hold from ``at`` on; what had been laid for later is forgotten.

        Args:
            regime: what holds.
            at: from when on [s]; a time yet to come lays a known schedule, a past one (not settled) corrects it.
        """
        if not self._settled <= at < inf:
            require(False, "at", f">= {self._settled} and finite", at)
        regime.require_clients(len(self.clients))
        last, before = self._regimes[-1]
        # What is left takes no less than before, by the factor of all that becomes quicker.
        known = last <= at < self._bound < inf
        self._bound = (
            at + (self._bound - at) / _quicker(before, regime) * (1 - demand.SHADE) if known else -inf
        )
        regimes = self._regimes
        while regimes and regimes[-1][0] >= at:
            regimes.pop()
        regimes.append((at, regime))
        went_back = self._core.lay(regime, at)
        self._core.catch_up(self.now)
        if went_back:
            # The next change is likely to come from here on: going back this far must not cost more than needed.
            self._core.freeze()

    def lay(self, schedule: Sequence[tuple[float, Regime]]) -> None:
        """Lay regimes ahead, in order of time and none before now: as :meth:`set_regime` for each, in less time."""
        regimes, lay, now, count = self._regimes, self._core.lay, self.now, len(self.clients)
        for at, regime in schedule:
            if not now <= at < inf:
                require(False, "at", f">= {now} and finite", at)
            regime.require_clients(count)
            while regimes and regimes[-1][0] >= at:
                regimes.pop()
            regimes.append((at, regime))
            lay(regime, at)
        self._bound = -inf
        self._core.catch_up(self.now)

    def settle(self, t: float) -> None:
        """Promise that nothing before ``t`` will change, so that what it would take to go back there can be dropped."""
        require(isfinite(t), "t", "finite", t)
        self._settled = max(self._settled, t)
        self._core.settle(self._settled)

    # The clock.

    def advance(self, to: float) -> None:
        """Process every RPC issued at or before ``to``; an earlier ``to`` than now changes nothing."""
        require(-inf < to, "to", "a time", to)
        if to > LAST:
            self.run()
        elif to > self.now:
            self._core.catch_up(to)
            self.now = to

    def look(self, to: float) -> None:
        """Process the same, so that it can be read, and let the clock stand: operations issued before may yet come."""
        require(to == to, "to", "a time", to)
        if to > self.seen:
            self._core.catch_up(min(to, LAST))
            self._seen = to

    def run(self) -> float:
        """Process everything; return the end, infinity if it does not come under the regimes known."""
        self._core.catch_up(LAST)
        self.now = max(self.now, self._core.time)
        return self.end

    def bound(self) -> float:
        """Return a time before which the transfer is not done: exact once little is left, infinity if stalled."""
        if self._bound <= self.now:
            self._bound = self._lower_bound()
        return self._bound

    def _lower_bound(self) -> float:
        if self._core.through < LAST:
            standing = Standing(*self._core.standing())
            demands = [self._demand(i, standing.taken[i]) for i in range(len(self.clients))]
            if demand.rpcs(self.clients, standing, demands) > LITTLE:
                since = max(self.now, self._core.time)
                known = self._core.capacities()
                return demand.completion(self.server, self.clients, known, standing, demands, since)
            if self._core.time <= self.now:
                self._core.freeze()
            self._core.catch_up(LAST)
        return self._ends() if self._complete else inf

    @property
    def done(self) -> bool:
        """Whether every file submitted is finished by now."""
        return self.end < inf

    @property
    def end(self) -> float:
        """When the last file was finished [s]; infinity while some are not."""
        ends = self._ends() if self._complete else inf
        return ends if ends <= self.now else inf

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
        ends = curves.view(files.finished_at)
        limit, count = self._limit, len(ends)
        if limit < inf:
            count = int(np.searchsorted(ends, limit, side="right"))
        times = np.empty(len(files.sizes)) if count == len(files.sizes) else np.full(len(files.sizes), inf)
        times[curves.indices(files.finished)[:count]] = ends[:count]
        return times

    def finished(self, client: int, since: int, until: float) -> tuple[NDArray[np.int64], Floats]:
        """Return a client's files in the order in which they were finished, and when.

        Args:
            client: its index.
            since: how many of them are known already and left out.
            until: up to and with which time, no later than now [s].
        """
        (files,) = self._files(client)
        ends = curves.view(files.finished_at)
        count = int(np.searchsorted(ends, min(until, self._limit), side="right"))
        return curves.indices(files.finished)[since:count].copy(), ends[since:count].copy()

    def stored(self, t: ArrayLike) -> Floats:
        """Return the bytes that the store had by each time: what losing the buffer would leave."""
        return curves.stored(self._core, len(self.clients), self._times(t))

    def usage(self, t: ArrayLike) -> curves.Usage:
        """Return how long each station had served by each time."""
        return curves.usage(self._core, 1 + max(client.link for client in self.clients), self._times(t))

    def worked(self, t: float) -> tuple[float, float]:
        """Return the cores' and the store's seconds of :meth:`usage` by one time, which is quicker."""
        require(t <= self._limit, "t", f"<= now, {self._limit}", t)
        return curves.worked(self._core, t)

    @property
    def seen(self) -> float:
        """Up to when it can be read: now, or later where somebody looked [s]."""
        return max(self.now, self._seen)

    @property
    def _limit(self) -> float:
        """Up to when it can be read, as far as the regimes are known."""
        return inf if self._core.through >= LAST and self._core.time <= self.now else self.seen

    def _times(self, t: ArrayLike) -> Floats:
        times = np.asarray(t, dtype=np.float64)
        require(times <= self._limit, "t", f"<= now, {self._limit}", times)
        return times

    def _files(self, client: int | None) -> list[FileColumns]:
        if client is None:
            return [self._core.files(i) for i in range(len(self.clients))]
        self._known(client)
        return [self._core.files(client)]

    def _known(self, client: int) -> None:
        if not 0 <= client < len(self.clients):
            require(False, "client", f"in [0, {len(self.clients) - 1}]", client)

    @property
    def _complete(self) -> bool:
        return not self._core.unfinished

    def _ends(self) -> float:
        return max(self.began, self._core.finished_by)

    def _demand(self, client: int, begun: int) -> demand.Demand:
        """Demand of the files that a client has not begun."""
        sizes = curves.view(self._core.files(client).sizes)
        total, done = self._totals[client]
        total = total.up_to(self.clients[client], sizes, len(sizes))
        done = (done if done.files <= begun else demand.Demand()).up_to(self.clients[client], sizes, begun)
        self._totals[client] = total, done
        return total - done


def _lasting(sizes: ArrayLike, given: Floats) -> Floats:
    """The sizes given: read-only only where nobody can change them."""
    if given.flags.writeable:
        if isinstance(sizes, np.ndarray) and sizes.dtype != given.dtype:
            given.setflags(write=False)  # made just now
    elif given.base is not None:
        given = given.copy()
        given.setflags(write=False)
    return given


def _quicker(before: Regime, after: Regime) -> float:
    """By how much everything goes quicker at most, 1 if nothing does; infinity where something stood still."""
    most = 1.0
    slower, quicker = (*before.bandwidth, *after.latency), (*after.bandwidth, *before.latency)
    pairs = zip((*slower, before.share, before.store), (*quicker, after.share, after.store), strict=True)
    for old, new in pairs:
        if new > old:
            most = max(most, new / old if old > 0 else inf)
    return most
