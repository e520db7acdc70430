"""The verbs of those who stand beside a device, and the customer who waits for who comes through its doors."""

from collections.abc import Callable

import pytest
from small_story import small_story
from test_world import COPY_BEGINS, SLOW_LINK, told

from devicesim.device.share import Directory
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
