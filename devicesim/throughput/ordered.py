"""The loop for one core: RPCs that reach every station in the order of their issue.

With one link, one core and no overtaking on the way, the finish times of an RPC at all stations follow at once
from those of the RPC issued before it, as maxima and sums. So one pass in the order of issue is exact, whatever
the operations wait for.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Sequence
from math import inf, sqrt

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.front import TAKE, Front, cross, store_speed
from devicesim.throughput.model import Client, Operation, Server
from devicesim.throughput.state import METER_EVERY, NEVER, Record, State, take

Note = tuple[float, float, float, Operation, float]
"""Of an RPC about to enter its link: when link and core are free, when the latest admission was, the operation and its
payload."""


def run_ordered(
    server: Server,
    clients: Sequence[Client],
    schedule: Schedule,
    state: State,
    record: Record,
    to: float,
    budget: int,
    trace: list[Note] | None = None,
) -> bool:
    """Take RPCs in turn until none issued at or before ``to`` is left (True) or ``budget`` have been taken.

    The meters are read ahead of each RPC whose number is a multiple of ``METER_EVERY``, and the budget ends at one; but
    where each RPC is noted in a ``trace``, it ends where it ends.

    One function, and longer than most, because a call per RPC would cost as much as the RPC.
    """
    curve, latencies = schedule.store, schedule.latency[0]
    ready, streams, buffered, stalled = state.ready, state.streams, state.buffered, state.stalled
    notes = [(files.admitted_at, files.payloads) for files in record.files]
    link, buffer, store = clients[0].link, float(server.buffer), server.store
    capacity, square = float(store.capacity), float(store.rate_start * store.rate_start)
    fall = float(store.rate_end * store.rate_end) - square
    link_free, core_free, store_free = state.link_free[link], state.cores[0], state.store_free
    idle_since, idle = state.link_free[:link], state.link_busy[:link]
    link_busy, core_busy, store_busy = state.link_busy[link], state.core_busy, state.store_busy
    admitted_at, admitted, drained = state.admitted_at, state.admitted, state.drained
    position, blocked, last = state.position, state.blocked, state.time
    speed, speed_edge = store_speed(curve, store_free)
    # The rows are those of the regime in which an RPC enters its link; where they do not hold, it walks the curves.
    front = Front(clients, schedule, streams, max(ready[0][0], link_free))
    rows, latency, change = front.rows, front.latency, front.change
    until = -inf if stalled else front.until
    first = number = state.number
    if first % METER_EVERY == 0:
        # The RPC before may have been offered, which reads nothing.
        record.read_meters(state, schedule.share)
    end = first + budget
    # Turns come nearly in order, so they queue: each behind the others, unless it is no later than the latest of them.
    # The turn that is next stands beside the queue: whoever gets the next one at once is never put into it.
    queue = deque(sorted(ready))
    queue.remove(NEVER)
    latest, ended = queue[-1][0] if queue else -inf, False
    time, born, index = queue.popleft() if queue else NEVER
    noting = None if trace is None else trace.append
    while first < end:
        stop = first - first % METER_EVERY + METER_EVERY
        if trace is not None:
            stop = min(stop, end)
        for number in range(first, stop):
            if time > to:
                break
            last = time
            sort, link_time, core_time, follow, detail = rows[index]
            payload = 0.0
            if sort:
                stream = streams[index]
                if sort == TAKE:
                    if not take(state, record, stream, time):
                        state.parked.append((time, born, index))
                        time, born, index = queue.popleft() if queue else NEVER
                        break
                    left = stream.left
                    rows[index] = row = follow[(left > 0) + (left > detail[2])]
                    sort, link_time, core_time, follow, detail = row
                if sort:
                    client, operation, block, bandwidth, window, work, wait, _ = detail
                    if block:
                        payload = left = stream.left
                        if payload >= block:
                            payload = block
                        else:
                            link_time = (operation.request + payload) / bandwidth
                            core_time = (operation.work + operation.work_per_byte * payload) / front.share
            done = (time if time > link_free else link_free) + link_time
            arrival = done + latency
            leave = (arrival if arrival > core_free else core_free) + core_time
            lag = latency
            if leave >= until:
                start = time if time > link_free else link_free
                crossing = cross(schedule, detail[0], detail[1], payload, start, -inf, core_free)
                done, _, leave, link_time, core_time = crossing
                if leave == inf or stalled:
                    # Nothing overtakes it: whatever comes next must not take the short way.
                    stalled.append((time, born, index))
                    time, born, index = queue.popleft() if queue else NEVER
                    until = -inf
                    break
                if start >= change:
                    front.look(start, streams)
                    latency, change, until = front.latency, front.change, front.until
                    follow = rows[index][3]
                lag = latency if leave < until else latencies.at(leave)
            if noting is not None:
                noting((link_free, core_free, admitted_at, detail[1], payload))
            link_free = done
            link_busy += link_time
            core_free = leave
            core_busy += core_time
            if not sort:
                rows[index] = follow
                time, born = leave + lag, number
            else:
                reply = leave if leave > admitted_at else admitted_at
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
                        times, payloads = notes[client]
                        times.append(reply)
                        payloads.append(payload)
                        place = position if position < capacity else capacity
                        work += payload / sqrt(square + fall * place / capacity)
                        position += payload
                admitted_at = reply
                begin = reply if reply > store_free else store_free
                took = work / speed
                store_free = begin + took
                if store_free > speed_edge:
                    store_free, took = curve.serve(begin, work)
                    speed, speed_edge = store_speed(curve, store_free)
                store_busy += took
                if wait:
                    reply = store_free
                if reply >= until:
                    lag = latencies.at(reply)
                if payload:
                    buffered.append((admitted, store_free))
                    stream.left = left = left - payload
                if not window:
                    # Nor need a file's only WRITE go into the ring: older turns there hold nobody up either.
                    rows[index] = follow
                    time, born = reply + lag, number
                else:
                    ring, slot = stream.ring, stream.slot
                    ring[slot] = answer = reply + lag, number, index
                    slot += 1
                    if slot == window:
                        slot = 0
                    stream.slot = slot
                    # Of two answers at one instant the one to the later RPC is the later.
                    if answer[0] >= stream.last[0]:
                        stream.last = answer
                    if left:
                        free, freed, _ = ring[slot]
                        if free < time or (free == time and freed <= born):
                            continue
                        time, born = free, freed
                    else:
                        rows[index] = follow
                        time, born, _ = stream.last
            # Who goes on at once needs no turn made; and times are compared several times as quickly as turns.
            if not queue:
                continue
            if time > latest:
                latest = time
                queue.append((time, born, index))
                time, born, index = queue.popleft()
            elif time >= queue[0][0]:
                insort(queue, (time, born, index))
                time, born, index = queue.popleft()
        else:
            number = first = stop
        if number < stop:
            # None has been issued of this number, as whoever was to issue it had to wait.
            first, ended = number, time > to
            if ended:
                break
            continue
        if stop % METER_EVERY == 0:
            record.readings.append(
                (*idle_since, link_free, core_free, store_free, store_free, admitted_at,
                 *idle, link_busy, core_busy, store_busy, admitted, blocked)
            )  # fmt: skip
    state.number, state.time = number, last
    state.link_free[link], state.cores[0], state.store_free = link_free, core_free, store_free
    state.link_busy[link], state.core_busy, state.store_busy = link_busy, core_busy, store_busy
    state.admitted_at, state.admitted, state.drained = admitted_at, admitted, drained
    state.position, state.blocked = position, blocked
    ready[:] = sorted({(time, born, index), *queue, NEVER})
    front.settle(streams)
    return ended
