"""The transfer as its hosts use it: worked cases, changes that come late, doors, reads, misuse."""

from __future__ import annotations

import sys
from dataclasses import replace
from heapq import heapify, heapreplace

import numpy as np
import pytest
import simpy

from devicesim.benchmark.workloads import DISK, NETS, operations, steps, workload
from devicesim.errors import BoundError
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, Transfer, simulate
from devicesim.throughput.core import PURE

INF = float("inf")
PLAIN = Regime((100.0,), (1.0,))
"""100 bytes/s, 1 s one way."""


def call(name: str = "CALL", request: float = 0.0, work: float = 0.0, **more: object) -> Operation:
    return Operation(name, request, work, **more)


def life(*before: Operation, write: Operation | None = None, after: tuple[Operation, ...] = ()) -> Operations:
    return Operations(before, write or call("WRITE"), after)


def server(cores: int = 1, buffer: float = 1e9, rate: float = 50.0) -> Server:
    return Server(cores, buffer, Store(rate, rate, 1e9))


# Worked by hand.


def test_one_file_passes_its_stations_one_after_the_other() -> None:
    """CREATE: 100 B / 100 B/s + 1 s + 1 s of core at share 1/2 + 1 s = 5 s. Then two WRITEs of 200 B, both at 5 s:
    through the link at 7 s and 9 s, at the server at 8 s and 10 s, admitted at once, answered at 9 s and 11 s.
    COMMIT at 11 s: at the server at 12 s. The store began the first payload at 8 s, at 50 B/s, and has both at
    16 s; 3 s of journal more; the reply waits for that: 19 s + 1 s.
    """
    commit = call("COMMIT", store=3.0, wait=True)
    client = Client(life(call("CREATE", 100.0, 1.0), after=(commit,)), streams=1, block=200)
    transfer = simulate(server(), [client], [[400.0]], [(0.0, replace(PLAIN, share=0.5))])
    assert transfer.end == 20.0
    assert transfer.finish(0).tolist() == [20.0]
    curve = transfer.curve()
    assert curve.time.tolist() == [8.0, 10.0, 20.0]
    assert curve.bytes.tolist() == [200.0, 400.0, 400.0]
    assert curve.objects.tolist() == [0.0, 0.0, 1.0]
    usage = transfer.usage(20.0)
    assert usage.link.tolist() == [1.0 + 2.0 + 2.0]
    assert usage.cores == 2.0
    assert usage.store == 8.0 + 3.0
    assert transfer.stored(20.0) == 400.0


def test_law_sizes_that_nobody_can_change_are_kept_and_others_copied() -> None:
    """What is changed after it was submitted moves nothing, be it looked at where it is or not."""
    drawn = np.floor(np.random.default_rng(5).lognormal(5.0, 1.0, 300))

    def finish(*lists: object) -> list[float]:
        made = Transfer(server(), [Client(life(call("CREATE", 10.0)), streams=3, block=200)], PLAIN)
        for sizes in lists:
            made.submit(0, sizes)
            if isinstance(sizes, np.ndarray) and sizes.flags.writeable:
                sizes[:] = 7.0
            elif isinstance(sizes, np.ndarray) and sizes.base is not None:
                sizes.base[:] = 7.0
        made.advance(50.0)
        made.set_regime(replace(PLAIN, share=0.5), 20.0)
        made.run()
        return made.finish(0).tolist()

    def lasting(sizes: np.ndarray) -> np.ndarray:
        sizes.setflags(write=False)
        return sizes

    expected = finish(drawn.tolist())
    assert finish(lasting(drawn.copy())) == expected
    assert finish(drawn.copy()) == expected
    assert finish(drawn.astype(np.int64)) == expected
    assert finish(lasting(drawn.copy()[:])) == expected
    assert finish(lasting(drawn[:100].copy()), lasting(drawn[100:].copy())) == expected
    assert finish(lasting(drawn[:100].copy()), drawn[100:].copy(), []) == expected
    assert finish(np.zeros(0), lasting(drawn.copy())) == expected


