"""What a monitor gets to see: late counters, no totals at first, attempts that fail, and an end that is exact."""

import math
from itertools import pairwise

import numpy as np
import pytest
from drawn_legs import EPOCH, JOB, VIEWS, Source, curve, leg, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.progress import EXACT, ImportFailed, Leg, LegInterrupted, LegResumed, Refused, Stream, View

MANY = st.integers(1, 40).map(lambda k: k / 8)


def stream_of(*legs):
    stream = Stream(EPOCH)
    stream.legs += legs
    return stream


def steady(count=1000, size=1000, end=100.0, name="ingest"):
    """Objects of 1 kB that arrive at an even rate."""
    one = Leg(name, JOB, 0.0, count * size, count, end=end, complete=True)
    one.session(0.0, 0, 0, Source([0, end], [0, count * size], [0, count], linear=True))
    return one


def column(stream, name, every=1.0, view=EXACT, now=1e6):
    return np.concatenate([chunk[name] for chunk in stream.chunks(every, now, view)]).tolist()


def test_worked_stale_counters_stand_and_jump():
    seen = column(stream_of(steady(count=10, size=10, end=10.0)), "BytesTransferred", view=View(refresh=4.0))
    # 10 bytes/s, refreshed after 4 and 8 s; the end is seen at once.
    assert seen == [0, 0, 0, 0, 40, 40, 40, 40, 80, 80, 100]


@pytest.mark.parametrize("every", [0.1, 0.7, 1 / 3])
def test_law_a_refresh_at_each_sample_is_fresh(every):
    stream = stream_of(steady(end=97.3))
    assert column(stream, "BytesTransferred", every, View(refresh=every)) == column(
        stream, "BytesTransferred", every
    )


def test_worked_totals_are_zero_until_listed():
    # 10 objects at 2 objects/s: known after 5 s; bytes move meanwhile.
    stream = stream_of(steady(count=10, size=10, end=10.0))
    assert column(stream, "TotalObjects", view=View(listing=2.0)) == [0] * 5 + [10] * 6
    assert column(stream, "BytesTransferred", view=View(listing=2.0))[:3] == [0, 10, 20]
    assert column(stream, "TotalBytes", view=View(listing=2.0, refresh=4.0)) == [0] * 8 + [100] * 3


def test_worked_a_listing_that_never_ends_is_known_at_the_end():
    assert column(stream_of(steady(count=10, end=10.0)), "TotalObjects", view=View(listing=1e-3)) == [
        0
    ] * 10 + [10]


def test_worked_failures_count_and_are_sent_again():
    one = steady(count=2000, size=1000)
    view = View(failing=0.2, seed=7)
    retries, sent = (column(stream_of(one), name, view=view) for name in ("Retries", "BytesSent"))
    # Attempts until success fail p / (1 - p) times in the mean: 500, with a deviation of sqrt(np) / (1 - p) = 25.
    assert abs(retries[-1] - 500) < 5 * 25
    # Each has sent half an object in the mean: 500 bytes, deviation 289 bytes.
    again = sent[-1] - 2_000_000
    assert abs(again - 500 * retries[-1]) < 5 * 289 * math.sqrt(retries[-1])
    assert all(before <= after for before, after in pairwise(retries))


def test_law_failures_are_the_same_however_often_somebody_looks():
    view, stream = View(failing=0.1, seed=3), stream_of(steady())
    often = column(stream, "Retries", 0.5, view)
    assert column(stream, "Retries", 1.0, view) == often[::2]
    assert column(stream, "Retries", 0.5, view) == often
    assert column(stream, "Retries", 0.5, View(failing=0.1, seed=4)) != often


@given(streams(), VIEWS, MANY, st.integers(0, 200).map(lambda k: k / 8))
@settings(max_examples=150, deadline=None)
def test_law_counters_never_fall_and_end_at_the_totals(stream, view, every, now):
    one = stream.legs[0]
    for chunk in stream.chunks(every, now, view):
        for name in chunk.rows.dtype.names:
            assert (np.diff(chunk[name]) >= 0).all(), name
        known = chunk["TotalObjects"] > 0
        assert set(chunk["TotalBytes"][known].tolist()) <= {one.total_bytes}
        assert (chunk["BytesTransferred"] <= one.total_bytes).all()
        assert (chunk["ObjectsTransferred"] <= one.total_objects).all()
        assert (chunk["BytesSent"] >= chunk["BytesTransferred"]).all()
        if chunk.ended and chunk.complete:
            last = chunk.rows[-1]
            assert last["BytesTransferred"] == last["TotalBytes"] == one.total_bytes
            assert last["ObjectsTransferred"] == last["TotalObjects"] == one.total_objects


