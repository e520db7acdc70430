"""One operation at a time: when a door is open, what an operation costs by hand, and what slows it."""

import pytest
from small_story import small_story

from devicesim.errors import BoundError, UnknownNameError
from devicesim.world import World, replay

COPY_BEGINS = 364_350.0
GOODPUT = 0.9 * 125e6 * 1448 / 1538
HALF_RTT = 0.0002
READ_REPLY = 7 * 4 + 3 * 4 + (2 * 4 + 16 + 5 * 4) + 2 * 4 + (2 * 4 + 2 * 4)
"""Bytes of an NFSv4.1 reply to READ besides its data: head, compound, SEQUENCE, PUTFH, READ."""
WRITE = 200
"""Bytes of an NFSv4.1 WRITE besides its payload."""


def quiet(*changes: str) -> World:
    """The device a minute after the copy, serving nobody."""
    world = World(small_story('job.keep = "12 h"', *changes))
    world.advance(COPY_BEGINS + 60)
    return world


def took(world: World, payload: int) -> float:
    return world.offer("WRITE", payload) - world.now


class TestCost:
    @pytest.mark.parametrize("payload", [0, 4096, 1_000_000])
    def test_write_by_hand(self, payload: int) -> None:
        """The link, half the round trip, 100 us and 6 ns a byte of the CPU, and half the round trip again."""
        expected = (payload + WRITE) / GOODPUT + 2 * HALF_RTT + 100e-6 + 6e-9 * payload
        assert took(quiet(), payload) == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize("operation", ["GETATTR", "READDIRPLUS", "FSSTAT"])
    def test_what_looks_costs_as_a_lookup(self, operation: str) -> None:
        """But for some bytes more or less on the link: 400 are 4 us."""
        assert quiet().offer(operation, 0) == pytest.approx(quiet().offer("LOOKUP", 0), abs=4e-6)

    @pytest.mark.parametrize("operation", ["CREATE", "RENAME", "SETATTR", "REMOVE"])
    def test_what_changes_names_costs_as_a_creation(self, operation: str) -> None:
        durable = 'client.laptop.nfs.durability = "sync"'
        assert quiet(durable).offer(operation, 0) == pytest.approx(quiet(durable).offer("OPEN", 0), abs=4e-6)
        assert quiet(durable).offer(operation, 0) > quiet(durable).offer("LOOKUP", 0) + 0.001

    def test_read_by_hand(self) -> None:
        """Its reply and a megabyte on the link, half the round trip, 100 us and 6 ns a byte of the CPU, and back."""
        world = quiet()
        expected = (1e6 + READ_REPLY) / GOODPUT + 2 * HALF_RTT + 100e-6 + 6e-3
        assert world.offer("READ", 1_000_000) - world.now == pytest.approx(expected, abs=1e-9)

    def test_second_waits_for_the_first(self) -> None:
        """Both issued now: on the link one after the other, on the CPU too, which is faster."""
        world = quiet()
        first, second = took(world, 1_000_000), took(world, 1_000_000)
        assert second - first == pytest.approx((1_000_000 + WRITE) / GOODPUT, abs=1e-9)

    def test_commit_waits_for_the_disk(self) -> None:
        """A commit of three disk operations, shared by the client's four streams: 3/4 of 13 ms."""
        world = quiet('client.laptop.nfs.durability = "commit"')
        plain = quiet().offer("COMMIT", 0) - COPY_BEGINS - 60
        assert world.offer("COMMIT", 0) - world.now - plain == pytest.approx(0.75 * 0.013, abs=1e-9)

    def test_busy_instances_slow_it(self) -> None:
        """Two thirds of the CPU: one and a half times as long on it."""
        shared = quiet('job.nfs_cpu = "shared"', 'instance = [{ name = "a", type = "snc1.medium" }]')
        alone = quiet()
        assert took(shared, 1_000_000) - took(alone, 1_000_000) == pytest.approx(0.5 * 6.1e-3, abs=1e-9)

    def test_capacities_change_with_time(self) -> None:
        beside = 'instance = [{ name = "a", type = "snc1.medium", start = "1 h", duration = "1 h" }]'
        world = quiet('job.nfs_cpu = "shared"', beside)
        costs = []
        for _ in range(3):
            costs.append(took(world, 1_000_000))
            world.advance("1 h")
        assert costs[1] > costs[0] == pytest.approx(costs[2], abs=1e-9)


