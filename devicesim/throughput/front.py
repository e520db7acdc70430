"""What an RPC costs ahead of the store in one regime, for the loops in which none overtakes another on its way.

As long as an RPC leaves the cores within the regime in which it entered its link, its service times are quotients;
these rows hold them for whole blocks. Only an RPC that straddles a change has to walk the
:class:`~devicesim.throughput.capacity.Capacity` curves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf
from typing import Any, TypeAlias

from devicesim.throughput.capacity import Capacity, Schedule
from devicesim.throughput.model import Client, Operation
from devicesim.throughput.state import Stream

PLAIN, STORING, TAKE = range(3)
"""Sorts of a stream's next step: an operation that leaves the store alone, one that works the store or waits for it (as
every WRITE does), and taking the next file."""

Detail: TypeAlias = tuple[int, Operation, float, float, int, float, bool, int | None]
"""Of a row: the client, the operation, the client's block [bytes] (0 if there is no payload), its bandwidth [bytes/s]
and its window (0 unless the file may need several WRITEs); the operation's work of the store [s], whether it waits for
it, and the stream's stage."""

Row: TypeAlias = tuple[int, float, float, Any, Detail]
"""A stream's next step: its sort, time on the link and on a core [s] (of a WRITE: of a whole block), the row of the
step that follows (after a WRITE: after all of them; after TAKE: of a file with no, one and more WRITEs), and the
detail."""

Chain: TypeAlias = dict[int | None, Row]
"""A file's steps by stage."""

MOST_CHAINS = 64
"""Of how many rates the steps of a file are kept."""


class Front:
    """The regime ahead of the store at one time.

    Attributes:
        since, change: when it begins and ends.
        until: up to when the rows hold: its end, but ``-inf`` while a rate is zero: then every RPC walks the curves.
        latency: one way, the same for every client [s].
        share: of each core; 1 where it is zero.
        rows: the next step of every stream.
    """

    __slots__ = (
        "_clients", "_schedule", "change", "latency", "rows", "share", "since", "until",
    )  # fmt: skip

    def __init__(
        self, clients: Sequence[Client], schedule: Schedule, streams: Sequence[Stream], time: float
    ) -> None:
        self._clients, self._schedule = clients, schedule
        self.rows: list[Row] = []
        self._look(time, streams)

    def look(self, time: float, streams: Sequence[Stream]) -> None:
        """Take up the regime of a time; the streams' stages are those that the rows have reached."""
        self.settle(streams)
        self._look(time, streams)

    def _look(self, time: float, streams: Sequence[Stream]) -> None:
        schedule = self._schedule
        share = schedule.share.at(time)
        bandwidths = [bandwidth.at(time) for bandwidth in schedule.bandwidth]
        ahead = (*schedule.bandwidth, *schedule.latency, schedule.share)
        self.since = max(c.times[bisect_right(c.times, time) - 1] for c in ahead)
        self.change = schedule.front_change(time)
        self.until = self.change if share and all(bandwidths) else -inf
        self.latency = schedule.latency[0].at(time)
        self.share = share or 1.0
        chains = [
            self._known(index, client, bandwidths[index] or 1.0) for index, client in enumerate(self._clients)
        ]
        self.rows[:] = [chains[s.client][s.left > 0][s.stage] for s in streams]

    def settle(self, streams: Sequence[Stream]) -> None:
        """Write the stages that the rows have reached into the streams."""
        for stream, row in zip(streams, self.rows, strict=True):
            stream.stage = row[4][-1]

    def _known(self, index: int, client: Client, bandwidth: float) -> tuple[Chain, Chain]:
        """The steps of a file, made once for each rate."""
        known, rates = self._schedule.chains, (index, bandwidth, self.share)
        if rates not in known:
            if len(known) >= MOST_CHAINS:
                known.clear()
            known[rates] = self._chains(index, client, bandwidth)
        chains: tuple[Chain, Chain] = known[rates]
        return chains

    def _chains(self, index: int, client: Client, bandwidth: float) -> tuple[Chain, Chain]:
        """Return a file's steps: of an empty one, and of one with data."""
        share, block, life = self.share, float(client.block), client.operations

        def row(
            operation: Operation,
            stage: int | None,
            sort: int,
            follow: Any,
            payload: float = 0.0,
            window: int = 0,
        ) -> Row:
            link_time = float((operation.request + payload) / bandwidth)
            core_time = float((operation.work + operation.work_per_byte * payload) / share)
            detail = index, operation, payload, bandwidth, window, operation.store, operation.wait, stage
            return sort, link_time, core_time, follow, detail

        def call(operation: Operation, stage: int, follow: Row) -> Row:
            return row(operation, stage, STORING if operation.store > 0 or operation.wait else PLAIN, follow)

        firsts: list[Row] = []
        follow = row(life.write, None, TAKE, firsts, block)
        after: Chain = {None: follow}
        for stage in range(len(life.after), 0, -1):
            after[stage] = follow = call(life.after[stage - 1], stage, follow)
        only, write = (row(life.write, 0, STORING, follow, block, window) for window in (0, client.window))
        chains = []
        for last in (follow, only, write):
            # A stream whose last WRITEs are on their way has nothing left, yet its step is still WRITE.
            chain, follow = after | {0: write}, last
            for stage in range(-1, -len(life.before) - 1, -1):
                chain[stage] = follow = call(life.before[stage], stage, follow)
            firsts.append(follow)
            chains.append(chain)
        return chains[0], chains[2]


def cross(
    schedule: Schedule,
    client: int,
    operation: Operation,
    payload: float,
    start: float,
    arrived: float,
    core_free: float,
) -> tuple[float, float, float, float, float]:
    """Walk the curves: when an RPC leaves its link, reaches and leaves the cores, and how long both served it.

    ``arrived`` is when the one before it reached the cores. All infinite if it never gets through its link.
    """
    done, link_time = schedule.bandwidth[client].serve(start, operation.request + payload)
    if done == inf:
        return inf, inf, inf, inf, inf
    arrival = max(done + schedule.latency[client].at(done), arrived)
    work = operation.work + operation.work_per_byte * payload
    leave, core_time = schedule.share.serve(max(arrival, core_free), work)
    return done, arrival, leave, link_time, core_time


def store_speed(curve: Capacity, time: float) -> tuple[float, float]:
    """Return the store's speed at a time and until when it holds; a stopped store is never taken as quick."""
    speed = curve.at(time)
    return (speed, curve.next_change(time)) if speed else (1.0, -inf)
