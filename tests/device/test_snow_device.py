"""The device: power-on, unlocking, its NFS service, its instances, and what they take from the copy."""

import pytest
from small_story import small_story

from devicesim.progress import (
    DeviceChanged,
    InstanceChanged,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    ServiceChanged,
)
from devicesim.throughput import Regime
from devicesim.world import World, simulate

POWER_ON = 363_600.0
"""Delivery on Friday at noon and an hour to unpack."""
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"
GOODPUT = 0.9 * 125e6 * 1448 / 1538
"""TCP over gigabit Ethernet, 1448 bytes of every 1538, and the client's 0.9 of it [bytes/s]."""


def battery(capacity: str, *more: str) -> str:
    return "site.power = { " + ", ".join(['source = "battery"', f'capacity = "{capacity}"', *more]) + " }"


def device(world: World) -> list[tuple[float, str]]:
    return [(round(e.at - POWER_ON, 6), e.state) for e in world.stream.of(DeviceChanged)]


def service(world: World) -> list[tuple[float, str]]:
    return [(round(e.at - POWER_ON, 6), e.state) for e in world.stream.of(ServiceChanged)]


def instance(world: World, name: str) -> list[tuple[float, str]]:
    return [
        (round(e.at - POWER_ON, 6), e.state) for e in world.stream.of(InstanceChanged) if e.instance == name
    ]


def at_work(*changes: str, seconds: float = 900) -> World:
    """The World some time after power-on."""
    world = World(small_story(*changes))
    world.advance(POWER_ON + seconds)
    return world


class TestPowerCycle:
    def test_on_and_off(self) -> None:
        """10 min to boot, 60 s to unlock; switching off takes 20 s."""
        world = simulate(small_story())
        (ended,) = (e.at - POWER_ON for e in world.stream.of(LegEnded) if e.leg == "ingest")
        assert device(world) == [
            (0.0, "booting"),
            (600.0, "locked"),
            (660.0, "unlocked"),
            (round(ended + 20, 6), "off"),
        ]

    def test_nfs_service_on_an_import(self) -> None:
        """Started after unlocking, active 90 s later, stopped before the device goes off."""
        world = simulate(small_story())
        (started,) = (e.at - POWER_ON for e in world.stream.of(LegStarted) if e.leg == "ingest")
        (ended,) = (e.at - POWER_ON for e in world.stream.of(LegEnded) if e.leg == "ingest")
        assert service(world) == [(660.0, "ACTIVATING"), (750.0, "ACTIVE"), (round(ended, 6), "INACTIVE")]
        assert started == 750.0

    def test_no_nfs_service_on_local_use(self) -> None:
        world = simulate(small_story(*LOCAL_USE))
        assert service(world) == []
        assert [state for _, state in device(world)] == ["booting", "locked", "unlocked", "off"]

    def test_states_before_delivery_and_after(self) -> None:
        world = World(small_story())
        assert (world.life().device.state, world.life().device.nfs) == ("off", "INACTIVE")
        world.run()
        assert (world.life().device.state, world.life().device.nfs) == ("off", "INACTIVE")

    def test_clean_end_leaves_the_service_inactive(self) -> None:
        """After a clean shutdown on a low battery the service starts at once."""
        world = simulate(small_story(battery("10 Wh", "spares = 1"), 'client.laptop.rate = "1 Mbit/s"'))
        assert [state for _, state in service(world)] == ["ACTIVATING", "ACTIVE", "INACTIVE"] * 2

    def test_abrupt_end_leaves_the_service_deactivated(self) -> None:
        """Then it has to be stopped, up to 2 min, before it can be started, 90 s."""
        abrupt = battery("9 Wh", "spares = 1", 'when_low = "abrupt"')
        world = simulate(small_story(abrupt, 'client.laptop.rate = "1 Mbit/s"'))
        changes = service(world)
        assert [state for _, state in changes] == [
            *("ACTIVATING", "ACTIVE", "DEACTIVATED"),
            *("DEACTIVATING", "ACTIVATING", "ACTIVE", "INACTIVE"),
        ]
        unlocked = [at for at, state in device(world) if state == "unlocked"][1]
        assert [at - unlocked for at, _ in changes[3:6]] == pytest.approx([0, 120, 210])

    def test_shutdown_while_the_service_starts(self) -> None:
        """3.45 Wh are worth 98 % of 12,420 J times 0.88, 10,711 J.

        Booting takes 600 s of 15.7 W (8 base, 2.2 disks, 0.5 port, 5 for a busy vCPU), the rest 10.7 W: they last
        until 720 s after power-on, half a minute before the service is active.
        """
        world = simulate(small_story(battery("3.45 Wh", "spares = 1")))
        assert [state for _, state in service(world)] == ["ACTIVATING", "INACTIVE"] * 2
        assert service(world)[1][0] == pytest.approx(660 + (10_711 - 9420 - 642) / 10.7, abs=1.5)
        assert world.life().device.share.files == 0

    def test_locked_again_after_every_power_cycle(self) -> None:
        world = simulate(small_story(battery("10 Wh", "spares = 1"), 'client.laptop.rate = "1 Mbit/s"'))
        assert [state for _, state in device(world)] == ["booting", "locked", "unlocked", "off"] * 2

    def test_copy_stops_and_goes_on_with_the_device(self) -> None:
        world = simulate(small_story(battery("10 Wh", "spares = 1"), 'client.laptop.rate = "1 Mbit/s"'))
        (stopped,), (resumed,) = world.stream.of(LegInterrupted), world.stream.of(LegResumed)
        offs = [e.at for e in world.stream.of(ServiceChanged) if e.state == "INACTIVE"]
        ons = [e.at for e in world.stream.of(ServiceChanged) if e.state == "ACTIVE"]
        assert stopped.at == offs[0]
        assert resumed.at == ons[1]


