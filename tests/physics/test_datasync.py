"""One execution: hand computations, and the laws of moving files at changing rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import cloud, datasync

RATES = st.sampled_from([1e3, 2.5e5, 1e7, 9.9e8])
FILE_RATES = st.sampled_from([10.0, 450.0, np.inf])
SIZES = st.lists(st.integers(0, 10**8), min_size=1, max_size=60).map(lambda sizes: np.array(sizes, np.int64))

# Worked by hand.


def test_small_files_go_by_the_count_and_large_ones_by_the_bytes() -> None:
    # 450 files of 10 kB at 450 files/s are one second; at 10 MB/s alone they would take 0.45 s.
    small = np.full(450, 10_000, np.int64)
    assert datasync.finish_times(small, 10e6, 450.0)[-1] == pytest.approx(1.0)
    # 10 files of 100 MB at 10 MB/s are 100 s, and opening them costs nothing beside.
    assert datasync.finish_times(np.full(10, 10**8, np.int64), 10e6, 450.0)[-1] == pytest.approx(100.0)


def test_preparing_waits_for_the_slower_side() -> None:
    assert datasync.preparing_time(50_000_000, 0, 2000, 5000) == 25_000
    assert datasync.preparing_time(2_000, 50_000_000, 2000, 5000) == 10_000


def test_verification_reads_what_its_mode_says() -> None:
    everything, sent = (8_000_000_000_000, 80_000), (400_000_000_000, 4_000)
    read = {
        mode: datasync.to_verify(mode, everything, sent)
        for mode in ("POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE")
    }
    hours = {mode: datasync.verifying_time(*what, 160e6, 2000.0) / 3600 for mode, what in read.items()}
    # 8 TB at 160 MB/s are 50,000 s, of which the night's 400 GB take a twentieth.
    assert hours == {
        "POINT_IN_TIME_CONSISTENT": pytest.approx(13.889, abs=1e-3),
        "ONLY_FILES_TRANSFERRED": pytest.approx(0.6944, abs=1e-4),
        "NONE": 0.0,
    }
    with pytest.raises(BoundError, match="mode must be one of"):
        datasync.to_verify("ALL", everything, sent)  # type: ignore[arg-type]


# Laws.


@given(st.integers(0, 10**8), st.integers(1, 300), RATES, FILE_RATES)
def test_equal_files_move_at_the_lower_of_two_rates(
    size: int, count: int, rate: float, file_rate: float
) -> None:
    finish = datasync.finish_times(np.full(count, size, np.int64), rate, file_rate)[-1]
    slowest = min(rate / size if size else np.inf, file_rate)
    assert finish == pytest.approx(count / slowest if slowest < np.inf else 0.0, rel=1e-9)
    if size:
        online = cloud.wan_rate(rate, 1.0, file_rate=file_rate, mean_size=float(size))
        assert finish == pytest.approx(count * size / online, rel=1e-9)


@given(SIZES, FILE_RATES, st.lists(st.tuples(RATES, st.floats(0, 50)), min_size=1, max_size=8))
def test_any_sequence_of_rates_ends_where_its_parts_lead(
    sizes: np.ndarray[tuple[int], np.dtype[np.int64]],
    file_rate: float,
    stretches: list[tuple[float, float]],
) -> None:
    passed = np.cumsum(sizes)
    position, before = 0.0, 0.0
    for rate, lasting in stretches:
        finish = datasync.finish_times(sizes, rate, file_rate)
        left = datasync.time_left(finish, position)
        halves = datasync.position_after(finish, position, lasting / 2)
        twice = float(datasync.position_after(finish, float(halves), lasting / 2))
        position = float(datasync.position_after(finish, position, lasting))
        assert twice == pytest.approx(position, abs=1e-6)
        moved = float(datasync.bytes_at(passed, np.array(position)))
        # No station serves above its capacity, and what is through stays through.
        assert before <= moved * (1 + 1e-12) + 1e-6
        assert moved - before <= rate * lasting * (1 + 1e-9) + 1e-3
        assert position <= sizes.size
        if lasting > left * (1 + 1e-9) + 1e-9:
            assert position == sizes.size
            assert moved == passed[-1]
        before = moved


@given(SIZES, RATES, FILE_RATES, st.floats(0, 1))
def test_the_time_left_leads_to_the_end(
    sizes: np.ndarray[tuple[int], np.dtype[np.int64]], rate: float, file_rate: float, share: float
) -> None:
    finish = datasync.finish_times(sizes, rate, file_rate)
    position = float(datasync.position_after(finish, 0.0, float(finish[-1]) * share))
    left = datasync.time_left(finish, position)
    assert left == pytest.approx(float(finish[-1]) * (1 - share), rel=1e-6, abs=1e-6)
    assert datasync.position_after(finish, position, left + 1e-3) == sizes.size


@given(st.integers(0, 10**9), st.integers(1, 10**8))
def test_parts_hold_all_files_and_none_is_empty(files: int, most: int) -> None:
    count = datasync.parts(files, most)
    assert (count - 1) * most < max(files, 1) <= count * most


# Published.


@pytest.mark.parametrize(
    ("files", "tasks"),
    [
        pytest.param(
            200_000, 1, id="200,000 files a task on a Snowcone (DataSync guide, datasync-limits.md)"
        ),
        pytest.param(2_000_000, 10, id="two million files are ten tasks (the same limit)"),
        pytest.param(40_000_000, 200, id="a Snowcone's 40 million files are 200 tasks (the same limit)"),
    ],
)
def test_published_limits_of_a_task(files: int, tasks: int) -> None:
    assert datasync.parts(files, 200_000) == tasks


def test_preparing_lasts_minutes_to_hours() -> None:
    """Between a few minutes and a few hours (DataSync guide, run-task.md), for its own limits of files."""
    smallest, largest = (datasync.preparing_time(n, 0, 2000, 5000) for n in (200_000, 50_000_000))
    assert 60 <= smallest <= 600
    assert 3600 <= largest <= 10 * 3600
