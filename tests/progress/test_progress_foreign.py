"""rclone, fio, nfsiostat and DataSync: their names, their arithmetic, and the counters that a stream holds."""

import io
import re
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from drawn_legs import EPOCH, JOB, VIEWS, Source, curve, leg, streams
from foreign_readers import collated, json_lines, nfsiostat
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError, UnknownNameError
from devicesim.progress import (
    EXACT,
    ImportFailed,
    Leg,
    LegInterrupted,
    LegResumed,
    Refused,
    Stream,
    View,
)
from devicesim.progress.foreign.datasync import answers
from devicesim.progress.foreign.nfsiostat import Mount
from devicesim.progress.writers import FORMS, form_of, writer

MANY = st.integers(1, 40).map(lambda k: k / 8)
NOW = st.integers(0, 200).map(lambda k: k / 8)
FAR = 1e6


def written(form, stream, every, now=FAR, view=EXACT, **needs):
    out = io.BytesIO()
    count = writer(form)(stream.chunks(every, now, view), out, **needs)
    return count, out.getvalue().decode()


def rows(stream, every, now=FAR, view=EXACT):
    parts = [chunk.rows for chunk in stream.chunks(every, now, view)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=[("seconds", float)])


def stream_of(*legs):
    stream = Stream(EPOCH)
    stream.legs += legs
    return stream


def four_seconds(name="ingest", **members):
    """4,000 bytes in 4 objects, one a second."""
    one = Leg(name, JOB, 0.0, 4000, 4, **({"end": 4.0, "complete": True} | members))
    one.session(0.0, 0, 0, Source([1, 2, 3, 4], [1000, 2000, 3000, 4000], [1, 2, 3, 4]))
    return one


def interrupted():
    """30 bytes by 3 s, of which 20 are kept, then 80 more until 13 s: 110 sent for 100, and one retry."""
    one = leg(end=15.0, complete=True)
    one.session(0, 0, 0, Source([1, 2, 3], [10, 20, 30], [0, 1, 1]))
    stream = stream_of(one)
    stream.append(LegInterrupted(5.0, JOB, "ingest", "the battery died", 20, 1))
    one.session(10, 20, 1, Source([11, 12, 13], [5, 15, 80], [0, 0, 9]))
    stream.append(LegResumed(10.0, JOB, "ingest", 20, 1))
    return stream


# All of them.


@given(streams(), VIEWS, MANY, NOW)
@settings(max_examples=60, deadline=None)
def test_law_counters_are_those_of_the_samples(stream, view, every, now):
    samples = rows(stream, every, now, view)
    size, count, sent = (
        samples[name].tolist() for name in ("BytesTransferred", "ObjectsTransferred", "BytesSent")
    )
    lines, text = written("rclone", stream, every, now, view)
    stats = [line["stats"] for line in json_lines(text)]
    assert lines == len(stats) == len(samples)
    assert [(s["bytes"], s["transfers"]) for s in stats] == list(zip(sent, count, strict=True))
    jobs = [document["jobs"][0] for document in collated(written("fio", stream, every, now, view)[1])]
    assert [(j["write"]["io_bytes"], j["write"]["total_ios"]) for j in jobs] == list(
        zip(size, count, strict=True)
    )
    told = json_lines(written("datasync", stream, every, now, view)[1])
    assert [(a["BytesWritten"], a["FilesTransferred"], a["BytesTransferred"]) for a in told] == list(
        zip(size, count, sent, strict=True)
    )
    assert [(a["EstimatedBytesToTransfer"], a["EstimatedFilesToTransfer"]) for a in told] == list(
        zip(samples["TotalBytes"].tolist(), samples["TotalObjects"].tolist(), strict=True)
    )


