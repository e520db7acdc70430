"""Power and batteries: joules by hand and conserved, moments of depletion, swaps, and a watch that hardly wakes."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_story import BYTES, small_story

from devicesim.device.power import PRECISION
from devicesim.progress import BatteryChanged, DeviceChanged, LegEnded, LegInterrupted, Refused
from devicesim.world import World, simulate

SLOW = 'client.laptop.rate = "1 Mbit/s"'
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"
EFFICIENCY = 0.88
BASE, DISKS, PORT_1G, PORT_10G, RADIO, VCPU = 8.0, 2 * 1.1, 0.5, 3.25, 0.8, 5.0
"""Draw of the parts [W]: two disks idle at 1.1 W each; each 1.0 W more when active."""
IDLE = BASE + DISKS + PORT_1G
BOOT = 600 * (IDLE + VCPU)
"""Ten minutes of booting keep one vCPU busy [J]."""


def battery(capacity: str, *more: str) -> str:
    return "site.power = { " + ", ".join(['source = "battery"', f'capacity = "{capacity}"', *more]) + " }"


def told(world: World) -> list[str]:
    return [event.what for event in world.stream.of(BatteryChanged)]


def on_time(world: World) -> float:
    """Seconds for which the device was on."""
    states = world.stream.of(DeviceChanged)
    ons = [e.at for e in states if e.state == "booting"]
    offs = [e.at for e in states if e.state == "off"]
    return sum(off - on for on, off in zip(ons, offs, strict=True))


def copy_complete(world: World) -> bool:
    return any(event.complete for event in world.stream.of(LegEnded) if event.leg == "ingest")


class TestDraw:
    def test_energy_of_a_short_copy_by_hand(self) -> None:
        """Forty files of 5 MB: LOOKUP, OPEN, five WRITEs, COMMIT, CLOSE of 100 us and 6 ns a byte each.

        The CPU is busy for 40 x 9 x 100 us + 200 MB x 6 ns = 1.236 s, the disk for 200 MB / 190 MB/s and 40 batched
        journal writes of 0.1 x 13 ms, 1.105 s.
        """
        world = simulate(small_story())
        power = world.life().device.power
        cpu, disk = 40 * 9 * 100e-6 + BYTES * 6e-9, BYTES / 190e6 + 40 * 0.1 * 13e-3
        expected = BOOT + (on_time(world) - 600) * IDLE + cpu * VCPU + disk * 2 * 1.0
        # The zoned disk has slowed by 2e-5, and the last megabytes reach it after the last reply: 0.1 J.
        assert power.energy == pytest.approx(expected, abs=0.1)
        assert power.on_time == on_time(world)

    def test_idle_device(self) -> None:
        """For local use: no clients, no port in use. A day after unlocking and a minute, and 20 s to switch off."""
        world = simulate(small_story(*LOCAL_USE, 'job.keep = "1 d"'))
        expected = 600 * (BASE + DISKS + VCPU) + (86400 + 60 + 20) * (BASE + DISKS)
        assert world.life().device.power.energy == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize(
        ("changes", "draw"),
        [
            pytest.param((), IDLE, id="a gigabit port"),
            pytest.param(
                ('client.laptop.rate = "10 Gbit/s"',), BASE + DISKS + PORT_10G, id="a 10GBASE-T port"
            ),
            pytest.param(("job.wifi = true",), IDLE + RADIO, id="the radio on"),
            pytest.param(
                ('instance = [{ name = "a", type = "snc1.medium", cpu = "80 %" }]',),
                IDLE + 1.6 * VCPU,
                id="1.6 vCPUs",
            ),
        ],
    )
    def test_draw_by_part(self, changes: tuple[str, ...], draw: float) -> None:
        """What two hours cost between the end of a copy and the return."""
        world = World(small_story('job.keep = "1 d"', *changes))
        world.until("WithCustomer")
        device = world.life().device
        used = []
        for _ in range(2):
            world.advance("2 h")
            device.power.settle()
            used.append(device.power.energy)
        assert used[1] - used[0] == pytest.approx(7200 * draw, rel=1e-9)

    def test_nothing_is_drawn_before_and_after(self) -> None:
        world = World(small_story())
        world.until("WithCustomer")
        world.life().device.power.settle()
        assert world.life().device.power.energy == 0
        world.until("InTransitToAWS")
        used = world.life().device.power.energy
        world.run()
        world.life().device.power.settle()
        assert world.life().device.power.energy == used

    def test_busy_copy_draws_less_than_everything_at_work(self) -> None:
        world = simulate(small_story("dataset.clips.files = 200"))
        power = world.life().device.power
        most = IDLE + VCPU + 2 * 1.0
        assert IDLE * on_time(world) < power.energy < most * on_time(world)


class TestDepletion:
    @pytest.mark.parametrize("capacity", [10, 30, 71])
    @pytest.mark.parametrize(("when_low", "level"), [("shutdown", 0.02), ("abrupt", 0.0)])
    def test_moment_of_depletion_is_the_closed_form(
        self, capacity: float, when_low: str, level: float
    ) -> None:
        """600 s of booting, then the idle draw, until the charge above the level is spent."""
        changes = battery(f"{capacity} Wh", f'when_low = "{when_low}"'), 'job.keep = "2 d"'
        world = simulate(small_story(*LOCAL_USE, *changes))
        (empty,) = (e for e in world.stream.of(BatteryChanged) if e.what == "empty")
        spendable = (1 - level) * capacity * 3600 * EFFICIENCY
        idle = BASE + DISKS
        closed = 600 + (spendable - 600 * (idle + VCPU)) / idle
        began = world.stream.of(DeviceChanged)[0].at
        assert 0 <= closed - (empty.at - began) < PRECISION * (idle + VCPU + 2.0) / idle

    @pytest.mark.parametrize(("when_low", "level"), [("shutdown", 0.02), ("abrupt", 0.0)])
    def test_charge_at_depletion(self, when_low: str, level: float) -> None:
        world = simulate(
            small_story(battery("10 Wh", f'when_low = "{when_low}"'), SLOW, "dataset.clips.files = 80")
        )
        (empty,) = (e for e in world.stream.of(BatteryChanged) if e.what == "empty")
        most = IDLE + VCPU + 2.0
        assert level <= empty.charge < level + PRECISION * most / EFFICIENCY / 36_000

    def test_warning_comes_at_its_level(self) -> None:
        world = simulate(small_story(battery("10 Wh"), SLOW, "dataset.clips.files = 80"))
        assert told(world) == ["low", "empty"]
        low = world.stream.of(BatteryChanged)[0]
        most = IDLE + VCPU + 2.0
        assert 0.05 - PRECISION * most / EFFICIENCY / 36_000 <= low.charge < 0.05

    def test_battery_that_lasts_is_not_mentioned(self) -> None:
        world = simulate(small_story(battery("71 Wh")))
        assert told(world) == []
        assert world.life().device.power.swaps == 0
        assert 0.05 < world.life().device.power.lowest < 1

    def test_clean_shutdown_flushes_and_loses_nothing(self) -> None:
        world = simulate(small_story(battery("10 Wh"), SLOW, "dataset.clips.files = 80"))
        off = world.stream.of(DeviceChanged)[-1]
        (empty,) = (e for e in world.stream.of(BatteryChanged) if e.what == "empty")
        assert (off.state, off.why) == ("off", "battery low")
        assert off.at == empty.at + 20

    def test_abrupt_end_is_at_once(self) -> None:
        world = simulate(
            small_story(battery("10 Wh", 'when_low = "abrupt"'), SLOW, "dataset.clips.files = 80")
        )
        off = world.stream.of(DeviceChanged)[-1]
        (empty,) = (e for e in world.stream.of(BatteryChanged) if e.what == "empty")
        assert (off.state, off.why, off.at) == ("off", "battery empty", empty.at)

    def test_shutdown_that_the_rest_cannot_carry_is_abrupt(self) -> None:
        """2 % of 3 Wh, 216 J, carry 10.2 W for 18.6 s; switching off takes 20 s."""
        world = simulate(small_story(*LOCAL_USE, battery("3 Wh"), 'job.keep = "1 d"'))
        assert world.stream.of(DeviceChanged)[-1].why == "battery empty"

    def test_switching_off_for_the_return_needs_power_too(self) -> None:
        """The copy is done with 200 J left; 20 s of 10.7 W from a battery take 243 J."""
        world = simulate(
            small_story(battery("5.67 Wh", 'when_low = "abrupt"'), 'client.laptop.rate = "3 Mbit/s"')
        )
        power, off = world.life().device.power, world.stream.of(DeviceChanged)[-1]
        assert off.why == "battery empty"
        assert 0 < power.charge < 20 * IDLE / EFFICIENCY
        assert copy_complete(world)


class TestSwaps:
    def test_swap_takes_its_time(self) -> None:
        world = simulate(small_story(battery("10 Wh", "spares = 1", 'swap = "7 min"'), SLOW))
        off = next(e.at for e in world.stream.of(DeviceChanged) if e.state == "off")
        (swapped,) = (e for e in world.stream.of(BatteryChanged) if e.what == "swapped")
        assert swapped.at == off + 420
        assert swapped.charge == 1.0
        assert world.life().device.power.swaps == 1

    def test_as_many_as_needed(self) -> None:
        world = simulate(small_story(battery("5 Wh", "spares = 20"), SLOW))
        power = world.life().device.power
        assert power.swaps == told(world).count("swapped") == told(world).count("empty") > 2
        assert power.spares == 20 - power.swaps
        assert world.job().outcome == "complete"
        assert world.life().device.share.files == 40

    def test_spares_run_out(self) -> None:
        """Two batteries carry 8 files each of the forty; what is left is told, and the device goes back."""
        world = simulate(small_story(battery("5 Wh", "spares = 1"), SLOW))
        assert told(world).count("empty") == 2
        assert world.life().device.power.swaps == 1
        (left,) = world.stream.of(Refused)
        assert left.error == ""
        assert left.files == 40 - world.life().device.share.files > 0
        assert world.job().outcome == "complete"

    def test_recharge_when_no_spare_is_left(self) -> None:
        world = simulate(small_story(battery("5 Wh", "spares = 1", 'recharge = "3 h"'), SLOW))
        whats = [what for what in told(world) if what in {"swapped", "recharged"}]
        assert whats[0] == "swapped"
        assert set(whats[1:]) == {"recharged"}
        assert world.life().device.share.files == 40
        assert world.life().device.power.recharges == len(whats) - 1
        offs = [e.at for e in world.stream.of(DeviceChanged) if e.state == "off"]
        recharged = [e.at for e in world.stream.of(BatteryChanged) if e.what == "recharged"]
        assert recharged[0] == offs[1] + 3 * 3600

    def test_a_file_larger_than_a_battery_is_given_up(self) -> None:
        """Three batteries in a row that finish no file are enough."""
        one = "dataset.clips.files = 1", 'dataset.clips.size.value = "2 GB"'
        world = simulate(small_story(*one, SLOW, battery("10 Wh", "spares = 9")))
        assert told(world).count("empty") == 3
        assert world.life().device.power.spares == 7
        assert [event.files for event in world.stream.of(Refused)] == [1]

    def test_a_battery_too_small_to_boot_on_is_given_up(self) -> None:
        world = simulate(small_story(battery("1 Wh", 'recharge = "1 h"')))
        assert told(world).count("empty") == 3
        assert world.job().outcome == "complete"

    def test_a_copy_that_is_done_needs_no_other_battery(self) -> None:
        """The copy takes 2 s; the battery then dies in the hand of the customer."""
        world = simulate(small_story(battery("10 Wh", "spares = 3"), 'job.keep = "1 d"'))
        assert told(world) == ["low", "empty"]
        (ended,) = (e for e in world.stream.of(LegEnded) if e.leg == "ingest")
        assert ended.complete
        assert world.stream.of(LegInterrupted) == []


def discharged(world: World) -> float:
    """What the batteries have given, by their charge as recorded [J]."""
    charges = [charge for _, charge in world.stream.series.get("battery.charge", [])]
    falls = (before - after for before, after in zip([1.0, *charges], charges, strict=False))
    return sum(fall for fall in falls if fall > 0) * world.life().device.power.capacity


@settings(max_examples=15, deadline=None)
@example(5.67, "3 Mbit/s", "abrupt", "", 0)
@given(
    capacity=st.floats(3.2, 20),
    rate=st.sampled_from(["1 Mbit/s", "3 Mbit/s", "1 Gbit/s"]),
    when_low=st.sampled_from(["shutdown", "abrupt"]),
    instance=st.sampled_from(["", "snc1.micro", "snc1.medium"]),
    ambient=st.integers(-20, 50),
)
def test_joules_are_conserved(capacity: float, rate: str, when_low: str, instance: str, ambient: int) -> None:
    """What the batteries lose, times the efficiency of the way, is what the device draws."""
    beside = (
        f'instance = [{{ name = "a", type = "{instance}", duration = "20 min" }}]'
        if instance
        else "instance = []"
    )
    supply = battery(f"{capacity} Wh", "spares = 3", f'when_low = "{when_low}"')
    world = simulate(
        small_story(f'client.laptop.rate = "{rate}"', supply, beside, f'site.ambient = "{ambient} °C"')
    )
    power = world.life().device.power
    assert discharged(world) * EFFICIENCY == pytest.approx(power.energy, rel=1e-9)
    assert power.on_time == pytest.approx(on_time(world), rel=1e-12)
    assert 0 <= power.lowest <= 1


class TestWatch:
    """The watch sleeps until the battery could be low at full draw, and again; nothing ticks."""

    def test_wakes_few_times_while_copying(self) -> None:
        """What is left shrinks by 1 - IDLE / most, 0.41, at every waking: log(30,000 s) / log(1 / 0.41) = 12 of them
        before the warning, as many after it at most, and a few for changes of load."""
        world = simulate(
            small_story(battery("99 Wh"), 'client.laptop.rate = "1 Mbit/s"', "dataset.clips.files = 700")
        )
        assert told(world) == ["low", "empty"]
        assert on_time(world) > 25_000
        assert len(world.stream.series["battery.charge"]) < 45

    def test_settles_once_at_constant_full_draw(self) -> None:
        """Instances that keep what they can busy: the first guess of the watch is nearly right."""
        full = 'instance = [{ name = "a", type = "snc1.medium" }]'
        world = simulate(small_story(*LOCAL_USE, full, battery("71 Wh"), 'job.keep = "1 d"'))
        assert len(world.stream.series["battery.charge"]) < 30

    def test_mains_are_not_watched(self) -> None:
        world = simulate(small_story('client.laptop.rate = "1 Mbit/s"'))
        assert "battery.charge" not in world.stream.series
        assert world.life().device.power.charge == float("inf")
