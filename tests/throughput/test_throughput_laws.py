"""Laws that hold for every transfer: small random ones, full of ties, outages and stations that stand still."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heapreplace
from typing import Any

import numpy as np
import pytest
from cases import Case, cases, drawn, regimes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devicesim.benchmark.oracle import Oracle
from devicesim.throughput import (
    Batch,
    Client,
    Operation,
    Operations,
    Regime,
    Server,
    Store,
    Transfer,
    bounds,
    replicate,
    simulate,
)
from devicesim.throughput.core import PURE

INF = float("inf")
law = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(case: Case) -> Transfer:
    return simulate(case.server, case.clients, case.sizes, case.schedule)


@contextmanager
def frequent_checkpoints() -> Iterator[None]:
    """Freeze every few RPCs and keep few, so that small transfers go back often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", 2)
        patch.setattr("devicesim.throughput.replay.CHECKPOINTS", 6)
        yield


def same(a: Transfer, b: Transfer) -> None:
    for k in range(len(a.clients)):
        assert a.finish(k).tolist() == b.finish(k).tolist()
        one, other = a.curve(k), b.curve(k)
        assert one.time.tolist() == other.time.tolist()
        assert one.bytes.tolist() == other.bytes.tolist()


def equals_oracle(case: Case, transfer: Transfer) -> None:
    oracle = Oracle(case.server, case.clients, case.sizes, case.schedule)
    for k in range(len(case.clients)):
        assert transfer.finish(k).tolist() == oracle.finish[k].tolist()
        admitted = transfer.curve(k)
        steps = admitted.bytes > np.concatenate(([0.0], admitted.bytes[:-1]))
        assert admitted.time[steps].tolist() == [time for time, _ in oracle.admitted[k]]


@law
@given(cases())
def test_every_finish_and_admission_is_the_oracles(case: Case) -> None:
    equals_oracle(case, run(case))


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(400, 8000, 400))]
)
def test_drawn_transfers_are_the_oracles(first: int) -> None:
    for seed in range(first, first + 400):
        case = drawn(seed)
        equals_oracle(case, run(case))


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(400, 8000, 400))]
)
def test_drawn_inputs_that_come_late_leave_no_trace(first: int) -> None:
    """Files, operations offered and regimes, these for times long past; looking ahead in between."""
    for seed in range(first, first + 400):
        case = drawn(seed)
        with frequent_checkpoints():
            plain, busy = mixed(case, seed, late=False), mixed(case, seed, late=True)
        same(plain, busy)


def mixed(case: Case, seed: int, late: bool) -> Transfer:
    """Run a case with its files submitted at odd times and operations offered; learn the regimes early or late."""
    draw = random.Random(seed)
    inputs: list[tuple[float, int, Any]] = []
    for k, sizes in enumerate(case.sizes):
        for i in range(0, len(sizes), 2):
            inputs.append(
                (draw.choice([0.0, float(draw.randint(0, 50)), 50 * draw.random()]), k, sizes[i : i + 2])
            )
    for _ in range(draw.randint(0, 6)):
        k = draw.randrange(len(case.clients))
        offer = draw.choice(case.clients[k].operations.all), draw.choice([0.0, 1.0, 3.0])
        inputs.append((draw.choice([float(draw.randint(0, 50)), 50 * draw.random()]), k, offer))
    inputs.sort(key=lambda one: one[0])
    transfer = Transfer(case.server, case.clients, case.schedule[0][1])
    unknown = list(case.schedule[1:])
    for time, k, what in inputs:
        while unknown and (not late or draw.random() < 0.4):
            at, regime = unknown.pop(0)
            transfer.set_regime(regime, at)
        if late and draw.random() < 0.5:
            transfer.bound()
        if isinstance(what[0], Operation):
            transfer.offer(*what, k, time)
        else:
            transfer.advance(time)
            transfer.submit(k, what)
    for at, regime in unknown:
        transfer.set_regime(regime, at)
    transfer.run()
    return transfer


@law
@given(cases(cores=1))
def test_the_two_loops_are_equal(case: Case) -> None:
    fast = run(case)
    general = Transfer(case.server, case.clients, case.schedule[0][1], core=PURE)
    general._core._ordered = False
    for time, regime in case.schedule[1:]:
        general.set_regime(regime, time)
    for k, sizes in enumerate(case.sizes):
        general.submit(k, sizes)
    general.run()
    same(fast, general)


