"""The general loop: several links, several cores, RPCs that overtake one another.

Events in the order of time: a stream issues an RPC, an RPC arrives at the cores, an RPC leaves them. Every
station serves first in, first out, so what happens at it follows as soon as the order of arrival is known: the
link at issue, the core at arrival, admission and store when the RPC leaves its core. Two heaps keep the order, one
of the streams that may issue and one of the RPCs on their way. Where the order cannot change (from one link to the
cores, from one core to the store) an RPC goes straight on.

Several cores behind one link, the common case, have a quicker loop with the same bits:
:mod:`~devicesim.throughput.multicore`.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace
from math import inf

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.model import Client, Operation, Server
from devicesim.throughput.multicore import run_multicore, simple
from devicesim.throughput.state import METER_EVERY, UNKNOWN, Flight, Record, State, Stream, Turn, close, take

FEW = 16
"""So many RPCs are as quick one by one as it takes to begin the quicker loop."""


class Queue:
    """The stations of one server, moving one :class:`State`."""

    __slots__ = (
        "_blocks", "_buffer", "_clients", "_links", "_lives", "_one_core", "_one_link", "_rate", "_record", "_schedule",
        "_server", "state",
    )  # fmt: skip

    def __init__(
        self, server: Server, clients: Sequence[Client], schedule: Schedule, state: State, record: Record
    ) -> None:
        self._schedule, self._record, self.state = schedule, record, state
        self._server, self._clients = server, clients
        self._buffer, self._rate = server.buffer, server.store.rate
        # Whoever left the link while it did not keep the order is still to be overtaken by nobody.
        self._one_link = schedule.keeps_order and not any(rpc[1] for rpc in state.flight)
        self._one_core = server.cores == 1
        self._links = [client.link for client in clients]
        self._blocks = [float(client.block) for client in clients]
        # Indexed by stage: WRITE is 0, negative stages count from the end.
        self._lives = [(life.write, *life.after, *life.before) for life in (c.operations for c in clients)]

    def run(self, to: float, budget: int) -> bool:
        """Go on until nothing is left to happen at or before ``to`` (True) or ``budget`` RPCs have been issued."""
        state = self.state
        end = state.number + budget
        if budget > FEW and not self._one_core and simple(self._schedule, state):
            done = run_multicore(self._server, self._clients, self._schedule, state, self._record, to, budget)
            if done is not None:
                return done
        return self.step(to, end - state.number)

    def step(self, to: float, budget: int) -> bool:
        """The same, RPC by RPC."""
        state, ready, flight = self.state, self.state.ready, self.state.flight
        end = state.number + budget
        while state.number < end:
            time = ready[0][0]
            if flight and flight[0][0] <= time:
                time = flight[0][0]
                if time > to:
                    return True
                rpc = heappop(flight)
                if rpc[1]:
                    self._arrive(rpc)
                else:
                    self._leave(rpc)
            elif time > to:
                return True
            else:
                self._issue(ready[0])
            if time > state.time:
                state.time = time
        return False

    def offer(self, client: int, operation: Operation, payload: float, time: float) -> bool:
        """Send an RPC of no stream; False if it has to wait for its link for good, as far as known."""
        number = self.state.number
        self.state.number += 1
        return self._send((time, 1, number, number, -1, 0, client, operation, payload))

    def retry(self) -> None:
        """Let RPCs that had no way through their link try again."""
        for waiting in self.state.pending:
            while waiting and self._cross(waiting[0]):
                waiting.pop(0)

    def _issue(self, turn: Turn) -> None:
        state, (time, _, index) = self.state, turn
        stream = state.streams[index]
        if state.paused[stream.client]:
            close(self._record, stream, time)
            state.parked.append(heappop(state.ready))
            return
        if stream.stage is None and not take(state, self._record, stream, time):
            state.parked.append(heappop(state.ready))
            return
        client, stage, slot, number = stream.client, stream.stage or 0, stream.slot, state.number
        operation = self._lives[client][stage]
        payload = 0.0
        if stage:
            heappop(state.ready)
        else:
            payload = stream.left
            if payload > self._blocks[client]:
                payload = self._blocks[client]
            self._write_on(stream, payload, turn)
        state.number += 1
        rpc = (time, 1, number, number, index, slot, client, operation, payload)
        self._send(rpc)

    def _send(self, rpc: Flight) -> bool:
        waiting = self.state.pending[self._links[rpc[6]]]
        if waiting or not self._cross(rpc):
            waiting.append(rpc)
            return False
        return True

    def _write_on(self, stream: Stream, payload: float, turn: Turn) -> None:
        """After a WRITE: the next at the answer to the one a window before it, once that is known."""
        ready, ring, slot = self.state.ready, stream.ring, stream.slot
        ring[slot] = UNKNOWN
        slot += 1
        if slot == len(ring):
            slot = 0
        stream.slot = slot
        stream.unanswered += 1
        stream.left -= payload
        free = ring[slot]
        if not stream.left:
            heappop(ready)
        elif free is UNKNOWN:
            stream.held = heappop(ready)
        elif free > turn:
            heapreplace(ready, free)

    def _cross(self, rpc: Flight) -> bool:
        """Take an RPC over its link from the time it was issued; False, and nothing done, if it never gets through."""
        state, schedule = self.state, self._schedule
        time, _, _, number, stream, slot, client, operation, payload = rpc
        link = self._links[client]
        start = state.link_free[link]
        if time > start:
            start = time
        done, took = schedule.bandwidth[client].serve(start, operation.request + payload)
        if done == inf:
            return False
        arrival = done + schedule.latency[client].at(done)
        if arrival < state.arrived[client]:
            arrival = state.arrived[client]
        if number % METER_EVERY == 0:
            self._record.read_meters(state, schedule.share)
        state.link_free[link] = done
        state.link_busy[link] += took
        state.arrived[client] = arrival
        rpc = (arrival, 1, number, number, stream, slot, client, operation, payload)
        if self._one_link:
            self._arrive(rpc)
        else:
            heappush(state.flight, rpc)
        return True

    def _arrive(self, rpc: Flight) -> None:
        state = self.state
        time, _, _, number, stream, slot, client, operation, payload = rpc
        begin = state.cores[0]
        if time > begin:
            begin = time
        leave, took = self._schedule.share.serve(begin, operation.work + operation.work_per_byte * payload)
        heapreplace(state.cores, leave)
        state.core_seen = time
        state.core_busy += took
        if not (payload or operation.store or operation.wait):
            self._reply(leave, rpc)
            return
        state.served += 1
        rpc = (leave, 0, state.served, number, stream, slot, client, operation, payload)
        if self._one_core:
            self._leave(rpc)
        else:
            heappush(state.flight, rpc)

    def _leave(self, rpc: Flight) -> None:
        state, store = self.state, self._schedule.store
        leave, _, _, _, _, _, client, operation, payload = rpc
        work = operation.store
        admit = state.admitted_at
        if leave > admit:
            admit = leave
        if payload:
            state.admitted += payload
            if state.admitted - state.drained > self._buffer and admit < inf:
                admit = self._wait_for_room(admit)
            if admit < inf:
                files = self._record.files[client]
                files.admitted_at.append(admit)
                files.payloads.append(payload)
                work += payload / self._rate(state.position)
                state.position += payload
        state.admitted_at = admit
        state.store_free, took = store.serve(max(admit, state.store_free), work)
        state.store_busy += took
        if payload:
            state.buffered.append((state.admitted, state.store_free))
        if operation.wait:
            admit = state.store_free
        self._reply(admit, rpc)

    def _wait_for_room(self, head: float) -> float:
        """Return when the payload at the head fits in the buffer, or the buffer is empty."""
        state, admit = self.state, head
        while state.admitted - state.drained > self._buffer and state.buffered:
            state.drained, room_at = state.buffered.popleft()
            if room_at > admit:
                admit = room_at
        state.blocked += admit - head
        return admit

    def _reply(self, time: float, rpc: Flight) -> None:
        """Give a reply to its stream: the next operation in a series, or room in the window."""
        state = self.state
        _, _, _, number, index, slot, client, _, _ = rpc
        latency = self._schedule.latency[client].at(time)
        turn = (time + latency, number, index)
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
