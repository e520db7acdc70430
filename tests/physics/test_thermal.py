import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import thermal

CASE = {"resistance": 1.2, "capacity": 1500.0}
loads = st.floats(0, 60)
degrees = st.floats(-30, 90)
times = st.floats(0, 20_000)


def test_worked_equilibrium():
    # 25 °C + 24 W * 1.2 K/W = 53.8 °C
    assert thermal.equilibrium(24.0, 25.0, 1.2) == pytest.approx(53.8)


def test_worked_half_way_after_ln_2_time_constants():
    # R C = 1800 s; after 1800 ln 2 = 1247.7 s half of 28.8 K is left
    halfway = thermal.temperature(25.0, 1800 * math.log(2), 24.0, 25.0, **CASE)
    assert halfway == pytest.approx(25 + 14.4)


def test_worked_time_to_the_disk_limit():
    # from 38 °C at 32 W: T_eq = 76.4, t = 1800 ln((38 - 76.4) / (60 - 76.4)) = 1800 ln 2.3415 = 1531.4 s
    assert thermal.time_to(60.0, 38.0, 32.0, 38.0, **CASE) == pytest.approx(1800 * math.log(38.4 / 16.4))


def test_worked_agrees_with_small_euler_steps():
    celsius, step = 25.0, 0.5
    for _ in range(7200):
        celsius += step / 1500 * (32 - (celsius - 25) / 1.2)
    assert thermal.temperature(25.0, 3600.0, 32.0, 25.0, **CASE) == pytest.approx(celsius, abs=0.01)


@pytest.mark.parametrize(("die", "factor"), [(20, 1), (75, 1), (77.5, 0.875), (85, 0.5), (120, 0.5)])
def test_worked_throttle(die, factor):
    assert thermal.throttle(die, start=75.0, end=85.0, floor=0.5) == pytest.approx(factor)


def test_worked_highest_load_at_the_disk_limit():
    # (60 - 38) / 1.2 = 18.33 W; nothing is allowed where the air itself is too warm
    assert thermal.highest_load(60.0, 38.0, 1.2) == pytest.approx(18.333, abs=1e-3)
    assert thermal.highest_load(60.0, 61.0, 1.2) == 0


@pytest.mark.parametrize(
    ("case", "was_stopped", "expected"),
    [(59.9, False, False), (60.0, False, True), (57.0, True, True), (54.9, True, False)],
)
def test_worked_disk_stops_and_resumes_cooler(case, was_stopped, expected):
    assert thermal.disk_stopped(case, 60.0, was_stopped=was_stopped, resume=55.0) is expected


def test_worked_limits_are_included():
    inside = thermal.within_limits(np.array([-0.1, 0.0, 20.0, 38.0, 38.1]), 0.0, 38.0)
    assert inside.tolist() == [False, True, True, True, False]


@given(start=degrees, load=loads, ambient=degrees, first=times, second=times)
@settings(max_examples=60)
def test_law_two_steps_are_one(start, load, ambient, first, second):
    midway = thermal.temperature(start, first, load, ambient, **CASE)
    twice = thermal.temperature(midway, second, load, ambient, **CASE)
    assert twice == pytest.approx(thermal.temperature(start, first + second, load, ambient, **CASE), abs=1e-9)


@given(start=degrees, load=loads, ambient=degrees, elapsed=times)
def test_law_temperature_stays_between_start_and_equilibrium(start, load, ambient, elapsed):
    low, high = sorted((start, thermal.equilibrium(load, ambient, 1.2)))
    assert low - 1e-9 <= thermal.temperature(start, elapsed, load, ambient, **CASE) <= high + 1e-9


@given(start=degrees, load=loads, ambient=degrees, share=st.floats(0, 0.99))
def test_law_time_to_undoes_temperature(start, load, ambient, share):
    target = start + share * (thermal.equilibrium(load, ambient, 1.2) - start)
    elapsed = thermal.time_to(target, start, load, ambient, **CASE)
    if math.isfinite(elapsed):  # rounding may put the target a hair behind the start
        assert thermal.temperature(start, elapsed, load, ambient, **CASE) == pytest.approx(target, abs=1e-9)
    else:
        assert target == pytest.approx(start, abs=1e-9)


