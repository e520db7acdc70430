"""Copies of a period of a transfer, laid down as whole columns: bit for bit what it gives to step through them.

What moves with the period is moved; what does not repeat is computed one by one, in the same order: the store, whose
rate falls as it fills, and sums of bytes and of busy times. When that holds, :mod:`~devicesim.throughput.periods` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from devicesim.throughput.capacity import Schedule
from devicesim.throughput.front import store_speed
from devicesim.throughput.model import Operation, Server
from devicesim.throughput.reading import Floats
from devicesim.throughput.state import METER_EVERY, NEVER, UNKNOWN, Record, State, Turn

Issue = tuple[float, float, tuple[float, ...], float, int, Operation, float]
"""An RPC about to enter its link: what a meter read then would find (when the link is free, core_seen, cores,
admitted_at), RPCs admitted until then, its operation and its payload."""

Admission = tuple[float, float, float]
"""An RPC admitted: when [s], its payload, and its own work of the store [s]."""


@dataclass(slots=True)
class Period:
    """What happened in a period.

    Attributes:
        issues: the RPCs issued.
        link_times, core_times: how long their link and their core serve them [s].
        admissions: the RPCs admitted.
        finished, finished_at: the files finished, and when [s].
        files, served: how many files were taken, and how many RPCs began to be served.
        length: of the period [s].
    """

    issues: list[Issue]
    link_times: list[float]
    core_times: list[float]
    admissions: list[Admission]
    finished: list[int]
    finished_at: list[float]
    files: int
    served: int
    length: float


@dataclass(slots=True)
class Parcels:
    """What is admitted, one by one.

    Attributes:
        at: when [s].
        payloads: of each; 0 if it only works the store.
        amounts, places: bytes admitted, and the store's position, after each.
        stored: when the store is done with it [s].
        busy: how long the store has served by then [s].
    """

    at: Floats
    payloads: Floats
    amounts: Floats
    places: Floats
    stored: Floats
    busy: Floats

    def up_to(self, count: int) -> Parcels:
        """The first few."""
        columns = (self.at, self.payloads, self.amounts, self.places, self.stored, self.busy)
        return Parcels(*(column[:count] for column in columns))


class Copies:
    """Copies of a period: the same as to step through them, as whole columns."""

    __slots__ = ("_count", "_link", "_period", "_record", "_schedule", "_server", "_shift", "_state")

    def __init__(
        self, server: Server, schedule: Schedule, state: State, record: Record, period: Period, link: int
    ) -> None:
        self._server, self._schedule, self._state, self._record = server, schedule, state, record
        self._period, self._link = period, link

    def lay(self, count: int) -> int:
        """Lay so many copies, or as many as come before the buffer is full; return how many."""
        self._repeat(count)
        parcels = self._parcels()
        fit = self._fit(parcels)
        if fit < count:
            if not fit:
                return 0
            self._repeat(fit)
            parcels = parcels.up_to(fit * len(self._period.admissions))
        self._meters(parcels)
        self._files(parcels)
        self._store(parcels)
        self._move()
        return fit

    def _repeat(self, count: int) -> None:
        self._count = count
        self._shift = (np.arange(1, count + 1) * self._period.length)[:, None]

    def _shifted(self, times: Sequence[float]) -> Floats:
        return (np.array(times, dtype=np.float64)[None, :] + self._shift).ravel()

    def _parcels(self) -> Parcels:
        state, store, admissions = self._state, self._server.store, self._period.admissions
        at = self._shifted([time for time, _, _ in admissions])
        payloads = np.tile([payload for _, payload, _ in admissions], self._count)
        work = np.tile([work for _, _, work in admissions], self._count)
        places = _sums(state.position, payloads)
        square, capacity = float(store.rate_start * store.rate_start), float(store.capacity)
        fall = float(store.rate_end * store.rate_end) - square
        work = work + payloads / np.sqrt(square + fall * np.minimum(places[:-1], capacity) / capacity)
        stored, took = self._served(at, work)
        return Parcels(
            at,
            payloads,
            _sums(state.admitted, payloads)[1:],
            places[1:],
            stored,
            _sums(state.store_busy, took)[1:],
        )

    def _served(self, at: Floats, work: Floats) -> tuple[Floats, Floats]:
        """When the store is done with works that come to it, and how long it served each."""
        free, curve = self._state.store_free, self._schedule.store
        speed, edge = store_speed(curve, free)
        took, done = work / speed, []
        for come, lasts in zip(at.tolist(), took.tolist(), strict=True):
            if come > free:
                free = come
            free += lasts
            done.append(free)
        if free <= edge:
            return np.array(done), took
        free, done, times = self._state.store_free, [], []
        for come, needs in zip(at.tolist(), work.tolist(), strict=True):
            free, lasts = curve.serve(max(come, free), needs)
            done.append(free)
            times.append(lasts)
        return np.array(done), np.array(times)

    def _fit(self, parcels: Parcels) -> int:
        """How many copies there are before a payload finds no room in the buffer."""
        state, buffer = self._state, self._server.buffer
        holds = np.flatnonzero(parcels.payloads)
        if not holds.size or parcels.amounts[-1] - state.drained <= buffer:
            return self._count
        before = np.array(state.buffered).reshape(-1, 2)
        times = np.concatenate((before[:, 1], parcels.stored[holds]))
        known = np.concatenate(([state.drained], before[:, 0], parcels.amounts[holds]))
        drained = known[np.searchsorted(times, parcels.at[holds], side="right")]
        full = holds[parcels.amounts[holds] - drained > buffer]
        return int(full[0]) // len(self._period.admissions) if full.size else self._count

    def _meters(self, parcels: Parcels) -> None:
        """Read the meters as often as the loops would, and leave links and cores as busy as they would."""
        state, record, issues = self._state, self._record, self._period.issues
        each = len(issues)
        link_busy = _sums(state.link_busy[self._link], np.tile(self._period.link_times, self._count))
        core_busy = _sums(state.core_busy, np.tile(self._period.core_times, self._count))
        index = np.arange(-state.number % METER_EVERY, self._count * each, METER_EVERY)
        lap, place = np.divmod(index, each)
        shift = (lap + 1) * self._period.length

        def then(times: Sequence[float]) -> Floats:
            return np.array(times, dtype=np.float64)[place] + shift

        link_free, core_seen, cores, admitted_at, before, _, _ = zip(*issues, strict=True)
        admitted = lap * len(self._period.admissions) + np.array(before, dtype=np.int64)[place]

        def stored(begin: float, values: Floats) -> Floats:
            return np.concatenate(([begin], values))[admitted]

        record.write_up()
        record.links[self._link].read_all(then(link_free), link_busy[index])
        free = [then(times) for times in zip(*cores, strict=True)]
        seen, busy = free[0], core_busy[index]
        if len(free) > 1:
            seen = then(core_seen)
            # Within one regime: see Periods._since.
            busy = busy - sum(np.where(each > seen, each - seen, 0.0) for each in free)
        record.cores.read_all(seen, busy)
        free_at = stored(state.store_free, parcels.stored)
        record.store.read_all(free_at, stored(state.store_busy, parcels.busy))
        record.stored.read_all(free_at, stored(state.admitted, parcels.amounts))
        record.blocked.read_all(then(admitted_at), np.full(index.size, state.blocked))
        state.link_busy[self._link], state.core_busy = float(link_busy[-1]), float(core_busy[-1])

    def _files(self, parcels: Parcels) -> None:
        period, files = self._period, self._record.files[0]
        holds = parcels.payloads > 0
        before = files.admitted.values[-1] if files.admitted.values else 0.0
        sent = _sums(before, parcels.payloads[holds])
        files.admitted.times.frombytes(parcels.at[holds].tobytes())
        files.admitted.values.frombytes(sent[1:].tobytes())
        laps = np.arange(1, self._count + 1, dtype=np.int64)[:, None] * period.files
        files.finished.frombytes((laps + np.array(period.finished, dtype=np.int64)).tobytes())
        files.finished_at.frombytes(self._shifted(period.finished_at).tobytes())

    def _store(self, parcels: Parcels) -> None:
        """Leave the store and the buffer as they are after the last admission."""
        if not parcels.at.size:
            return
        state, holds = self._state, parcels.payloads > 0
        state.admitted, state.position = float(parcels.amounts[-1]), float(parcels.places[-1])
        state.store_free, state.store_busy = float(parcels.stored[-1]), float(parcels.busy[-1])
        last = float(parcels.at[-1])
        amounts, stored = parcels.amounts[holds], parcels.stored[holds]
        while state.buffered and state.buffered[0][1] <= last:
            state.drained = state.buffered.popleft()[0]
        gone = int(np.searchsorted(stored, last, side="right"))
        if gone:
            state.drained = float(amounts[gone - 1])
        state.buffered.extend(zip(amounts[gone:].tolist(), stored[gone:].tolist(), strict=True))

    def _move(self) -> None:
        """Move all that the pictures show by the copies' length, and every number by what happened in them."""
        state, period, count = self._state, self._period, self._count
        dt, issued = count * period.length, count * len(period.issues)
        served, files = count * period.served, count * period.files

        base = state.time

        def later(turn: Turn) -> Turn:
            return (turn[0] + dt, turn[1] + issued, turn[2])

        for stream in state.streams:
            # What is past holds nobody up, wherever it stands.
            stream.ring = [turn if turn[0] < base or turn is UNKNOWN else later(turn) for turn in stream.ring]
            stream.last = later(stream.last)
            stream.held = None if stream.held is None else later(stream.held)
            stream.file += files if stream.file >= 0 else 0
        state.ready[:] = [turn if turn == NEVER else later(turn) for turn in state.ready]
        state.flight[:] = [
            (rpc[0] + dt, rpc[1], rpc[2] + served, rpc[3] + issued, *rpc[4:]) for rpc in state.flight
        ]
        state.link_free[self._link] += dt
        state.arrived[0] += dt
        state.cores[:] = [free + dt for free in state.cores]
        state.core_seen += dt
        state.admitted_at += dt
        state.time += dt
        state.number += issued
        state.served += served
        state.taken[0] += files


def _sums(begin: float, values: Floats) -> Floats:
    """What a sum is before and after each of some values, added one by one."""
    return np.add.accumulate(np.concatenate(([begin], values)))
