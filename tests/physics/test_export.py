"""Loading devices from S3, and dealing objects to them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import export


class TestLoading:
    def test_worked_an_object_waits_for_a_connection(self):
        # 64 connections, each 0.15 s to the first byte: one object every 0.15 / 64 = 2.34 ms
        assert export.object_time(0.15, 64, 5500) == pytest.approx(2.34375e-3)

    def test_worked_a_bucket_answers_no_faster_than_it_may(self):
        # 4,000 connections would ask 26,667 times a second; 5,500 are answered
        assert export.object_time(0.15, 4000, 5500) == pytest.approx(1 / 5500)

    def test_worked_eighty_terabytes_of_photos(self):
        # 80e12 / 600e6 = 133,333 s; 20 million objects x 2.34375 ms = 46,875 s; 50.06 h together
        took = export.loading_time(80e12, 20_000_000, 600e6, 2.34375e-3)
        assert took / 3600 == pytest.approx(50.06, abs=0.01)

    @pytest.mark.parametrize(
        "size", [pytest.param(50e12, id="Snowball guides: a device typically takes one business day")]
    )
    def test_published_one_business_day(self, size):
        assert export.loading_time(size, 1_000_000, 600e6, 2.34e-3) / 86400 == pytest.approx(1, abs=0.05)

    @given(
        sizes=st.lists(st.integers(0, 10**12), max_size=400),
        rate=st.floats(1e6, 1e10),
        each=st.floats(0, 1),
        points=st.integers(1, 64),
    )
    def test_law_knots_begin_with_nothing_never_fall_and_end_with_all(self, sizes, rate, each, points):
        times, size, count = export.loading_knots(np.array(sizes, dtype=np.int64), rate, each, 5.0, points)
        assert (times[0], size[0], count[0]) == (5.0, 0.0, 0.0)
        assert (size[-1], count[-1]) == (sum(sizes), len(sizes))
        assert times[-1] - 5.0 == pytest.approx(export.loading_time(sum(sizes), len(sizes), rate, each))
        assert all(np.all(np.diff(column) >= 0) for column in (times, size, count))
        assert len(times) <= points + 1

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: export.object_time(-1, 1, 1), "first_byte must be >= 0 and finite"),
            (lambda: export.object_time(0.1, 0, 1), "connections must be >= 1"),
            (lambda: export.object_time(0.1, 1, 0), "request_rate must be > 0"),
            (lambda: export.loading_time(-1, 0, 1, 0), "size must be >= 0"),
            (lambda: export.loading_time(1, 0, 0, 0), "rate must be > 0"),
            (lambda: export.loading_time(1, 0, 1, -1), "per_object must be >= 0 and finite"),
            (lambda: export.parts(np.array([3]), 2, 1), "sizes must be <= the capacity, 2"),
            (lambda: export.parts(np.array([3]), 4, 0), "most_objects must be > 0"),
        ],
    )
    def test_misuse(self, call, message):
        with pytest.raises(BoundError, match=message):
            call()


class TestParts:
    def test_worked_150_terabytes_on_devices_of_80(self):
        # 1,500 objects of 100 GB: 800 fill a device, 700 go on the next
        assert export.parts(np.full(1500, 10**11), 80 * 10**12, 10**6).tolist() == [0, 800, 1500]

    def test_worked_nothing_has_no_part(self):
        assert export.parts(np.zeros(0, dtype=np.int64), 10, 10).tolist() == [0]

    @given(
        sizes=st.lists(st.integers(0, 1000), max_size=200),
        capacity=st.integers(1000, 5000),
        most=st.integers(1, 50),
    )
    def test_law_every_object_is_on_one_part_in_order_and_none_is_too_full(self, sizes, capacity, most):
        array = np.array(sizes, dtype=np.int64)
        cuts = export.parts(array, capacity, most)
        assert (cuts[0], cuts[-1]) == (0, len(sizes))
        assert np.all(np.diff(cuts) > 0)
        loads = [array[a:b] for a, b in pairwise(cuts)]
        assert all(load.sum() <= capacity and load.size <= most for load in loads)
        # A part is closed only because the next object had no room on it.
        for load, following in pairwise(loads):
            assert load.sum() + following[0] > capacity or load.size == most
