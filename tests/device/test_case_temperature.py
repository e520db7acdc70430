"""Heat: the case warms with the joules drawn; a hot disk stops, a hot processor slows, and nobody ticks."""

from math import exp, log

import pytest
from small_story import small_story

from devicesim.device.heat import SHORTEST
from devicesim.progress import InstanceChanged, LegEnded, TemperatureChanged
from devicesim.world import World, simulate

POWER_ON = 363_600.0
SLOW = 'client.laptop.rate = "1 Mbit/s"'
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"
MEDIUM = 'instance = [{ name = "a", type = "snc1.medium"%s }]'
NO_DISK_STOP = 'assume."SNC1_HDD.thermal.disk_stop" = "95 °C"'
R, RC = 1.2, 1.2 * 1500
"""Thermal resistance [K/W] and time constant [s]."""
IDLE = 8 + 2.2
"""Base and two idle disks [W]; a gigabit port 0.5 more, a busy vCPU 5."""
SLACK = SHORTEST * (IDLE + 15 + 2.5) / 1500
"""Kelvins by which a limit can be passed before the watch sees it, at the greatest draw of all."""


def warmed(start: float, load: float, ambient: float, seconds: float) -> float:
    end = ambient + R * load
    return end + (start - end) * exp(-seconds / RC)


def changes(world: World) -> list[str]:
    return [event.what for event in world.stream.of(TemperatureChanged)]


def steps(world: World, until: float) -> int:
    """How many events are processed until then."""
    count = 0
    while world._setting.env.peek() <= until:
        world._setting.env.step()
        count += 1
    return count


class TestTemperature:
    def test_by_hand(self) -> None:
        """Booting, 600 s at 15.2 W, then an hour and a minute and 20 s at 10.2 W, in 30 °C."""
        world = simulate(small_story(*LOCAL_USE, 'site.ambient = "30 °C"', 'job.keep = "1 h"'))
        booted = warmed(30, IDLE + 5, 30, 600)
        assert world.life().device.heat.temperature == pytest.approx(
            warmed(booted, IDLE, 30, 3680), rel=1e-12
        )

    def test_it_begins_at_the_air(self) -> None:
        world = World(small_story('site.ambient = "-7 °C"'))
        assert world.life().device.heat.temperature == -7

    def test_it_cools_while_off(self) -> None:
        """Between two batteries the device is off for an hour, two time constants."""
        supply = 'site.power = { source = "battery", capacity = "6 Wh", spares = 1, swap = "1 h" }'
        world = World(
            small_story(*LOCAL_USE, supply, MEDIUM % ', duration = "8 min"', 'site.ambient = "20 °C"')
        )
        heat = world.life().device.heat
        world.until(lambda w: w.life().device.state == "off" and w.now > POWER_ON)
        hot = heat.temperature
        world.until(lambda w: w.life().device.state == "booting")
        assert hot > 24
        assert heat.temperature == pytest.approx(warmed(hot, 0, 20, 3600), rel=1e-12)

    def test_supply_makes_no_difference(self) -> None:
        """The same work, on mains and on a large battery that is watched besides."""
        story = (
            SLOW,
            'site.ambient = "36 °C"',
            MEDIUM % ', start = "10 min", duration = "15 min"',
            NO_DISK_STOP,
        )
        mains = simulate(small_story(*story))
        battery = simulate(small_story(*story, 'site.power = { source = "battery", capacity = "300 Wh" }'))
        assert battery.life().device.heat.temperature == pytest.approx(
            mains.life().device.heat.temperature, rel=1e-12
        )


