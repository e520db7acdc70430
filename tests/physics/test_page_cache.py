import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import page_cache

GB = 1e9
# Do et al. 2021, node of 250 GiB: memory 2764 MB/s, disk 420 MB/s, dirty_ratio 40 %; seconds to write a file
# of so many GB, by each of three tasks in turn.
MEMORY, MEMORY_RATE, DISK_RATE, RATIO = 250 * 2**30, 2764e6, 420e6, 0.40
MEASURED = {20: (6.53, 6.53, 6.52), 50: (18.74, 18.45, 21.19)}

# 1 GB of the NFS service leaves about 0.7 GB for pages.
SNOWCONE = page_cache.dirty_limits(0.7e9)


def stepwise(duration, write_rate, disk_rate, limits, age=30.0, step=1e-3):
    """Dirty bytes by integration: the disk runs above the background limit, or once data is old enough."""
    dirty, started = 0.0, False
    for n in range(round(duration / step)):
        started = started or dirty >= limits.background or n * step >= age
        inflow = write_rate if dirty < limits.limit else min(write_rate, disk_rate)
        floor = min(limits.background, write_rate * age)
        outflow = min(disk_rate, max(dirty + inflow * step - floor, 0) / step) if started else 0.0
        dirty = min(dirty + (inflow - outflow) * step, limits.limit)
    return dirty


class TestLimits:
    def test_worked_snowcone(self):
        # 10 % and 20 % of 0.7 GB, their mean, and the mean of that and the limit
        assert tuple(SNOWCONE) == pytest.approx((70e6, 140e6, 105e6), rel=1e-12)
        assert SNOWCONE.setpoint == pytest.approx(122.5e6, rel=1e-12)

    def test_worked_arrays(self):
        limits = page_cache.dirty_limits(np.array([1e9, 2e9]), ratio=0.4)
        assert limits.limit == pytest.approx([4e8, 8e8])
        assert limits.background == pytest.approx([1e8, 2e8])

    @pytest.mark.parametrize(("dirty", "ratio"), [("freerun", 2), ("setpoint", 1), ("limit", 0)])
    def test_published_linux_pacing(self, dirty, ratio):
        # mm/page-writeback.c states these three points of its polynomial
        assert page_cache.position_ratio(getattr(SNOWCONE, dirty), SNOWCONE) == pytest.approx(ratio, abs=1e-9)

    @given(st.floats(0, 2e8), st.floats(0, 2e8))
    def test_law_more_dirty_is_slower(self, a, b):
        less, more = sorted((a, b))
        slow, fast = (page_cache.position_ratio(dirty, SNOWCONE) for dirty in (more, less))
        assert 0 <= slow <= fast <= 2


class TestWriteTime:
    @pytest.mark.parametrize(
        ("size", "seconds"),
        [(size, seconds) for size, runs in MEASURED.items() for seconds in runs],
        ids=[f"do2021-{size}GB-task{task}" for size, runs in MEASURED.items() for task in range(len(runs))],
    )
    def test_published(self, size, seconds):
        limits = page_cache.dirty_limits(MEMORY, ratio=RATIO)
        time = page_cache.write_time(size * GB, limits.limit, MEMORY_RATE, DISK_RATE)
        assert time == pytest.approx(seconds, rel=0.20)

    def test_worked(self):
        # K' = 100 / (1 - 1/5) = 125 GB in 50 s, the other 25 GB at 0.5 GB/s in 50 s
        sizes = np.array([0.0, 50.0, 125.0, 150.0]) * GB
        times = page_cache.write_time(sizes, 100 * GB, 2.5 * GB, 0.5 * GB)
        assert times == pytest.approx([0, 20, 50, 100], rel=1e-12)

    def test_worked_background_and_dirty_start(self):
        # B = 50: 50 GB before the disk starts, 50/0.8 = 62.5 GB after: 112.5 GB in 45 s, 37.5 GB in 75 s
        late = page_cache.write_time(150 * GB, 100 * GB, 2.5 * GB, 0.5 * GB, background=50 * GB)
        assert late == pytest.approx(120, rel=1e-12)
        # D = 60: 40/0.8 = 50 GB in 20 s, 100 GB in 200 s, whatever a lower background limit
        dirty = [
            page_cache.write_time(150 * GB, 100 * GB, 2.5 * GB, 0.5 * GB, background=b * GB, dirty=60 * GB)
            for b in (0, 50)
        ]
        assert dirty == pytest.approx([220, 220], rel=1e-12)

    def test_worked_a_fast_disk_never_fills_the_cache(self):
        assert page_cache.write_time(1e12, 140e6, 117e6, 190e6) == pytest.approx(1e12 / 117e6, rel=1e-12)
        assert page_cache.write_time(1e12, 140e6, 117e6, 117e6) == pytest.approx(1e12 / 117e6, rel=1e-12)

    @settings(max_examples=100)
    @given(
        st.floats(0, 1e12), st.floats(0, 1e11), st.floats(1e6, 1e10), st.floats(1e6, 1e10), st.floats(0, 1)
    )
    def test_law_between_memory_and_disk(self, size, cache, memory_rate, disk_rate, share):
        time = page_cache.write_time(size, cache, memory_rate, disk_rate)
        dirty = page_cache.write_time(size, cache, memory_rate, disk_rate, dirty=share * cache)
        assert type(time) is float
        assert size / memory_rate * (1 - 1e-12) <= time <= dirty * (1 + 1e-12)
        assert dirty <= max(size / memory_rate, size / disk_rate) * (1 + 1e-12)

    @settings(max_examples=50)
    @given(st.floats(0, 300), st.floats(10e6, 900e6), st.floats(10e6, 900e6))
    def test_law_bytes_are_conserved(self, time, write_rate, disk_rate):
        # what a writer got rid of in this time is dirty now or was written back since the background limit
        dirty = page_cache.dirty_after(time, write_rate, disk_rate, SNOWCONE, age=1e9)
        flushed = disk_rate * max(time - SNOWCONE.background / write_rate, 0)
        written = min(dirty + flushed, write_rate * time)
        again = page_cache.write_time(
            written, SNOWCONE.limit, write_rate, disk_rate, background=SNOWCONE.background
        )
        assert again == pytest.approx(time, rel=1e-9)


