"""The compiled core gives the bits of the pure-Python one: everything that can be read, whatever comes late."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import numpy as np
import pytest
from cases import Case, drawn, turning

from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts, workload
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Transfer
from devicesim.throughput.core import COMPILED, PURE
from devicesim.throughput.reading import Core

pytestmark = pytest.mark.skipif(COMPILED is None, reason="there was no compiler at install time")


def reads(transfer: Transfer, times: np.ndarray) -> list[Any]:
    """Everything that a transfer tells."""
    told: list[Any] = [transfer.now, transfer.done, transfer.end, transfer.bound()]
    for k in range(len(transfer.clients)):
        curve = transfer.curve(k)
        told += [
            transfer.finish(k).tolist(),
            curve.time.tolist(),
            curve.bytes.tolist(),
            curve.objects.tolist(),
        ]
        told += [column.tolist() for column in transfer.progress(times, k)]
    usage = transfer.usage(times)
    told += [part.tolist() for part in (usage.link, usage.cores, usage.store, usage.buffer)]
    return [*told, transfer.stored(times).tolist()]


def story(case: Case, seed: int, core: type[Core], stride: float = 1.0) -> list[Any]:
    """Drive a transfer by drawn inputs, early and late, and note what it tells on the way."""
    draw = random.Random(seed)
    transfer = Transfer(case.server, case.clients, case.schedule[0][1], core=core)
    told: list[Any] = []
    waiting = [(k, size) for k, sizes in enumerate(case.sizes) for size in sizes]
    draw.shuffle(waiting)
    regimes = list(case.schedule[1:])
    paused = set()
    for _ in range(draw.randint(3, 30)):
        k = draw.randrange(len(case.clients))
        match draw.choice(
            ("submit", "submit", "offer", "regime", "advance", "pause", "bound", "read", "settle")
        ):
            case "submit":
                for client, size in waiting[: int(3 * stride)]:
                    transfer.submit(client, [size, size])
                del waiting[: int(3 * stride)]
            case "offer":
                operation = draw.choice(case.clients[k].operations.all)
                told.append(
                    transfer.offer(operation, draw.choice((0.0, 2.0, 5.0)), k, transfer.now + draw.random())
                )
            case "regime" if regimes:
                at, regime = regimes.pop(0)
                transfer.set_regime(regime, max(at + draw.choice((-3.0, 0.0, 5.0)), transfer._settled))
            case "advance":
                transfer.advance(transfer.now + stride * draw.choice((0.25, 1.0, 4.0 * draw.random())))
            case "pause":
                (transfer.resume if k in paused else transfer.pause)(k)
                paused ^= {k}
            case "bound":
                told.append(transfer.bound())
            case "settle" if draw.random() < 0.2:
                transfer.settle(transfer.now)
            case "read":
                told += reads(transfer, np.linspace(0.0, transfer.now, 5))
    for k in paused:
        transfer.resume(k)
    transfer.run()
    return told + reads(transfer, np.linspace(0.0, transfer.now, 50))


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(600, 12000, 600))]
)
@pytest.mark.parametrize("every", [3, 8192])
def test_drawn_stories_are_told_alike(first: int, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", every)
    for seed in range(first, first + 600):
        case = drawn(seed)
        assert repr(story(case, seed, COMPILED)) == repr(story(case, seed, PURE)), seed


@pytest.mark.parametrize(
    ("case", "seed", "stride", "every"),
    [
        pytest.param(drawn(1695), 1695, 1.0, 3, id="a link that will stand still ends the quick loop early"),
        *(
            pytest.param(
                turning(seed), seed, 12.0, 8192, id=f"a turn of old comes with the latest one, {seed}"
            )
            for seed in (218, 503)
        ),
    ],
)
def test_stories_that_are_easily_told_differently(
    case: Case, seed: int, stride: float, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", every)
    assert repr(story(case, seed, COMPILED, stride)) == repr(story(case, seed, PURE, stride))


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(60, 1200, 60))]
)
@pytest.mark.parametrize("every", [3, 8192])
def test_drawn_stories_of_streams_that_take_turns_are_told_alike(
    first: int, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", every)
    for seed in range(first, first + 60):
        case = turning(seed)
        assert repr(story(case, seed, COMPILED, 8.0)) == repr(story(case, seed, PURE, 8.0)), seed


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("window", [1, 2, 8])
def test_files_of_few_writes_are_told_alike_whatever_breaks_in(cores: int, window: int) -> None:
    """No two sizes in a row are equal, and most files need fewer WRITEs than a window.

    A door's operation, a pause and an outage leave such files half sent, for the general loop to go on with.
    """
    draw = np.random.default_rng(window)
    sizes = np.floor(draw.lognormal(7.5, 1.0, 150))
    client = Client(operations(), streams=3, window=window, block=1000)
    line, cut = Regime((1e6,), (1e-3,)), Regime((0.0,), (1e-3,))
    for beginning in (0.0101, 0.0202, 0.0303):
        told = []
        for core in (COMPILED, PURE):
            transfer = Transfer(Server(cores, buffer=6e3, store=DISK), [client], line, core=core)
            transfer.submit(0, sizes)
            replies: list[Any] = []
            for turn in range(6):
                transfer.advance(beginning + turn * 0.0117)
                if turn == 1:
                    replies.append(transfer.offer(client.operations.write, 900.0, 0, transfer.now + 1e-4))
                elif turn in (2, 3):
                    (transfer.pause if turn == 2 else transfer.resume)(0)
                elif turn > 3:
                    transfer.set_regime(cut if turn == 4 else line, transfer.now)
                replies += reads(transfer, np.linspace(0.0, transfer.now, 7))
            transfer.run()
            told.append(repr(replies + reads(transfer, np.linspace(0.0, transfer.now, 40))))
        assert told[0] == told[1], beginning


@pytest.mark.parametrize("then", ["size", "offer", "outage", "latency", "read", "late", "nothing"])
@pytest.mark.parametrize("buffer", [1e6, 1e9])
def test_files_of_one_size_are_told_alike_until_something_else_comes(then: str, buffer: float) -> None:
    """What follows from the list is not written down, until a payload, or the order of the files, is another."""
    client = Client(operations(), streams=4, window=4, block=2**20)
    line, slow = Regime((117e6,), (1e-4,)), Regime((117e6,), (2e-3,))
    told = []
    for core in (COMPILED, PURE):
        transfer = Transfer(Server(1, buffer, DISK), [client], line, core=core)
        transfer.submit(0, np.full(3000, 65536.0))
        transfer.advance(1.0)
        replies: list[Any] = []
        match then:
            case "size":
                transfer.submit(0, [1.0, 0.0, 3e6, 65536.0])
            case "offer":
                replies.append(transfer.offer(client.operations.write, 900.0, 0, 1.0))
            case "outage":
                transfer.set_regime(Regime((0.0,), (1e-4,)), 1.0)
                transfer.set_regime(line, 1.5)
            case "latency":
                transfer.set_regime(slow, 1.0)
                transfer.set_regime(line, 1.1)
            case "read":
                replies += reads(transfer, np.linspace(0.0, 1.0, 7))
            case "late":
                # Beyond what has been computed ahead, which is taken back.
                transfer.bound()
                transfer.set_regime(slow, 1.0)
        transfer.submit(0, np.full(200, 65536.0))
        transfer.run()
        told.append(repr(replies + reads(transfer, np.linspace(0.0, transfer.now, 40))))
    assert told[0] == told[1]


@pytest.mark.parametrize("durability", ["async", "commit", "sync"])
@pytest.mark.parametrize("kind", ["large", "64 KB", "lognormal", "mix"])
def test_every_cell_of_the_grid_is_told_alike(kind: str, durability: str) -> None:
    sizes = workload(kind, {"large": 20}.get(kind, 400), seed=5)
    for net, streams, cores in product(NETS, (1, 4, 40), (1, 2, 3)):
        rate, latency = NETS[net]
        server = Server(cores, buffer=2.0**24, store=DISK)
        client = Client(operations(durability), streams=streams, window=16, block=2**20)
        for schedule in ([(0.0, Regime((rate,), (latency,)))], steps(net, 4.0, 2), thefts(net, 4.0, 2)):
            told = []
            for core in (COMPILED, PURE):
                transfer = Transfer(server, [client], schedule[0][1], core=core)
                for at, regime in schedule[1:]:
                    transfer.set_regime(regime, at)
                transfer.submit(0, sizes)
                transfer.run()
                told.append(reads(transfer, np.linspace(0.0, 10.0, 40)))
            assert told[0] == told[1], (net, streams, cores)


def test_an_operation_of_a_door_is_told_alike() -> None:
    """A door that shares the server with a copy under way."""
    told = []
    for core in (COMPILED, PURE):
        client = Client(operations("commit"), streams=4, window=8, block=2**17)
        transfer = Transfer(
            Server(2, 2.0**22, DISK), [client, client], Regime((40e6,) * 2, (1e-3,) * 2), core=core
        )
        transfer.submit(0, workload("lognormal", 50, 1))
        write = Operation("WRITE", 200.0, 40e-6, 0.7e-9)
        told.append([transfer.offer(write, 65536.0, 1, 0.01 * i) for i in range(300)] + [transfer.run()])
    assert told[0] == told[1]


def test_usage_is_told_alike_whoever_takes_the_number_at_which_meters_are_read() -> None:
    """An operation offered takes a number, too; and the two forms look for periods at other numbers."""
    write = Operation("WRITE", 100.0, 1e-4)
    client = Client(Operations((), write, ()), streams=1, window=4)
    for offered in range(64):
        told = []
        for core in (COMPILED, PURE):
            transfer = Transfer(Server(1, 1e6, DISK), [client], Regime((1e7,), (1e-3,)), core=core)
            transfer.submit(0, [65536.0] * 130)
            transfer.advance(0.2)
            for _ in range(offered):
                transfer.offer(write, 900.0, 0, 0.2)
            transfer.run()
            usage = transfer.usage(np.linspace(0.0, transfer.now, 20))
            told.append([part.tolist() for part in (usage.link, usage.cores, usage.store, usage.buffer)])
        assert told[0] == told[1], offered


@pytest.mark.parametrize("core", [COMPILED, PURE])
@pytest.mark.parametrize("stands", [Regime((0.0,), (0.1,)), Regime((1e3,), (0.1,), share=0.0)])
def test_usage_is_that_of_knowing_beforehand(stands: Regime, core: type[Core]) -> None:
    """Who waits for a link or a core that may never come back, or for files, takes no number of an RPC meanwhile."""
    client = Client(operations(), streams=5, window=3, block=100)
    line, sizes = Regime((1e3,), (0.1,)), [float(size % 700) for size in range(0, 40_000, 111)]

    def told(late: bool) -> list[Any]:
        transfer = Transfer(Server(1, 3e3, DISK), [client], line, core=core)
        if not late:
            transfer.lay([(20.0, stands), (30.0, line), (40.0, stands), (50.0, line)])
        transfer.submit(0, sizes)
        for at, regime in ((20.0, stands), (30.0, line), (40.0, stands), (50.0, line)):
            transfer.advance(at + 1.0)
            if late:
                transfer.set_regime(regime, at)
        transfer.run()
        return reads(transfer, np.linspace(0.0, transfer.now, 200))

    assert repr(told(late=True)) == repr(told(late=False))


def test_the_clock_moves_alike_when_old_operations_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of them could be dropped, which depends on the checkpoints that there are."""
    monkeypatch.setattr("devicesim.throughput.transfer.ANSWERS", 3)
    client = Client(operations(), streams=3, window=2, block=100)
    told = []
    for core, every in product((COMPILED, PURE), (1, 100, 8192)):
        monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", every)
        transfer = Transfer(Server(1, 1e9, DISK), [client], Regime((1e4,), (0.01,)), core=core)
        clock = []
        for turn in range(60):
            transfer.submit(0, [float(turn % 7), 250.0])
            transfer.offer(client.operations.write, 10.0, 0, transfer.now + 0.1 + turn % 5)
            clock.append(transfer.now)
        told.append((every, clock))
    assert {tuple(clock) for _, clock in told} == {tuple(told[0][1])}
    assert told[0][1][-1] > 0.1


