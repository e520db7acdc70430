import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import battery

WH = 3600.0
CAPACITY = 71 * WH
CHARGER = {"capacity": CAPACITY, "power": 45.0, "knee": 0.8, "tail": 0.07}
socs = st.floats(0, 1)
loads = st.floats(0.1, 200)


@pytest.mark.parametrize(("load", "hours"), [(14, 4.5), (24, 2.6), (32, 2.0)])
def test_worked_runtime_of_71_wh(load, hours):
    # 71 Wh * 0.88 / P: 62.48 Wh over 14, 24 and 32 W.
    assert battery.runtime(CAPACITY, load, 0.88) / 3600 == pytest.approx(62.48 / load)
    assert round(battery.runtime(CAPACITY, load, 0.88) / 3600, 1) == hours


def test_worked_depletion_to_a_reserve():
    # (50 - 5) Wh * 0.9 / 20 W = 2.025 h
    assert battery.depletion_time(50 * WH, 20.0, 0.9, reserve=5 * WH) == pytest.approx(2.025 * 3600)


def test_worked_peukert_takes_a_twentieth_root_off_double_rate():
    # C = 100 Wh rated over 5 h (20 W); at 40 W: 2.5 h * (2.5 h / 5 h) ** 0.05 = 2.5 h * 2 ** -0.05
    seconds = battery.runtime(100 * WH, 40.0, 1.0, exponent=1.05)
    assert seconds / 3600 == pytest.approx(2.5 * 2**-0.05)


def test_worked_spares_each_carry_the_load_as_long_as_the_first():
    assert battery.runtime(CAPACITY, 24.0, 0.88, spares=2) == 3 * battery.runtime(CAPACITY, 24.0, 0.88)


def test_worked_eight_terabytes_on_battery():
    # 8e12 B / 100 MB/s = 22.22 h at 24 W = 533.3 Wh; one battery gives 62.48 Wh: 8.536 charges, 8 changes
    work_time = 8e12 / 100e6
    assert battery.charges_used(work_time, 24.0, CAPACITY, 0.88) == pytest.approx(533.333 / 62.48, rel=1e-5)
    assert battery.swaps_needed(work_time, 24.0, CAPACITY, 0.88) == 8


@pytest.mark.parametrize(("charges", "swaps"), [(0.0, 0), (0.4, 0), (1.0, 0), (1.01, 1), (2.0, 1), (7.3, 7)])
def test_worked_swaps_at_and_between_whole_charges(charges, swaps):
    assert battery.swaps_needed(charges * CAPACITY * 0.88 / 24, 24.0, CAPACITY, 0.88) == swaps


def test_worked_charge_of_both_parts():
    # C / P = 71 / 45 h; 0.8 at constant power, 0.07 * (exp(0.2 / 0.07) - 1) = 1.1490 in the tail
    assert battery.charge_time(0.0, 0.8, **CHARGER) / 3600 == pytest.approx(71 / 45 * 0.8)
    tail = 0.07 * (math.exp(0.2 / 0.07) - 1)
    assert battery.charge_time(0.8, 1.0, **CHARGER) / 3600 == pytest.approx(71 / 45 * tail)


def test_worked_charge_agrees_with_stepping_the_power():
    # midpoint sum of dt = C ds / P(s)
    s = (np.arange(200_000) + 0.5) / 200_000
    power = 45 * np.where(s < 0.8, 1.0, np.exp(-(s - 0.8) / 0.07))
    assert battery.charge_time(0.0, 1.0, **CHARGER) == pytest.approx(np.mean(CAPACITY / power), rel=1e-6)


@pytest.mark.parametrize(
    ("soc", "expected"),
    [(0.5, "OK"), (0.05, "OK"), (0.049, "WARN"), (0.02, "WARN"), (0.019, "SHUTDOWN"), (0, "EMPTY")],
)
def test_worked_levels(soc, expected):
    assert battery.level(soc, warn=0.05, shutdown=0.02).name == expected


def test_worked_levels_of_an_array():
    levels = battery.level(np.array([1.0, 0.03, 0.01, 0.0]), warn=0.05, shutdown=0.02)
    assert levels.tolist() == [0, 1, 2, 3]


def test_worked_reserve_too_small_for_the_shutdown():
    # 0.1 Wh * 0.9 / 24 W = 13.5 s of the 20 s needed
    assert battery.shutdown_margin(0.1 * WH, 24.0, 20.0, 0.9) == pytest.approx(-6.5)