@given(streams(), VIEWS, MANY)
@settings(max_examples=100, deadline=None)
def test_law_a_view_shows_nothing_that_was_not_there(stream, view, every):
    exact, seen = stream.columns(every, 30.0), stream.columns(every, 30.0, view)
    for name in ("BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects"):
        assert (seen[name] <= exact[name]).all()
    assert (seen["time"] == exact["time"]).all()


@given(streams(), MANY)
@settings(max_examples=30, deadline=None)
def test_law_the_exact_view_changes_nothing(stream, every):
    assert list(stream.progress(every, 30.0, View())) == list(stream.progress(every, 30.0))


def test_worked_a_stall_on_small_files_is_seen_as_it_is():
    # 1 GB in one object by 10 s, then 9,000 objects of 100 bytes until 100 s, then 1 GB in one object by 110 s.
    small = np.arange(1, 9001)
    times = np.concatenate([[10.0], 10 + small / 100, [110.0]])
    size = np.concatenate([[10**9], 10**9 + 100 * small, [2 * 10**9 + 900_000]])
    count = np.concatenate([[1], 1 + small, [9002]])
    one = Leg("ingest", JOB, 0.0, int(size[-1]), 9002, end=110.0, complete=True)
    one.session(0.0, 0, 0, lambda: curve(times, size, count))
    stream = stream_of(one)
    got_bytes = np.diff(column(stream, "BytesTransferred", 10.0))
    got_objects = np.diff(column(stream, "ObjectsTransferred", 10.0))
    assert got_bytes.tolist() == [10**9] + [100_000] * 9 + [10**9]
    assert got_objects.tolist() == [1] + [1000] * 9 + [1]


# What the stream itself knows.


def test_worked_bytes_copied_again_after_an_interruption():
    # 30 bytes by 3 s, of which 20 are kept; then 80 more: 110 sent for 100.
    one = leg(end=15.0, complete=True)
    one.session(0, 0, 0, Source([1, 2, 3], [10, 20, 30], [0, 1, 1]))
    stream = stream_of(one)
    stream.append(LegInterrupted(5.0, JOB, "ingest", "the battery died", 20, 1))
    one.session(10, 20, 1, Source([11, 12, 13], [5, 15, 80], [0, 0, 9]))
    stream.append(LegResumed(10.0, JOB, "ingest", 20, 1))
    seconds = column(stream, "seconds")
    sent, retries = (
        dict(zip(seconds, column(stream, name), strict=True)) for name in ("BytesSent", "Retries")
    )
    assert [sent[t] for t in (3, 9, 10, 11, 12, 13, 15)] == [30, 30, 30, 35, 45, 110, 110]
    assert [retries[t] for t in (9, 10, 15)] == [0, 1, 1]
    assert column(stream, "BytesTransferred")[-1] == 100


def test_worked_objects_given_up_on_each_leg():
    ingest, taken = leg(end=4.0), Leg("import", JOB, 10.0, 100, 10, listed=10.0, end=14.0, complete=True)
    stream = stream_of(ingest, taken)
    stream.append(Refused(0.0, JOB, "EFBIG", 2, 9, "too large"))
    stream.append(Refused(4.0, JOB, "ENOSPC", 3, 9, "full"))
    stream.append(ImportFailed(14.0, JOB, 1, 9, "checksum"))
    stream.append(ImportFailed(14.0, "another job", 5, 9, "checksum"))
    assert column(stream, "ObjectsFailed") == [2, 2, 2, 2, 5, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"refresh": -1.0}, "refresh must be >= 0 s and finite, got -1.0"),
        ({"refresh": math.inf}, "refresh must be >= 0 s and finite, got inf"),
        ({"refresh": math.nan}, "refresh must be >= 0 s and finite, got nan"),
        ({"listing": 0.0}, "listing must be > 0 objects/s, got 0.0"),
        ({"listing": math.nan}, "listing must be > 0 objects/s, got nan"),
        ({"failing": 1.0}, "failing must be in [0, 1), got 1.0"),
        ({"failing": math.nan}, "failing must be in [0, 1), got nan"),
        ({"seed": -1}, "seed must be >= 0, got -1"),
    ],
)
def test_worked_misuse(members, message):
    with pytest.raises(BoundError) as caught:
        View(**members)
    assert str(caught.value) == message


def test_worked_too_many_failures_are_refused():
    with pytest.raises(BoundError, match=r"^failing must be at most 10000000 failures, got 0\.999$"):
        View(failing=0.999).failures(leg(count=10**6))
