import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import cloud

HOUR, DAY = 3600.0, 86_400.0
MBIT = 1e6 / 8
sizes = st.floats(0, 1e14)
rates = st.floats(1e5, 1e9)


@pytest.mark.parametrize(
    ("size", "objects", "object_rate", "published", "predicted"),
    [
        pytest.param(
            14_708e9, 119_577_235, 2000, 26, 30.2, id="S10, snowball-uploader README, extracted archives"
        ),
        pytest.param(
            50e12, 0, 50, 48, 46.3, id="S11, Developer Guide, two business days on average, taken as 50 TB"
        ),
    ],
)
def test_published_import_times(size, objects, object_rate, published, predicted):
    hours = cloud.import_time(size, objects, 300e6, object_rate) / HOUR
    assert hours == pytest.approx(predicted, abs=0.05)
    assert published / 1.5 < hours < published * 1.5


def test_worked_import_pays_for_bytes_and_objects():
    # 300 GB / 300 MB/s + 100,000 / 50 = 1000 s + 2000 s
    assert cloud.import_time(300e9, 100_000, 300e6, 50.0) == pytest.approx(3000)


def test_worked_knots_of_two_batches():
    # 30 GB in 10 objects: 100 s + 0.2 s; then 3 GB in 5000 objects: 10 s + 100 s; listed by 7 s
    times, size, count = cloud.import_knots(
        np.array([30e9, 3e9]), np.array([10.0, 5000.0]), 300e6, 50.0, start=7.0
    )
    assert times == pytest.approx([7, 107.2, 217.2])
    assert size.tolist() == [0, 30e9, 33e9]
    assert count.tolist() == [0, 10, 5010]
    # half way through the second batch: 1.5 GB and 2500 objects of it
    assert np.interp(162.2, times, size) == pytest.approx(31.5e9)
    assert np.interp(162.2, times, count) == pytest.approx(2510)


@given(parts=st.lists(st.tuples(sizes, st.floats(0, 1e6)), min_size=1, max_size=6))
def test_law_knots_end_where_the_whole_ends(parts):
    size, objects = (np.array(column) for column in zip(*parts, strict=True))
    times, done, count = cloud.import_knots(size, objects, 300e6, 50.0)
    assert times[-1] == pytest.approx(cloud.import_time(size.sum(), objects.sum(), 300e6, 50.0))
    assert done[-1] == pytest.approx(size.sum())
    assert count[-1] == pytest.approx(objects.sum())
    assert (np.diff(times) >= 0).all()


def test_law_failures_are_binomial():
    # mean n p = 980, standard deviation sqrt(n p (1 - p)) = 31.3; 400 draws
    drawn = cloud.failed_objects(np.random.default_rng(3), np.full(400, 19_600_000), 5e-5)
    assert abs(drawn.mean() - 980) <= 3 * math.sqrt(980 / 400)
    assert drawn.std() == pytest.approx(31.3, rel=0.15)
    assert cloud.failed_objects(np.random.default_rng(3), 0, 0.5) == 0
    assert cloud.failed_objects(np.random.default_rng(3), 7, 1.0) == 7


@pytest.mark.parametrize(
    ("mbit", "exact", "printed"),
    [
        pytest.param(44.736, 258.7, 269, id="old AWS table, T3"),
        pytest.param(100, 115.7, 120, id="old AWS table, 100 Mbps"),
        pytest.param(1000, 11.57, 12, id="old AWS table, 1000 Mbps"),
    ],
)
def test_published_days_for_100_tb_at_80_per_cent(mbit, exact, printed):
    elapsed = 100e12 / cloud.wan_rate(mbit * MBIT, 0.8) / DAY
    assert elapsed == pytest.approx(exact, rel=1e-3)
    assert elapsed == pytest.approx(printed, rel=0.05)


def test_published_more_than_100_days_for_100_tb_on_100_mbit():
    # AWS storage blog, best practices for accelerating data migrations
    assert 100e12 / cloud.wan_rate(100 * MBIT, 0.8) / DAY > 100


@pytest.mark.parametrize(("mbit", "expected"), [(100, 9.26), (50, 18.52)])
def test_worked_eight_terabytes_online(mbit, expected):
    # 8e12 * 8 bit / (0.8 * 100e6 bit/s) = 800,000 s = 9.259 d
    assert 8e12 / cloud.wan_rate(mbit * MBIT, 0.8) / DAY == pytest.approx(expected, abs=0.005)


