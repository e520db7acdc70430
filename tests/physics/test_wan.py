"""The weekly line: hand computations, the laws of the integral and its inverse, published transfer times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import wan

HOUR, DAY = 3600.0, 86400.0
MBIT = 1e6 / 8


def office(day: int, rate: float = 2e6) -> wan.Window:
    """Eight to six."""
    return wan.Window(day * DAY + 8 * HOUR, day * DAY + 18 * HOUR, rate)


@st.composite
def timetables(draw: st.DrawFn) -> wan.Timetable:
    cuts = sorted(draw(st.sets(st.integers(0, 167), min_size=1, max_size=12)))
    rates = draw(
        st.lists(st.sampled_from([0.0, 1e3, 3.5e5, 1.25e7, 1e9]), min_size=len(cuts), max_size=len(cuts))
    )
    windows = [
        wan.Window(begin * HOUR, end * HOUR, rate)
        for begin, end, rate in zip(cuts, [*cuts[1:], cuts[0] + 168], rates, strict=True)
    ]
    return wan.timetable(windows[: draw(st.integers(0, len(windows)))], draw(st.sampled_from([0.0, 5e6])))


# Worked by hand.


def test_office_hours_slow_the_line_and_the_night_does_not() -> None:
    # Monday 07:00 to Tuesday 09:00: an hour, ten at 2 MB/s, fourteen at 10 MB/s, one more at 2 MB/s.
    line = wan.timetable([office(day) for day in range(5)], otherwise=10e6)
    expected = HOUR * (1 * 10e6 + 10 * 2e6 + 14 * 10e6 + 1 * 2e6)
    assert wan.moved(line, 7 * HOUR, 33 * HOUR) == pytest.approx(expected, rel=1e-12)


def test_a_window_over_sunday_midnight_goes_on_on_monday() -> None:
    # Sunday 22:00 to Monday 06:00 at 1 MB/s: six of its eight hours lie at the week's beginning.
    line = wan.timetable([wan.Window(6 * DAY + 22 * HOUR, 7 * DAY + 6 * HOUR, 1e6)])
    assert wan.moved(line, 0.0, DAY) == pytest.approx(6 * HOUR * 1e6)
    assert wan.moved(line, 6 * DAY, 8 * DAY) == pytest.approx(8 * HOUR * 1e6)
    assert wan.next_change(line, 6 * DAY) == 6 * DAY + 22 * HOUR
    assert wan.next_change(line, 6 * DAY + 23 * HOUR) == 7 * DAY + 6 * HOUR


def test_what_ends_with_a_window_does_not_wait_for_the_next() -> None:
    # A night of eight hours at 10 MB/s carries 288 GB: just that much is through at six in the morning.
    nights = wan.timetable([wan.Window(day * DAY, day * DAY + 8 * HOUR, 10e6) for day in range(7)])
    assert wan.time_to_move(nights, 0.0, 288e9) == pytest.approx(8 * HOUR)
    assert wan.time_to_move(nights, 0.0, 7 * 288e9) == pytest.approx(6 * DAY + 8 * HOUR)
    assert wan.time_to_move(nights, 0.0, 7 * 288e9 + 10e6) == pytest.approx(7 * DAY + 1)
    assert wan.time_to_move(nights, 12 * HOUR, 1.0) == pytest.approx(12 * HOUR, abs=1e-3)


def test_nothing_needs_no_time_and_a_dead_line_never_ends() -> None:
    dead = wan.constant(0.0)
    assert wan.time_to_move(dead, 5.0, 0.0) == 0.0
    assert wan.time_to_move(dead, 5.0, 1.0) == np.inf
    assert wan.time_to_move(wan.constant(1.0), 5.0, 0.0) == 0.0


def test_where_two_windows_overlap_is_told() -> None:
    night, early = wan.Window(22 * HOUR, 30 * HOUR, 1e6), wan.Window(DAY + 5 * HOUR, DAY + 9 * HOUR, 1e6)
    assert wan.overlap(night, early) == (DAY + 5 * HOUR, DAY + 6 * HOUR)
    with pytest.raises(BoundError, match="window must be free of other windows"):
        wan.timetable([night, early])


@pytest.mark.parametrize(
    ("begin", "end", "rate"), [(-1.0, 5.0, 1.0), (5.0, 5.0, 1.0), (0.0, 604_801.0, 1.0), (0.0, 1.0, -1.0)]
)
def test_a_window_that_cannot_be_is_refused(begin: float, end: float, rate: float) -> None:
    with pytest.raises(BoundError):
        wan.Window(begin, end, rate)


# Laws.


@given(timetables(), st.integers(0, 3 * 604_800), st.integers(0, 40_000))
def test_the_integral_is_the_sum_over_its_seconds(line: wan.Timetable, begin: int, lasting: int) -> None:
    seconds = np.arange(begin, begin + lasting, dtype=np.float64)
    summed = float(np.sum(wan.rate_at(line, seconds))) if lasting else 0.0
    assert wan.moved(line, float(begin), float(begin + lasting)) == pytest.approx(summed, rel=1e-9, abs=1e-3)


@given(timetables(), st.floats(0, 2e6), st.floats(0, 3e6), st.floats(0, 3e6))
def test_what_passes_in_two_stretches_passes_in_both(
    line: wan.Timetable, begin: float, first: float, second: float
) -> None:
    whole = wan.moved(line, begin, begin + first + second)
    parts = wan.moved(line, begin, begin + first) + wan.moved(line, begin + first, begin + first + second)
    assert parts == pytest.approx(whole, rel=1e-9, abs=1.0)


@given(timetables(), st.floats(0, 2e6), st.floats(0, 1e15))
def test_the_time_to_move_moves_just_that_much(line: wan.Timetable, begin: float, size: float) -> None:
    needed = wan.time_to_move(line, begin, size)
    if size == 0:
        assert needed == 0
    elif line.volume == 0:
        assert needed == np.inf
    else:
        assert wan.moved(line, begin, begin + needed) == pytest.approx(size, rel=1e-6, abs=20.0)
        earlier = max(0.0, needed * (1 - 1e-6) - 1.0)
        assert wan.moved(line, begin, begin + earlier) <= size * (1 + 1e-9) + 1.0


@given(timetables(), st.floats(0, 2e6))
def test_the_rate_holds_until_it_changes(line: wan.Timetable, at: float) -> None:
    coming = wan.next_change(line, at)
    if coming < np.inf:
        assert coming > at
        assert wan.rate_at(line, coming) != wan.rate_at(line, at)
        assert wan.rate_at(line, max(at, coming - 1.0)) == wan.rate_at(line, at)
    else:
        assert np.unique(line.rates).size == 1


@given(timetables(), st.floats(0.0, 2.0), st.floats(0.0, 1e9))
def test_a_bound_is_never_passed(line: wan.Timetable, factor: float, most: float) -> None:
    held = wan.limited(line, most, factor)
    assert held.volume <= min(most * wan.WEEK, line.volume * factor) * (1 + 1e-12)


# Published.


@pytest.mark.parametrize(
    ("size", "rate", "least", "most"),
    [
        pytest.param(8e12, 100 * MBIT, 9.2, 9.3, id="8 TB at 80 % of 100 Mbit/s: 9.3 d (aws-facts 11)"),
        pytest.param(8e12, 50 * MBIT, 18.4, 18.6, id="8 TB at 80 % of 50 Mbit/s: 18.5 d (models 8)"),
        pytest.param(
            8e12, 1000 * MBIT, 22.1 / 24, 22.3 / 24, id="8 TB at 80 % of 1 Gbit/s: 22.2 h (aws-facts 11)"
        ),
        pytest.param(
            100e12, 44.736 * MBIT, 258, 269, id="100 TB over T3: 269 d (old AWS table), 258.7 by its formula"
        ),
        pytest.param(100e12, 100 * MBIT, 115, 120, id="100 TB over 100 Mbit/s: 120 d (old AWS table)"),
        pytest.param(100e12, 1000 * MBIT, 11.5, 12.0, id="100 TB over 1 Gbit/s: 12 d (old AWS table)"),
        pytest.param(
            100e12, 100 * MBIT, 100, np.inf, id="100 TB over 100 Mbit/s: more than 100 d (AWS storage blog)"
        ),
        pytest.param(
            1e15,
            500 * MBIT,
            231,
            232,
            id="1 PB over 500 Mbit/s at 80 %: 231.5 d (models 11, S7; by the formula)",
        ),
    ],
)
def test_published_times_at_80_percent_of_a_line(size: float, rate: float, least: float, most: float) -> None:
    days = wan.time_to_move(wan.limited(wan.constant(rate), np.inf, 0.8), 0.0, size) / DAY
    assert least <= days <= most


@pytest.mark.parametrize(
    ("size", "gigabits", "days"),
    [
        pytest.param(10e12, 0.1, 12, id="10 TB over 100 Mbit/s: 12 d (lucaraveri.com)"),
        pytest.param(100e12, 1, 12, id="100 TB over 1 Gbit/s: 12 d (lucaraveri.com)"),
        pytest.param(1e15, 10, 12, id="1 PB over 10 Gbit/s: 12 d (lucaraveri.com)"),
        pytest.param(1e15, 1, 124, id="1 PB over 1 Gbit/s: 124 d (lucaraveri.com)"),
        pytest.param(
            3e15, 1, 397 * 0.7 / 0.8, id="3 PB over 1 Gbit/s at 70 %: 397 d (barkingiguana.com), as at 80 %"
        ),
    ],
)
def test_tables_of_practice_lie_within_a_quarter(size: float, gigabits: float, days: float) -> None:
    # The tables say neither their efficiency nor their rounding: 12 d is 77 %, 124 d is 93 % of the line.
    ours = wan.time_to_move(wan.constant(gigabits * 1000 * MBIT * 0.8), 0.0, size) / DAY
    assert ours == pytest.approx(days, rel=0.25)