@pytest.mark.parametrize(
    ("target", "start", "why"),
    [
        (70.0, 25.0, "beyond equilibrium"),
        (20.0, 25.0, "behind the start"),
        (53.8, 25.0, "equilibrium itself"),
    ],
)
def test_law_what_is_never_reached_takes_for_ever(target, start, why):
    end = thermal.equilibrium(24.0, 25.0, 1.2)
    assert thermal.time_to(end if target == 53.8 else target, start, 24.0, 25.0, **CASE) == math.inf, why


def test_law_a_start_at_the_target_takes_no_time():
    end = thermal.equilibrium(24.0, 25.0, 1.2)
    assert thermal.time_to(np.array([30.0, end]), np.array([30.0, end]), 24.0, 25.0, **CASE).tolist() == [
        0,
        0,
    ]


def test_law_cooling_reaches_from_above():
    # 60 -> 40 °C in air of 20 °C without load: 1800 ln(40 / 20)
    assert thermal.time_to(40.0, 60.0, 0.0, 20.0, **CASE) == pytest.approx(1800 * math.log(2))


def test_law_scalars_give_floats():
    assert type(thermal.temperature(20, 10, 5, 20, 1, 1000)) is float
    assert type(thermal.time_to(60, 20, 5, 20, 1, 1000)) is float
    assert type(thermal.throttle(80, 75, 85, 0.5)) is float


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: thermal.equilibrium(-1.0, 20.0, 1.0), "load"),
        (lambda: thermal.equilibrium(1.0, -300.0, 1.0), "ambient"),
        (lambda: thermal.equilibrium(1.0, 20.0, 0.0), "resistance"),
        (lambda: thermal.temperature(math.nan, 1.0, 1.0, 20.0, **CASE), "start"),
        (lambda: thermal.temperature(20.0, -1.0, 1.0, 20.0, **CASE), "elapsed"),
        (lambda: thermal.time_to(math.inf, 20.0, 1.0, 20.0, **CASE), "target"),
        (lambda: thermal.time_to(30.0, 20.0, 1.0, 20.0, 1.0, math.nan), "capacity"),
        (lambda: thermal.highest_load(math.nan, 20.0, 1.0), "limit"),
        (lambda: thermal.throttle(80.0, 85.0, 75.0, 0.5), "start"),
        (lambda: thermal.throttle(80.0, 75.0, 85.0, 1.5), "floor"),
        (lambda: thermal.disk_stopped(50.0, 60.0, resume=61.0), "resume"),
        (lambda: thermal.within_limits(math.nan, 0.0, 38.0), "ambient"),
        (lambda: thermal.within_limits(20.0, 40.0, 38.0), "lowest"),
    ],
)
def test_law_refuses_what_is_out_of_bounds(call, name):
    with pytest.raises(BoundError, match=f"^{name} must be "):
        call()


@given(
    start=st.floats(-40, 120),
    target=st.floats(-40, 120),
    elapsed=st.floats(0, 1e6),
    load=st.floats(0, 300),
    ambient=st.floats(-40, 60),
)
def test_law_a_number_alone_is_an_array_of_one(
    start: float, target: float, elapsed: float, load: float, ambient: float
) -> None:
    """To the last bit: stories hang on when a limit is reached."""
    rest = {"load": load, "ambient": ambient, "resistance": 1.2, "capacity": 1500.0}
    one = np.array([start])
    assert thermal.temperature(start, elapsed, **rest) == thermal.temperature(one, elapsed, **rest)[0]
    assert thermal.time_to(target, start, **rest) == thermal.time_to(target, one, **rest)[0]
    assert thermal.time_to(start, start, **rest) == 0.0
