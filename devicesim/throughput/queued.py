"""The general loop: several links, several cores, RPCs that overtake one another.

Events in the order of time: a stream issues an RPC, an RPC arrives at the cores, an RPC leaves them. Every
station serves first in, first out, so what happens at it follows as soon as the order of arrival is known: the
link at issue, the core at arrival, admission and store when the RPC leaves its core. Two heaps keep the order, one
of the streams that may issue and one of the RPCs on their way.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace
from math import inf

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.model import Client, Operation, Server
from devicesim.throughput.state import METER_EVERY, UNKNOWN, Flight, Record, State, Stream, take


class Queue:
    """The stations of one server, moving one :class:`State`."""

    __slots__ = ("_blocks", "_links", "_lives", "_record", "_schedule", "_server", "state")

    def __init__(
        self, server: Server, clients: Sequence[Client], schedule: Schedule, state: State, record: Record
    ) -> None:
        self._server, self._schedule, self._record, self.state = server, schedule, record, state
        self._links = [client.link for client in clients]
        self._blocks = [float(client.block) for client in clients]
        # Indexed by stage: WRITE is 0, negative stages count from the end.
        self._lives = [(life.write, *life.after, *life.before) for life in (c.operations for c in clients)]

    def run(self, to: float, budget: int) -> bool:
        """Go on until nothing is left to happen at or before ``to`` (True) or ``budget`` RPCs have been issued."""
        state, ready, flight = self.state, self.state.ready, self.state.flight
        end = state.number + budget
        while state.number < end:
            time = ready[0][0]
            if flight and flight[0][0] <= time:
                if flight[0][0] > to:
                    return True
                self.step()
            elif time > to:
                return True
            else:
                if time > state.time:
                    state.time = time
                self._issue()
        return False

    def step(self) -> None:
        """Let the next RPC on its way arrive at the cores or leave them."""
        rpc = heappop(self.state.flight)
        if rpc[0] > self.state.time:
            self.state.time = rpc[0]
        if rpc[1]:
            self._arrive(rpc)
        else:
            self._leave(rpc)

    def _issue(self) -> None:
        state = self.state
        turn = state.ready[0]
        index = turn[2]
        stream = state.streams[index]
        if stream.stage is None and not take(state, self._record, stream, turn[0]):
            state.parked.append(heappop(state.ready))
            return
        stage, client = stream.stage or 0, stream.client
        operation = self._lives[client][stage]
        payload = 0.0 if stage else min(stream.left, self._blocks[client])
        number = stream.reserved or state.number
        if not self.send(number, index, stream.slot, client, operation, payload, turn[0]):
            # It must not take part in ties with other numbers for having waited for its link.
            if not stream.reserved:
                stream.reserved = number
                state.number += len(stream.ring)
            state.stalled[self._links[client]].append(heappop(state.ready))
            return
        if stream.reserved:
            stream.reserved += 1
        else:
            state.number += 1
            if number % METER_EVERY == 0:
                self._record.read_meters(state, self._schedule.share)
        if stage:
            heappop(state.ready)
            stream.reserved = 0
        else:
            self._go_on(stream, payload)

    def _go_on(self, stream: Stream, payload: float) -> None:
        """After a WRITE: the next at the answer to the one a window before it, if that is known yet."""
        ready = self.state.ready
        turn = ready[0]
        ring, slot = stream.ring, stream.slot
        ring[slot] = UNKNOWN
        stream.slot = slot = slot + 1 if slot + 1 < len(ring) else 0
        stream.unanswered += 1
        stream.left -= payload
        free = ring[slot]
        if not stream.left:
            heappop(ready)
        elif free is UNKNOWN:
            stream.held = heappop(ready)
        elif free > turn:
            heapreplace(ready, free)
        else:
            return
        stream.reserved = 0

    def send(
        self,
        number: int,
        stream: int,
        slot: int,
        client: int,
        operation: Operation,
        payload: float,
        time: float,
    ) -> bool:
        """Put an RPC on its link; False if it would never get through."""
        state, link, bandwidth = self.state, self._links[client], self._schedule.bandwidth[client]
        start = max(time, state.link_free[link])
        done = bandwidth.finish(start, operation.request + payload)
        if done == inf or state.stalled[link]:
            return False
        arrival = max(done + self._schedule.latency[client].at(done), state.arrived[client])
        state.link_free[link] = done
        state.link_busy[link] += bandwidth.busy(start, done)
        state.arrived[client] = arrival
        state.in_link += done - time
        state.in_latency += arrival - done
        heappush(state.flight, (arrival, 1, number, number, stream, slot, client, operation, payload))
        return True

    def _arrive(self, rpc: Flight) -> None:
        state = self.state
        time, _, _, number, stream, slot, client, operation, payload = rpc
        begin = max(time, state.cores[0])
        leave = self._schedule.share.finish(begin, operation.work + operation.work_per_byte * payload)
        heapreplace(state.cores, leave)
        state.core_seen = time
        state.core_busy += self._schedule.share.busy(begin, leave)
        state.in_cores += leave - time
        state.served += 1
        if payload or operation.store or operation.wait:
            heappush(state.flight, (leave, 0, state.served, number, stream, slot, client, operation, payload))
        else:
            self._reply(leave, rpc)

    def _leave(self, rpc: Flight) -> None:
        state, operation, payload, buffered = self.state, rpc[7], rpc[8], self.state.buffered
        buffer, work = self._server.buffer, operation.store
        admit = max(rpc[0], state.admitted_at)
        if payload:
            state.admitted += payload
            head = admit
            if head < inf:
                while state.admitted - state.drained > buffer and buffered:
                    state.drained, room_at = buffered.popleft()
                    admit = max(admit, room_at)
                state.blocked += admit - head
            if admit < inf:
                self._note(rpc[6], payload, admit)
                work += payload / self._server.store.rate(state.position)
                state.position += payload
        state.admitted_at = admit
        state.in_buffer += admit - rpc[0]
        begin = max(admit, state.store_free)
        state.store_free = self._schedule.store.finish(begin, work)
        state.store_busy += self._schedule.store.busy(begin, state.store_free)
        if payload:
            buffered.append((state.admitted, state.store_free))
        if operation.wait:
            state.in_store += state.store_free - admit
            admit = state.store_free
        self._reply(admit, rpc)

    def _note(self, client: int, payload: float, time: float) -> None:
        self.state.sent[client] += payload
        admitted = self._record.files[client].admitted
        admitted.times.append(time)
        admitted.values.append(self.state.sent[client])

    def _reply(self, time: float, rpc: Flight) -> None:
        """Give a reply to its stream: the next operation in a series, or room in the window."""
        state = self.state
        _, _, _, number, index, slot, client, _, _ = rpc
        latency = self._schedule.latency[client].at(time)
        turn = (time + latency, number, index)
        state.in_latency += latency
        if index < 0:
            if number == state.asked:
                state.told = turn[0]
            return
        stream = state.streams[index]
        if stream.stage:
            heappush(state.ready, turn)
            stage = stream.stage + 1
            if stage == 0 and not stream.left:
                stage = 1
            stream.stage = stage if stage <= stream.after else None
            return
        stream.ring[slot] = turn
        stream.unanswered -= 1
        if turn > stream.last:
            stream.last = turn
        if not stream.left:
            if not stream.unanswered:
                stream.stage = 1 if stream.after else None
                heappush(state.ready, stream.last)
        elif stream.held and stream.slot == slot:
            heappush(state.ready, max(stream.held, turn))
            stream.held = None