class TestInstances:
    def test_life_of_an_instance(self) -> None:
        """Started when the device is unlocked, running after a minute, over after its duration."""
        world = simulate(small_story('instance = [{ name = "a", type = "snc1.micro", duration = "10 min" }]'))
        assert instance(world, "a") == [(660.0, "pending"), (720.0, "running"), (1320.0, "terminated")]

    def test_start_is_counted_from_unlocking(self) -> None:
        changes = 'instance = [{ name = "a", type = "snc1.micro", start = "1 h", duration = "1 h" }]'
        world = simulate(small_story(changes))
        assert instance(world, "a") == [(4260.0, "pending"), (4320.0, "running"), (7920.0, "terminated")]

    def test_the_device_is_kept_until_the_work_is_done(self) -> None:
        changes = 'instance = [{ name = "a", type = "snc1.micro", start = "1 h", duration = "1 h" }]'
        world = simulate(small_story(changes))
        assert device(world)[-1] == (7940.0, "off")

    def test_without_a_duration_until_the_device_goes_off(self) -> None:
        world = simulate(small_story('instance = [{ name = "a", type = "snc1.micro" }]', 'job.keep = "1 h"'))
        (ended,) = (e.at - POWER_ON for e in world.stream.of(LegEnded) if e.leg == "ingest")
        assert instance(world, "a")[-1] == (round(ended + 3600, 6), "stopped")

    def test_each_of_several_has_a_name(self) -> None:
        world = at_work('instance = [{ name = "a", type = "snc1.micro", count = 2 }]', 'job.keep = "1 h"')
        assert {e.instance for e in world.stream.of(InstanceChanged)} == {"a-1", "a-2"}
        assert world.life().device.instances.busy_vcpus == 2

    @pytest.mark.parametrize("local_use", [False, True], ids=["import", "local use"])
    def test_over_a_battery_swap(self, local_use: bool) -> None:
        """Stopped with the device, started again with it; only running counts, half an hour in all."""
        changes = LOCAL_USE if local_use else ('client.laptop.rate = "1 Mbit/s"',)
        wanted = 'instance = [{ name = "a", type = "snc1.medium", duration = "30 min" }]'
        world = simulate(small_story(*changes, wanted, battery("8 Wh", "spares = 5")))
        states = instance(world, "a")
        assert [state for _, state in states[:3]] == ["pending", "running", "stopped"]
        assert states[-1][1] == "terminated"
        began = [at for at, state in states if state == "running"]
        over = [at for at, state in states if state in {"stopped", "terminated"}]
        running = [b - a for a, b in zip(began, over, strict=True)]
        assert len(running) > 1
        assert sum(running) == pytest.approx(1800, abs=1e-4)

    def test_stopped_by_an_abrupt_end_too(self) -> None:
        abrupt = battery("5 Wh", 'when_low = "abrupt"')
        world = simulate(
            small_story(
                *LOCAL_USE, 'instance = [{ name = "a", type = "snc1.micro" }]', abrupt, 'job.keep = "1 d"'
            )
        )
        assert instance(world, "a")[-1][1] == "stopped"
        assert instance(world, "a")[-1][0] == device(world)[-1][0]

    @pytest.mark.parametrize("start", [f"{i * 7} ms" for i in range(1, 30)])
    def test_rounding_of_the_clock_leaves_nothing_to_run(self, start: str) -> None:
        changes = (
            f'instance = [{{ name = "a", type = "snc1.micro", start = "{start}", duration = "333 ms" }}]'
        )
        assert instance(simulate(small_story(*LOCAL_USE, changes)), "a")[-1][1] == "terminated"