def test_a_list_is_let_go_with_its_transfer() -> None:
    sizes = np.full(50, 300.0)
    sizes.setflags(write=False)
    before = sys.getrefcount(sizes)
    transfer = Transfer(server(), [Client(life(call("CREATE", 10.0)), streams=3, block=200)], PLAIN)
    transfer.submit(0, sizes)
    transfer.submit(0, [1.0])
    transfer.run()
    assert sys.getrefcount(sizes) == before
    other = simulate(
        server(), [Client(life(call("CREATE", 10.0)), streams=3, block=200)], [sizes], [(0.0, PLAIN)]
    )
    assert other.done
    del other
    assert sys.getrefcount(sizes) == before


def test_a_paused_client_ends_no_sooner_than_it_goes_on() -> None:
    """WRITEs of 100 B, one at a time, 3 s each: issued at 0 and 3; paused from 4 to 10; the third is issued then."""
    client = Client(life(), streams=1, window=1, block=100)
    transfer = Transfer(server(), [client], PLAIN)
    transfer.submit(0, [300.0])
    transfer.advance(4.0)
    transfer.pause(0)
    assert transfer.bound() == INF
    transfer.advance(10.0)
    assert transfer.progress(10.0)[0] == 200.0
    transfer.resume(0)
    assert transfer.bound() == 13.0
    assert transfer.run() == 13.0


def test_a_window_of_one_waits_for_every_reply() -> None:
    """Three WRITEs of 100 B: each 1 s of link and 2 s under way."""
    client = Client(life(), streams=1, window=1, block=100)
    assert simulate(server(), [client], [[300.0]], [(0.0, PLAIN)]).end == 9.0


def test_a_full_buffer_holds_payloads_back_until_the_store_has_made_room() -> None:
    """Payloads of 100 B arrive at 2, 3, 4 s; 200 B fit; the store (50 B/s) has the first at 4 s, the second at 6 s.

    The third fits at 4 s, when the first is through: no wait. The fourth arrives at 5 s and fits at 6 s.
    """
    client = Client(life(), streams=1, block=100)
    transfer = simulate(server(buffer=200.0), [client], [[400.0]], [(0.0, PLAIN)])
    assert transfer.curve().time.tolist() == [2.0, 3.0, 4.0, 6.0, 7.0]
    assert transfer.usage(10.0).buffer == 1.0


def test_a_payload_larger_than_the_buffer_waits_until_it_is_empty() -> None:
    """100 B each, at 2 s and 3 s, buffer 10 B: the second waits until the store has the first, at 4 s."""
    client = Client(life(), streams=1, block=100)
    transfer = simulate(server(buffer=10.0), [client], [[200.0]], [(0.0, PLAIN)])
    assert transfer.curve().time.tolist() == [2.0, 4.0, 5.0]


def test_the_store_slows_down_as_it_fills() -> None:
    """Rates 4 and 2 B/s over 300 B: the square falls from 16 to 4, so after 100 B the rate is sqrt(12) B/s."""
    client = Client(life(write=call("WRITE", wait=True)), streams=1, block=100)
    slow = Server(1, 1e9, Store(4.0, 2.0, 300.0))
    transfer = simulate(slow, [client], [[200.0]], [(0.0, Regime((1e12,), (0.0,)))])
    assert transfer.end == pytest.approx(100 / 4 + 100 / 12**0.5, rel=1e-9)


def test_an_outage_is_sat_out() -> None:
    """300 B from 0 s; the link stands still from 1 s to 11 s: through at 13 s, answered at 15 s; 3 s of service."""
    client = Client(life(), streams=1, block=1000)
    schedule = [(0.0, PLAIN), (1.0, replace(PLAIN, bandwidth=(0.0,))), (11.0, PLAIN)]
    transfer = simulate(server(), [client], [[300.0]], schedule)
    assert transfer.end == 15.0
    assert transfer.usage(15.0).link.tolist() == [3.0]


# Files and lists.


