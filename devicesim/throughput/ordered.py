"""The fast loop: RPCs that reach every station in the order of their issue.

With one link, one core and no overtaking on the way, the finish times of an RPC at all stations follow at once
from those of the RPC issued before it, as maxima and sums. So one pass in the order of issue is exact, whatever
the operations wait for.

As long as an RPC leaves the cores within one regime its service times are quotients computed once; only those
that straddle a change walk the :class:`~devicesim.throughput.capacity.Capacity` curves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heapreplace
from math import inf, nextafter, sqrt
from typing import NamedTuple

from devicesim.throughput.capacity import Capacity, Schedule
from devicesim.throughput.model import Client, Operation, Server
from devicesim.throughput.state import METER_EVERY, Record, State, take


class _Row(NamedTuple):
    """What one operation of a client costs in the present regime, and the stage that follows it."""

    operation: Operation
    link_time: float
    core_time: float
    latency: float
    stores: bool
    work: float
    wait: bool
    follow: int | None


class _Data(NamedTuple):
    """What else a client's WRITEs need."""

    block: float
    bandwidth: float
    note_time: Callable[[float], None]
    note_bytes: Callable[[float], None]


class _Front:
    """The regime ahead of the store at one time: per stream its service times, and until when they hold."""

    def __init__(self, clients: Sequence[Client], schedule: Schedule, record: Record) -> None:
        self.clients, self.schedule, self.record = clients, schedule, record
        self.look(-inf)

    def look(self, time: float) -> None:
        """Take up the regime of a time; where a rate is zero every RPC has to walk the curves."""
        schedule = self.schedule
        share = schedule.share.at(time)
        bandwidths = [bandwidth.at(time) for bandwidth in schedule.bandwidth]
        self.change = schedule.front_change(time)
        self.edge = self.change if share and all(bandwidths) else -inf
        self.share = share or 1.0
        self.rows: list[list[_Row]] = []
        self.data: list[_Data] = []
        for index, client in enumerate(self.clients):
            bandwidth, admitted = bandwidths[index] or 1.0, self.record.files[index].admitted
            data = _Data(float(client.block), bandwidth, admitted.times.append, admitted.values.append)
            self.rows += [self._rows(client, data, schedule.latency[index].at(time))] * client.streams
            self.data += [data] * client.streams

    def _rows(self, client: Client, data: _Data, latency: float) -> list[_Row]:
        """Return the row of each stage: WRITE, those after, and, counted from the end, those before."""
        life = client.operations
        after, before = len(life.after), len(life.before)
        follows = [
            1 if after else None,
            *range(2, after + 1),
            *([None] if after else []),
            *range(1 - before, 1),
        ]
        payloads = [data.block] + [0.0] * (after + before)
        return [
            _Row(
                operation,
                (operation.request + payload) / data.bandwidth,
                (operation.work + operation.work_per_byte * payload) / self.share,
                latency,
                payload > 0 or operation.store > 0 or operation.wait,
                operation.store,
                operation.wait,
                follow,
            )
            for operation, payload, follow in zip(
                (life.write, *life.after, *life.before), payloads, follows, strict=True
            )
        ]


def _cross(
    schedule: Schedule, client: int, operation: Operation, payload: float, start: float, core_free: float
) -> tuple[float, float, float, float, float]:
    """Return when an RPC leaves the link, arrives at and leaves the cores, and how long both served it."""
    done, link_time = schedule.bandwidth[client].serve(start, operation.request + payload)
    if done == inf:
        return inf, inf, inf, inf, inf
    arrival = done + schedule.latency[client].at(done)
    work = operation.work + operation.work_per_byte * payload
    leave, core_time = schedule.share.serve(max(arrival, core_free), work)
    return done, arrival, leave, link_time, core_time


def run_ordered(
    server: Server,
    clients: Sequence[Client],
    schedule: Schedule,
    state: State,
    record: Record,
    to: float,
    budget: int,
) -> bool:
    """Take RPCs in turn until none issued at or before ``to`` is left (True) or ``budget`` have been taken."""
    front = _Front(clients, schedule, record)
    end = state.number + budget
    while state.number < end:
        if _stride(server, front, state, record, to):
            return True
        record.read_meters(state, schedule.share)
    return False