COUNTS = {
    "rclone": lambda text: [
        (s["bytes"], s["transfers"], s["totalBytes"], s["totalTransfers"])
        for s in (line["stats"] for line in json_lines(text))
    ],
    "fio": lambda text: [
        (j["write"]["io_bytes"], j["write"]["total_ios"], int(o.get("size", 0)), int(o.get("nrfiles", 0)))
        for j, o in ((d["jobs"][0], d["jobs"][0]["job options"]) for d in collated(text))
    ],
    "datasync": lambda text: [
        (a["BytesWritten"], a["FilesTransferred"], a["EstimatedBytesToTransfer"], a["EstimatedFilesToTransfer"])
        for a in json_lines(text)
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", COUNTS)
@given(stream=streams(), view=VIEWS, every=MANY, now=NOW)
@settings(max_examples=60, deadline=None)
def test_law_counters_never_fall_nor_exceed_totals_and_end_there(form, stream, view, every, now):
    found = COUNTS[form](written(form, stream, every, now, view)[1])
    assert found
    for before, after in pairwise(found):
        assert after[0] >= before[0]
        assert after[1] >= before[1]
    for size, count, total_bytes, total_objects in found:
        assert total_objects == 0 or (size <= total_bytes and count <= total_objects)
    one = stream.legs[0]
    if one.end is not None and one.end <= now and one.complete:
        size, count, total_bytes, total_objects = found[-1]
        assert (count, total_objects) == (one.total_objects, one.total_objects)
        assert size == total_bytes or total_objects == 0
        assert size == one.total_bytes or form == "rclone"


@pytest.mark.parametrize("form", ["rclone", "fio", "nfsiostat"])
def test_worked_a_second_leg_is_refused(form):
    stream = stream_of(four_seconds(), four_seconds("import"))
    message = rf"^chunks must be of one leg, ingest of {JOB}, got import of {JOB}$"
    with pytest.raises(BoundError, match=message):
        written(form, stream, 1.0)


@pytest.mark.parametrize("form", FORMS)
def test_law_the_same_stream_gives_the_same_bytes(form):
    view = View(refresh=2.0, failing=0.5, seed=3)
    assert written_bytes(form, view) == written_bytes(form, view)


def written_bytes(form, view):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    out = io.BytesIO()
    writer(form)(stream_of(four_seconds()).chunks(0.5, FAR, view), out)
    return out.getvalue()


def test_worked_small_files_stall_in_every_format():
    # 1 MB in one object by 1 s, then 1,000 objects of 10 bytes in a second, then 1 MB in one object by 3 s.
    times = np.concatenate([[1.0], 1 + np.arange(1, 1001) / 1000, [3.0]])
    size = np.concatenate([[10**6], 10**6 + 10 * np.arange(1, 1001), [2 * 10**6 + 10_000]])
    one = Leg("ingest", JOB, 0.0, int(size[-1]), 1002, end=3.0, complete=True)
    one.session(0.0, 0, 0, lambda: curve(times, size, np.arange(1, 1003)))
    for form, counts in COUNTS.items():
        found = counts(written(form, stream_of(one), 1.0)[1])
        assert np.diff([count[0] for count in found]).tolist() == [10**6, 10_000, 10**6], form
        assert np.diff([count[1] for count in found]).tolist() == [1, 1000, 1], form
    blocks = nfsiostat(written("nfsiostat", stream_of(one), 1.0)[1])
    # A kB/s is 1,024 bytes a second there: 976.5625, 9.766 and 976.5625.
    assert [round(block["write"].throughput, 2) for block in blocks] == [0, 976.56, 9.77, 976.56]
    assert [block["write"].rate for block in blocks] == [0, 1, 1000, 1]


# rclone.


def test_worked_rclone():
    stats = [line["stats"] for line in json_lines(written("rclone", stream_of(four_seconds()), 1.0)[1])]
    assert [s["bytes"] for s in stats] == [0, 1000, 2000, 3000, 4000]
    assert [s["speed"] for s in stats] == [0, 1000, 1000, 1000, 1000]
    assert [s["eta"] for s in stats] == [None, 3, 2, 1, 0]
    assert [s["elapsedTime"] for s in stats] == [0, 1, 2, 3, 4]
    assert [s["transferTime"] for s in stats] == [0, 1, 2, 3, 4]
    assert {(s["totalBytes"], s["totalTransfers"], s["errors"], s["retryError"]) for s in stats} == {
        (4000, 4, 0, False)
    }


def test_worked_rclone_counts_bytes_sent_again():
    lines = json_lines(written("rclone", interrupted(), 1.0)[1])
    stats = {line["stats"]["elapsedTime"]: line["stats"] for line in lines}
    # At 9 s 30 bytes were sent and the counters stand at 30 of 100; at 11 s 35 were sent, and 70 are to come.
    assert [(stats[t]["bytes"], stats[t]["totalBytes"]) for t in (9, 11, 15)] == [
        (30, 100),
        (35, 105),
        (110, 110),
    ]
    assert [(stats[t]["errors"], stats[t]["retryError"]) for t in (9, 11)] == [(0, False), (1, True)]


def test_worked_rclone_while_listing():
    stream = stream_of(four_seconds(listed=2.5))
    totals = [s["stats"]["totalBytes"] for s in json_lines(written("rclone", stream, 1.0)[1])]
    # What is known so far is what was sent.
    assert totals == [0, 1000, 2000, 4000, 4000]


@pytest.mark.parametrize("source", ["rclone rc core/stats, v1.76"])
def test_published_names_of_core_stats(source):
    documented = {
        "bytes", "checks", "deletedDirs", "deletes", "elapsedTime", "errors", "eta", "fatalError", "renames",
        "listed", "retryError", "serverSideCopies", "serverSideCopyBytes", "serverSideMoves",
        "serverSideMoveBytes", "speed", "totalBytes", "totalChecks", "totalTransfers", "transferTime", "transfers",
    }  # fmt: skip
    # Documented as given only if there is something to tell: lastError, transferring, checking.
    for line in json_lines(written("rclone", interrupted(), 0.5)[1]):
        assert set(line["stats"]) == documented
        # The manual's fields of a JSON log line.
        assert set(line) == {"level", "msg", "source", "stats", "time"}
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
        whole = documented - {"elapsedTime", "eta", "fatalError", "retryError", "speed", "transferTime"}
        assert all(type(line["stats"][name]) is int for name in whole)


# fio.


def test_worked_fio():
    documents = collated(written("fio", stream_of(four_seconds(listed=1.0)), 1.5)[1])
    first, second, _, last = (document["jobs"][0] for document in documents)
    assert (first["write"]["runtime"], first["write"]["bw_bytes"], first["write"]["iops"]) == (0, 0, 0)
    assert first["job options"] == {"name": "ingest"}
    # 1,000 bytes in 1.5 s are 666.67 bytes/s, cut off as fio does; 3,000 to go at 666 bytes/s take 4 s.
    write = second["write"]
    assert (write["runtime"], write["bw_bytes"], write["bw"], write["io_kbytes"]) == (1500, 666, 0, 0)
    assert write["iops"] == pytest.approx(1 / 1.5)
    assert (second["eta"], second["elapsed"], second["error"]) == (4, 1, 0)
    assert (last["write"]["io_bytes"], last["write"]["io_kbytes"], last["eta"]) == (4000, 3, 0)
    assert last["job options"] == {"name": "ingest", "size": "4000", "nrfiles": "4"}
    assert all(job["read"]["io_bytes"] == job["trim"]["io_bytes"] == 0 for job in (first, last))
    begun = int(EPOCH.timestamp())
    assert (documents[1]["timestamp_ms"], documents[1]["timestamp"]) == (begun * 1000 + 1500, begun + 1)
    assert documents[0]["time"] == "Mon Jun  1 08:00:00 2026"
    assert last["job_start"] == begun * 1000


def test_worked_fio_counts_errors():
    jobs = [document["jobs"][0] for document in collated(written("fio", interrupted(), 5.0)[1])]
    assert [job["total_err"] for job in jobs] == [0, 0, 1, 1]


@pytest.mark.parametrize("source", ["fio 3.42, JSON output"])
def test_published_names_of_fio(source):
    direction = {
        "io_bytes", "io_kbytes", "bw_bytes", "bw", "iops", "runtime", "total_ios", "short_ios", "drop_ios",
        "slat_ns", "clat_ns", "lat_ns", "bw_min", "bw_max", "bw_agg", "bw_mean", "bw_dev", "bw_samples",
        "iops_min", "iops_max", "iops_mean", "iops_stddev", "iops_samples",
    }  # fmt: skip
    for document in collated(written("fio", stream_of(four_seconds()), 1.0)[1]):
        assert set(document) == {"fio version", "timestamp", "timestamp_ms", "time", "global options", "jobs"}
        assert re.fullmatch(r"fio-\d+\.\d+", document["fio version"])
        for job in document["jobs"]:
            assert {"jobname", "groupid", "job_start", "error", "eta", "elapsed", "job options"} <= set(job)
            assert {"read", "write", "trim", "sync", "job_runtime", "total_err"} <= set(job)
            for name in ("read", "write", "trim"):
                assert set(job[name]) == direction
                assert set(job[name]["lat_ns"]) == {"min", "max", "mean", "stddev", "N"}
                # No sample: nothing is said of latencies.
                assert job[name]["lat_ns"]["N"] == job[name]["clat_ns"]["N"] == job[name]["slat_ns"]["N"] == 0


# nfsiostat.


def test_worked_nfsiostat():
    mount = Mount("device:/buckets", "/mnt", wsize=256, streams=2)
    blocks = nfsiostat(written("nfsiostat", stream_of(four_seconds()), 2.0, mount=mount)[1])
    assert [(block["export"], block["point"]) for block in blocks] == [("device:/buckets", "/mnt")] * 3
    # 2,000 bytes in 2 s: 8 writes of 256 bytes at least, 4 a second; 0.977 kB/s, 0.244 kB each.
    write = blocks[1]["write"]
    assert (blocks[1]["rate"], write.rate, write.throughput, write.each) == (4, 4, 0.977, 0.244)
    # Two under way, four a second: half a second each.
    assert (write.rtt, write.exe, write.queue) == (500, 500, 0)
    assert blocks[0]["write"].rate == blocks[1]["read"].rate == blocks[1]["backlog"] == 0


def test_worked_nfsiostat_counts_what_was_sent_again_and_given_up():
    stream = interrupted()
    stream.append(Refused(14.0, JOB, "ENOSPC", 3, 1, "full"))
    blocks = nfsiostat(written("nfsiostat", stream, 5.0, mount=Mount(wsize=10))[1])
    # 30 bytes until 5 s, nothing until 10 s, 80 until 15 s.
    assert [block["write"].rate * 5 for block in blocks] == [0, 3, 0, 9]
    assert [block["write"].retrans for block in blocks] == [0, 0, 1, 0]
    assert [block["write"].errors for block in blocks] == [0, 0, 0, 3]
    assert blocks[3]["write"].errors_percent == pytest.approx(100 * 3 / 9, abs=0.05)


@given(streams(), VIEWS, MANY, st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_law_nfsiostat_adds_up(stream, view, every, wsize):
    samples = rows(stream, every, 30.0, view)
    blocks = nfsiostat(written("nfsiostat", stream, every, 30.0, view, mount=Mount(wsize=wsize))[1])
    assert len(blocks) == len(samples)
    passed = np.diff(samples["seconds"], prepend=samples["seconds"][0])
    passed[passed == 0] = 1.0
    got = sum(block["write"].throughput * 1024 * time for block, time in zip(blocks, passed, strict=True))
    # Each is rounded to 0.001 kB/s.
    assert abs(got - samples["BytesSent"][-1]) <= 0.00051 * 1024 * passed.sum()
    assert sum(block["write"].retrans for block in blocks) == samples["Retries"][-1]
    assert sum(block["write"].errors for block in blocks) == samples["ObjectsFailed"][-1]
    for block, time, count in zip(
        blocks, passed, np.diff(samples["ObjectsTransferred"], prepend=0), strict=True
    ):
        assert block["write"].rate >= count / time - 0.00051


@pytest.mark.parametrize("source", ["nfsiostat(8), nfs-utils"])
def test_published_layout_of_nfsiostat(source):
    text = written("nfsiostat", stream_of(four_seconds()), 4.0)[1]
    lines = text.splitlines()
    # An empty line, the mount, an empty line, calls and backlog, an empty line, two lines for each operation.
    assert [bool(line) for line in lines[:9]] == [False, True, False, True, True, False, True, True, True]
    assert lines[1] == "snowcone:/buckets mounted on /mnt/snowcone:"
    assert lines[6].startswith("read:")
    assert lines[8].startswith("write:")
    # Columns end below their titles.
    assert len(lines[6]) == len(lines[7]) == len(lines[8]) == len(lines[9]) == 24 + 7 * 16


@pytest.mark.parametrize(("members", "name"), [({"wsize": 0}, "wsize"), ({"streams": -1}, "streams")])
def test_worked_misuse_of_a_mount(members, name):
    with pytest.raises(BoundError, match=rf"^{name} must be > 0, got {members[name]}$"):
        Mount(**members)


# DataSync.


def test_worked_datasync():
    stream = stream_of(four_seconds(listed=2.5, name="import"))
    stream.append(ImportFailed(4.0, JOB, 1, 10, "checksum"))
    told = json_lines(written("datasync", stream, 1.0)[1])
    assert [answer["Status"] for answer in told] == ["LAUNCHING"] + ["TRANSFERRING"] * 3 + ["SUCCESS"]
    assert [answer["EstimatedFilesToTransfer"] for answer in told] == [0, 0, 0, 4, 4]
    assert [answer["FilesListed"]["AtSource"] for answer in told] == [0, 0, 0, 4, 4]
    assert [answer["FilesVerified"] for answer in told] == [0, 0, 0, 0, 3]
    assert told[-1]["FilesFailed"] == {"Prepare": 0, "Transfer": 0, "Verify": 1, "Delete": 0}
    assert ["EndTime" in answer for answer in told] == [False] * 4 + [True]
    assert told[-1]["EndTime"] - told[-1]["StartTime"] == 4
    assert told[-1]["Result"]["TotalDuration"] == 4000


def test_worked_datasync_prepares_while_nothing_moves():
    one = Leg("import", JOB, 0.0, 10, 2, listed=2.5, end=4.0, complete=True)
    one.session(0.0, 0, 0, Source([2.5, 4], [0, 10], [0, 2], linear=True))
    told = json_lines(written("datasync", stream_of(one), 1.0, mode="BASIC")[1])
    assert [answer["Status"] for answer in told] == ["LAUNCHING"] + ["PREPARING"] * 2 + [
        "TRANSFERRING",
        "SUCCESS",
    ]
    results = [answer["Result"] for answer in told]
    assert [result["PrepareDuration"] for result in results] == [0, 1000, 2000, 2500, 2500]
    assert [result["TransferDuration"] for result in results] == [0, 0, 0, 500, 1500]
    assert [result["PrepareStatus"] for result in results] == ["PENDING"] * 3 + ["SUCCESS"] * 2
    assert [result["TransferStatus"] for result in results] == ["PENDING"] * 4 + ["SUCCESS"]
    # AWS tells these of ENHANCED tasks only.
    assert not {"FilesListed", "FilesPrepared", "FilesFailed"} & set(told[-1])


def test_worked_datasync_that_fails():
    stream = stream_of(leg(total=4000, count=4, end=4.0))
    stream.legs[0].session(0.0, 0, 0, Source([1, 2], [1000, 2000], [1, 2]))
    stream.append(Refused(4.0, JOB, "ENOSPC", 2, 2000, "full"))
    last = json_lines(written("datasync", stream, 1.0)[1])[-1]
    assert (last["Status"], last["Result"]["TransferStatus"]) == ("ERROR", "ERROR")
    assert last["FilesFailed"] == {"Prepare": 0, "Transfer": 2, "Verify": 0, "Delete": 0}
    assert (last["FilesTransferred"], last["FilesVerified"], last["BytesWritten"]) == (2, 2, 2000)


def test_worked_each_leg_is_an_execution_of_its_own():
    stream = stream_of(four_seconds(), four_seconds("import"))
    told = json_lines(written("datasync", stream, 2.0, region="us-west-2")[1])
    arns = [answer["TaskExecutionArn"] for answer in told]
    assert arns[:3] == arns[:1] * 3
    assert arns[3:] == arns[3:4] * 3
    assert arns[0] != arns[3]
    assert arns[0].startswith("arn:aws:datasync:us-west-2:")


@pytest.mark.parametrize("source", ["DataSync API reference, 2018-11-09: DescribeTaskExecution"])
@pytest.mark.parametrize("mode", ["BASIC", "ENHANCED"])
def test_published_names_of_datasync(source, mode):
    names = {
        "TaskExecutionArn", "Status", "StartTime", "LaunchTime", "EndTime", "TaskMode", "EstimatedFilesToTransfer",
        "EstimatedBytesToTransfer", "FilesTransferred", "BytesWritten", "BytesTransferred", "BytesCompressed",
        "Result", "FilesDeleted", "FilesSkipped", "FilesVerified", "FilesPrepared", "FilesListed", "FilesFailed",
    }  # fmt: skip
    result = {
        "PrepareDuration", "PrepareStatus", "TotalDuration", "TransferDuration", "TransferStatus", "VerifyDuration",
        "VerifyStatus",
    }  # fmt: skip
    arn = (
        r"arn:(aws|aws-cn|aws-us-gov|aws-eusc|aws-iso|aws-iso-b):datasync:[a-z\-0-9]+:[0-9]{12}:"
        r"task/task-[0-9a-f]{17}/execution/exec-[0-9a-f]{17}"
    )
    status = {
        "QUEUED",
        "CANCELLING",
        "LAUNCHING",
        "PREPARING",
        "TRANSFERRING",
        "VERIFYING",
        "SUCCESS",
        "ERROR",
    }
    for answer in json_lines(written("datasync", interrupted(), 1.0, mode=mode)[1]):
        assert set(answer) <= names
        assert set(answer["Result"]) == result
        assert re.fullmatch(arn, answer["TaskExecutionArn"])
        assert answer["Status"] in status
        assert {answer["Result"][f"{step}Status"] for step in ("Prepare", "Transfer", "Verify")} <= {
            "PENDING", "SUCCESS", "ERROR",
        }  # fmt: skip


@pytest.mark.parametrize("mode", ["BASIC", "ENHANCED"])
def test_law_botocore_reads_every_answer(mode):
    session = pytest.importorskip("botocore.session", reason="botocore is not installed")
    parsers = pytest.importorskip("botocore.parsers")
    model = session.get_session().get_service_model("datasync")
    shape = model.operation_model("DescribeTaskExecution").output_shape
    parser = parsers.create_parser("json")
    view = View(refresh=2.0, listing=1.0, failing=0.5)
    for line in written("datasync", interrupted(), 0.5, view=view, mode=mode)[1].splitlines():
        (answer,) = json_lines(line)
        read = parser.parse({"body": line.encode(), "headers": {}, "status_code": 200}, shape)
        del read["ResponseMetadata"]
        # Whatever the model does not know, the parser leaves out.
        assert names_of(read) == names_of(answer)
        assert read["StartTime"] == datetime.fromtimestamp(answer["StartTime"], UTC)
        assert read["Status"] in shape.members["Status"].enum
        for name, member in shape.members.items():
            assert member.type_name != "long" or type(read.get(name, 0)) is int


def names_of(answer):
    inner = {f"{name}.{each}" for name, value in answer.items() if isinstance(value, dict) for each in value}
    return set(answer) | inner


def test_worked_misuse_of_datasync():
    chunk = next(stream_of(four_seconds()).chunks(1.0, FAR))
    with pytest.raises(BoundError, match=r"^mode must be one of ENHANCED, BASIC, got FAST$"):
        list(answers(chunk, mode="FAST"))


# Which form.


@pytest.mark.parametrize(
    ("suffix", "named", "form"),
    [
        (".jsonl", None, "jsonl"),
        (".csv", None, "csv"),
        (".parquet", None, "parquet"),
        (".json", None, "jsonl"),
        ("", None, "jsonl"),
        ("", "fio", "fio"),
        (".json", "fio", "fio"),
        (".jsonl", "rclone", "rclone"),
        (".jsonl", "datasync", "datasync"),
        (".log", "csv", "csv"),
    ],
)
def test_worked_form_of_a_file(suffix, named, form):
    assert form_of(suffix, named) == form


def test_worked_contradictions():
    with pytest.raises(BoundError, match=r"^progress format must be csv for a \.csv file, got parquet$"):
        form_of(".csv", "parquet")
    with pytest.raises(
        BoundError, match=r"^progress format must be jsonl or rclone or datasync for a \.jsonl file"
    ):
        form_of(".jsonl", "fio")
    with pytest.raises(UnknownNameError, match=r"^unknown progress format 'rclon'; did you mean 'rclone'\?$"):
        form_of("", "rclon")
    with pytest.raises(UnknownNameError, match="unknown progress format 'xml'"):
        writer("xml")