def test_zero_byte_files_take_their_calls_and_no_write() -> None:
    """CREATE and CLOSE are 2 s of latency each."""
    client = Client(life(call("CREATE"), after=(call("CLOSE"),)), streams=1)
    transfer = simulate(server(), [client], [[0.0, 0.0]], [(0.0, PLAIN)])
    assert transfer.finish(0).tolist() == [4.0, 8.0]
    assert transfer.progress(8.0)[0] == 0.0


def test_files_without_any_call_are_finished_at_once() -> None:
    transfer = simulate(server(), [Client(life())], [np.zeros(1000)], [(3.0, PLAIN)])
    assert transfer.finish(0).tolist() == [3.0] * 1000


def test_an_empty_list_is_done() -> None:
    transfer = simulate(server(), [Client(life())], [[]], [(5.0, PLAIN)])
    assert transfer.done
    assert transfer.end == transfer.bound() == 5.0
    assert transfer.curve().time.size == 0
    assert transfer.progress([5.0, 6.0])[1].tolist() == [0.0, 0.0]
    assert transfer.usage(9.0).link.tolist() == [0.0]


def test_streams_beyond_the_number_of_files_stay_idle() -> None:
    few, many = (
        simulate(server(), [Client(life(), streams=k)], [[100.0] * 3], [(0.0, PLAIN)]) for k in (3, 64)
    )
    assert few.finish(0).tolist() == many.finish(0).tolist()


def test_a_file_of_five_terabytes_moves_on() -> None:
    """At 117 MB/s, 40 million WRITEs: a minute of it, and a bound that is neither late nor useless."""
    rate, latency = NETS["1GbE"]
    transfer = Transfer(
        Server(1, 1.2e9, DISK), [Client(operations(), block=2**20)], Regime((rate,), (latency,))
    )
    transfer.submit(0, [5e12])
    transfer.advance(60.0)
    assert transfer.progress(60.0)[0] == pytest.approx(60 * rate, rel=0.01)
    assert 5e12 / rate * 0.99 < transfer.bound() < 5e12 / rate * 1.3
    assert not transfer.done
    assert transfer.end == INF


def test_files_submitted_later_are_taken_by_idle_streams_at_once() -> None:
    transfer = Transfer(server(), [Client(life(), streams=1, block=100)], PLAIN)
    transfer.submit(0, [100.0])
    assert transfer.run() == 3.0
    transfer.advance(10.0)
    transfer.submit(0, [100.0])
    assert not transfer.done
    assert transfer.run() == 13.0
    assert transfer.finish(0).tolist() == [3.0, 13.0]


# Changes that were not foreseen.


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("durability", ["async", "sync"])
def test_changes_learned_one_by_one_equal_a_schedule_known_beforehand(durability: str, cores: int) -> None:
    """Over several checkpoints, looking at the bound and far ahead in between."""
    sizes = workload("lognormal", 600, 5)
    client = Client(operations(durability), streams=4, block=2**17)
    machine = Server(cores, 2.0**25, DISK)
    schedule = steps("Wi-Fi", 20.0, seed=4)
    known = simulate(machine, [client], [sizes], schedule)
    hosted = Transfer(machine, [client], schedule[0][1])
    hosted.submit(0, sizes)
    for time, regime in schedule[1:]:
        hosted.bound()
        hosted.advance(time)
        hosted.set_regime(regime, time)
    assert hosted.run() == known.end
    assert hosted.finish(0).tolist() == known.finish(0).tolist()
    assert hosted.curve().time.tolist() == known.curve().time.tolist()


def test_a_regime_laid_later_forgets_what_was_laid_beyond_it() -> None:
    transfer = Transfer(server(), [Client(life(), streams=1, block=1000)], PLAIN)
    transfer.submit(0, [1000.0])
    transfer.set_regime(replace(PLAIN, bandwidth=(0.0,)), 5.0)
    assert transfer.bound() == INF
    transfer.set_regime(replace(PLAIN, bandwidth=(50.0,)), 2.0)
    assert transfer.run() == 2.0 + 800 / 50 + 2.0
    assert transfer.regime == replace(PLAIN, bandwidth=(50.0,))


