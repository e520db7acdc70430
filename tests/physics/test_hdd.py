import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import hdd

DISK = (8e12, 140e6, 0.5)
HOUR = 3600.0
HP97560 = hdd.SeekCurve(3.24e-3, 0.400e-3, 8.00e-3, 0.008e-3, 383)

# Journal writes of one created file on ext4: batched by writeback (100 kB of data), fsync for each file,
# CREATE committed and fsync (2 and 3 of 5).
EXT4 = {
    "async_accesses": 0.12,
    "commit_accesses": 3.0,
    "sync_create_accesses": 2.0,
    "sync_commit_accesses": 3.0,
}

positions = st.floats(0, 1)
ratios = st.floats(0.05, 1)


class TestZones:
    def test_worked_models_3_2(self):
        # 8e12/140e6 * 2 * (1 - 0.5)/0.75 = 76190 s; half: 57143 * 2 * (1 - sqrt(0.625))/0.75 = 31913 s
        assert hdd.fill_time(*DISK) / HOUR == pytest.approx(21.16, abs=0.005)
        assert hdd.mean_rate(*DISK[1:]) == 105e6
        assert hdd.time_to(0.5, *DISK) == pytest.approx(57142.857 * 2 * (1 - 0.625**0.5) / 0.75, rel=1e-6)
        assert hdd.time_to(0.5, *DISK) / HOUR == pytest.approx(8.9, abs=0.05)

    def test_worked_rates_at_the_edges(self):
        assert hdd.rate(np.array([0.0, 1.0]), 140e6, 0.5) == pytest.approx([140e6, 70e6], rel=1e-12)
        # q**2 = 1 - 0.64 * (1 - 0.36) = 0.5904
        assert hdd.rate(0.64, 100e6, 0.6) == pytest.approx(100e6 * 0.5904**0.5, rel=1e-12)

    def test_worked_no_zones(self):
        assert hdd.time_to(0.25, 1e12, 100e6, 1.0) == 2500.0
        assert hdd.position_after(2500.0, 1e12, 100e6, 1.0) == 0.25

    def test_law_time_is_the_integral(self):
        x = (np.arange(200_000) + 0.5) / 200_000
        dx = 1 / 200_000 * DISK[0] / hdd.rate(x, *DISK[1:])
        assert dx[:100_000].sum() == pytest.approx(hdd.time_to(0.5, *DISK), rel=1e-6)
        assert dx.sum() == pytest.approx(hdd.fill_time(*DISK), rel=1e-6)

    @given(positions, ratios)
    def test_law_position_inverts_time(self, position, ratio):
        time = hdd.time_to(position, 8e12, 190e6, ratio)
        assert hdd.position_after(time, 8e12, 190e6, ratio) == pytest.approx(position, abs=1e-9)

    @given(positions, positions, ratios)
    def test_law_slower_inwards(self, a, b, ratio):
        outer, inner = sorted((a, b))
        assert hdd.rate(outer, 190e6, ratio) >= hdd.rate(inner, 190e6, ratio) >= 190e6 * ratio * (1 - 1e-12)
        assert hdd.time_to(outer, 8e12, 190e6, ratio) <= hdd.time_to(inner, 8e12, 190e6, ratio)

    def test_law_a_full_disk_stays_full(self):
        times = np.array([0.0, hdd.fill_time(*DISK), 1e9, np.inf])
        assert hdd.position_after(times, *DISK).tolist() == [0.0, 1.0, 1.0, 1.0]

    def test_law_scalars_stay_floats_and_arrays_broadcast(self):
        assert type(hdd.rate(1, 190e6, 0.5)) is float
        assert type(hdd.position_after(1e4, *DISK)) is float
        assert hdd.time_to(np.linspace(0, 1, 5)[:, None], *DISK[:2], np.array([0.45, 0.5, 0.6])).shape == (
            5,
            3,
        )


class TestAccess:
    def test_worked(self):
        # 7.4 ms + 60/5400/2 = 5.556 ms + 4096/125e6 = 0.033 ms
        assert hdd.access_time(7.4e-3, 5400.0, 4096.0, 125e6) == pytest.approx(12.98832e-3, rel=1e-5)

    def test_published_barracuda_iops(self):
        # 2.5 inch BarraCuda, owners' random 4 KiB reads: 71, 72, 76, 77, 85 a second
        assert hdd.iops(7.4e-3, 5400.0, 4096.0, 140e6) == pytest.approx(77, abs=1)

    def test_worked_seeks(self):
        # 3.24 + 0.4 * 10 ms; 8 + 0.008 * 1000 ms
        seeks = hdd.seek_time(np.array([0.0, 100.0, 1000.0]), HP97560)
        assert seeks == pytest.approx([0.0, 7.24e-3, 16.0e-3], rel=1e-12)

    def test_published_hp97560_is_continuous(self):
        # 3.24 + 0.4 sqrt(383) = 11.07 ms, 8 + 0.008 * 383 = 11.06 ms
        below, above = hdd.seek_time(382.999, HP97560), hdd.seek_time(383.0, HP97560)
        assert below == pytest.approx(above, rel=1e-3)

    @given(st.floats(0, 1900), st.floats(0, 1900))
    def test_law_farther_is_not_sooner(self, a, b):
        near, far = sorted((a, b))
        assert hdd.seek_time(near, HP97560) <= hdd.seek_time(far, HP97560) * (1 + 1e-3)


