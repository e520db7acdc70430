import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import power
from devicesim.physics.power import Budget

# The sums that are checked need two disks: with one, computing draws 28 W. 3.25 W is the middle of 2.5-4 W.
SNOWCONE = Budget(
    base=8, per_vcpu=5, disk_idle=1.1, disk_active=2.1, ethernet_1g=0.5, ethernet_10g=3.25,
    wifi_idle=0.8, wifi_active=2.1, disks=2,
)  # fmt: skip
GIGABIT = {"ethernet_1g": 1, "wifi_on": True}
TEN_GIGABIT = {"ethernet_10g": 1, "wifi_on": True}
SUPPLY = 45.0
shares = st.floats(0, 1)


def test_worked_idle_is_12_to_14_watts():
    # 8 + 2 * 1.1 + 3.25 = 13.45
    idle = power.least(SNOWCONE, ethernet_10g=1)
    assert idle == pytest.approx(13.45)
    assert 12 <= idle <= 14


def test_worked_wired_ingest_is_about_24_watts():
    # NFS and the kernel keep two virtual CPUs busy: 8 + 10 + 2 * 2.1 + 0.5 + 0.8 = 23.5
    ingest = power.draw(SNOWCONE, 2.0, disk_active=1.0, **GIGABIT)
    assert ingest == pytest.approx(23.5)
    assert ingest == pytest.approx(24, abs=1)


def test_worked_computing_with_ten_gigabit_is_about_32_watts():
    # 8 + 15 + 2 * 2.1 + 3.25 + 0.8 = 31.25
    computing = power.draw(SNOWCONE, 3.0, disk_active=1.0, **TEN_GIGABIT)
    assert computing == pytest.approx(31.25)
    assert computing == pytest.approx(32, abs=1)


def test_worked_everything_busy_stays_below_the_supply():
    # 31.25 + 1.3 for the radio at full airtime
    assert power.most(SNOWCONE, 3.0, **TEN_GIGABIT) == pytest.approx(32.55)
    assert not power.brown_out(power.most(SNOWCONE, 3.0, **TEN_GIGABIT), SUPPLY)
    assert power.brown_out(np.array([44.0, 45.0, 45.1]), SUPPLY).tolist() == [False, False, True]


def test_worked_energy_of_an_hour():
    # 3600 s * (8 + 2 * 1.1 + 0.5) W + 1200 s * 5 W + 600 s * 2 * 1.0 W = 38 520 + 6 000 + 1 200 J
    spent = power.energy(SNOWCONE, 3600.0, cpu_busy=1200.0, disk_busy=600.0, ethernet_1g=1)
    assert spent == pytest.approx(45_720)


@given(elapsed=st.floats(0.1, 1e6), cpu=st.floats(0, 3), disk=shares, wifi=shares)
def test_law_energy_is_mean_draw_times_time(elapsed, cpu, disk, wifi):
    spent = power.energy(SNOWCONE, elapsed, cpu * elapsed, disk * elapsed, wifi * elapsed, **GIGABIT)
    assert spent == pytest.approx(power.draw(SNOWCONE, cpu, disk, wifi, **GIGABIT) * elapsed)


@given(steps=st.lists(st.tuples(st.floats(0, 100), shares, shares, shares), min_size=1, max_size=8))
@settings(max_examples=50)
def test_law_energy_of_the_whole_is_the_sum_of_its_parts(steps):
    elapsed, cpu, disk, wifi = (np.array(column) for column in zip(*steps, strict=True))
    busy = (cpu * elapsed, disk * elapsed, wifi * elapsed)
    parts = power.energy(SNOWCONE, elapsed, *busy, **GIGABIT)
    whole = power.energy(SNOWCONE, elapsed.sum(), *(seconds.sum() for seconds in busy), **GIGABIT)
    assert parts.sum() == pytest.approx(whole)


@given(cpu=st.floats(0, 3), disk=shares, wifi=shares)
def test_law_every_draw_lies_between_least_and_most(cpu, disk, wifi):
    load = power.draw(SNOWCONE, cpu, disk, wifi, **GIGABIT)
    assert power.least(SNOWCONE, **GIGABIT) <= load <= power.most(SNOWCONE, 3.0, **GIGABIT) + 1e-12


def test_law_busy_seconds_may_leave_their_bounds_by_rounding_only():
    power.energy(SNOWCONE, 0.1, cpu_busy=-1e-9, disk_busy=1_000_000.3 - 1_000_000.2)
    with pytest.raises(BoundError, match="disk_busy must be <= elapsed"):
        power.energy(SNOWCONE, 0.1, disk_busy=0.11)


def test_law_scalars_give_floats():
    assert type(power.draw(SNOWCONE, 1)) is float
    assert type(power.energy(SNOWCONE, 5)) is float
    assert type(power.brown_out(5, 6)) is bool


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Budget(-1, 5, 1, 2, 1, 3, 1, 2), "base"),
        (lambda: Budget(8, math.nan, 1, 2, 1, 3, 1, 2), "per_vcpu"),
        (lambda: Budget(8, 5, 3, 2, 1, 3, 1, 2), "disk_active"),
        (lambda: Budget(8, 5, 1, 2, 1, 3, 3, 2), "wifi_active"),
        (lambda: power.least(SNOWCONE, ethernet_1g=-1), "ethernet_1g"),
        (lambda: power.draw(SNOWCONE, -1.0), "busy_vcpus"),
        (lambda: power.draw(SNOWCONE, 1.0, disk_active=1.1), "disk_active"),
        (lambda: power.draw(SNOWCONE, 1.0, wifi_active=math.nan, wifi_on=True), "wifi_active"),
        (lambda: power.draw(SNOWCONE, 1.0, wifi_active=0.5), "wifi_active"),
        (lambda: power.energy(SNOWCONE, math.nan), "elapsed"),
        (lambda: power.energy(SNOWCONE, 1.0, cpu_busy=-1.0), "cpu_busy"),
        (lambda: power.energy(SNOWCONE, 1.0, disk_busy=math.nan), "disk_busy"),
        (lambda: power.energy(SNOWCONE, 1.0, wifi_busy=0.5), "wifi_busy"),
        (lambda: power.brown_out(1.0, 0.0), "rating"),
    ],
)
def test_law_refuses_what_is_out_of_bounds(call, name):
    with pytest.raises(BoundError, match=f"^{name} must be "):
        call()
