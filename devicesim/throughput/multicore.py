"""The loop for several cores behind one link: RPCs reach the cores in the order of issue, and leave in another.

Only the way from the cores to admission can overtake. So an RPC goes from its issue to the end of its service by a
core at once, and those that then touch the store wait in a queue, sorted by when they leave the cores, until
everything issued before that has been: at one instant admission comes first. A new RPC overtakes in that queue no more
than the RPCs that the other cores have at that time.

Who cannot get through his link, or has to wait for being paused, is none of this loop's business:
:mod:`~devicesim.throughput.queued` goes on from the same state.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Sequence
from heapq import heapreplace
from math import inf, sqrt

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.front import TAKE, Front, cross, store_speed
from devicesim.throughput.model import Client, Server
from devicesim.throughput.state import METER_EVERY, NEVER, UNKNOWN, Record, State, Turn, take


def simple(schedule: Schedule, state: State) -> bool:
    """Tell whether RPCs reach the cores in the order of their issue, and none is held back."""
    return (
        schedule.keeps_order
        and not any(state.paused)
        and not any(state.pending)
        and not any(rpc[1] or rpc[4] < 0 for rpc in state.flight)
    )


def run_multicore(
    server: Server,
    clients: Sequence[Client],
    schedule: Schedule,
    state: State,
    record: Record,
    to: float,
    budget: int,
) -> bool | None:
    """Go on until nothing is left to happen at or before ``to`` (True) or ``budget`` RPCs have been issued (False).

    None if the next RPC would never get through its link; nothing of it has been done.

    One function, and longer than most, because a call per RPC would cost as much as the RPC.
    """
    curve, latencies = schedule.store, schedule.latency[0]
    ready, streams, buffered = state.ready, state.streams, state.buffered
    cores, arrived = state.cores, state.arrived
    notes = [(files.admitted_at, files.payloads) for files in record.files]
    link, buffer, store = clients[0].link, float(server.buffer), server.store
    capacity, square = float(store.capacity), float(store.rate_start * store.rate_start)
    fall = float(store.rate_end * store.rate_end) - square
    link_free, arrival, store_free = state.link_free[link], state.core_seen, state.store_free
    link_busy, core_busy, store_busy = state.link_busy[link], state.core_busy, state.store_busy
    admitted_at, admitted, drained = state.admitted_at, state.admitted, state.drained
    position, blocked, served, last = state.position, state.blocked, state.served, state.time
    speed, speed_edge = store_speed(curve, store_free)
    leaving = deque(sorted(state.flight))
    due = leaving[0][0] if leaving else inf
    # The rows are those of the regime in which an RPC enters its link.
    front = Front(clients, schedule, streams, max(min(due, ready[0][0]), link_free))
    rows, change, until, latency = front.rows, front.change, front.until, front.latency
    since = front.since
    number, end = state.number, state.number + budget
    stop = min(end, number - number % -METER_EVERY)
    result: bool | None = True
    # The turns stand as in the loop for one core: the next one, and beside it a queue of the others.
    queue = deque(sorted(ready))
    queue.remove(NEVER)
    latest = queue[-1][0] if queue else -inf
    turn: Turn = queue.popleft() if queue else NEVER
    while True:
        time = turn[0]
        if due <= time:
            # Next the first in the queue leaves the cores.
            if due > to:
                break
            leave, _, _, answered, index, slot, client, operation, payload = leaving.popleft()
            due = leaving[0][0] if leaving else inf
        elif time > to:
            break
        else:
            # Next a stream issues an RPC.
            index = turn[2]
            sort, link_time, core_time, follow, detail = rows[index]
            payload = 0.0
            if sort:
                stream = streams[index]
                if sort == TAKE:
                    last = time
                    if not take(state, record, stream, time):
                        state.parked.append(turn)
                        turn = queue.popleft() if queue else NEVER
                        continue
                    rows[index] = row = follow[2 if stream.left > 0 else 0]
                    sort, link_time, core_time, follow, detail = row
                client, operation, block, bandwidth, window, _, _, _ = detail
                if block:
                    payload = stream.left
                    if payload >= block:
                        payload = block
                    else:
                        link_time = (operation.request + payload) / bandwidth
                        core_time = (operation.work + operation.work_per_byte * payload) / front.share
            start = time if time > link_free else link_free
            done = start + link_time
            reach = done + latency
            if reach < arrival:
                reach = arrival
            begin = cores[0]
            if reach > begin:
                begin = reach
            leave = begin + core_time
            if leave < until:
                lag = latency
            else:
                crossing = cross(schedule, detail[0], detail[1], payload, start, arrival, cores[0])
                done, reach, leave, link_time, core_time = crossing
                if done == inf:
                    result = None
                    break
                lag = latencies.at(leave)
                if start >= change:
                    front.look(start, streams)
                    since, change, until = front.since, front.change, front.until
                    latency, follow = front.latency, rows[index][3]
            if number == stop:
                if number == end:
                    result = False
                    break
                stop = min(end, number + METER_EVERY)
                state.link_free[link], state.link_busy[link] = link_free, link_busy
                state.core_seen, state.core_busy = arrival, core_busy
                state.store_free, state.store_busy = store_free, store_busy
                state.admitted_at, state.admitted, state.blocked = admitted_at, admitted, blocked
                record.read_meters(state, schedule.share)
            last = time
            link_free = done
            link_busy += link_time
            arrived[detail[0]] = arrival = reach
            heapreplace(cores, leave)
            core_busy += core_time
            if not sort:
                rows[index] = follow
                answer = (leave + lag, number, index)
                number += 1
                if not queue:
                    turn = answer
                elif answer[0] > latest:
                    latest = answer[0]
                    queue.append(answer)
                    turn = queue.popleft()
                elif answer[0] < queue[0][0]:
                    turn = answer
                else:
                    insort(queue, answer)
                    turn = queue.popleft()
                continue
            slot = stream.slot
            if payload:
                ring = stream.ring
                ring[slot] = UNKNOWN
                next_slot = slot + 1
                if next_slot == window:
                    next_slot = 0
                stream.slot = next_slot
                stream.unanswered += 1
                stream.left = left = stream.left - payload
                free = ring[next_slot]
                if not left:
                    turn = queue.popleft() if queue else NEVER
                elif free is UNKNOWN:
                    stream.held = turn
                    turn = queue.popleft() if queue else NEVER
                elif free[0] > time or free > turn:
                    if queue and free > queue[0]:
                        insort(queue, free)
                        turn = queue.popleft()
                    else:
                        turn = free
                    if free[0] > latest:
                        latest = free[0]
            else:
                turn = queue.popleft() if queue else NEVER
            answered = number
            number += 1
            if leave >= due or leave > turn[0] or leave > to:
                # Something else comes first.
                served += 1
                rpc = (leave, 0, served, answered, index, slot, client, operation, payload)
                if not leaving or leave >= leaving[-1][0]:
                    leaving.append(rpc)
                else:
                    before = len(leaving) - 1
                    while before and leave < leaving[before - 1][0]:
                        before -= 1
                    leaving.insert(before, rpc)
                if leave < due:
                    due = leave
                continue
        # An RPC leaves the cores.
        last = leave
        reply = leave if leave > admitted_at else admitted_at
        work = operation.store
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
        if operation.wait:
            reply = store_free
        lag = latency if since <= reply < until else latencies.at(reply)
        answer = (reply + lag, answered, index)
        if not payload:
            rows[index] = rows[index][3]
        else:
            buffered.append((admitted, store_free))
            stream = streams[index]
            stream.ring[slot] = answer
            stream.unanswered -= 1
            latest_answer = stream.last
            if answer[0] > latest_answer[0] or answer > latest_answer:
                stream.last = answer
            if not stream.left:
                if stream.unanswered:
                    continue
                rows[index] = rows[index][3]
                answer = stream.last
            elif stream.held and stream.slot == slot:
                if stream.held > answer:
                    answer = stream.held
                stream.held = None
            else:
                continue
        # One turn more.
        if answer < turn:
            if turn is not NEVER:
                queue.appendleft(turn)
                if turn[0] > latest:
                    latest = turn[0]
            turn = answer
        elif answer[0] > latest:
            latest = answer[0]
            queue.append(answer)
        else:
            insort(queue, answer)
    ready[:] = sorted({turn, *queue, NEVER})
    front.settle(streams)
    state.flight[:] = leaving
    state.number, state.served, state.time = number, served, max(last, state.time)
    state.link_free[link], state.link_busy[link] = link_free, link_busy
    state.core_seen, state.core_busy = arrival, core_busy
    state.store_free, state.store_busy = store_free, store_busy
    state.admitted_at, state.admitted, state.drained = admitted_at, admitted, drained
    state.position, state.blocked = position, blocked
    return result