class TestJournal:
    @pytest.mark.parametrize(
        ("durability", "files"),
        [("async", 640), ("commit", 26), ("sync", 15)],
        ids=lambda v: f"models-3.3-{v}",
    )
    def test_published_ladder(self, durability, files):
        total = hdd.journal_operations(durability, **EXT4).total
        assert 1 / (total * 13e-3) == pytest.approx(files, rel=0.03)

    def test_worked_who_waits(self):
        assert hdd.journal_operations("async", **EXT4) == hdd.JournalOperations(0.0, 0.0, 0.12)
        assert hdd.journal_operations("commit", **EXT4) == hdd.JournalOperations(0.0, 3.0, 0.0)
        assert hdd.journal_operations("sync", **EXT4) == hdd.JournalOperations(2.0, 3.0, 0.0)

    def test_worked_group_commit(self):
        # four streams share in a group of six: 3/4; sixteen: 3/6
        shared = hdd.journal_operations("sync", **EXT4, streams=np.array([1.0, 4.0, 16.0]), group=6.0)
        assert shared.commit.tolist() == [3.0, 0.75, 0.5]
        assert shared.total == pytest.approx([5.0, 1.25, 5 / 6], rel=1e-12)
        # writeback batches already: nothing to share
        assert hdd.journal_operations("async", **EXT4, streams=16.0, group=6.0).total == 0.12

    @given(st.sampled_from(["async", "commit", "sync"]), st.floats(1, 100), st.floats(1, 10))
    def test_law_sharing_never_costs(self, durability, streams, group):
        alone = hdd.journal_operations(durability, **EXT4)
        shared = hdd.journal_operations(durability, **EXT4, streams=streams, group=group)
        assert alone.total / min(streams, group) <= shared.total * (1 + 1e-12)
        assert shared.total <= alone.total

    def test_worked_directory(self):
        # 1 + log2(1e6/5e5) = 2
        assert hdd.directory_growth(np.array([0.0, 5e5, 1e6]), 5e5).tolist() == [1.0, 1.0, 2.0]


class TestShingled:
    def test_worked_cache_then_cleaning(self):
        # 30 GB at 100 MB/s = 300 s, 20 GB at 10 MB/s = 2000 s; with 10 GB in it 200 s and 3000 s
        assert hdd.smr_write_time(50e9, 30e9, 100e6, 10e6) == 2300.0
        assert hdd.smr_write_time(50e9, 30e9, 100e6, 10e6, 10e9) == 3200.0
        assert hdd.smr_write_time(np.array([0.0, 30e9]), 30e9, 100e6, 10e6).tolist() == [0.0, 300.0]

    def test_worked_idle_cleaning(self):
        # min(30, 10 + 50) GB less 20 MB/s * 1000 s
        assert hdd.smr_level(10e9, 50e9, 1000.0, 30e9, 20e6) == 10e9
        assert hdd.smr_level(10e9, 0.0, 1000.0, 30e9, 20e6) == 0.0

    @settings(max_examples=50)
    @given(st.floats(0, 1e11), st.floats(0, 1e11), st.floats(0, 30e9))
    def test_law_two_bursts_are_one(self, first, second, level):
        one = hdd.smr_write_time(first + second, 30e9, 100e6, 10e6, level)
        after = hdd.smr_level(level, first, 0.0, 30e9, 20e6)
        two = hdd.smr_write_time(first, 30e9, 100e6, 10e6, level)
        two += hdd.smr_write_time(second, 30e9, 100e6, 10e6, after)
        assert two == pytest.approx(one, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hdd.rate(1.1, 1e8, 0.5), r"position must be in \[0, 1\], got 1.1"),
        (lambda: hdd.rate(np.array([0.0, np.nan]), 1e8, 0.5), r"position\[1\] must be in \[0, 1\], got nan"),
        (lambda: hdd.rate(0.0, 0.0, 0.5), "outer_rate must be > 0"),
        (lambda: hdd.mean_rate(1e8, 0.0), "inner_ratio must be in"),
        (lambda: hdd.time_to(0.0, -1.0, 1e8, 0.5), "capacity must be >= 0"),
        (lambda: hdd.position_after(float("nan"), *DISK), "time must be >= 0"),
        (lambda: hdd.access_time(7e-3, 90.0, 4096.0, 1e8), r"rpm must be in \[1000, 30000\], got 90.0"),
        (lambda: hdd.iops(-1.0, 5400.0, 4096.0, 1e8), "seek must be >= 0"),
        (lambda: hdd.seek_time(-1.0, HP97560), "distance must be >= 0"),
        (lambda: hdd.journal_operations("never", **EXT4), "durability must be async, commit or sync"),
        (lambda: hdd.journal_operations("sync", **EXT4, streams=0), "streams must be >= 1"),
        (
            lambda: hdd.journal_operations("sync", **{**EXT4, "commit_accesses": np.nan}),
            "commit_accesses must",
        ),
        (lambda: hdd.directory_growth(1.0, 0.0), "threshold must be > 0"),
        (lambda: hdd.smr_write_time(1.0, 1.0, 1.0, 1.0, 2.0), "level must be <= cache"),
        (lambda: hdd.smr_write_time(1.0, 1.0, 1.0, 0.0), "cleaning_rate must be > 0"),
        (lambda: hdd.smr_level(0.0, 1.0, -1.0, 1.0, 1.0), "idle must be >= 0"),
    ],
)
def test_law_misuse_is_refused(call, message):
    with pytest.raises(BoundError, match=message):
        call()