def test_a_replay_begins_once() -> None:
    """What looks at its columns would look at memory that is gone."""
    replay = COMPILED(Server(1, 1e9, DISK), (Client(operations()),), Regime((1e6,), (0.0,)), 0.0, 64)
    with pytest.raises(RuntimeError, match="a replay begins once"):
        replay.__init__(Server(1, 1e9, DISK), (Client(operations()),), Regime((1e6,), (0.0,)), 0.0, 64)


def test_columns_do_not_grow_while_they_are_looked_at() -> None:
    transfer = Transfer(Server(1, 1e9, DISK), [Client(operations())], Regime((1e6,), (0.0,)), core=COMPILED)
    transfer.submit(0, [1.0, 2.0])
    looking = memoryview(transfer._core.files(0).sizes)
    with pytest.raises(BufferError, match="a column cannot grow while it is looked at"):
        transfer.submit(0, np.ones(10_000))
    looking.release()
    assert transfer._core.unfinished == 2
    assert transfer.run() < 1.0


@pytest.mark.parametrize("core", [COMPILED, PURE])
def test_no_time_is_refused(core: type[Core]) -> None:
    replay = core(Server(3, 1e9, DISK), (Client(operations()),), Regime((1e6,), (0.0,)), 0.0, 64)
    with pytest.raises(ValueError, match="to must be a time, got nan"):
        replay.catch_up(float("nan"))
    replay.catch_up(float("inf"))
    assert replay.unfinished == 0