@pytest.mark.parametrize(
    "stop", [{"bandwidth": (0.0,)}, {"share": 0.0}, {"store": 0.0}], ids=["link", "cores", "store"]
)
@pytest.mark.parametrize("cores", [1, 2])
def test_what_stands_still_for_good_is_stalled_not_hung_and_can_come_back(stop: dict, cores: int) -> None:
    client = Client(
        life(call("CREATE", 10.0, 0.1), after=(call("COMMIT", store=0.1, wait=True),)), streams=3, block=100
    )
    machine = server(cores, buffer=300.0)
    sizes = [250.0] * 40
    transfer = Transfer(machine, [client], PLAIN)
    transfer.submit(0, sizes)
    transfer.advance(20.0)
    transfer.set_regime(replace(PLAIN, **stop), 20.0)
    assert transfer.bound() == INF
    assert transfer.run() == INF
    assert not transfer.done
    unfinished = np.isinf(transfer.finish(0)).sum()
    assert 0 < unfinished < 40
    assert np.isfinite(transfer.usage([20.0, 1e6]).store).all()
    transfer.advance(100.0)
    transfer.set_regime(PLAIN, 100.0)
    schedule = [(0.0, PLAIN), (20.0, replace(PLAIN, **stop)), (100.0, PLAIN)]
    known = simulate(machine, [client], [sizes], schedule)
    assert transfer.run() == known.end < INF
    assert transfer.finish(0).tolist() == known.finish(0).tolist()


def test_one_link_that_is_down_does_not_make_the_others_start_over() -> None:
    """The other client's progress since the link failed need not be computed again when it comes back."""
    rate, latency = NETS["1GbE"]
    clients = [Client(operations(), link=0), Client(operations(), link=1)]
    transfer = Transfer(Server(1, 1e9, DISK), clients, Regime((rate, 0.0), (latency, latency)))
    sizes = workload("64 KB", 4000)
    transfer.submit(0, sizes)
    transfer.submit(1, sizes[:100])
    transfer.advance(2.0)
    finished = len(transfer._core.files(0).finished)
    transfer.set_regime(Regime((rate, rate), (latency, latency)), 2.0)
    assert len(transfer._core.files(0).finished) >= finished > 0
    schedule = [
        (0.0, Regime((rate, 0.0), (latency, latency))),
        (2.0, Regime((rate, rate), (latency, latency))),
    ]
    known = simulate(Server(1, 1e9, DISK), clients, [sizes, sizes[:100]], schedule)
    assert transfer.run() == known.end
    assert [transfer.finish(k).tolist() for k in (0, 1)] == [known.finish(k).tolist() for k in (0, 1)]


def test_a_host_process_wakes_up_a_few_times_per_change_and_ends_on_time() -> None:
    """A SimPy process that asks for the bound, and one that changes the regime unforeseen."""
    sizes = workload("64 KB", 3000)
    machine, client = Server(1, 1e9, DISK), Client(operations(), streams=4)
    schedule = steps("1GbE", 5.0, seed=2)
    env = simpy.Environment()
    transfer = Transfer(machine, [client], schedule[0][1])
    transfer.submit(0, sizes)
    changed, wakes = [env.event()], [0]

    def host():
        while not transfer.done:
            wakes[0] += 1
            bound = transfer.bound()
            pause = env.timeout(max(bound - env.now, 1e-9)) if bound < INF else env.event()
            yield pause | changed[0]
            transfer.advance(env.now)

    def weather():
        for time, regime in schedule[1:]:
            yield env.timeout(time - env.now)
            transfer.advance(env.now)
            transfer.set_regime(regime, env.now)
            changed[0].succeed()
            changed[0] = env.event()

    env.process(weather())
    ended = env.process(host())
    env.run(until=ended)
    known = simulate(machine, [client], [sizes], schedule)
    assert transfer.end == known.end
    assert known.end <= env.now <= known.end + 1e-8
    assert wakes[0] <= 3 * len(schedule) + 10