class TestDiskStop:
    def hot(self, *more: str) -> World:
        """24 W in 40 °C would be 69 °C; without the instance's 10 W 53 °C."""
        hot = SLOW, 'site.ambient = "40 °C"', MEDIUM % ', duration = "3 h"', "dataset.clips.files = 240"
        return simulate(small_story(*hot, *more))

    def test_stops_at_60_and_runs_again_at_55(self) -> None:
        world = self.hot()
        stopped, runs = world.stream.of(TemperatureChanged)
        assert (stopped.what, runs.what) == ("disk stopped", "disk runs again")
        assert 60 <= stopped.temperature < 60 + SLACK
        assert 55 - SLACK < runs.temperature <= 55

    def test_times_by_hand(self) -> None:
        """Boot, a minute to unlock, a minute until the instance runs at 20.7 W and the copy's little more.

        While it runs it keeps the case above 55 °C; then 10.7 W let it cool.
        """
        world = self.hot()
        stopped, runs = world.stream.of(TemperatureChanged)
        case = warmed(warmed(40, IDLE + 5.5, 40, 600), IDLE + 0.5, 40, 120)
        end = 40 + R * (IDLE + 10.5)
        warming = RC * log((end - case) / (end - 60))
        assert stopped.at - POWER_ON - 720 == pytest.approx(warming, rel=0.03)
        over = next(e.at for e in world.stream.of(InstanceChanged) if e.state == "terminated")
        cool = 40 + R * (IDLE + 0.5)
        cooling = RC * log((end - cool) / (55 - cool))
        assert runs.at - over == pytest.approx(cooling, abs=SHORTEST)

    def test_copy_waits_for_the_disk_and_goes_on(self) -> None:
        """1.2 GB at 0.1 MB/s take 3.15 h; the page cache holds 140 MB of what comes while the disk stands."""
        world = self.hot()
        stopped, runs = world.stream.of(TemperatureChanged)
        leg = world.stream.legs[0]
        still = runs.at - stopped.at
        goodput = 0.9 * 125e3 * 1448 / 1538
        assert leg.end - leg.start == pytest.approx(1.2e9 / goodput + still - 140e6 / goodput, rel=0.01)
        assert [e.complete for e in world.stream.of(LegEnded)] == [True, True]

    def test_bytes_stand_still_with_the_cache_full(self) -> None:
        world = self.hot()
        stopped, runs = world.stream.of(TemperatureChanged)
        full = stopped.at + 140e6 / (0.9 * 125e3 * 1448 / 1538)
        before, after = world.stream.legs[0].at([full + 60, runs.at])[0]
        assert before == after

    def test_no_stop_where_it_stays_cool(self) -> None:
        assert changes(self.hot('site.ambient = "21 °C"')) == []

    def test_an_instance_that_starts_late_counts(self) -> None:
        """Without it no limit is in reach: 35 °C and 17.7 W at most are 56.2 °C; the watch must not go home."""
        limits = (
            'assume."SNC1_HDD.thermal.disk_stop" = "57 °C"',
            'assume."SNC1_HDD.thermal.disk_resume" = "56.5 °C"',
        )
        late = (
            SLOW,
            'site.ambient = "35 °C"',
            MEDIUM % ', start = "1 h", duration = "3 h"',
            "dataset.clips.files = 120",
        )
        world = simulate(small_story(*late, *limits))
        assert changes(world)[0] == "disk stopped"
        assert 57 <= world.stream.of(TemperatureChanged)[0].temperature < 57 + SLACK


class TestThrottle:
    def test_processor_slows_by_the_kelvin(self) -> None:
        """The die is 10 K above the case; from 75 to 85 °C the factor falls from 1 to 0.5, 0.05 a kelvin.

        20.7 W and the copy in 47 °C: the case comes to 72 °C, the die to 82: 1 - 0.05 x 7 = 0.65.
        """
        hot = SLOW, 'site.ambient = "47 °C"', MEDIUM % "", NO_DISK_STOP, 'job.keep = "4 h"'
        world = World(small_story(*hot))
        world.advance(POWER_ON + 4 * 3600)
        heat = world.life().device.heat
        assert heat.temperature == pytest.approx(47 + R * (IDLE + 10.5), abs=0.1)
        assert heat.cpu_factor == pytest.approx(0.65)
        assert world.life().device.cpu_share == heat.cpu_factor
        assert changes(world) == ["throttled"]

    def test_full_speed_again(self) -> None:
        hot = SLOW, 'site.ambient = "47 °C"', MEDIUM % ', duration = "2 h"', NO_DISK_STOP, 'job.keep = "2 h"'
        world = simulate(small_story(*hot))
        assert changes(world) == ["throttled", "full speed again"]
        assert world.life().device.heat.cpu_factor == 1.0

    def test_copy_gets_what_is_left(self) -> None:
        hot = SLOW, 'site.ambient = "70 °C"', NO_DISK_STOP
        world = World(small_story(*hot))
        world.advance(POWER_ON + 1800)
        running = world.life().customer.ingest.running
        assert running.regime.share == world.life().device.heat.cpu_factor == 0.5


class TestWatch:
    def test_no_wake_ups_when_no_limit_is_reachable(self) -> None:
        """Thirty days in a cool room are no more events than one."""
        counts = []
        for days in (1, 30):
            world = World(small_story(*LOCAL_USE, 'site.ambient = "20 °C"', f'job.keep = "{days} d"'))
            counts.append(steps(world, POWER_ON + days * 86400))
        assert counts[0] == counts[1] < 30

    def test_wakes_at_most_once_a_minute(self) -> None:
        """In 45 °C at the edge of throttling, where a limit is in reach for ever."""
        world = World(small_story(*LOCAL_USE, 'site.ambient = "53 °C"', NO_DISK_STOP, 'job.keep = "10 d"'))
        assert steps(world, POWER_ON + 86400) < 100 + 86400 / SHORTEST

    def test_sleeps_where_limits_are_far(self) -> None:
        """One limit, 60 °C, in reach of an instance that never comes that near: a few wakings a day."""
        warm = small_story(
            *LOCAL_USE, 'site.ambient = "36 °C"', MEDIUM % ', start = "20 h"', 'job.keep = "2 d"'
        )
        assert steps(World(warm), POWER_ON + 70_000) < 250