def test_worked_the_lowest_bound_is_the_rate():
    # eta C = 1 GB/s; throttle 500 MB/s; 16 * 20 = 320 MB/s; 10 Gbit/s = 1250 MB/s; 450 * 1 MB = 450 MB/s
    others = {
        "throttle": 500e6, "connections": 16, "connection_rate": 20e6, "task_rate": 1250e6,
        "file_rate": 450.0, "mean_size": 1e6,
    }  # fmt: skip
    bounds = cloud.wan_bounds(1.25e9, 0.8, **others)
    assert bounds == pytest.approx(
        {"link": 1e9, "throttle": 500e6, "connections": 320e6, "task": 1250e6, "files": 450e6}
    )
    assert cloud.wan_rate(1.25e9, 0.8, **others) == 320e6
    assert cloud.wan_rate(np.array([1e6, 1.25e9]), 0.8, **others).tolist() == [0.8e6, 320e6]


@given(link=rates, efficiency=st.floats(0.1, 1), throttle=rates)
def test_law_no_rate_above_the_line(link, efficiency, throttle):
    assert cloud.wan_rate(link, efficiency, throttle=throttle) <= min(link, throttle)


def test_worked_online_phases():
    # 3 launches of 120 s, 500,000 / 2000 = 250 s listing, 1 GB at 10 and again at 100 MB/s = 100 + 10 s
    elapsed = cloud.online_time(
        1e9, 500_000, 10e6, prepare_rate=2000, verify_rate=100e6, max_files=200_000, launch=120
    )
    assert elapsed == pytest.approx(360 + 250 + 110)


def test_worked_crossover_of_a_snowcone():
    # Shipped in 11 to 14 days, 8 TB tie with 67 to 53 Mbit/s: 8e12 * 8 / t
    for days, mbit in ((11, 67.3), (14, 52.9)):
        rate = 8e12 / (days * DAY)
        assert rate / MBIT == pytest.approx(mbit, abs=0.05)
        ties = cloud.crossover_size(rate, days * DAY, np.inf)
        assert ties == pytest.approx(8e12)


@given(online=rates, delay=st.floats(1, 1e7), factor=st.floats(1.01, 100))
def test_law_at_the_crossover_both_ways_take_as_long(online, delay, factor):
    size = cloud.crossover_size(online, delay, online * factor)
    assert size / online == pytest.approx(delay + size / (online * factor))


def test_law_a_wire_faster_than_the_ingest_always_wins():
    assert cloud.crossover_size(100e6, 1.0, 100e6) == math.inf
    assert cloud.crossover_size(np.array([200e6, 50e6]), DAY, 100e6).tolist() == [math.inf, DAY * 100e6]


def test_law_scalars_give_floats():
    assert type(cloud.import_time(1, 1, 1, 1)) is float
    assert type(cloud.wan_rate(10, 0.5)) is float
    assert type(cloud.online_time(1, 1, 1, prepare_rate=1)) is float
    assert type(cloud.failed_objects(np.random.default_rng(1), 5, 0.5)) is int


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: cloud.import_time(-1.0, 1.0, 1.0, 1.0), "size"),
        (lambda: cloud.import_time(1.0, math.nan, 1.0, 1.0), "objects"),
        (lambda: cloud.import_time(1.0, 1.0, 0.0, 1.0), "rate"),
        (lambda: cloud.import_time(1.0, 1.0, 1.0, math.nan), "object_rate"),
        (lambda: cloud.import_knots(np.ones(1), np.ones(1), 1.0, 1.0, start=math.inf), "start"),
        (lambda: cloud.listing_time(1.0, 0.0), "listing_rate"),
        (lambda: cloud.failed_objects(np.random.default_rng(), -1, 0.1), "objects"),
        (lambda: cloud.failed_objects(np.random.default_rng(), 1, math.nan), "failure"),
        (lambda: cloud.wan_rate(-1.0, 0.8), "link"),
        (lambda: cloud.wan_rate(1.0, 0.0), "efficiency"),
        (lambda: cloud.wan_rate(1.0, 0.8, connections=0), "connections"),
        (lambda: cloud.wan_rate(1.0, 0.8, throttle=math.nan), "throttle"),
        (lambda: cloud.online_time(1.0, 1.0, 1.0, prepare_rate=0.0), "prepare_rate"),
        (lambda: cloud.online_time(1.0, 1.0, 1.0, prepare_rate=1.0, launch=-1.0), "launch"),
        (lambda: cloud.crossover_size(1.0, -1.0, 1.0), "shipped_delay"),
    ],
)
def test_law_refuses_what_is_out_of_bounds(call, name):
    with pytest.raises(BoundError, match=f"^{name} must be "):
        call()