@law
@given(cases(), st.data())
@frequent_checkpoints()
def test_learning_the_schedule_late_changes_nothing(case: Case, data: st.DataObject) -> None:
    """Regimes come in order, some ahead, some at once, some after the clock has passed them; bound looks ahead."""
    known = run(case)
    late = Transfer(case.server, case.clients, case.schedule[0][1])
    for k, sizes in enumerate(case.sizes):
        late.submit(k, sizes)
    for time, regime in case.schedule[1:]:
        late.advance(max(late.now, data.draw(st.floats(0, time + 3))))
        if data.draw(st.booleans()):
            late.bound()
        if data.draw(st.booleans()):
            late.set_regime(
                data.draw(regimes(len(case.clients))), time - data.draw(st.sampled_from([0.0, 0.25]))
            )
        late.set_regime(regime, time)
    if len(case.schedule) > 1 and late._regimes != list(case.schedule):
        # What was laid in between and then corrected only up to its time stays; know it, too.
        known = simulate(case.server, case.clients, case.sizes, late._regimes)
    late.run()
    same(known, late)


@law
@given(cases(), st.data())
@frequent_checkpoints()
def test_files_submitted_late_are_as_files_that_come_late(case: Case, data: st.DataObject) -> None:
    """Looking ahead and correcting regimes between submissions leaves no trace."""
    times = sorted(data.draw(st.lists(st.floats(0, 30), min_size=2, max_size=2)))
    plain, busy = (Transfer(case.server, case.clients, case.schedule[0][1]) for _ in range(2))
    for time, regime in case.schedule[1:]:
        plain.set_regime(regime, time)
    for part, time in enumerate((0.0, *times)):
        for transfer in (plain, busy):
            transfer.advance(time)
            for k, sizes in enumerate(case.sizes):
                transfer.submit(k, sizes[part::3])
        busy.bound()
    for time, regime in case.schedule[1:]:
        busy.set_regime(regime, time)
        busy.bound()
    plain.run()
    busy.run()
    same(plain, busy)


