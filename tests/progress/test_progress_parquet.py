"""Parquet: read back, it is the columns."""

import io
import sys
from datetime import datetime, timedelta, timezone

import pytest
from drawn_legs import EPOCH, VIEWS, Source, leg, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import MissingExtraError
from devicesim.progress import COUNTERS, Leg, Stream
from devicesim.progress.writers import writer


@pytest.fixture(scope="module")
def parquet():
    return pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")


def read(parquet, chunks):
    out = io.BytesIO()
    count = writer("parquet")(chunks, out)
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    assert table.num_rows == count
    return table


@given(stream=streams(), view=VIEWS, every=st.integers(1, 40).map(lambda k: k / 8))
@settings(max_examples=25, deadline=None)
def test_law_read_back_is_the_columns(parquet, stream, view, every):
    table, columns = read(parquet, stream.chunks(every, 30.0, view)), stream.columns(every, 30.0, view)
    assert table.column_names == list(columns)
    for name in ("seconds", "leg", "JobId", *COUNTERS):
        assert table[name].to_pylist() == columns[name].tolist()
    times = [moment.isoformat(timespec="milliseconds") for moment in table["time"].to_pylist()]
    assert times == columns["time"].tolist()


@pytest.mark.parametrize(
    "zone", [None, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=30))]
)
def test_worked_times_keep_their_offset(parquet, zone):
    stream = Stream(datetime(2026, 6, 1, 8, tzinfo=zone))
    stream.legs.append(leg(end=90.5))
    times = read(parquet, stream.chunks(60.0, 1e3))["time"].to_pylist()
    assert [time.replace(tzinfo=None) for time in times] == [
        datetime(2026, 6, 1, 8) + timedelta(seconds=second) for second in (0, 60, 90.5)
    ]
    assert {time.utcoffset() for time in times} == {zone.utcoffset(None) if zone else None}


def test_law_many_chunks_and_legs_make_one_table(parquet):
    stream = Stream(EPOCH)
    for name, job in (("ingest", "a"), ("import", "a"), ("ingest", "b")):
        one = Leg(name, job, 0.0, 10**6, 10**6, end=100_000.0, complete=True)
        one.session(0.0, 0, 0, Source([0, 100_000], [0, 10**6], [0, 10**6], linear=True))
        stream.legs.append(one)
    table, columns = read(parquet, stream.chunks(1.0, 1e6)), stream.columns(1.0, 1e6)
    assert table.num_rows == 3 * 100_001
    for name in ("seconds", "leg", "JobId", "BytesTransferred"):
        assert table[name].to_pylist() == columns[name].tolist()
    assert table.schema.metadata[b"schema"] == b"devicesim.progress/1"


def test_worked_an_empty_file_has_its_columns(parquet):
    table = read(parquet, [])
    assert (table.num_rows, table.column_names[-4:]) == (0, [*COUNTERS[1:], "Faults"])


def test_worked_without_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "devicesim.progress.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError) as caught:
        writer("parquet")
    assert str(caught.value) == "Parquet needs: pip install 'devicesim[parquet]'"