@given(energy=st.floats(1, 1e6), load=loads, efficiency=st.floats(0.5, 1), share=socs)
def test_law_depletion_times_of_two_parts_add_up(energy, load, efficiency, share):
    whole = battery.depletion_time(energy, load, efficiency)
    upper = battery.depletion_time(energy, load, efficiency, reserve=share * energy)
    lower = battery.depletion_time(share * energy, load, efficiency)
    assert upper + lower == pytest.approx(whole)


@given(energy=st.floats(1, 1e6), load=loads, efficiency=st.floats(0.5, 1))
def test_law_energy_is_conserved(energy, load, efficiency):
    assert battery.depletion_time(energy, load, efficiency) * load / efficiency == pytest.approx(energy)


@given(start=socs, end=socs)
@settings(max_examples=60)
def test_law_soc_after_undoes_charge_time(start, end):
    start, end = sorted((start, end))
    assert battery.soc_after(start, battery.charge_time(start, end, **CHARGER), **CHARGER) == pytest.approx(
        end, abs=1e-12
    )


@given(start=socs, first=st.floats(0, 2e4), second=st.floats(0, 2e4))
@settings(max_examples=60)
def test_law_charging_in_two_sittings_is_charging_in_one(start, first, second):
    twice = battery.soc_after(battery.soc_after(start, first, **CHARGER), second, **CHARGER)
    assert twice == pytest.approx(battery.soc_after(start, first + second, **CHARGER), abs=1e-12)
    assert start <= twice <= 1


def test_law_more_load_never_lasts_longer_and_peukert_only_takes_away():
    loads = np.linspace(21, 200, 50)  # above the five-hour load of 20 W
    plain = battery.runtime(100 * WH, loads, 1.0)
    assert (np.diff(plain) < 0).all()
    assert (battery.runtime(100 * WH, loads, 1.0, exponent=1.05) < plain).all()


def test_law_nothing_drawn_lasts_for_ever_and_nothing_stored_not_at_all():
    assert battery.depletion_time(1.0, 0.0, 0.9) == math.inf
    assert battery.depletion_time(0.0, 0.0, 0.9) == 0
    assert battery.depletion_time(1.0, 5.0, 0.9, reserve=2.0) == 0


def test_law_arrays_equal_scalars_and_scalars_are_floats():
    energies, loads = np.array([1e5, 2e5]), np.array([14.0, 0.0])
    assert battery.depletion_time(energies, loads, 0.9).tolist() == [
        battery.depletion_time(float(e), float(p), 0.9) for e, p in zip(energies, loads, strict=True)
    ]
    assert type(battery.depletion_time(100, 5, 0.9)) is float
    assert type(battery.soc_after(0.5, 10, **CHARGER)) is float


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: battery.depletion_time(-1.0, 1.0, 0.9), "energy"),
        (lambda: battery.depletion_time(1.0, math.nan, 0.9), "load"),
        (lambda: battery.depletion_time(1.0, 1.0, 1.01), "efficiency"),
        (lambda: battery.depletion_time(1.0, 1.0, 0.9, reserve=math.nan), "reserve"),
        (lambda: battery.runtime(1.0, 0.0, 0.9), "load"),
        (lambda: battery.runtime(1.0, 1.0, 0.9, usable=0.0), "usable"),
        (lambda: battery.runtime(1.0, 1.0, 0.9, exponent=0.9), "exponent"),
        (lambda: battery.runtime(1.0, 1.0, 0.9, spares=-1), "spares"),
        (lambda: battery.charges_used(math.nan, 1.0, 1.0, 0.9), "work_time"),
        (lambda: battery.swaps_needed(1.0, 1.0, 0.0, 0.9), "capacity"),
        (lambda: battery.level(1.1, 0.05, 0.02), "soc"),
        (lambda: battery.level(0.5, 0.02, 0.05), "shutdown"),
        (lambda: battery.charge_time(0.5, 0.4, **CHARGER), "soc_to"),
        (lambda: battery.charge_time(0.5, 0.6, 1.0, 1.0, knee=0.8, tail=0.0), "tail"),
        (lambda: battery.soc_after(0.5, -1.0, **CHARGER), "elapsed"),
        (lambda: battery.shutdown_margin(1.0, 1.0, -1.0, 0.9), "shutdown_time"),
    ],
)
def test_law_refuses_what_is_out_of_bounds(call, name):
    with pytest.raises(BoundError, match=f"^{name} must be "):
        call()