def test_checkpoints_and_memory_stay_bounded() -> None:
    """16 bytes per WRITE are kept; nothing else grows with the data but one reading of each meter per 64 RPCs."""
    transfer = Transfer(
        Server(1, 2.0**24, DISK), [Client(operations(), block=2**14)], Regime((1.17e9,), (5e-5,)), core=PURE
    )
    transfer.submit(0, np.full(40, 2.0**25))
    transfer.run()
    writes = 40 * 2**25 // 2**14
    columns = transfer._core.record._columns()
    assert sum(len(c) * c.itemsize for c in columns) <= writes * (16 + 5 * 16 / 64) + 40 * 16 + 10_000
    assert len(transfer._core._checkpoints) <= 24
    assert all(len(point.state.buffered) <= 2**10 + 1 for point in transfer._core._checkpoints)


def test_what_is_settled_cannot_change() -> None:
    transfer = Transfer(server(), [Client(operations(), streams=2)], Regime((1e6,), (1e-3,)))
    transfer.submit(0, workload("64 KB", 400))
    transfer.advance(20.0)
    transfer.settle(20.0)
    with pytest.raises(BoundError, match="at must be >= 20"):
        transfer.set_regime(PLAIN, 19.0)
    transfer.set_regime(Regime((2e6,), (1e-3,)), 20.0)
    known = simulate(server(), transfer.clients, [workload("64 KB", 400)], transfer._regimes)
    assert transfer.run() == known.end


# Doors.


def closed_loop(door: Transfer, loops: int, writes: int) -> list[float]:
    """So many loops in turn offer one WRITE each at the reply of their last; return the replies."""
    write = door.clients[0].operations.write
    turns, replies = [(0.0, i, i) for i in range(loops)], []
    heapify(turns)
    for number in range(loops, loops + writes):
        time, _, loop = turns[0]
        replies.append(door.offer(write, 65536.0, 0, time))
        heapreplace(turns, (replies[-1], number, loop))
    return replies


@pytest.mark.parametrize("loops", [1, 4])
@pytest.mark.parametrize("cores", [1, 2])
def test_a_closed_loop_of_offers_cores_the_batch(loops: int, cores: int) -> None:
    """One WRITE per file and no other call, so the loops' replies are the files' finish times."""
    machine = Server(cores, 2.0**40, DISK)
    regime = Regime((117e6,), (1e-4,))
    client = Client(Operations((), operations().write, ()), streams=loops)
    batch = simulate(machine, [client], [np.full(400, 65536.0)], [(0.0, regime)])
    door = Transfer(machine, [client], regime)
    assert closed_loop(door, loops, 400) == batch.finish(0).tolist()
    door.advance(batch.end)
    assert door.progress(batch.end)[0] == batch.progress(batch.end)[0] == 400 * 65536.0


def test_offers_queue_with_a_copy_under_way() -> None:
    """An operation offered beside a copy is slower than alone, and slows the copy by what it takes."""
    regime, client = Regime((117e6,), (1e-4,)), Client(operations(), streams=4)
    sizes = workload("64 KB", 500)
    alone = simulate(Server(1, 1e9, DISK), [client], [sizes], [(0.0, regime)]).end
    idle, busy = (Transfer(Server(1, 1e9, DISK), [client], regime) for _ in range(2))
    busy.submit(0, sizes)
    busy.bound()
    big = Operation("WRITE", 200.0, 0.0)
    takes = 1000200 / 117e6
    quick, slow = ([door.offer(big, 1e6, 0, 0.01 * i) for i in range(1, 11)] for door in (idle, busy))
    assert quick == pytest.approx([0.01 * i + takes + 2e-4 for i in range(1, 11)])
    assert all(a >= b - 1e-12 for a, b in zip(slow, quick, strict=True))
    assert sum(slow) > sum(quick) + 1e-3
    assert alone < busy.run() <= alone + 10 * takes + 1e-9
    assert busy.progress(busy.end)[0] == sizes.sum() + 10e6


