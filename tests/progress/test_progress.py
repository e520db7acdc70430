"""The progress stream: curves, legs of many sessions, samples, columns and JSON Lines."""

import json
import math
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from drawn_legs import EPOCH, JOB, Source, at, curve, histories, leg
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devicesim import progress
from devicesim.errors import BoundError
from devicesim.progress import (
    AccessBarred,
    AgentChanged,
    BatteryChanged,
    CallSpoiled,
    Cleared,
    ClusterChanged,
    DataTransferProgress,
    DeviceChanged,
    Event,
    ExecutionChanged,
    ExportFailed,
    ExportListed,
    FaultBegan,
    FaultEnded,
    FunctionsChanged,
    ImportFailed,
    InstanceChanged,
    JobStateChanged,
    Leg,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    Lost,
    NodeChanged,
    ParcelMoved,
    QuorumChanged,
    Refused,
    ServiceChanged,
    Stream,
    TemperatureChanged,
    event_json,
    sample_times,
    timestamp,
)

# Curves.


def test_worked_steps_count_at_their_knot():
    size, count = curve([1, 2, 2, 4], [10, 20, 30, 40], [0, 1, 2, 3]).at(
        np.array([0.9, 1, 1.5, 2, 3.9, 4, 9])
    )
    assert size.tolist() == [0, 10, 10, 30, 30, 40, 40]
    assert count.tolist() == [0, 0, 0, 2, 2, 3, 3]


def test_worked_lines_run_between_their_knots():
    size, count = curve([10, 20], [0, 100], [0, 5], linear=True).at(np.array([0, 10, 12.5, 15, 20, 30]))
    assert size.tolist() == [0, 0, 25, 50, 100, 100]
    assert count.tolist() == [0, 0, 1.25, 2.5, 5, 5]


@pytest.mark.parametrize("linear", [False, True])
def test_worked_nothing_before_the_first_knot(linear):
    size, count = curve([10, 20], [40, 100], [1, 5], linear).at(np.array([9.9, 10]))
    assert (size.tolist(), count.tolist()) == ([0, 40], [0, 1])


@pytest.mark.parametrize("linear", [False, True])
def test_worked_an_empty_curve_is_nothing(linear):
    size, count = curve([], [], [], linear).at(np.array([0.0, 5.0]))
    assert (size.tolist(), count.tolist()) == ([0, 0], [0, 0])


# Legs.


def test_worked_a_leg_without_a_session():
    assert at(leg(), 0, 5) == ([0, 0], [0, 0])


def test_worked_counters_are_whole_and_of_the_shape_asked():
    one = leg()
    one.session(0, 0, 0, Source([0, 3], [0, 100], [0, 10], linear=True))
    size, count = one.at([1.0, 2.0])
    # 100 bytes and 10 objects in 3 s: 33.3 and 3.3 after 1 s.
    assert (size.tolist(), count.tolist()) == ([33, 66], [3, 6])
    assert size.dtype == count.dtype == np.int64
    assert one.at(1.0)[0].shape == (1,)
    assert one.at(np.ones((2, 3)))[1].shape == (2, 3)
    assert one.at([2.0, 1.0])[0].tolist() == [66, 33]


def test_worked_counters_stop_at_the_totals():
    one = leg(total=100, count=10)
    one.session(0, 60, 6, Source([1, 2], [30, 60], [3, 6]))
    assert at(one, 0, 1, 2) == ([60, 90, 100], [6, 9, 10])


def test_worked_after_an_interruption_the_counters_wait_for_the_copy():
    one = leg()
    # 30 bytes by 3 s, of which one object of 20 was whole; the rest is copied again from 10 s.
    one.session(0, 0, 0, Source([1, 2, 3], [10, 20, 30], [0, 1, 1]))
    one.session(10, 20, 1, Source([11, 12, 13], [5, 15, 80], [0, 0, 9]))
    assert at(one, 3, 9, 10, 11, 12, 13) == ([30, 30, 30, 30, 35, 100], [1, 1, 1, 1, 1, 10])


