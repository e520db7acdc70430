"""Many like periods at once: where files of one size have fallen into step, the rest is copied, to the last bit.

Model
-----
Streams that send files of one size soon repeat a pattern: after a period everything ahead of the store stands as it
did, only so much later. In real numbers that would go on; in floating point it does so exactly as long as every time
lies between the same two powers of two. There all of them are whole multiples of one unit ``u``; a sum ``t + c`` is
rounded to one, by an amount that depends on ``c`` alone (but for a tie, which goes to the even neighbour), and so a
state moved by a multiple of ``u`` has a future moved by the same, bit for bit.

So a period is computed by the general loop, which notes what happens in it. If the states before and after it differ
by a shift in time alone, as many periods as fit are laid down in one go: up to a power of two, a change ahead of the
store, the end of the list or of the time asked for, or a full buffer. What does not repeat is computed RPC by RPC as
ever, in the same order: the store, whose rate falls as it fills, and sums of bytes and of busy times.

Scope and limits
----------------
One client, none of whose replies waits for the store, and whose next files are all of one size. Others are not looked
at twice, and nothing is ever read from here: with or without it every result has the same bits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import ceil, fmod, frexp, inf, ldexp

import numpy as np

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.copies import Admission, Copies, Issue, Period
from devicesim.throughput.model import Client, Server
from devicesim.throughput.ordered import Note, run_ordered
from devicesim.throughput.queued import Queue
from devicesim.throughput.state import NEVER, UNKNOWN, Flight, Record, State, Turn

LONGEST = 4096
"""RPCs of a period at most, for each of at most so many cores."""

AT_ONCE = 65536
"""RPCs laid down at most before the next checkpoint."""

AGAIN = 8192
"""RPCs until a list of files that are not alike is looked at again."""

NEVER_DUE = 2**62
"""Number of an RPC that is never reached."""

PATIENCE = 3
"""At most ``4 ** PATIENCE`` periods pass from one vain look to the next."""

CALM = 4
"""After changes that follow one another, the next look waits for up to ``2 ** CALM`` periods."""

ROOM = 8
"""Periods that must fit before the next change or power of two, or the look would cost more than it saves."""

FEWEST = 24
"""Periods that must be left: of fewer the look costs more than it saves."""


Trace = tuple[list[Issue], list[Admission]]
"""RPCs issued and RPCs admitted."""


class _Traced(Queue):
    """The general loop, noting every RPC issued and every one admitted: when, its payload, its own work."""

    __slots__ = ("admissions", "issues")

    def __init__(
        self, server: Server, clients: Sequence[Client], schedule: Schedule, state: State, record: Record
    ) -> None:
        super().__init__(server, clients, schedule, state, record)
        self.issues: list[Issue] = []
        self.admissions: list[Admission] = []

    def _send(self, rpc: Flight) -> bool:
        state = self.state
        free, cores = state.link_free[self._links[0]], tuple(state.cores)
        self.issues.append(
            (free, state.core_seen, cores, state.admitted_at, len(self.admissions), rpc[7], rpc[8])
        )
        return super()._send(rpc)

    def _leave(self, rpc: Flight) -> None:
        super()._leave(rpc)
        self.admissions.append((self.state.admitted_at, rpc[8], rpc[7].store))


class _Picture:
    """A state as it looks from its own time and counts: two of one look are the same up to a shift.

    Attributes:
        base: nothing more happens before it [s].
        least, most: of the times that matter [s].
        look: everything ahead of the store but for times before ``base`` that no longer matter, from ``base``.
    """

    __slots__ = ("_number", "base", "least", "look", "most")

    def __init__(self, state: State, link: int) -> None:
        self._number = state.number
        self.base = base = min(state.ready[0][0], min((rpc[0] for rpc in state.flight), default=inf))
        # Of one core nobody asks when an RPC came to it.
        seen = (state.core_seen,) if len(state.cores) > 1 else ()
        past = (state.link_free[link], state.admitted_at, *seen, *state.cores)
        self.least, self.most = min(base, *past), max(past + tuple(rpc[0] for rpc in state.flight))
        ready = sorted(turn for turn in state.ready if turn != NEVER)
        self.look = (
            tuple(time - base for time in past),
            tuple((self._seen(turn), turn[2]) for turn in ready),
            tuple(self._stream(state, index) for index in range(len(state.streams))),
            tuple(self._flight(state, rpc) for rpc in sorted(state.flight, key=lambda rpc: rpc[:3])),
            state.blocked,
        )

    def _seen(self, turn: Turn) -> tuple[float, int] | None:
        time = turn[0]
        if time < self.base:
            return None
        self.most = max(self.most, time)
        return time - self.base, turn[1] - self._number

    def _flight(self, state: State, rpc: Flight) -> tuple[object, ...]:
        time, _, order, number, index, slot, _, operation, payload = rpc
        stream = state.streams[index]
        place = (slot - stream.slot) % len(stream.ring)
        return time - self.base, order - state.served, number - self._number, index, place, operation, payload

    def _stream(self, state: State, index: int) -> tuple[object, ...]:
        stream = state.streams[index]
        file = stream.file if stream.file < 0 else stream.file - state.taken[0]
        held = stream.held and self._seen(stream.held)
        ring: list[object] = []
        if stream.stage == 0:
            turns = stream.ring[stream.slot :] + stream.ring[: stream.slot]
            ring = [-1 if turn is UNKNOWN else self._seen(turn) for turn in turns]
        return stream.stage, stream.left, stream.unanswered, file, held, self._seen(stream.last), tuple(ring)


class Periods:
    """Looks for the period of a transfer, and lays many of them down at once.

    Attributes:
        due: number of the RPC from which on it is worth a look.
    """

    __slots__ = (
        "_clients",
        "_disturbed",
        "_link",
        "_record",
        "_schedule",
        "_server",
        "_vain",
        "due",
        "last",
        "length",
    )

    def __init__(self, server: Server, clients: Sequence[Client], schedule: Schedule, record: Record) -> None:
        self._server, self._clients, self._schedule, self._record = server, clients, schedule, record
        self._link = clients[0].link
        self._vain, self._disturbed, self.last, self.length = 0, 0, 0, 0.0
        waits = any(operation.wait for client in clients for operation in client.operations.all)
        rings = clients[0].streams * clients[0].window
        self.due = NEVER_DUE if len(clients) > 1 or waits or rings > 4 * LONGEST else 0

    def forget(self, number: int) -> None:
        """Look again soon, but not where one change follows another: at this RPC something changed."""
        if self.due < NEVER_DUE:
            self.due, self._vain = number + (self.last << self._disturbed), 0
            self._disturbed = min(self._disturbed + 1, CALM)

    def leap(self, state: State, to: float) -> None:
        """Move a state on by a period and as many like it as fit, or by nothing; sets when to look again."""
        rpcs = self._rpcs(state)
        number, self.last = state.number, rpcs
        if not rpcs:
            self.due = number + AGAIN
            return
        if not (self._schedule.bandwidth[0].values[-1] and self._schedule.share.values[-1]):
            # Nobody may be left waiting in a period for what never comes, as far as known.
            self.due = number + rpcs
            return
        begin = min(state.ready[0][0], state.flight[0][0]) if state.flight else state.ready[0][0]
        low, high = _powers(begin)
        until = min(to, self._schedule.front_change(begin))
        past = min(state.link_free[self._link], state.admitted_at, *state.cores)
        near = min(until, high) - begin
        if near < ROOM * self.length or past < max(low, self._since(begin)):
            # Too near, though the next period may be shorter; or not yet in step.
            ahead = int(near / self.length) if 0 < near < ROOM * self.length else 0
            self.due = number + (rpcs * (1 + ahead) << (self._disturbed if until < high else 0))
            self._disturbed = min(self._disturbed + (until < high), CALM)
            self.length *= 0.9
            return
        blocked = state.blocked
        count = self._traced(state, rpcs, to, until)
        if 2 * count >= ROOM:
            self._disturbed = 0
        self._vain = 0 if count else min(self._vain + 1, PATIENCE)
        self.due = state.number + (rpcs << 2 * self._vain) if count * rpcs < AT_ONCE - rpcs else state.number
        if state.blocked != blocked:
            # The buffer is full: the pace is now the store's, which never repeats.
            self.due = state.number + AGAIN

    def _rpcs(self, state: State) -> int:
        """RPCs until every stream has sent a file of the present size; 0 if they are not of one size, or too few."""
        client, sizes = self._clients[0], self._record.files[0].sizes
        begun, end = state.taken[0], state.available[0]
        streams = client.streams
        if end - begun < FEWEST * streams or (begun and sizes[begun] != sizes[begun - 1]):
            return 0
        if state.parked or state.paused[0] or state.stalled or any(state.pending):
            return 0
        if any(rpc[1] or rpc[4] < 0 for rpc in state.flight):
            return 0
        size = sizes[begun]
        calls = len(client.operations.before) + len(client.operations.after)
        rpcs = streams * (calls + ceil(size / client.block))
        alike = all(each == size for each in sizes[max(begun - streams, 0) : begun + 2 * streams])
        return rpcs if alike and rpcs * len(state.cores) <= LONGEST else 0

    def _traced(self, state: State, rpcs: int, to: float, until: float) -> int:
        """Compute a period RPC by RPC and, if it repeats, more of them; return how many more."""
        record = self._record
        trace = self._ordered if len(state.cores) == 1 else self._queued
        if len(state.cores) > 1 and self._queued(state, 1, to) is None:
            return 0
        first, taken, served = _Picture(state, self._link), state.taken[0], state.served
        done = len(record.files[0].ended)
        traced = trace(state, rpcs, to)
        if traced is None:
            return 0
        issues, admissions = traced
        second, files = _Picture(state, self._link), state.taken[0] - taken
        self.length = second.base - first.base
        if first.look != second.look or not files or not self.length > 0:
            return 0
        low, high = _powers(first.base)
        if not max(low, self._since(first.base)) <= first.least:
            return 0
        if not (self._schedule.bandwidth[0].at(first.base) and self._schedule.share.at(first.base)):
            return 0  # what stands still repeats nothing
        link_times, core_times = self._times(issues, first.base)
        if self._tie({*link_times, *core_times, self._schedule.latency[0].at(first.base)}, low):
            return 0
        room = (min(high, until) - second.most) / self.length
        alike = self._alike(state, files, AT_ONCE // rpcs)
        count = min(int(room) - 1, alike) if room > 1 else 0
        if count <= 0:
            return 0
        columns = record.files[0]
        period = Period(
            issues,
            link_times,
            core_times,
            admissions,
            columns.ended[done:],
            columns.ended_at[done:],
            files,
            state.served - served,
            self.length,
        )
        return Copies(self._server, self._schedule, state, record, period, self._link).lay(count)

    def _queued(self, state: State, rpcs: int, to: float) -> Trace | None:
        """Take some RPCs and note them; None if there are not so many by then."""
        queue = _Traced(self._server, self._clients, self._schedule, state, self._record)
        return None if queue.step(to, rpcs) else (queue.issues, queue.admissions)

    def _ordered(self, state: State, rpcs: int, to: float) -> Trace | None:
        """The same for one core, where an RPC is admitted before the next is issued."""
        notes: list[Note] = []
        if run_ordered(self._server, self._clients, self._schedule, state, self._record, to, rpcs, notes):
            return None
        if len(notes) < rpcs:
            return None
        issues: list[Issue] = []
        admissions: list[Admission] = []
        ends = [note[2] for note in notes[1:]] + [state.admitted_at]
        for (link_free, core_free, admitted_at, operation, payload), end in zip(notes, ends, strict=True):
            count = len(admissions)
            issues.append((link_free, core_free, (core_free,), admitted_at, count, operation, payload))
            if payload or operation.store:
                admissions.append((end, payload, operation.store))
        return issues, admissions

    def _since(self, time: float) -> float:
        """The last change ahead of the store up to a time."""
        ahead = (self._schedule.bandwidth[0], self._schedule.latency[0], self._schedule.share)
        return max(capacity.times[bisect_right(capacity.times, time) - 1] for capacity in ahead)

    def _times(self, issues: Sequence[Issue], base: float) -> tuple[list[float], list[float]]:
        bandwidth, share = self._schedule.bandwidth[0].at(base), self._schedule.share.at(base)
        links = [float((rpc[5].request + rpc[6]) / bandwidth) for rpc in issues]
        return links, [float((rpc[5].work + rpc[5].work_per_byte * rpc[6]) / share) for rpc in issues]

    def _tie(self, added: Iterable[float], low: float) -> bool:
        """Tell whether a sum could lie halfway between two times: where it goes would depend on more than the shift."""
        unit = ldexp(low, -52)
        return any(fmod(each, unit) == unit / 2 for each in added)

    def _alike(self, state: State, files: int, most: int) -> int:
        """How many times as many files as in a period are next that are all of the size of the last one begun."""
        begun, end = state.taken[0], state.available[0]
        sizes = self._record.files[0].sizes
        most = min(most, (end - begun) // files)
        ahead = np.array(sizes[begun : begun + most * files])
        other = np.flatnonzero(ahead != sizes[begun - 1])
        return int(other[0]) // files if other.size else most


def _powers(time: float) -> tuple[float, float]:
    """The powers of two that a time lies between; none for one that is not positive."""
    exponent = frexp(time)[1]
    return (ldexp(0.5, exponent), ldexp(1.0, exponent)) if 0 < time < inf else (inf, inf)
