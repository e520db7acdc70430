"""A transfer's state, the inputs that move it, and the way back to before one of them.

Inputs come at their times: files granted to a client, an operation offered, a regime. What was computed beyond the
time of an input and could have been touched by it is dropped: back to a checkpoint, and forward again.

How far back a change of capacity reaches follows from the state alone: a link, a core or the store has used its
capacity no later than when it becomes free, and latency was last looked at when an RPC left its link, its core,
admission or (where the reply waits) the store.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappush
from math import inf, isfinite, isnan, nan

from devicesim.errors import require
from devicesim.throughput.capacity import Differences, Schedule
from devicesim.throughput.model import Client, Operation, Regime, Server
from devicesim.throughput.ordered import run_ordered
from devicesim.throughput.periods import Periods
from devicesim.throughput.queued import Queue
from devicesim.throughput.reading import LAST, Capacities, FileColumns, Floats, Point, Readings, Standing
from devicesim.throughput.state import NEVER, Meter, Record, State, core_reading

CHECKPOINTS = 24
"""Beyond so many, every other one of the older checkpoints is dropped."""


@dataclass(slots=True)
class _Checkpoint:
    state: State
    lengths: list[int]
    applied: int


class Replay:
    """Computes a transfer up to any time, and again when an input comes late.

    Attributes:
        schedule: every capacity, as far as known.
        state: where the transfer stands, at least up to ``through``.
        record: what it has done.
        through: everything that happens by then has been computed [s].
    """

    def __init__(
        self,
        server: Server,
        clients: Sequence[Client],
        regime: Regime,
        at: float,
        every: int,
        /,
    ) -> None:
        self._server, self._clients, self._every = server, clients, every
        self.schedule = Schedule(clients, regime)
        self.state = State.begin(server, clients, at)
        self.record = Record(len(clients), len(self.state.link_free), at)
        self.through = -inf
        self._ordered = self.schedule.keeps_order and server.cores == 1
        self._rings = sum(client.streams * client.window for client in clients)
        self._waits = any(o.wait for client in clients for o in client.operations.all)
        self._periods = Periods(server, clients, self.schedule, self.record)
        self._inputs: list[tuple[float, float, Callable[[], None]]] = []
        self._applied = 0
        self._unsettled = 0  # inputs since the latest that settle_inputs settled, dropped or not
        self._asking = 0  # the serial number of the operation whose reply is asked for
        self._checkpoints: list[_Checkpoint] = []
        self.freeze()

    # Inputs.

    def submit(self, client: int, sizes: Floats) -> None:
        """Append sizes to a client's list."""
        self.record.files[client].sizes.frombytes(sizes.tobytes())

    def grant(self, client: int, count: int, at: float, after: float) -> None:
        """Add so many files of a client's list at a time, after everything that happens up to ``after``."""

        def apply() -> None:
            self.state.available[client] += count
            self._wake(client, at)

        self._put(at, after, apply)

    def pause(self, client: int, paused: bool, at: float, after: float) -> None:
        """Let a client issue nothing from a time on, or let it go on."""

        def apply() -> None:
            self._leave_order(at)
            self.state.paused[client] = paused
            self._wake(client, at)

        self._put(at, after, apply)

    def _wake(self, client: int, at: float) -> None:
        """Let streams that had nothing to do, or had to wait, look again; unless their client is paused."""
        state = self.state
        if not state.paused[client]:
            for turn in [turn for turn in state.parked if state.streams[turn[2]].client == client]:
                state.parked.remove(turn)
                heappush(state.ready, (max(at, turn[0]), *turn[1:]))

    def _leave_order(self, at: float) -> None:
        """From now on the general loop: who waits for a link keeps his place there, which the ordered one forgets."""
        if self.state.stalled:
            self._ordered = False
            self._revive()
            self._compute(at)
        self._ordered = False

    def offer(self, client: int, operation: Operation, payload: float, at: float) -> float:
        """Send an RPC of no stream at a time; return when its reply arrives, as far as known."""

        def apply() -> None:
            if self.state.stalled:
                self._leave_order(at)
            state, asking = self.state, serial == self._asking
            if asking:
                state.asked, state.told = state.number, nan
            if not self._queue(state).offer(client, operation, payload, at):
                self._ordered = False
                if asking:
                    state.told = inf

        serial = self._asking = self._asking + 1
        place = self._put(at, at, apply)
        if place < len(self._inputs) - 1:
            # The next one late is likely to come from here on, as when a change of capacity goes back.
            self._apply(place)
            self._compute(at)
            self.freeze()
        self.catch_up(at)
        return self._answer() if isnan(self.state.told) else self.state.told

    def lay(self, regime: Regime, at: float) -> bool:
        """Let a regime hold from a time on; return whether that went back."""
        differs = self.schedule.lay(at, regime)
        self._ordered = self._ordered and self.schedule.keeps_order
        touched = not self._untouched(self.state, differs)
        if touched:
            self._go_back(lambda point: self._untouched(point.state, differs))
        self._revive()
        self.through = -inf
        return touched

    def leap(self, dt: float, size: float, amounts: Floats, times: Floats, store_free: float) -> None:
        """Go on by some time and bytes as if all went on as it does, and forget how to go back."""
        state, then = self.state, self.through + dt
        # From the latest admission on, and replies to it by their latency, so that whoever waited for it still comes at
        # the instant of those who are to wait for it.
        base = state.admitted_at if isfinite(state.admitted_at) else 0.0
        latency, base_then = self.schedule.latency[0].at(base), base + dt

        def moved(time: float) -> float:
            return base_then + latency if time == base + latency else base_then + (time - base)

        state.move(moved)
        if isnan(store_free):
            state.store_free = moved(state.store_free)
            state.drained += size
            state.buffered = deque((admitted + size, moved(time)) for admitted, time in state.buffered)
        else:
            for amount, time in zip(amounts.tolist(), times.tolist(), strict=True):
                state.buffered.append((state.admitted + amount, time))
            state.store_free = store_free
        while state.buffered and state.buffered[0][1] <= then:
            state.drained = state.buffered.popleft()[0]
        state.admitted += size
        state.position += size
        self.through = -inf
        self._checkpoints.clear()
        self._inputs.clear()
        self._applied = self._unsettled = 0
        self.freeze()

    def settle(self, time: float) -> None:
        """Drop what it would take to go back before a time."""
        safe = [i for i, point in enumerate(self._checkpoints) if point.state.over(time)]
        if safe:
            del self._checkpoints[: safe[-1]]
            dropped = self._checkpoints[0].applied
            del self._inputs[:dropped]
            self._applied -= dropped
            for point in self._checkpoints:
                point.applied -= dropped

    def settle_inputs(self, keep: int) -> float:
        """Settle all but the latest inputs, once there are twice as many; return up to when."""
        if self._unsettled <= 2 * keep:
            return -inf
        self._unsettled = keep
        if len(self._inputs) < keep:
            return -inf
        time = self._inputs[-keep][0]
        self.settle(time)
        return time

    def _put(self, at: float, after: float, apply: Callable[[], None]) -> int:
        """Add an input behind all that come no later; return how many do."""
        place = len(self._inputs)
        while place and self._inputs[place - 1][0] > at:
            place -= 1
        if self.state.time > after or self._applied > place:
            self._go_back(lambda point: point.state.time <= after and point.applied <= place)
        self._inputs.insert(place, (at, after, apply))
        self._unsettled += 1
        self.through = -inf
        return place

    # Forward.

    def catch_up(self, to: float) -> None:
        """Apply the inputs not yet applied, each at its time, and go on to ``to``."""
        require(to == to, "to", "a time", to)
        # The loops make many turns and no cycle of them: to look for one takes a twentieth of the time.
        collects = gc.isenabled()
        gc.disable()
        try:
            self._catch_up(min(to, LAST))
        finally:
            if collects:
                gc.enable()

    def _catch_up(self, to: float) -> None:
        self._apply(len(self._inputs))
        if to > self.through:
            self._compute(to)
            self.through = to

    def _apply(self, count: int) -> None:
        """Apply inputs until so many are."""
        while self._applied < count:
            _, after, apply = self._inputs[self._applied]
            self._compute(after)
            apply()
            self.state.time = max(self.state.time, after)
            self._applied += 1

    def _compute(self, to: float) -> None:
        # A stream that waited for its link goes on with its old turn: that must not set the time back, or an
        # input that came meanwhile would be forgotten when it is asked what a change can still touch.
        reached = self.state.time
        while True:
            self.state.time = max(self.state.time, reached)
            # What is long to copy is copied less often.
            kept = self._checkpoints[-1].state
            every = self._every * (1 + self._rings // 8192 + len(kept.buffered) // 1024)
            budget = kept.number + every - self.state.number
            if budget <= 0:
                self.freeze()
            elif self.state.ready[0][0] > to and not self.state.flight:
                return
            elif self.state.number >= self._periods.due:
                self._periods.leap(self.state, to)
            elif self._advance(to, min(budget, self._periods.due - self.state.number)):
                self.state.time = max(self.state.time, reached)
                return

    def _advance(self, to: float, budget: int) -> bool:
        """Take RPCs up to ``to`` (True) or until ``budget`` have been taken."""
        if self._ordered:
            return run_ordered(
                self._server, self._clients, self.schedule, self.state, self.record, to, budget
            )
        return self._queue(self.state).run(to, budget)

    def _queue(self, state: State) -> Queue:
        return Queue(self._server, self._clients, self.schedule, state, self.record)

    def _answer(self) -> float:
        """Let the operation asked for go through, as if no other came, and take it all back."""
        lengths, trial = self.record.lengths(), self.state.copy()
        queue = self._queue(trial)
        while isnan(trial.told) and not queue.run(LAST, 1):
            pass
        self.record.cut(lengths)
        return inf if isnan(trial.told) else trial.told

    # Back.

    def freeze(self) -> None:
        """Keep the present state to go back to."""
        self._checkpoints.append(_Checkpoint(self.state.copy(), self.record.lengths(), self._applied))
        if len(self._checkpoints) > CHECKPOINTS:
            del self._checkpoints[1 : -CHECKPOINTS // 2 : 2]

    def _go_back(self, fits: Callable[[_Checkpoint], bool]) -> None:
        while len(self._checkpoints) > 1 and not fits(self._checkpoints[-1]):
            self._checkpoints.pop()
        point = self._checkpoints[-1]
        self.state, self._applied = point.state.copy(), point.applied
        self.record.cut(point.lengths)
        self._periods.forget(self.state.number)
        self._revive()

    def _revive(self) -> None:
        """Let RPCs that had no way through their link try again."""
        state = self.state
        for turn in state.stalled:
            heappush(state.ready, turn)
        state.stalled.clear()
        if any(state.pending):
            self._queue(state).retry()

    # What can be read.

    @property
    def time(self) -> float:
        """Time of the latest step or input [s]."""
        return self.state.time

    @property
    def unfinished(self) -> int:
        """Files submitted and not finished."""
        return sum(len(files.sizes) - len(files.finished) for files in self.record.written_files())

    @property
    def finished_by(self) -> float:
        """When the latest file finished was, ``-inf`` if there is none [s]."""
        ends = (files.finished_at for files in self.record.written_files())
        return max((times[-1] for times in ends if times), default=-inf)

    def files(self, client: int) -> FileColumns:
        """A client's sizes, files finished, when, and when how many of its bytes had been admitted."""
        files = self.record.written_files()[client]
        return FileColumns(
            files.sizes, files.finished, files.finished_at, files.admitted.times, files.admitted.values
        )

    def meter(self, station: str, link: int = 0) -> Readings:
        """A station's readings, and the latest points beyond them."""
        state, record = self.state, self.record
        record.write_up()
        meters: dict[str, tuple[Meter, list[Point]]] = {
            "link": (record.links[link], [(state.link_free[link], state.link_busy[link])]),
            "cores": (
                record.cores,
                [core_reading(state, self.schedule.share), (max(state.cores), state.core_busy)],
            ),
            "store": (record.store, [(state.store_free, state.store_busy)]),
            "stored": (record.stored, [(state.store_free, state.admitted)]),
            "buffer": (record.blocked, [(state.admitted_at, state.blocked)]),
        }
        meter, latest = meters[station]
        return Readings(meter.times, meter.values, latest)

    def capacities(self) -> Capacities:
        """Every capacity as far as known."""
        schedule = self.schedule
        return (
            [(c.times, c.values) for c in schedule.bandwidth],
            [(c.times, c.values) for c in schedule.latency],
            (schedule.share.times, schedule.share.values),
            (schedule.store.times, schedule.store.values),
        )

    def standing(self) -> Standing:
        """Where the transfer stands."""
        state = self.state
        held_up = any(rpc[4] >= 0 for waiting in state.pending for rpc in waiting)
        stored = state.drained
        for admitted, time in state.buffered:
            if time > state.admitted_at:
                break
            stored = admitted
        never = any(turn[0] == inf and turn != NEVER for turn in state.ready)
        return Standing(
            state.link_free,
            max(*state.link_free, *state.cores, state.admitted_at),
            state.store_free,
            state.admitted - stored,
            state.position,
            state.taken,
            state.paused,
            bool(state.stalled) or held_up or never,
            [(stream.client, stream.stage, stream.left) for stream in state.streams],
        )

    def buffered(self, most: int, oldest: bool) -> tuple[list[float], list[float]]:
        """The latest or the oldest payloads ahead of the store: bytes admitted up to each, and when it has it."""
        state = self.state
        left = [each for each in state.buffered if each[1] > state.admitted_at]
        left = left[:most] if oldest else left[-most:]
        return [amount for amount, _ in left], [time for _, time in left]

    def _untouched(self, state: State, differs: Differences) -> bool:
        """Tell whether nothing computed so far used a capacity at a time from which on it is now another."""
        bandwidth, latency, share, store = differs
        cores = max(state.cores)
        if cores > share or state.store_free > store or (state.stalled and state.time > share):
            return False
        served = max(cores, state.admitted_at, state.store_free if self._waits else -inf)
        for client, rate_from, latency_from in zip(self._clients, bandwidth, latency, strict=True):
            free, stuck = state.link_free[client.link], state.pending[client.link] or state.stalled
            if free > rate_from or (stuck and state.time > rate_from):
                return False
            if max(free, served) >= latency_from < inf:
                return False
        return True