def _stride(server: Server, front: _Front, state: State, record: Record, to: float) -> bool:
    """Take RPCs in turn until ``to`` (True) or until the meters are due.

    One function, and longer than most, because a call per RPC would cost as much as the RPC.
    """
    schedule, curve = front.schedule, front.schedule.store
    ready, streams, buffered, sent = state.ready, state.streams, state.buffered, state.sent
    buffer, store, link = server.buffer, server.store, front.clients[0].link
    capacity, square = store.capacity, store.rate_start * store.rate_start
    fall = store.rate_end * store.rate_end - square
    link_free, core_free, store_free = state.link_free[link], state.cores[0], state.store_free
    admitted_at, admitted, drained, position = (
        state.admitted_at,
        state.admitted,
        state.drained,
        state.position,
    )
    link_busy, core_busy, store_busy, blocked = (
        state.link_busy[link],
        state.core_busy,
        state.store_busy,
        state.blocked,
    )
    speed, speed_edge = _speed(curve, store_free)
    stalled = state.stalled
    past, last = nextafter(to, inf), state.time
    limit, edge, rows, data = -inf, front.edge, front.rows, front.data
    stop = state.number - state.number % METER_EVERY + METER_EVERY
    for number in range(state.number, stop):
        turn = ready[0]
        time = turn[0]
        if time >= limit:
            if time > to:
                break
            if time >= front.change:
                front.look(time)
            limit, rows, data = min(front.change, past), front.rows, front.data
            edge = -inf if stalled else front.edge
        index = turn[2]
        stream = streams[index]
        stage = stream.stage
        if stage is None:
            last = time
            if not take(state, record, stream, time):
                state.parked.append(heappop(ready))
                continue
            stage = stream.stage
            assert stage is not None
        operation, link_time, core_time, latency, stores, work, wait, follow = rows[index][stage]
        payload = 0.0
        if not stage:
            payload = stream.left
            block, bandwidth, note_time, note_bytes = data[index]
            if payload >= block:
                payload = block
            else:
                link_time = (operation.request + payload) / bandwidth
                core_time = (operation.work + operation.work_per_byte * payload) / front.share
        start = time if time > link_free else link_free
        done = start + link_time
        arrival = done + latency
        leave = (arrival if arrival > core_free else core_free) + core_time
        if leave >= edge:
            crossing = _cross(schedule, stream.client, operation, payload, start, core_free)
            done, arrival, leave, link_time, core_time = crossing
            if leave == inf or stalled:
                # Nothing overtakes it: whatever comes next must not take the short way.
                stalled.append(heappop(ready))
                last, edge = time, -inf
                continue
        last = time
        link_free, core_free = done, leave
        link_busy += link_time
        core_busy += core_time
        reply = leave
        if stores:
            if leave < admitted_at:
                reply = admitted_at
            if payload:
                admitted += payload
                if admitted - drained > buffer and reply < inf:
                    head = reply
                    while admitted - drained > buffer and buffered:
                        drained, room_at = buffered.popleft()
                        if room_at > reply:
                            reply = room_at
                    blocked += reply - head
                if reply < inf:
                    sent[stream.client] += payload
                    note_time(reply)
                    note_bytes(sent[stream.client])
                    place = position if position < capacity else capacity
                    work += payload / sqrt(square + fall * place / capacity)
                    position += payload
            admitted_at = reply
            begin = reply if reply > store_free else store_free
            took = work / speed
            store_free = begin + took
            if store_free > speed_edge:
                store_free, took = curve.serve(begin, work)
                speed, speed_edge = _speed(curve, store_free)
            store_busy += took
            if payload:
                buffered.append((admitted, store_free))
            if wait:
                reply = store_free
        if reply >= edge:
            latency = schedule.latency[stream.client].at(reply)
        answer = (reply + latency, number, index)
        if stage:
            if follow == 0 and not stream.left:
                follow = rows[index][0].follow
            stream.stage = follow
            heapreplace(ready, answer)
            continue
        stream.left = left = stream.left - payload
        ring, slot = stream.ring, stream.slot
        ring[slot] = answer
        slot += 1
        if slot == len(ring):
            slot = 0
        stream.slot = slot
        if answer > stream.last:
            stream.last = answer
        if not left:
            stream.stage = follow
            heapreplace(ready, stream.last)
        elif ring[slot] > turn:
            heapreplace(ready, ring[slot])
    else:
        number = stop
    state.number, state.time = number, last
    state.link_free[link], state.cores[0], state.store_free = link_free, core_free, store_free
    state.admitted_at, state.admitted, state.drained = admitted_at, admitted, drained
    state.position = position
    state.link_busy[link], state.core_busy = link_busy, core_busy
    state.store_busy, state.blocked = store_busy, blocked
    return number < stop


def _speed(curve: Capacity, time: float) -> tuple[float, float]:
    """Return the store's speed at a time and until when it holds; a stopped store is never taken as quick."""
    speed = curve.at(time)
    return (speed, curve.next_change(time)) if speed else (1.0, -inf)