class TestShares:
    """What instances leave to the copy, worked by hand."""

    def regime(self, *changes: str) -> Regime:
        world = at_work(*changes, 'client.laptop.rate = "1 Mbit/s"')
        running = world.life().customer.ingest.running
        assert running is not None
        return running.regime

    @pytest.mark.parametrize(
        ("instances", "share"),
        [
            pytest.param('{ name = "a", type = "snc1.medium" }', 2 / 3, id="1 of 3 busy, 2 vCPUs: 2/3"),
            pytest.param('{ name = "a", type = "snc1.micro", count = 2 }', 2 / 3, id="two of one vCPU: 2/3"),
            pytest.param('{ name = "a", type = "snc1.micro" }', 1.0, id="one beside the service: enough for both"),
            pytest.param('{ name = "a", type = "snc1.medium", cpu = "80 %" }', 2 / 2.6, id="1 + 1.6 busy: 2/2.6"),
            pytest.param('{ name = "a", type = "snc1.medium", cpu = "50 %" }', 1.0, id="1 + 1 busy: all"),
        ],
    )  # fmt: skip
    def test_shared_cpu(self, instances: str, share: float) -> None:
        """The service and the instances have the customer's 2 vCPUs together, each its part by weight."""
        regime = self.regime('job.nfs_cpu = "shared"', f"instance = [{instances}]")
        assert regime.share == pytest.approx(share, rel=1e-12)

    def test_dedicated_cpu(self) -> None:
        """AWS: the NFS service uses 1 CPU of its own."""
        assert self.regime('instance = [{ name = "a", type = "snc1.medium" }]').share == 1.0

    def test_disk(self) -> None:
        """Two instances of 19 MB/s leave 0.8 of 190 MB/s."""
        regime = self.regime('instance = [{ name = "a", type = "snc1.micro", count = 2, disk = "19 MB/s" }]')
        assert regime.store == pytest.approx(0.8, rel=1e-12)

    def test_a_disk_that_is_taken_is_taken(self) -> None:
        regime = self.regime('instance = [{ name = "a", type = "snc1.micro", disk = "300 MB/s" }]')
        assert regime.store == 0.0

    def test_network(self) -> None:
        """The port's 10 Gbit/s carry 1448/1538 of it; 9 Gbit/s for the instance leave less than a gigabit."""
        world = at_work(
            'instance = [{ name = "a", type = "snc1.micro", network = "9 Gbit/s" }]',
            'dataset.clips.files = 3000',
            seconds=755,
        )  # fmt: skip
        left = 1.25e9 * 1448 / 1538 - 1.125e9
        (bandwidth,) = world.life().customer.ingest.running.regime.bandwidth
        assert bandwidth == pytest.approx(0.9 * left, rel=1e-9)

    def test_network_of_a_slow_client_does_not_suffer(self) -> None:
        regime = self.regime('instance = [{ name = "a", type = "snc1.micro", network = "1 Gbit/s" }]')
        assert regime.bandwidth == pytest.approx((GOODPUT / 1000,), rel=1e-9)

    def test_nothing_beside_the_copy(self) -> None:
        regime = self.regime()
        assert (regime.share, regime.store) == (1.0, 1.0)
        assert regime.bandwidth == pytest.approx((GOODPUT / 1000,), rel=1e-9)
        assert regime.latency == (0.0002,)  # half of nfs.rtt.lan

    def test_shares_hold_while_the_instance_runs(self) -> None:
        """Pending since 660 s, running from 720 to 1020 s after power-on."""
        changes = 'instance = [{ name = "a", type = "snc1.micro", disk = "95 MB/s", duration = "5 min" }]'
        world = World(small_story(changes, 'client.laptop.rate = "1 Mbit/s"'))
        found = []
        for seconds in (715, 725, 1015, 1025):
            world.advance(POWER_ON + seconds - world.now)
            found.append(world.life().device.disk_factor)
        assert found == [1.0, 0.5, 0.5, 1.0]

    def test_a_starved_copy_takes_longer(self) -> None:
        """Half the disk is 95 MB/s, below the link's 106: the disk decides, once the page cache is full."""
        files = "dataset.clips.files = 400", "client.laptop.streams = 8"
        alone = simulate(small_story(*files))
        hog = 'instance = [{ name = "a", type = "snc1.micro", disk = "95 MB/s" }]'
        # The instance runs a minute after unlocking, the service half a minute later.
        beside = simulate(small_story(*files, hog))
        took = [world.stream.legs[0].end - world.stream.legs[0].start for world in (alone, beside)]
        # 2 GB: over the link in 18.9 s; into the disk, but for the 140 MB of the page cache, in 19.6 s and 400
        # batched journal writes of 1.3 ms at half speed, 1.0 s.
        assert took[0] == pytest.approx(2e9 / GOODPUT, rel=0.03)
        assert took[1] == pytest.approx((2e9 - 140e6) / 95e6 + 400 * 0.0013 / 0.5, rel=0.01)