def test_a_change_after_an_offer_cores_it() -> None:
    """The operation was on the link when the link became slower; what came after it queues behind it."""
    door = Transfer(server(), [Client(life(), streams=1)], PLAIN)
    write = door.clients[0].operations.write
    assert door.offer(write, 100.0, 0, 0.0) == 3.0
    door.set_regime(replace(PLAIN, bandwidth=(10.0,)), 0.5)
    assert door.offer(write, 100.0, 0, 0.5) == 0.5 + 5.0 + 10.0 + 2.0


@pytest.mark.parametrize("copying", [False, True])
def test_an_offer_over_a_dead_link_gets_no_reply_until_the_link_is_back(copying: bool) -> None:
    """The first 100 B go out at 20 s, behind the copy's if there is one, and those offered then after them."""
    door = Transfer(server(), [Client(life(), streams=1, window=1)], replace(PLAIN, bandwidth=(0.0,)))
    if copying:
        door.submit(0, [1000.0])
    write = door.clients[0].operations.write
    assert door.offer(write, 100.0, 0, 1.0) == INF
    door.set_regime(PLAIN, 20.0)
    door.advance(20.0)
    assert door.offer(write, 100.0, 0, 20.0) == 20.0 + 2.0 + 2.0 + (10.0 if copying else 0.0)
    assert door.run() == (20.0 + 10.0 + 2.0 if copying else 0.0)
    door.advance(40.0)
    assert door.progress(40.0)[0] == 200.0 + (1000.0 if copying else 0.0)


def test_an_operation_offered_late_takes_its_place_in_the_line() -> None:
    """Issued at 0, 0.5 and 0.6 s: a second each on the link, one after the other, and 2 s to and fro."""
    door = Transfer(server(), [Client(life(), streams=1)], PLAIN)
    write = door.clients[0].operations.write
    assert door.offer(write, 100.0, 0, 0.5) == 0.5 + 1.0 + 2.0
    assert door.offer(write, 100.0, 0, 0.0) == 1.0 + 2.0
    assert door.offer(write, 100.0, 0, 0.6) == 3.0 + 2.0
    door.advance(5.0)
    assert door.usage(5.0).link[0] == 3.0
    with pytest.raises(BoundError, match=r"at must be >= 5.0 and finite, got 4.5"):
        door.offer(write, 100.0, 0, 4.5)