def test_worked_lost_files_do_not_lower_the_counters():
    one = leg()
    # All 4 objects acknowledged before the cut are gone: the second session starts from nothing.
    one.session(0, 0, 0, Source([1, 2], [20, 40], [2, 4]))
    one.session(5, 0, 0, Source([6, 7, 8], [30, 40, 60], [3, 4, 6]))
    assert at(one, 2, 5, 6, 7, 8) == ([40, 40, 40, 40, 60], [4, 4, 4, 4, 6])


def test_worked_a_paused_session_counts_nothing_later():
    one = leg()
    one.session(0, 0, 0, Source([1, 2, 3, 4], [10, 20, 30, 40], [1, 2, 3, 4]))
    one.pause(2.5)
    assert at(one, 2, 3, 4, 99) == ([20, 20, 20, 20], [2, 2, 2, 2])
    one.pause(50)  # closed already: nothing changes
    one.session(6, 20, 2, Source([7], [80], [8]))
    assert at(one, 3, 6, 7) == ([20, 20, 100], [2, 2, 10])


def test_worked_an_ended_leg_stands():
    one = leg(end=2.0)
    one.session(0, 0, 0, Source([1, 2, 3], [10, 20, 30], [1, 2, 3]))
    assert at(one, 2, 3, 99) == ([20, 20, 20], [2, 2, 2])


def test_worked_a_complete_leg_ends_at_its_totals():
    one = leg(end=2.0, complete=True)
    one.session(0, 0, 0, Source([1], [99], [9]))
    assert at(one, 1, 1.999, 2, 3) == ([99, 99, 100, 100], [9, 9, 10, 10])


def test_worked_a_leg_of_no_time():
    one = leg(end=0.0, complete=True, total=0, count=0)
    assert at(one, 0, 1) == ([0, 0], [0, 0])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda one: one.session(4, 0, 0, Source([], [], [])), "start must be >= all before it on the leg, got 4"),
        (lambda one: one.pause(4), "at must be >= the session's start, got 4"),
        (lambda one: one.pause(math.nan), "at must be >= the session's start, got nan"),
        (lambda one: one.at([1.0, math.nan]), "t[1] must be a time [s], got nan"),
    ],
)  # fmt: skip
def test_worked_misuse_of_a_leg(act, message):
    one = leg()
    one.session(5, 0, 0, Source([], [], []))
    with pytest.raises(BoundError) as caught:
        act(one)
    assert str(caught.value) == message


def test_worked_a_session_before_the_leg_or_before_a_pause():
    with pytest.raises(BoundError, match=r"^start must be >= all before it on the leg, got 4\.5$"):
        leg(start=5.0).session(4.5, 0, 0, Source([], [], []))
    one = leg()
    one.session(0, 0, 0, Source([], [], []))
    one.pause(5)
    with pytest.raises(BoundError, match=r"^start must be >= all before it on the leg, got 4\.5$"):
        one.session(4.5, 0, 0, Source([], [], []))


def test_law_a_closed_session_is_read_once():
    one, sources = leg(total=10**9), [Source([k + 0.5], [1], [1]) for k in range(120)]
    for k, source in enumerate(sources):
        one.session(float(k), k, k, source)
    for _ in range(50):
        one.at(np.linspace(0, 130, 1000))
    assert [source.reads for source in sources] == [1] * 119 + [50]
    one.end = 130.0
    for _ in range(50):
        one.at(130.0)
    assert sources[-1].reads == 51


def test_law_a_read_asks_only_for_the_sessions_it_needs():
    one, sources = leg(total=10**9), [Source([k + 0.5], [1], [1]) for k in range(5)]
    for k, source in enumerate(sources):
        one.session(float(k), k, k, source)
    assert at(one, 1.7) == ([2], [2])
    assert [source.reads for source in sources] == [1, 1, 0, 0, 0]


def plainly(one, plain, t):
    """Bytes and objects at one time, session by session."""
    if one.complete and one.end is not None and t >= one.end:
        return one.total_bytes, one.total_objects
    t = t if one.end is None else min(t, one.end)
    most = [0.0, 0.0]
    for k, (start, until, base, steps) in enumerate(plain):
        if start > t:
            break
        stop = min(t, until, plain[k + 1][0] if k + 1 < len(plain) else math.inf)
        got = steps.at(np.array([stop]))
        most = [max(a, b + float(c[0])) for a, b, c in zip(most, base, got, strict=True)]
    return min(math.floor(most[0]), one.total_bytes), min(math.floor(most[1]), one.total_objects)


