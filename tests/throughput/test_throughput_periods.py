"""Files of one size in step: what is laid down at once has the bits of what is computed RPC by RPC."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from test_throughput_cores import reads

from devicesim.benchmark.workloads import DISK, NETS, operations, steps, thefts
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, Transfer
from devicesim.throughput.copies import Copies
from devicesim.throughput.core import CORES, PURE
from devicesim.throughput.periods import NEVER_DUE, Periods
from devicesim.throughput.replay import Replay

Story = tuple[Server, Client, np.ndarray, list[tuple[float, Regime]]]


class Stepping(Replay):
    """The pure-Python core that looks for no period."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._periods.due = NEVER_DUE


def story(seed: int) -> Story:
    """Files of one size, or nearly all: any number of streams and cores, any buffer, any change of regime."""
    draw = random.Random(seed)
    size = draw.choice((0.0, 1.0, 4096.0, 65536.0, 65536.5, 2.0**20, 3e6))
    count = draw.randint(20, 500)
    sizes = np.full(count, size)
    if draw.random() < 0.3:
        sizes[draw.randrange(count)] = 5e5
    flat = Store(20e6, 20e6, 1e12)
    disk = draw.choice((DISK, flat, Store(180e6, 2e6, (count * size + 1) * draw.random())))
    life = operations(draw.choice(("async", "async", "commit", "sync")))
    if draw.random() < 0.2:
        life = Operations((), life.write, ())
    start = draw.choice((0.0, 0.0, 1.5))
    client = Client(
        life,
        streams=draw.choice((1, 2, 3, 4, 7, 16)),
        window=draw.choice((1, 2, 16)),
        block=draw.choice((2**17, 2**20)),
        link=draw.choice((0, 0, 1)),
        start=start,
    )
    server = Server(draw.choice((1, 1, 2, 3)), draw.choice((1.2e9, 2.0**24, 2.0**21, 1e5)), disk)
    net = draw.choice(list(NETS))
    length = max(count * size / 120e6 + count * 3e-4, 0.01)
    rate, latency = NETS[net]
    constant = [(draw.choice((0.0, 100.0, -50.0)), Regime((rate,), (latency,)))]
    changing = [steps(net, length, seed), thefts(net, length, seed)]
    return server, client, sizes, draw.choice([constant, constant, *changing])


def told(told_by: type[Any], given: Story, late: bool) -> list[Any]:
    """Everything that a transfer tells; with ``late``, after a change of what it had computed as well."""
    server, client, sizes, schedule = given
    transfer = Transfer(server, [client], schedule[0][1], at=schedule[0][0], core=told_by)
    transfer.lay(schedule[1:])
    transfer.submit(0, sizes)
    end = transfer.run()
    tells = reads(transfer, np.linspace(schedule[0][0], transfer.now, 60))
    if late and np.isfinite(end):
        slower = Regime(tuple(0.7 * rate for rate in schedule[-1][1].bandwidth), schedule[-1][1].latency)
        transfer.set_regime(slower, schedule[0][0] + 0.4 * (end - schedule[0][0]))
        transfer.submit(0, sizes[:50])
        transfer.run()
        tells += reads(transfer, np.linspace(schedule[0][0], transfer.now, 60))
    return tells


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(60, 3000, 60))]
)
def test_periods_laid_at_once_are_those_stepped_through(first: int) -> None:
    for seed in range(first, first + 60):
        given, late = story(seed), bool(seed % 3)
        expected = repr(told(Stepping, given, late))
        for core in CORES:
            assert repr(told(core, given, late)) == expected, (seed, core)


def test_most_of_a_list_of_one_size_is_not_stepped_through(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = []
    lay = Copies.lay

    def counted(copies: Copies, count: int) -> int:
        laid.append(lay(copies, count) * len(copies._period.issues))
        return laid[-1]

    monkeypatch.setattr(Copies, "lay", counted)
    client = Client(operations(), streams=4, window=16, block=2**20)
    transfer = Transfer(Server(1, 1.2e9, DISK), [client], Regime((117e6,), (1e-4,)), core=PURE)
    transfer.submit(0, np.full(4000, 65536.0))
    transfer.run()
    assert sum(laid) > 0.9 * 5 * 4000


def test_a_full_buffer_ends_what_can_be_laid() -> None:
    """As many as fit: the store takes 100 kB a second, the link brings ten times as much."""
    life = Operations((), Operation("WRITE", 0.0, 1e-4), ())
    told_by = []
    for core in (Stepping, *CORES):
        client = Client(life, streams=2, window=1, block=1e5)
        transfer = Transfer(
            Server(1, 1e6, Store(1e5, 1e5, 1e12)), [client], Regime((1e6,), (1e-4,)), core=core
        )
        transfer.submit(0, np.full(60, 1e4))
        transfer.run()
        told_by.append(reads(transfer, np.linspace(0.0, transfer.now, 30)))
        assert transfer.end == pytest.approx(60 * 1e4 / 1e6, rel=0.02)
        transfer.submit(0, np.full(400, 1e4))
        transfer.run()
        told_by[-1] += reads(transfer, np.linspace(0.0, transfer.now, 30))
        assert transfer.usage(transfer.now).buffer > 20
    assert told_by[0] == told_by[1] == told_by[-1]


def test_a_sum_that_may_lie_halfway_between_two_times_is_not_laid() -> None:
    """Half a unit of the times from 1 to 2 is 2^-53: where ``1 + k * 2^-53`` goes depends on what it is added to."""
    tie = Periods._tie
    assert tie(None, {2.0**-53}, 1.0)  # type: ignore[arg-type]
    assert tie(None, {0.5 + 2.0**-53}, 1.0)  # type: ignore[arg-type]
    assert not tie(None, {0.1, 0.5, 2.0**-52, 2.0**-54}, 1.0)  # type: ignore[arg-type]


def test_files_in_step_that_ask_nothing_of_the_cores_go_on_while_these_stand_still() -> None:
    """The cores do nothing from 0.559 to 1.5 s, and have nothing to do either."""
    life = Operations((Operation("CALL", 100.0, 0.0, 1e-9),), Operation("WRITE", 0.0, 0.0), ())
    finishes = []
    for share in (0.0, 1.0):
        transfer = Transfer(
            Server(1, 1e6, Store(100e6, 50e6, 1e12)),
            [Client(life, streams=1, window=2, block=65536)],
            Regime((1e6,), (1e-4,), 1.0, 0.7),
        )
        transfer.submit(0, [65536.0] * 100)
        transfer.set_regime(Regime((1e7,), (2e-3,), share, 1.0), 0.559)
        transfer.set_regime(Regime((1e7,), (1e-3,), 1.0, 1.0), 1.5)
        transfer.run()
        finishes.append(transfer.finish(0).tolist())
    assert finishes[0] == finishes[1]
    assert finishes[0][50] < 1.5