@pytest.mark.parametrize("little", [-1, 4096], ids=["from demand", "computed"])
@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(400, 8000, 400))]
)
def test_bound_is_never_late(first: int, little: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And exact where it computes what little is left."""
    monkeypatch.setattr("devicesim.throughput.transfer.LITTLE", little)
    for seed in range(first, first + 400):
        case, draw = drawn(seed), random.Random(seed)
        end = run(case).end
        transfer = Transfer(case.server, case.clients, case.schedule[0][1])
        for time, regime in case.schedule[1:]:
            transfer.set_regime(regime, time)
        for k, sizes in enumerate(case.sizes):
            transfer.submit(k, sizes)
        for _ in range(3):
            bound = transfer.bound()
            assert bound <= end if little < 0 else bound == end
            transfer.advance(draw.random() * (end if end < INF else 60.0))


@law
@given(cases(), st.data())
def test_no_station_serves_above_its_capacity(case: Case, data: st.DataObject) -> None:
    transfer = run(case)
    times = np.sort(np.array(data.draw(st.lists(st.floats(0, 100), min_size=2, max_size=8))))
    usage = transfer.usage(times)
    limits = ((usage.link, 1), (usage.cores, case.server.cores), (usage.store, 1), (usage.buffer, 1))
    for busy, servers in limits:
        gained = np.diff(busy)
        assert (gained >= -1e-9).all()
        assert (gained <= servers * np.diff(times) + 1e-9).all()


@law
@given(cases(), st.data())
def test_bytes_and_objects_are_conserved(case: Case, data: st.DataObject) -> None:
    transfer = run(case)
    times = np.sort(np.array(data.draw(st.lists(st.floats(0, 100), min_size=2, max_size=8))))
    size, objects = transfer.progress(times)
    stored = transfer.stored(times)
    assert (np.diff(size) >= 0).all()
    assert (np.diff(objects) >= 0).all()
    assert (np.diff(stored) >= 0).all()
    assert (stored <= size).all()
    parts = [transfer.progress(times, k) for k in range(len(case.clients))]
    assert size.tolist() == sum(part[0] for part in parts).tolist()
    assert objects.tolist() == sum(part[1] for part in parts).tolist()
    whole = transfer.curve()
    finished = [transfer.finish(k) < INF for k in range(len(case.clients))]
    assert (whole.objects[-1] if whole.objects.size else 0) == sum(done.sum() for done in finished)
    if transfer.done:
        total = sum(map(sum, case.sizes))
        assert transfer.progress(transfer.end)[0] == total
        if whole.bytes.size:
            assert whole.bytes[-1] == total
        if transfer._core.standing().store_free < INF:
            assert transfer.stored(1e9) == total


@law
@given(cases(clients=1, ends=True).filter(lambda case: sum(case.sizes[0]) > 0))
def test_no_transfer_beats_its_bounds(case: Case) -> None:
    """In one regime, from the start to the last reply; the buffer postpones the store's part beyond that."""
    _, regime = case.schedule[-1]
    transfer = simulate(case.server, case.clients, case.sizes, [(0.0, regime)])
    rates = bounds(case.server, case.clients, regime, case.sizes[0])
    took = transfer.end - case.clients[0].start
    for station in ("link", "cores", "round trips"):
        assert took >= sum(case.sizes[0]) / rates[station] * (1 - 1e-9)


@law
@given(cases(clients=1, cores=1, ends=True), st.integers(1, 3))
def test_offers_in_a_closed_loop_replay_the_batch(case: Case, streams: int) -> None:
    """Drive the door as the streams would: each operation at the reply of the last, WRITEs in a window."""
    client = case.clients[0]
    client = Client(client.operations, streams, client.window, client.block, client.link, client.start)
    batch = simulate(case.server, [client], case.sizes, case.schedule)
    door = Transfer(case.server, [client], case.schedule[0][1])
    for time, regime in case.schedule[1:]:
        door.set_regime(regime, time)
    assert drive(door, case.sizes[0]) == batch.finish(0).tolist()


def drive(door: Transfer, sizes: tuple[float, ...]) -> list[float]:
    """Send files through a door with a client's streams and window; return when each is finished."""
    client = door.clients[0]
    life = client.operations
    finish = [INF] * len(sizes)
    files = iter(enumerate(sizes))
    offered = 0

    def stream(key: tuple[float, int]):
        nonlocal offered
        while True:
            yield key
            file, left = next(files, (None, 0.0))
            if file is None:
                return
            passed = True
            for operations in (life.before, None, life.after):
                if operations is None:
                    answers: list[tuple[float, int]] = []
                    while left > 0:
                        if len(answers) >= client.window:
                            key = max(key, answers[-client.window])
                        if not passed:
                            yield key
                        passed = False
                        payload = min(left, client.block)
                        left -= payload
                        offered += 1
                        answers.append((door.offer(life.write, payload, 0, key[0]), offered))
                    key = max([key, *answers])
                    continue
                for operation in operations:
                    if not passed:
                        yield key
                    passed = False
                    offered += 1
                    number = offered
                    key = (door.offer(operation, 0.0, 0, key[0]), number)
            finish[file] = key[0]

    streams = [stream((max(client.start, 0.0), i - client.streams)) for i in range(client.streams)]
    heap = [(next(s), i) for i, s in enumerate(streams)]
    heapify(heap)
    while heap and heap[0][0][0] < INF:
        i = heap[0][1]
        try:
            heapreplace(heap, (next(streams[i]), i))
        except StopIteration:
            heappop(heap)
    return finish


@law
@given(cases(), cases())
def test_replications_are_the_single_runs(one: Case, other: Case) -> None:
    batches = [Batch(case.server, case.clients, case.sizes, case.schedule) for case in (one, other)]
    for case, transfer in zip((one, other), replicate(batches), strict=True):
        same(run(case), transfer)


def test_a_file_that_came_while_the_link_was_down_is_not_taken_before_it_came() -> None:
    """The link comes back at 2 s and sends the waiting byte in 0.5 s; the next file was given at 3 s."""
    life = Operations((), Operation("WRITE", 0.0, 0.0), ())
    server = Server(cores=1, buffer=0.0, store=Store(2.0, 1.0, 50.0))
    down, up = Regime((0.0,), (0.0,)), Regime((2.0,), (0.0,))
    transfer = Transfer(server, [Client(life, streams=1, window=1, block=2)], down)
    for size, time in ((0.0, 0.0), (1.0, 0.0), (0.0, 3.0)):
        transfer.advance(time)
        transfer.submit(0, [size])
    transfer.set_regime(down, 1.0)
    transfer.set_regime(up, 2.0)
    transfer.run()
    assert transfer.finish(0).tolist() == [0.0, 2.5, 3.0]


@law
@given(cases(), st.data())
@frequent_checkpoints()
def test_a_paused_client_issues_nothing_until_it_is_resumed(case: Case, data: st.DataObject) -> None:
    """One client after another is paused for a while; looking ahead in between leaves no trace."""
    pauses, time = [], 0.0
    for client in data.draw(st.lists(st.integers(0, len(case.clients) - 1), min_size=1, max_size=4)):
        begin = time + data.draw(st.sampled_from([0.0, 0.5, 3.0]))
        time = begin + data.draw(st.sampled_from([0.5, 2.0, 7.0]))
        pauses.append((client, begin, time))
    transfer = Transfer(case.server, case.clients, case.schedule[0][1])
    for at, regime in case.schedule[1:]:
        transfer.set_regime(regime, at)
    for k, sizes in enumerate(case.sizes):
        transfer.submit(k, sizes)
    for client, begin, end in pauses:
        if data.draw(st.booleans()):
            transfer.bound()
        transfer.advance(begin)
        transfer.pause(client)
        transfer.advance(end)
        transfer.resume(client)
    transfer.run()
    oracle = Oracle(case.server, case.clients, case.sizes, case.schedule, pauses)
    for k in range(len(case.clients)):
        assert transfer.finish(k).tolist() == oracle.finish[k].tolist()