@given(histories(), st.lists(st.integers(0, 200).map(lambda k: k / 8), max_size=12))
@settings(max_examples=150, deadline=None)
def test_law_counters_never_fall_and_stay_within_the_totals(history, times):
    one, plain = history
    size, count = one.at(sorted(times))
    for values, total in ((size, one.total_bytes), (count, one.total_objects)):
        assert (np.diff(values) >= 0).all()
        assert ((values >= 0) & (values <= total)).all()
    assert list(zip(size.tolist(), count.tolist(), strict=True)) == [
        plainly(one, plain, t) for t in sorted(times)
    ]
    # One at a time, in any order, and asked again: the same.
    assert [int(one.at(t)[0][0]) for t in times] == one.at(times)[0].tolist()


@given(histories(), st.integers(1, 40).map(lambda k: k / 8), st.integers(0, 200).map(lambda k: k / 8))
@settings(max_examples=100, deadline=None)
def test_law_samples_of_a_leg(history, every, now):
    one, _ = history
    stream = Stream(EPOCH)
    stream.legs.append(one)
    rows = list(stream.progress(every, now))
    assert rows == list(stream.progress(every, now))
    assert rows[0].seconds == one.start
    assert all(row.seconds <= now for row in rows)
    for before, after in pairwise(rows):
        assert 0 < after.seconds - before.seconds <= every
        assert before.BytesTransferred <= after.BytesTransferred <= one.total_bytes
        assert before.ObjectsTransferred <= after.ObjectsTransferred <= one.total_objects
    if one.end is not None and one.end <= now:
        assert rows[-1].seconds == one.end
        if one.complete:
            assert (rows[-1].BytesTransferred, rows[-1].ObjectsTransferred) == (
                one.total_bytes,
                one.total_objects,
            )


# Sampling times.


@pytest.mark.parametrize(
    ("start", "end", "every", "now", "times"),
    [
        pytest.param(0, 10, 4, 99, [0, 4, 8, 10], id="start, steps, end"),
        pytest.param(0, 8, 4, 99, [0, 4, 8], id="the end on a step"),
        pytest.param(2.5, 9, 3, 99, [2.5, 5.5, 8.5, 9], id="steps from the leg's start"),
        pytest.param(0, 10, 60, 99, [0, 10], id="a step longer than the leg"),
        pytest.param(0, 10, 4, 10, [0, 4, 8, 10], id="now at the end"),
        pytest.param(0, 10, 4, 9, [0, 4, 8], id="now before the end"),
        pytest.param(0, 10, 4, 8, [0, 4, 8], id="now on a step"),
        pytest.param(0, None, 4, 9, [0, 4, 8], id="under way"),
        pytest.param(5, None, 4, 5, [5], id="just begun"),
        pytest.param(5, None, 4, 4, [], id="not begun"),
        pytest.param(5, 5, 4, 99, [5], id="of no time"),
        pytest.param(5, 5.001, 1e9, 99, [5, 5.001], id="of nearly no time"),
        pytest.param(0, 0.3, 0.1, 1, [0, 0.1, 0.2, 0.3], id="0.1 s thrice is a little more than 0.3 s"),
        pytest.param(0, None, 0.1, 0.3, [0, 0.1, 0.2, 0.3], id="likewise under way"),
        pytest.param(0.1, 0.1 + 0.7, 0.1, 9, [k / 10 for k in range(1, 9)], id="likewise from 0.1 s"),
    ],
)
def test_worked_sample_times(start, end, every, now, times):
    got = sample_times(leg(start=start, end=end), every, now)
    assert got.tolist() == pytest.approx(times, rel=1e-12)
    assert (got <= now).all()
    if end is not None and end <= now:
        assert got[-1] == end


@given(
    st.floats(0, 1e8), st.floats(0, 1e7), st.floats(1e-3, 1e8), st.floats(0.001, 1.5)
)  # fmt: skip
@example(1e7, 1e6, 0.1, 1.0)
@example(0.0, 1e-300, 1.0, 1.0)
def test_law_sample_times_rise_from_start_to_end_by_at_most_a_step(start, span, every, share):
    every = max(every, span / 5000)
    end, now = start + span, start + span * share
    got = sample_times(leg(start=start, end=end), every, now)
    assert got[0] == start
    assert (got <= now).all()
    steps = np.diff(got)
    # Times of up to 10^8 s are known to 1.5e-8 s.
    assert (steps > 0).all()
    assert (steps <= every * (1 + 2e-6) + 3e-8).all()
    assert min(now, end) - got[-1] <= every * (1 + 2e-6) + 3e-8
    if end <= now:
        assert got[-1] == end