def test_a_look_ahead_can_be_read_and_fixes_nothing() -> None:
    """The first goes out at 0.5 s; who looks at 10 s sees it, and one issued at 0 s still goes before it."""
    door = Transfer(server(), [Client(life(), streams=1)], PLAIN)
    write = door.clients[0].operations.write
    assert door.offer(write, 100.0, 0, 0.5) == 0.5 + 1.0 + 2.0
    door.look(10.0)
    assert (door.now, door.seen) == (0.0, 10.0)
    assert door.progress([2.4, 2.5])[0].tolist() == [0.0, 100.0]
    assert door.offer(write, 100.0, 0, 0.0) == 1.0 + 2.0
    assert door.progress([1.9, 2.0, 3.0])[0].tolist() == [0.0, 100.0, 200.0]


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("every", [3, 8192])
def test_offers_in_any_order_come_to_the_same(
    cores: int, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a copy, from two clients on links of their own, mostly nearly in order as calls of real clients are."""
    monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", every)
    draw = np.random.default_rng(5)
    clients = [Client(operations(), streams=2, link=link) for link in (0, 1)]
    regime = Regime((117e6, 10e6), (1e-4, 2e-3))
    times = np.sort(draw.random(200)).tolist()
    given = [
        (clients[0].operations.all[draw.integers(4)], float(draw.integers(65536)), int(draw.integers(2)), at)
        for at in times
    ]
    nearly = np.argsort(np.arange(200) + draw.normal(0.0, 3.0, 200))
    ends = np.linspace(0.0, 2.0, 21)
    seen = []
    for order in (np.arange(200), nearly, draw.permutation(200)):
        door = Transfer(Server(cores, 1e6, DISK), clients, regime)
        door.submit(0, workload("64 KB", 300))
        door.bound()
        replies = dict.fromkeys(order.tolist(), INF)
        for i in order.tolist():
            replies[i] = door.offer(*given[i])
            assert replies[i] > given[i][3]
        door.advance(2.0)
        usage = door.usage(ends)
        seen.append(
            [
                door.finish(0).tolist(),
                door.progress(ends)[0].tolist(),
                usage.link.tolist(),
                usage.cores.tolist(),
            ]
        )
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def test_old_offers_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devicesim.throughput.transfer.ANSWERS", 10)
    monkeypatch.setattr("devicesim.throughput.transfer.CHECKPOINT_EVERY", 4)
    door = Transfer(server(rate=1e3), [Client(life(), streams=1, window=1)], PLAIN, core=PURE)
    closed_loop(door, 1, 200)
    assert len(door._core._inputs) < 40


# Reads and misuse.


def test_reads_take_any_shape_and_move_nothing() -> None:
    transfer = simulate(server(), [Client(life(), streams=1, block=100)], [[100.0] * 4], [(0.0, PLAIN)])
    size, objects = transfer.progress([[0.0, 2.0], [3.0, 50.0]])
    assert size.tolist() == [[0.0, 100.0], [100.0, 400.0]]
    assert objects.tolist() == [[0.0, 0.0], [1.0, 4.0]]
    assert transfer.usage(np.zeros((2, 3))).link.shape == (1, 2, 3)
    assert transfer.stored(0.0) == 0.0
    assert transfer.now == transfer.end == 12.0


def test_looking_ahead_shows_in_no_read() -> None:
    """After bound has computed to the end, now is still now."""
    transfer = Transfer(server(), [Client(life(), streams=1, block=100)], PLAIN)
    transfer.submit(0, [100.0] * 4)
    transfer.advance(4.0)
    assert transfer.bound() == 12.0
    assert transfer.finish(0).tolist() == [3.0, INF, INF, INF]
    assert transfer.curve().time.tolist() == [2.0, 3.0]
    assert transfer.end == INF
    with pytest.raises(BoundError, match=r"t must be <= now, 4.0, got 5.0"):
        transfer.progress(5.0)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([1.0, 2.0, 3.0, -4.0], r"sizes\[3\] must be >= 0, got -4.0"),
        ([float("nan")], r"sizes\[0\] must be >= 0, got nan"),
        ([0.0, 2.0**53 + 2], r"sizes\[1\] must be <= 9007199254740992, got 9007199254740994.0"),
        ([[1.0]], "sizes.ndim must be 1, got 2"),
    ],
)
def test_sizes_are_whole_lists_of_numbers(sizes: list, message: str) -> None:
    with pytest.raises(BoundError, match=message):
        Transfer(server(), [Client(life())], PLAIN).submit(0, sizes)


def test_misuse_is_refused() -> None:
    transfer = Transfer(server(), [Client(life())], PLAIN, at=10.0)
    write = transfer.clients[0].operations.write
    nan = float("nan")
    refused = {
        "client must be in": lambda: transfer.submit(1, [1.0]),
        "at must be >= 10.0": lambda: transfer.offer(write, 1.0, 0, 9.0),
        "payload must be in": lambda: transfer.offer(write, nan, 0, 10.0),
        "at must be >= 10.0 and finite, got nan": lambda: transfer.set_regime(PLAIN, nan),
        "to must be a time": lambda: transfer.advance(nan),
        "t must be finite": lambda: transfer.settle(nan),
        "t must be <= now": lambda: transfer.progress(nan),
        r"len\(bandwidth\) must be": lambda: transfer.set_regime(Regime((1.0, 1.0), (0.0, 0.0)), 11.0),
        r"len\(clients\) must be": lambda: Transfer(server(), [], PLAIN),
        r"len\(sizes_per_client\) must be": lambda: simulate(server(), [Client(life())], [], [(0.0, PLAIN)]),
        r"len\(schedule\) must be": lambda: simulate(server(), [Client(life())], [[]], []),
        "schedule must be in order": lambda: simulate(
            server(), [Client(life())], [[]], [(1.0, PLAIN), (0.0, PLAIN)]
        ),
    }
    for message, act in refused.items():
        with pytest.raises(BoundError, match=message):
            act()
