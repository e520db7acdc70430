"""JSON Lines and CSV: byte for byte what the samples say one by one."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from drawn_legs import EPOCH, JOB, VIEWS, Source, leg, streams
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devicesim.progress import CHUNK, COUNTERS, SAMPLE, Chunk, Leg, Stream, timestamp, write_csv, write_jsonl
from devicesim.progress import ascii as text

TEN_YEARS = 3.2e8


def written(write, chunks):
    out = io.BytesIO()
    count = write(chunks, out)
    return count, out.getvalue().decode()


def by_hand(seconds, epoch=EPOCH, name="ingest", job=JOB, **counters):
    """A chunk with the counters given, others 0."""
    rows = np.zeros(len(seconds), dtype=SAMPLE)
    rows["seconds"] = seconds
    for counter, values in counters.items():
        rows[counter] = values
    return Chunk(name, job, epoch, 0.0, 0.0, False, False, rows)


def plainly(chunk):
    """The lines of a chunk, one json.dumps each."""
    names = ("schema", "seconds", "time", "leg", "JobId", *COUNTERS)
    return "".join(
        json.dumps(
            dict(
                zip(
                    names,
                    (
                        "devicesim.progress/1",
                        row["seconds"].item(),
                        timestamp(chunk.epoch, row["seconds"].item()),
                        chunk.leg,
                        chunk.job,
                        *(row[name].item() for name in COUNTERS),
                    ),
                    strict=True,
                )
            ),
            separators=(",", ":"),
        )
        + "\n"
        for row in chunk.rows
    )


def one_long_leg(start, every, count, total=10**12):
    stream = Stream(EPOCH)
    end = start + every * count
    one = Leg("ingest", JOB, start, total, 10**6, listed=start, end=end, complete=True)
    one.session(start, 0, 0, Source([start, end], [0, total], [0, 10**6], linear=True))
    stream.legs.append(one)
    return stream


# The text of columns.


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20))
def test_law_digits_are_those_of_str(values):
    numbers = np.array(values, dtype=np.int64)
    width = len(str(max(values)))
    columns = [part.tolist() for part in text.digits(numbers, width)]
    assert [b"".join(parts).decode() for parts in zip(*columns, strict=True)] == [
        str(value).zfill(width) for value in values
    ]
    assert text.lengths(numbers).tolist() == [len(str(value)) for value in values]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@example([0.0, -0.0, 1e16, 9.999e15, 1e-4, 9e-5, 5e-324, 1.7976931348623157e308])
@example([1000.0, 9999.0])
@example([999.0, 1000.0])
@example([-1000.0, 9999.0])
@example([0.0, -0.0])
@example([0.1 + 0.2, 30.0, 1e15, 123456789.12345679])
def test_law_floats_are_those_of_repr(values):
    got, padded = text.floats(np.array(values))
    cells = [b"".join(parts) for parts in zip(*(part.tolist() for part in got), strict=True)]
    assert [cell.rstrip(b"\0").decode() for cell in cells] == [repr(value) for value in values]
    assert padded or len({len(repr(value)) for value in values}) == 1


@given(
    st.lists(st.floats(-TEN_YEARS, TEN_YEARS), min_size=1, max_size=12),
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from([None, UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345, seconds=7))]),
)
@example([0.0004995, 0.0005, 0.9999995, 59.9999999, 86399.9999996], datetime(2026, 6, 1), UTC)
@example([float(day) for day in range(0, 10**6, 86_400)], datetime(1999, 12, 25), None)
@settings(max_examples=200)
def test_law_times_are_those_of_datetime(seconds, begin, zone):
    epoch = begin.replace(tzinfo=zone)
    pieces = text.times(epoch, np.array(seconds))
    columns = [[piece] * len(seconds) if isinstance(piece, bytes) else piece.tolist() for piece in pieces]
    got = [b"".join(parts).decode() for parts in zip(*columns, strict=True)]
    assert got == [timestamp(epoch, second) for second in seconds]


def test_worked_times_where_the_offset_changes():
    # Central European Summer Time ended on 25 October 2026 at 3 o'clock.
    epoch = datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    _, lines = written(write_jsonl, [by_hand([0.0, 18_000.0], epoch)])
    assert [json.loads(line)["time"] for line in lines.splitlines()] == [
        "2026-10-25T00:30:00.000+02:00",
        "2026-10-25T05:30:00.000+01:00",
    ]


# JSON Lines.


def test_worked_two_lines():
    chunk = by_hand([0.0, 1.5], BytesTransferred=[0, 1234], TotalBytes=2000, TotalObjects=3)
    assert written(write_jsonl, [chunk]) == (
        2,
        '{"schema":"devicesim.progress/1","seconds":0.0,"time":"2026-06-01T08:00:00.000+00:00","leg":"ingest",'
        f'"JobId":"{JOB}","BytesTransferred":0,"ObjectsTransferred":0,"TotalBytes":2000,"TotalObjects":3}}\n'
        '{"schema":"devicesim.progress/1","seconds":1.5,"time":"2026-06-01T08:00:01.500+00:00","leg":"ingest",'
        f'"JobId":"{JOB}","BytesTransferred":1234,"ObjectsTransferred":0,"TotalBytes":2000,"TotalObjects":3}}\n',
    )


@given(streams(), VIEWS, st.integers(1, 40).map(lambda k: k / 8), st.integers(0, 200).map(lambda k: k / 8))
@settings(max_examples=100, deadline=None)
def test_law_json_lines_are_the_samples(stream, view, every, now):
    rows = list(stream.progress(every, now, view))
    count, lines = written(write_jsonl, stream.chunks(every, now, view))
    assert lines == "".join(row.to_json() + "\n" for row in rows)
    assert count == len(rows)


@given(
    st.lists(st.tuples(st.floats(0, TEN_YEARS), *[st.integers(0, 2**63 - 1)] * 4), min_size=1, max_size=30),
    st.text(max_size=8),
)
@settings(max_examples=100)
def test_law_json_lines_of_any_rows(rows, name):
    columns = dict(zip(("seconds", *COUNTERS), zip(*rows, strict=True), strict=True))
    chunk = by_hand(columns.pop("seconds"), name=name, job='a "b"\\\n', **columns)
    assert written(write_jsonl, [chunk, chunk])[1] == plainly(chunk) * 2


@pytest.mark.parametrize(
    ("start", "every"),
    [(0.0, 1.0), (0.0, 0.1), (897_351.234567891, 0.1), (364_350.0, 600.0), (0.0, 86_400.0)],
)
def test_law_long_series_are_the_samples(start, every):
    stream = one_long_leg(start, every, CHUNK + 1500)
    count, lines = written(write_jsonl, stream.chunks(every, 1e12))
    assert count == CHUNK + 1501
    assert lines == "".join(row.to_json() + "\n" for row in stream.progress(every, 1e12))


def test_law_a_chunk_is_of_one_leg_and_not_too_long():
    stream = one_long_leg(0.0, 1.0, 2 * CHUNK)
    stream.legs.append(leg(start=5.0, end=7.0))
    chunks = list(stream.chunks(1.0, 1e9))
    assert [len(chunk) for chunk in chunks] == [CHUNK, CHUNK, 1, 3]
    assert [chunk.ended for chunk in chunks] == [False, False, True, True]
    assert all(chunk.rows.dtype == SAMPLE for chunk in chunks)


@pytest.mark.parametrize("write", [write_jsonl, write_csv])
def test_worked_nothing_to_write(write):
    count, lines = written(write, [])
    assert (count, lines.count("\n")) == (0, 1 if write is write_csv else 0)


# CSV.


def test_worked_csv():
    chunk = by_hand([0.0, 90.5], BytesTransferred=[0, 12], TotalBytes=[0, 20], TotalObjects=[0, 3])
    assert written(write_csv, [chunk])[1] == (
        "seconds,time,leg,JobId,BytesTransferred,ObjectsTransferred,TotalBytes,TotalObjects,Faults\n"
        f"0.0,2026-06-01T08:00:00.000+00:00,ingest,{JOB},0,0,0,0,\n"
        f"90.5,2026-06-01T08:01:30.500+00:00,ingest,{JOB},12,0,20,3,\n"
    )


@given(streams(), VIEWS, st.integers(1, 40).map(lambda k: k / 8))
@settings(max_examples=50, deadline=None)
def test_law_csv_read_back_is_the_columns(stream, view, every):
    rows = list(csv.DictReader(io.StringIO(written(write_csv, stream.chunks(every, 30.0, view))[1])))
    columns = stream.columns(every, 30.0, view)
    for name, column in columns.items():
        read = {"f": float, "U": str, "i": int}[column.dtype.kind]
        assert [read(row[name]) for row in rows] == column.tolist()


def test_worked_csv_names_with_commas():
    row = next(csv.DictReader(io.StringIO(written(write_csv, [by_hand([1.0], job='a,"b"')])[1])))
    assert (row["JobId"], row["seconds"]) == ('a,"b"', "1.0")


@given(st.integers(0, 2**53 - 1))
@settings(max_examples=30)
def test_law_sizes_survive_every_digit(total):
    one = Stream(EPOCH)
    one.legs.append(leg(total=total, count=1, end=2.0, complete=True))
    last = written(write_jsonl, one.chunks(1.0, 1e3))[1].splitlines()[-1]
    assert json.loads(last)["BytesTransferred"] == json.loads(last)["TotalBytes"] == total
