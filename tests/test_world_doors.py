"""The verbs of those who stand beside a device, and the customer who waits for who comes through its doors."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from small_story import small_story
from test_world import COPY_BEGINS, SLOW_LINK, told

from devicesim.device.share import Directory, ShareError, walk
from devicesim.device.share.recorded import handle
from devicesim.errors import VerbError
from devicesim.jobs import JobState
from devicesim.progress import DeviceChanged, LegStarted, ServiceChanged
from devicesim.world import World, replay

BOOT, UNLOCK, SERVICE = 600.0, 60.0, 90.0
STAY, PAUSE, PATIENCE = 3 * 86400.0, 600.0, 2 * 86400.0


def opened(clock: str = "manual") -> World:
    """A job of which only the API knows, its doors open and its device serving."""
    world = World(seed=7, clock=clock)
    world.create_job()
    world.open_doors()
    world.until_serving()
    return world


def write(world: World, name: str = "a.raw", size: int = 1_000_000) -> None:
    """Let a client write a file through a door."""
    share = world.life().device.share
    top = next(iter(share.buckets.values())).directory
    share.write(share.create(top, name, world.now), 0, size, world.now)
    world.offer("WRITE", size)


def states(world: World) -> list[tuple[str, str]]:
    return [(event.state, event.why) for event in world.stream.of(DeviceChanged, world.job().id)]


class TestWaiting:
    def test_nobody_copies_where_doors_are_open(self) -> None:
        world = opened()
        assert not world.stream.of(LegStarted, world.job().id)
        assert world.life().device.state == "unlocked"

    def test_it_goes_back_when_nobody_has_come_for_the_stay(self) -> None:
        """The last reply left at t; the device is switched off exactly a stay later."""
        world = opened()
        write(world)
        world.advance("1 d")
        write(world, "b.raw")
        last = world.life().device.hand.came
        world.run()
        (off,) = [e.at for e in world.stream.of(DeviceChanged, world.job().id) if e.state == "off"]
        assert off == pytest.approx(last + STAY + 20.0)
        assert world.job().state is JobState.COMPLETE
        assert world.stream.leg("import", world.job().id).total_objects == 2

    def test_it_goes_back_when_told(self) -> None:
        world = opened()
        write(world)
        at = world.now
        world.give_back()
        world.until("InTransitToAWS")
        assert states(world)[-1] == ("off", "powered off for the return")
        assert world.stream.of(DeviceChanged, world.job().id)[-1].at == at + 20.0
        world.until("Complete")
        assert world.stream.leg("import", world.job().id).total_bytes == 1_000_000

    def test_the_default_data_set_where_no_door_is_open(self) -> None:
        world = World(seed=7)
        world.create_job()
        world.until("Complete")
        assert world.stream.leg("import", world.job().id).total_objects == 1000

    def test_a_scenarios_clients_copy_beside_the_doors(self) -> None:
        """What is written beside the copy keeps the device on for a pause, and all of it is imported."""
        world = World(small_story())
        world.open_doors()
        world.advance(COPY_BEGINS + 1)
        write(world)
        write(world, "b.raw")
        world.advance(120)
        write(world, "c.raw")
        last = world.life().device.hand.came
        world.run()
        off = [e.at for e in world.stream.of(DeviceChanged, world.job().id) if e.state == "off"]
        assert off == [pytest.approx(last + PAUSE + 20.0)]
        assert world.stream.leg("import", world.job().id).total_objects == 43

    def test_doors_opened_before_the_order(self) -> None:
        world = World(seed=7)
        world.open_doors()
        world.create_job()
        world.until_serving()
        assert world.life().device.hand.doors

    def test_a_device_that_is_packed_unopened_brings_nothing(self) -> None:
        world = World(seed=7)
        world.create_job()
        world.until("WithCustomer")
        world.give_back()
        world.until("Complete")
        assert not states(world)
        assert world.stream.leg("import", world.job().id).total_objects == 0


class TestPower:
    def test_off_and_on_again(self) -> None:
        world = opened()
        world.power_off()
        world.advance(60)
        assert (world.life().device.state, world.life().device.nfs) == ("off", "INACTIVE")
        assert world.offer("WRITE", 1) == float("inf")
        world.power_on()
        at = world.now
        assert world.until_serving() == at + BOOT + UNLOCK + SERVICE

    def test_a_pulled_plug(self) -> None:
        """The NFS service is left DEACTIVATED, and is stopped before it is started again."""
        world = opened()
        world.cut_power()
        assert (world.life().device.state, world.life().device.nfs) == ("off", "DEACTIVATED")
        world.power_on()
        world.until_serving()
        services = [e.state for e in world.stream.of(ServiceChanged, world.job().id)]
        assert services[-4:] == ["DEACTIVATED", "DEACTIVATING", "ACTIVATING", "ACTIVE"]

    @pytest.mark.parametrize("wait", [0.0, 5.0])
    def test_on_again_before_it_is_off(self, wait: float) -> None:
        """Switched on while it still goes off: it starts when it is off."""
        world = opened()
        world.power_off()
        world.advance(wait)
        at = world.now - wait
        world.power_on()
        world.until(lambda w: w.life().device.state == "booting")
        assert world.now == at + 20.0
        world.until_serving()

    def test_a_copy_that_was_cut_goes_on(self) -> None:
        """Forty files; those that were whole on the disk are kept, and all forty are imported."""
        world = World(small_story(SLOW_LINK, 'client.laptop.nfs.durability = "sync"'))
        world.advance(COPY_BEGINS + 5)
        world.cut_power()
        world.advance("1 h")
        world.power_on()
        world.run()
        assert world.job().outcome == "complete"
        assert world.stream.leg("import", world.job().id).total_objects == 40

    def test_nobody_switches_it_on_again(self) -> None:
        """It goes back once patience is over."""
        world = opened()
        world.cut_power()
        at = world.now
        world.until("InTransitToAWS")
        assert at + PATIENCE < world.now < at + PATIENCE + 4 * 86400
        assert [state for state, _ in states(world)].count("booting") == 1

    def test_given_back_while_off(self) -> None:
        world = opened()
        write(world)
        world.power_off()
        world.advance(30)
        world.give_back()
        world.until("Complete")
        assert world.stream.leg("import", world.job().id).total_objects == 1

    def test_off_while_it_is_kept_after_the_copy(self) -> None:
        world = World(small_story('job.keep = "1 d"'))
        world.advance(COPY_BEGINS + 600)
        world.cut_power()
        world.power_on()
        world.until_serving()
        world.advance("1 h")
        assert world.life().device.state == "unlocked"
        world.run()
        assert states(world)[-1] == ("off", "powered off for the return")


VERBS: list[Callable[[World], object]] = [
    lambda world: world.give_back(),
    lambda world: world.power_off(),
    lambda world: world.cut_power(),
    lambda world: world.power_on(),
]


class TestRefused:
    @pytest.mark.parametrize("verb", VERBS)
    def test_only_with_the_customer(self, verb: Callable[[World], object]) -> None:
        world = World(seed=7)
        world.create_job()
        with pytest.raises(VerbError, match="only a device that is WithCustomer"):
            verb(world)
        assert [entry.name for entry in world.log] == ["create_job"]

    def test_what_is_off_is_not_switched_off(self) -> None:
        world = opened()
        world.cut_power()
        for verb in (world.power_off, world.cut_power):
            with pytest.raises(VerbError, match="is off"):
                verb()

    def test_what_is_on_is_not_switched_on(self) -> None:
        world = opened()
        with pytest.raises(VerbError, match="was not switched off by hand"):
            world.power_on()
        world.cut_power()
        world.power_on()
        with pytest.raises(VerbError, match="is on again"):
            world.power_on()

    def test_what_is_packed_is_not_given_back(self) -> None:
        world = opened()
        world.give_back()
        with pytest.raises(VerbError, match="is packed already"):
            world.give_back()

    def test_what_is_gone_does_not_serve(self) -> None:
        world = World(small_story())
        world.run()
        with pytest.raises(VerbError, match=r"does not serve: the job is over \(complete\)"):
            world.until_serving()


@pytest.mark.parametrize("clock", ["manual", "driven"])
def test_replay(clock: str) -> None:
    world = opened(clock)
    world.power_off()
    world.advance(60)
    world.power_on()
    world.until_serving()
    world.cut_power()
    world.power_on()
    world.until_serving()
    world.offer("WRITE", 100_000)
    world.give_back()
    world.until("Complete")
    again = replay(None, world.seed, world.log, clock=clock)
    assert (told(again), again.log) == (told(world), world.log)


def test_the_bucket_is_there_when_the_device_comes() -> None:
    world = opened()
    share = world.life().device.share
    assert list(share.buckets) == ["devicesim"]
    assert isinstance(share.resolve("/buckets/devicesim"), Directory)


class TestTraffic:
    """What comes through doors is in the log, and a World made of the log has the same tree and the same times."""

    @staticmethod
    def tree(world: World) -> list[tuple[Any, ...]]:
        share = world.life().device.share
        return [
            (
                bucket,
                path,
                *handle(node),
                node.size,
                node.mode,
                node.uid,
                node.mtime_ns,
                node.ctime_ns,
                node.nlink,
            )
            for bucket, made in share.buckets.items()
            for path, node in walk(made.directory)
        ]

    @pytest.mark.parametrize("clock", ["manual", "driven", "real:2"])
    def test_every_change_is_made_again(self, clock: str) -> None:
        wall = itertools.count(0.0, 0.01)
        world = World(seed=7, clock=clock, content="keep", wall=lambda: next(wall))
        world.create_job()
        world.open_doors()
        world.until_serving()
        share = world.life().device.share
        top = share.buckets["devicesim"].directory

        def came(operation: str, payload: int = 0) -> None:
            world.follow(world.offer(operation, payload, follow=False))
            world.tick()

        folder = share.mkdir(top, b"2026", world.now, uid=501)
        came("MKDIR")
        file = share.create(folder, "a.raw", world.now, verifier=b"\x00\xff345678")
        came("CREATE")
        for part in range(5):
            share.write(file, part * 100_000, bytes(100_000), world.now, stable=False)
            came("WRITE", 100_000)
        share.mark_stable(file)
        share.setattr(file, world.now, mode=0o600, mtime_ns=12345)
        came("SETATTR")
        share.link(file, top, "b.raw", world.now)
        share.symlink(top, "c", b"b.raw", world.now)
        share.rename(folder, "a.raw", top, "d.raw", world.now)
        share.remove(top, "b.raw", world.now)
        with pytest.raises(ShareError):
            share.rmdir(top, "d.raw", world.now)
        share.rmdir(top, "2026", world.now)
        gone = share.create(top, "gone", world.now)
        share.remove(top, "gone", world.now)
        share.write(share.create(top, "e.raw", world.now), 5, b"end", world.now)
        came("RENAME")
        world.advance(100)
        share.create(top, "f.raw", world.now)
        again = replay(None, world.seed, world.log, clock=clock, content="keep")
        assert self.tree(again) == self.tree(world)
        assert again.now == world.now
        assert (told(again), again.log) == (told(world), world.log)
        assert again.life().device.hand.came == world.life().device.hand.came
        with pytest.raises(ShareError):
            again.life().device.share.node(*handle(gone))
        world.run(), again.run()
        assert told(again) == told(world)

    def test_files_of_a_copy_and_of_a_door_in_one_bucket(self) -> None:
        """Looking at a bucket numbers the directories of its data sets; a log of handles must know of it."""
        world = World(small_story('job.keep = "1 d"'))
        world.open_doors()
        world.advance(COPY_BEGINS + 60)
        share = world.life().device.share
        top = share.buckets["small-story"].directory
        share.lookup(top, "clips")
        made = share.create(share.mkdir(top, "mine", world.now), "x", world.now)
        share.write(made, 0, 10, world.now)
        again = replay(world.scenario, world.seed, world.log)
        assert self.tree(again) == self.tree(world)

    def test_a_million_operations_are_few_verbs_and_few_bytes(self) -> None:
        """A file written whole is five operations; the log keeps some tens of bytes for all of them."""
        world = opened("driven")
        share = world.life().device.share
        top = share.buckets["devicesim"].directory
        log = len(world.log)
        for number in range(600):
            file = share.create(top, f"IMG_{number:06d}.raw", world.now)
            for operation in ("LOOKUP", "OPEN", "WRITE", "COMMIT", "CLOSE"):
                if operation == "WRITE":
                    share.write(file, 0, 4096, world.now, stable=False)
                elif operation == "COMMIT":
                    share.mark_stable(file)
                world.follow(world.offer(operation, 4096 if operation == "WRITE" else 0, follow=False))
        assert len(world.log) == log + 1
        size = sum(map(len, world.log[-1].arguments["rows"]._blocks))
        assert size < 600 * 150

    def test_a_snapshot_does_not_grow(self) -> None:
        world = opened()
        write(world)
        before = list(world.log)
        write(world, "b.raw")
        again = replay(None, world.seed, before)
        assert again.life().device.share.files == 1
        assert again.log == before


class TestBatch:
    """World contract: a recorded door run replayed as a batch gives the same finish times."""

    @pytest.mark.parametrize("durability", ["async", "commit", "sync"])
    def test_a_door_run_and_a_copy_of_the_same_files(self, durability: str) -> None:
        """One stream with one write in flight, as an ordered list of operations and as forty files.

        Through the door each operation is issued when the last was answered, while the scenario's own copy waits.
        """
        changes = ("client.laptop.streams = 1", "client.laptop.nfs.window = 1")
        kind = f'client.laptop.nfs.durability = "{durability}"'
        copy = World(small_story(*changes, kind, 'job.keep = "1 h"'))
        copy.advance(COPY_BEGINS + 1000)
        finish = copy.life().customer.ingest.sessions[0].transfer.finish(0)  # type: ignore[union-attr]
        door = World(small_story(*changes, kind, 'client.laptop.start_after = "1 h"'), clock="driven")
        door.open_doors()
        assert door.until_serving() == COPY_BEGINS
        door.advance(0)
        (client,) = door.life().customer.ingest.running.clients  # type: ignore[union-attr]
        before, after = client.operations.before, client.operations.after
        replies = []
        for _ in range(40):
            for operation in before:
                door.offer(operation.name, 0)
            for left in range(5_000_000, 0, -(1 << 20)):
                door.offer("WRITE", min(left, 1 << 20))
            for operation in after:
                door.offer(operation.name, 0)
            replies.append(door.now)
        assert replies == pytest.approx(finish.tolist(), rel=1e-12)
        again = replay(door.scenario, door.seed, door.log, clock="driven")
        assert again.now == replies[-1]