class TestDirty:
    def test_worked_snowcone_fills_in_about_a_second(self):
        # 70 MB at 117.7 MB/s, then at 57.7: 0.595 + 1.213 s to 140 MB before a disk of 60 MB/s
        before, full = page_cache.dirty_after(np.array([1.0, 1.9]), 117.7e6, 60e6, SNOWCONE)
        assert before == pytest.approx(70e6 + (1 - 70 / 117.7) * 57.7e6, rel=1e-9)
        assert full == pytest.approx(140e6, rel=1e-12)

    def test_worked_a_slow_source_is_held_by_age(self):
        # 1 MB/s for 30 s; 10 MB/s reaches the 70 MB of the background limit first
        rates = np.array([0.0, 1e6, 10e6])
        assert page_cache.dirty_after(600.0, rates, 100e6, SNOWCONE) == pytest.approx([0, 30e6, 70e6])

    @pytest.mark.parametrize(
        ("write_rate", "disk_rate"), [(117e6, 190e6), (117e6, 60e6), (1e6, 60e6), (2e6, 1e6), (900e6, 0.0)]
    )
    def test_law_closed_form_is_the_integral(self, write_rate, disk_rate):
        for duration in (0.5, 5.0, 50.0):
            closed = page_cache.dirty_after(duration, write_rate, disk_rate, SNOWCONE)
            # a step of 1 ms may overshoot by what arrives in it
            steps = stepwise(duration, write_rate, disk_rate, SNOWCONE)
            assert closed == pytest.approx(steps, abs=2e-3 * write_rate)

    def test_worked_at_risk(self):
        # min(140 MB, 30 s of writes)
        risk = page_cache.at_risk(np.array([140e6, 140e6]), np.array([117e6, 2e6]))
        assert risk.tolist() == [140e6, 60e6]
        assert page_cache.at_risk(140e6, 2e6, 35.0) == 70e6

    def test_worked_flush(self):
        assert page_cache.flush_time(140e6, 190e6) == pytest.approx(0.7368, rel=1e-4)

    @given(st.floats(0, 1e4), st.floats(0, 1e9), st.floats(0, 1e9))
    def test_law_risk_is_no_more_than_dirty_or_written(self, time, write_rate, disk_rate):
        dirty = page_cache.dirty_after(time, write_rate, disk_rate, SNOWCONE)
        risk = page_cache.at_risk(dirty, write_rate)
        assert 0 <= risk <= dirty <= min(SNOWCONE.limit, write_rate * time) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: page_cache.dirty_limits(np.nan), "memory must be >= 0 and finite, got nan"),
        (lambda: page_cache.dirty_limits(1e9, ratio=0.0), "ratio must be in"),
        (
            lambda: page_cache.dirty_limits(1e9, background_ratio=0.3),
            r"background_ratio must be in \[0, ratio\)",
        ),
        (lambda: page_cache.position_ratio(-1.0, SNOWCONE), "dirty must be >= 0"),
        (lambda: page_cache.position_ratio(0.0, page_cache.dirty_limits(0.0)), r"limits\.limit must be >"),
        (lambda: page_cache.write_time(1.0, 1.0, 0.0, 1.0), "memory_rate must be > 0"),
        (lambda: page_cache.write_time(1.0, 1.0, 1.0, np.nan), "disk_rate must be > 0"),
        (lambda: page_cache.write_time(1.0, 1.0, 1.0, 1.0, dirty=2.0), "dirty must be <= cache"),
        (lambda: page_cache.write_time(1.0, 1.0, 1.0, 1.0, background=2.0), "background must be <= cache"),
        (lambda: page_cache.dirty_after(-1.0, 1.0, 1.0, SNOWCONE), "time must be >= 0"),
        (lambda: page_cache.at_risk(1.0, 1.0, np.nan), "age must be >= 0"),
        (lambda: page_cache.flush_time(1.0, 0.0), "disk_rate must be > 0"),
    ],
)
def test_law_misuse_is_refused(call, message):
    with pytest.raises(BoundError, match=message):
        call()