@pytest.mark.parametrize("every", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("legs", [0, 1])
def test_worked_steps_that_are_none_are_refused_at_once(every, legs):
    stream = Stream(EPOCH)
    stream.legs += [leg()] * legs
    message = rf"^every must be > 0 s and finite, got {every}$"
    with pytest.raises(BoundError, match=message):
        stream.progress(every, 10.0)
    with pytest.raises(BoundError, match=message):
        stream.columns(every, 10.0)
    with pytest.raises(BoundError, match=message):
        sample_times(leg(), every, 10.0)


def test_worked_a_step_far_too_small_is_refused():
    # A day in steps of 1 ms is 86.4 million samples, of which 10 million are taken.
    with pytest.raises(BoundError, match=r"^every must be >= 0\.00864 s for this leg, got 0\.001$"):
        sample_times(leg(end=86_400.0), 1e-3, 1e6)


# Samples.


def two_legs():
    """10 bytes in 2 objects onto the device by 4 s, and from 100 s into S3, listed by 102 s, in by 104 s."""
    stream = Stream(EPOCH)
    ingest = Leg("ingest", JOB, 0.0, 10, 2, listed=0.0, end=4.0, complete=True)
    ingest.session(0.0, 0, 0, Source([1, 2, 3, 4], [2, 5, 8, 10], [0, 1, 1, 2]))
    taken = Leg("import", JOB, 100.0, 10, 2, listed=102.0, end=104.0, complete=True)
    taken.session(100.0, 0, 0, Source([102, 104], [0, 10], [0, 2], linear=True))
    stream.legs += [ingest, taken]
    return stream


def test_worked_samples_of_both_legs():
    rows = [
        (row.leg, row.seconds, row.BytesTransferred, row.ObjectsTransferred, row.TotalBytes, row.TotalObjects)
        for row in two_legs().progress(1.5, 1e3)
    ]
    # On the way in, the totals are known only when the listing is done, at 102 s.
    assert rows == [
        ("ingest", 0.0, 0, 0, 10, 2),
        ("ingest", 1.5, 2, 0, 10, 2),
        ("ingest", 3.0, 8, 1, 10, 2),
        ("ingest", 4.0, 10, 2, 10, 2),
        ("import", 100.0, 0, 0, 0, 0),
        ("import", 101.5, 0, 0, 0, 0),
        ("import", 103.0, 5, 1, 10, 2),
        ("import", 104.0, 10, 2, 10, 2),
    ]


def test_worked_samples_up_to_now():
    seconds = [row.seconds for row in two_legs().progress(1.5, 101.0)]
    assert seconds == [0.0, 1.5, 3.0, 4.0, 100.0]


def test_worked_one_record_in_json_lines():
    row = list(two_legs().progress(1.5, 1e3))[2]
    assert row.to_json() == (
        '{"schema":"devicesim.progress/1","seconds":3.0,"time":"2026-06-01T08:00:03.000+00:00","leg":"ingest",'
        f'"JobId":"{JOB}","BytesTransferred":8,"ObjectsTransferred":1,"TotalBytes":10,"TotalObjects":2}}'
    )


def test_published_member_names():
    # DataTransfer in the Snowball API reference: BytesTransferred, ObjectsTransferred, TotalBytes, TotalObjects.
    names = [f.name for f in fields(DataTransferProgress)]
    assert names[4:8] == ["BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects"]
    assert (names[:4], names[8:]) == (["seconds", "time", "leg", "JobId"], ["Faults"])


def test_law_json_lines_are_single_lines_that_say_what_the_samples_say():
    for row in two_legs().progress(0.25, 1e3):
        line = row.to_json()
        assert "\n" not in line
        record = json.loads(line)
        assert record.pop("schema") == progress.PROGRESS_SCHEMA
        assert DataTransferProgress(**record) == row
        assert all(
            type(value) is int for name, value in record.items() if name.endswith(("ed", "Bytes", "Objects"))
        )


@pytest.mark.parametrize("now", [1e3, 101.0, -1.0])
def test_law_columns_equal_the_samples(now):
    stream = two_legs()
    columns, rows = stream.columns(0.5, now), list(stream.progress(0.5, now))
    assert list(columns) == [f.name for f in fields(DataTransferProgress)]
    for name, column in columns.items():
        assert column.tolist() == [
            getattr(row, name) or "" if name == "Faults" else getattr(row, name) for row in rows
        ]
        kind = "f" if name == "seconds" else "U" if name in {"time", "leg", "JobId", "Faults"} else "i"
        assert (column.dtype.kind, column.ndim) == (kind, 1)
    assert columns["BytesTransferred"].dtype == np.int64


def test_worked_columns_of_an_empty_stream():
    columns = Stream(EPOCH).columns(1.0, 10.0)
    assert {name: column.size for name, column in columns.items()} == dict.fromkeys(columns, 0)
    assert columns["TotalBytes"].dtype == np.int64
    assert columns["seconds"].dtype == np.float64


def test_law_long_series_come_in_parts_and_in_order():
    stream = Stream(EPOCH)
    one = leg(total=10**6, count=10**6, end=150_000.0, complete=True)
    one.session(0.0, 0, 0, Source([0, 150_000], [0, 10**6], [0, 10**6], linear=True))
    stream.legs.append(one)
    columns = stream.columns(1.0, 1e6)
    # Two parts of 65,536 samples and a rest.
    assert columns["seconds"].tolist() == list(range(150_001))
    assert columns["BytesTransferred"].tolist() == one.at(np.arange(150_001))[0].tolist()


def test_law_sizes_are_exact_far_above_a_petabyte():
    # A double holds whole numbers up to 2^53, about 9 PB.
    total = 2**53 - 1
    one = leg(total=total, count=3, end=2.0, complete=True)
    one.session(0.0, 0, 0, Source([1], [total - 1], [2]))
    assert at(one, 1, 2) == ([total - 1, total], [2, 3])


# Events.

CASES = [
    (JobStateChanged(0.0, JOB, "New"), '"event":"JobStateChanged","JobId":"J","state":"New"'),
    (DeviceChanged(0.0, JOB, "off", "battery"), '"event":"DeviceChanged","JobId":"J","state":"off","why":"battery"'),
    (
        ServiceChanged(0.0, JOB, "nfs", "ACTIVE"),
        '"event":"ServiceChanged","JobId":"J","service":"nfs","state":"ACTIVE"',
    ),
    (
        InstanceChanged(0.0, JOB, "s.i-1", "snc1.micro", "running"),
        '"event":"InstanceChanged","JobId":"J","instance":"s.i-1","type":"snc1.micro","state":"running"',
    ),
    (FunctionsChanged(0.0, JOB, "behind", 12), '"event":"FunctionsChanged","JobId":"J","state":"behind","runs":12'),
    (
        AccessBarred(0.0, JOB, "there is no bucket b", 60.0),
        '"event":"AccessBarred","JobId":"J","why":"there is no bucket b","until":60.0',
    ),
    (BatteryChanged(0.0, JOB, "low", 0.125), '"event":"BatteryChanged","JobId":"J","what":"low","charge":0.125'),
    (
        TemperatureChanged(0.0, JOB, "throttled", 45.5),
        '"event":"TemperatureChanged","JobId":"J","what":"throttled","temperature":45.5',
    ),
    (LegStarted(0.0, JOB, "ingest", 10, 2), '"event":"LegStarted","JobId":"J","leg":"ingest","bytes":10,"objects":2'),
    (
        LegInterrupted(0.0, JOB, "ingest", "the battery died", 5, 1),
        '"event":"LegInterrupted","JobId":"J","leg":"ingest","why":"the battery died","bytes":5,"objects":1',
    ),
    (
        LegResumed(0.0, JOB, "ingest", 5, 1),
        '"event":"LegResumed","JobId":"J","leg":"ingest","bytes":5,"objects":1',
    ),
    (
        LegEnded(0.0, JOB, "import", True, 10, 2),
        '"event":"LegEnded","JobId":"J","leg":"import","complete":true,"bytes":10,"objects":2',
    ),
    (
        Refused(0.0, JOB, "ENOSPC", 3, 300, "full"),
        '"event":"Refused","JobId":"J","error":"ENOSPC","files":3,"bytes":300,"why":"full"',
    ),
    (
        Lost(0.0, JOB, "device", 1, 9, "power cut"),
        '"event":"Lost","JobId":"J","where":"device","files":1,"bytes":9,"why":"power cut"',
    ),
    (
        ImportFailed(0.0, JOB, 1, 9, "bad key"),
        '"event":"ImportFailed","JobId":"J","objects":1,"bytes":9,"why":"bad key"',
    ),
    (
        ParcelMoved(0.0, JOB, "outbound", "late", "UPS", 1.5),
        '"event":"ParcelMoved","JobId":"J","direction":"outbound","what":"late","carrier":"UPS","days":1.5',
    ),
    (
        ExecutionChanged(0.0, JOB, "nightly", "task-1/exec-2", "ERROR", 3, 300, "the window closed"),
        '"event":"ExecutionChanged","JobId":"J","task":"nightly","execution":"task-1/exec-2","status":"ERROR",'
        '"files":3,"bytes":300,"why":"the window closed"',
    ),
    (
        AgentChanged(0.0, JOB, "device", "OFFLINE", "the line was down"),
        '"event":"AgentChanged","JobId":"J","agent":"device","status":"OFFLINE","why":"the line was down"',
    ),
    (ClusterChanged(0.0, JOB, "InUse"), '"event":"ClusterChanged","JobId":"J","state":"InUse"'),
    (
        NodeChanged(0.0, JOB, 2, "JID2", "down", "power cut"),
        '"event":"NodeChanged","JobId":"J","node":2,"node_job":"JID2","state":"down","why":"power cut"',
    ),
    (
        QuorumChanged(0.0, JOB, "read only", 3, "two nodes down"),
        '"event":"QuorumChanged","JobId":"J","service":"read only","reachable":3,"why":"two nodes down"',
    ),
    (ExportListed(0.0, JOB, 3, 300), '"event":"ExportListed","JobId":"J","objects":3,"bytes":300'),
    (
        ExportFailed(0.0, JOB, 1, 9, "in Glacier", ("a/b",)),
        '"event":"ExportFailed","JobId":"J","objects":1,"bytes":9,"why":"in Glacier","keys":["a/b"]',
    ),
    (Cleared(0.0, JOB, 3, 300), '"event":"Cleared","JobId":"J","files":3,"bytes":300'),
    (
        FaultBegan(0.0, JOB, "F1", "slow-disk", "disk", "at a tenth", 60.0),
        '"event":"FaultBegan","JobId":"J","fault":"F1","kind":"slow-disk","where":"disk","words":"at a tenth",'
        '"lasts":60.0,"files":0,"bytes":0',
    ),
    (
        CallSpoiled(0.0, JOB, "F1", "snowball", "ListJobs", 3, "ThrottlingException"),
        '"event":"CallSpoiled","JobId":"J","fault":"F1","service":"snowball","operation":"ListJobs","number":3,'
        '"error":"ThrottlingException"',
    ),
    (
        FaultEnded(0.0, JOB, "F1", "slow-disk", "disk"),
        '"event":"FaultEnded","JobId":"J","fault":"F1","kind":"slow-disk","where":"disk","words":""',
    ),
    (
        Lost(0.0, JOB, "device", 1, 9, "power cut", "F2", ("/buckets/b/a",)),
        '"event":"Lost","JobId":"J","where":"device","files":1,"bytes":9,"why":"power cut","fault":"F2",'
        '"names":["/buckets/b/a"]',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "tail"), CASES, ids=lambda case: type(case).__name__)
def test_worked_events_in_json_lines(event, tail):
    head = '{"schema":"devicesim.event/1","time":"2026-06-01T08:00:00.000+00:00","seconds":0.0,'
    assert event_json(event, EPOCH) == head + tail.replace('"J"', f'"{JOB}"') + "}"


def test_law_every_kind_of_event_has_its_case():
    kinds = {kind for kind in vars(progress).values() if isinstance(kind, type) and issubclass(kind, Event)}
    assert kinds == {Event, *(type(event) for event, _ in CASES)}
    assert {kind.__name__ for kind in kinds} <= set(progress.__all__)


def test_worked_events_with_numbers_from_arrays():
    event = LegEnded(np.float64(1.5), JOB, "import", np.True_, np.int64(10), np.uint32(2))
    record = json.loads(event_json(event, EPOCH))
    assert (record["seconds"], record["complete"], record["bytes"], record["objects"]) == (1.5, True, 10, 2)
    with pytest.raises(TypeError, match="an event cannot hold a set"):
        event_json(DeviceChanged(0.0, JOB, {"off"}), EPOCH)


def test_law_events_are_frozen_and_comparable():
    assert LegStarted(0.0, JOB, "ingest", 10, 2) == LegStarted(0.0, JOB, "ingest", 10, 2)
    assert len({LegStarted(0.0, JOB, "ingest", 10, 2), LegStarted(0.0, JOB, "ingest", 10, 2)}) == 1
    with pytest.raises(AttributeError):
        CASES[0][0].state = "Complete"


def test_worked_a_stream_keeps_order_and_finds_by_kind_and_job():
    stream = Stream(EPOCH)
    for event in (
        JobStateChanged(0, "a", "New"),
        JobStateChanged(1, "b", "New"),
        Lost(1, "a", "device", 1, 9, ""),
    ):
        stream.append(event)
    assert [event.job for event in stream.of(JobStateChanged)] == ["a", "b"]
    assert stream.of(JobStateChanged, "b") == [JobStateChanged(1, "b", "New")]
    assert [type(event) for event in stream.of(Event, "a")] == [JobStateChanged, Lost]
    assert stream.of(Refused) == []


def test_worked_an_interrupted_leg_stands_still():
    stream, one = Stream(EPOCH), leg()
    stream.legs.append(one)
    one.session(0, 0, 0, Source([1, 2, 3, 4], [10, 20, 30, 40], [1, 2, 3, 4]))
    stream.append(LegInterrupted(2.5, "another job", "ingest", "", 0, 0))
    stream.append(LegInterrupted(2.5, JOB, "import", "", 0, 0))
    assert at(one, 3, 4) == ([30, 40], [3, 4])
    # The core's curve may run on after the battery has died; the counters do not.
    stream.append(LegInterrupted(2.5, JOB, "ingest", "the battery died", 20, 2))
    assert at(one, 2, 3, 4) == ([20, 20, 20], [2, 2, 2])


@pytest.mark.parametrize(("first", "then"), [(2.0, 1.0), (2.0, math.nan), (None, math.nan)])
def test_worked_time_never_goes_back(first, then):
    stream = Stream(EPOCH)
    if first is not None:
        stream.append(JobStateChanged(first, JOB, "New"))
    with pytest.raises(BoundError, match=rf"^event time must be >= the last event's, got {then}$"):
        stream.append(JobStateChanged(then, JOB, "Complete"))


def test_worked_legs_and_series_by_name():
    stream = two_legs()
    assert stream.leg("import", JOB) is stream.legs[1]
    assert stream.leg("import", "other") is None
    stream.record("battery.charge", 0.0, 1.0)
    stream.record("battery.charge", 9.0, 0.5)
    assert stream.series == {"battery.charge": [(0.0, 1.0), (9.0, 0.5)]}


@pytest.mark.parametrize(
    ("epoch", "seconds", "text"),
    [
        (EPOCH, 0, "2026-06-01T08:00:00.000+00:00"),
        (EPOCH, 0.0009, "2026-06-01T08:00:00.000+00:00"),
        (EPOCH, 0.1 + 0.2, "2026-06-01T08:00:00.300+00:00"),
        (EPOCH, 86_400 * 30 + 0.25, "2026-07-01T08:00:00.250+00:00"),
        (datetime(2026, 6, 1, 8, tzinfo=timezone(timedelta(hours=5, minutes=30))), 60, "2026-06-01T08:01:00.000+05:30"),
        (datetime(2026, 12, 31, 23, 59, 59), 1, "2027-01-01T00:00:00.000"),
    ],
)  # fmt: skip
def test_worked_timestamps(epoch, seconds, text):
    assert timestamp(epoch, seconds) == text