class TestOpen:
    def test_only_while_the_service_is_active(self) -> None:
        world = World(small_story('job.keep = "1 h"'))
        open_at = []
        for minute in range(6055, 6160, 5):
            world.advance(minute * 60 - world.now)
            if world.offer("LOOKUP", 0) < float("inf"):
                open_at.append(minute * 60)
        # From 12.5 min after power-on at 363,600 s until an hour after the copy.
        assert open_at == list(range(364_500, 368_100, 300))

    def test_not_on_local_use(self) -> None:
        story = small_story('job.type = "LOCAL_USE"', "client = []", "dataset = []", 'job.keep = "1 d"')
        world = World(story)
        world.advance(COPY_BEGINS + 600)
        assert world.life().device.state == "unlocked"
        assert world.offer("WRITE", 1) == float("inf")

    def test_not_after_an_abrupt_end(self) -> None:
        world = quiet('site.power = { source = "battery", capacity = "71 Wh", spares = 1 }')
        world.life().device.fail("the plug was pulled")
        assert world.offer("WRITE", 1) == float("inf")


class TestMisuse:
    def test_unknown_operation(self) -> None:
        with pytest.raises(UnknownNameError, match="unknown operation 'WRITES'; did you mean 'WRITE'"):
            quiet().offer("WRITES", 1)

    def test_unknown_client(self) -> None:
        with pytest.raises(BoundError, match=r"client must be in 0\.\.0, got 1"):
            quiet().offer("WRITE", 1, client=1)

    @pytest.mark.parametrize("payload", [-1, float("nan")])
    def test_payload(self, payload: float) -> None:
        with pytest.raises(BoundError, match="payload must be >= 0"):
            quiet().offer("WRITE", payload)

    @pytest.mark.parametrize("before", [1.0, float("nan")])
    def test_not_in_the_past(self, before: float) -> None:
        world = quiet()
        with pytest.raises(BoundError, match="at must be >= now"):
            world.offer("WRITE", 1, at=world.now - before)


class TestSince:
    """A call that a program on the wall took its time for, counted as if it had taken none."""

    def test_worked_a_chain_of_calls_takes_what_it_would_without_gaps(self) -> None:
        """Each issued 0.3 ms after the reply before it, and told to have been possible with that reply."""
        world, apart = quiet('site.rtt = "5 ms"'), 0.3e-3
        began = reply = world.offer("GETATTR", 0)
        for _ in range(20):
            world.advance(max(reply, world.now) + apart - world.now)
            reply = world.offer("GETATTR", 0, since=reply)
        alone = quiet('site.rtt = "5 ms"')
        assert reply - began == pytest.approx(20 * (alone.offer("GETATTR", 0) - alone.now), abs=1e-9)

    def test_law_it_cannot_be_earlier_than_what_came_before_it(self) -> None:
        """One link: a call told to be older than the last one still follows that."""
        world = quiet()
        first = world.offer("WRITE", 1_000_000)
        second = world.offer("WRITE", 1_000_000, since=world.now - 3600)
        assert second - first == pytest.approx((1_000_000 + WRITE) / GOODPUT, rel=1e-6)

    def test_law_what_lies_ahead_is_now(self) -> None:
        one, other = quiet(), quiet()
        assert one.offer("WRITE", 4096, since=one.now + 60) == other.offer("WRITE", 4096)

    def test_law_it_is_in_the_log(self) -> None:
        world = quiet()
        world.open_doors()
        told = [world.offer("WRITE", 4096, since=world.now - 1e-3 * k) for k in (0, 5, 2)]
        world.advance(1)
        told.append(world.offer("WRITE", 4096, since=world.now - 0.5))
        again = replay(small_story('job.keep = "12 h"'), world.seed, world.log)
        assert again.log == world.log
        assert again.offer("WRITE", 1) == world.offer("WRITE", 1)
