"""The copy as fio reports it with ``--output-format=json --status-interval``: one JSON document after the other.

*What is what.* Each document is cumulative since the job's start, as fio's are. The job writes; an I/O is an object,
so ``iops`` are objects/s. ``bw_bytes`` and ``iops`` follow from ``io_bytes``, ``total_ios`` and ``runtime`` [ms] by
fio's own divisions. ``total_err`` counts attempts that failed.

Latency is not in a stream. The documents say what fio says under ``gtod_reduce``, which measures none: objects with
``N`` 0. CPU use, I/O depths and disk use are left out.

*Sources.* fio's manual: ``--status-interval``, *JSON output*; the layout is that of fio 3.42.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta
from typing import Any, BinaryIO

import orjson

from devicesim.progress.chunks import Chunk, of_one_leg

VERSION = "fio-3.42"
"""Whose layout the documents have: readers look at it to know where things are."""

Document = dict[str, Any]

_OPTIONS = {"rw": "write", "gtod_reduce": "1"}
_NO_LATENCY = {"min": 0, "max": 0, "mean": 0.0, "stddev": 0.0, "N": 0}
_NO_RATES: Document = (
    dict.fromkeys(("bw_min", "bw_max"), 0)
    | dict.fromkeys(("bw_agg", "bw_mean", "bw_dev"), 0.0)
    | dict.fromkeys(("bw_samples", "iops_min", "iops_max"), 0)
    | dict.fromkeys(("iops_mean", "iops_stddev"), 0.0)
    | {"iops_samples": 0}
)


def write_fio(chunks: Iterable[Chunk], out: BinaryIO) -> int:
    """Write a leg's samples as status reports; returns how many."""
    count = 0
    for chunk in of_one_leg(chunks):
        form = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        texts = [orjson.dumps(document, option=form) for document in reports(chunk)]
        out.write(b"".join(texts))
        count += len(texts)
    return count


def reports(chunk: Chunk) -> Iterator[Document]:
    """The status reports at the samples of a chunk."""
    epoch = chunk.epoch if chunk.epoch.tzinfo else chunk.epoch.replace(tzinfo=UTC)
    for row in chunk.rows:
        now = epoch + timedelta(seconds=float(row["seconds"]))
        job = _job(chunk.leg, *row.item(), start=chunk.start)
        job["job_start"] = int((epoch + timedelta(seconds=chunk.start)).timestamp() * 1000)
        yield {
            "fio version": VERSION,
            "timestamp": int(now.timestamp()),
            "timestamp_ms": int(now.timestamp() * 1000),
            "time": now.ctime(),
            "global options": _OPTIONS,
            "jobs": [job],
        }


def _job(
    name: str,
    seconds: float,
    written: int,
    arrived: int,
    total_bytes: int,
    total_objects: int,
    _sent: int,
    retries: int,
    failed: int,
    *,
    start: float,
) -> Document:
    runtime = round((seconds - start) * 1000)
    rate = written * 1000 // runtime if runtime else 0
    known = {"size": str(total_bytes), "nrfiles": str(total_objects)} if total_objects else {}
    return {
        "jobname": name,
        "groupid": 0,
        "job_start": 0,
        "error": 0,
        "eta": max(total_bytes - written, 0) // rate if rate else 0,
        "elapsed": int(seconds - start),
        "job options": {"name": name} | known,
        "read": _direction(0, 0, 0),
        "write": _direction(written, arrived, runtime),
        "trim": _direction(0, 0, 0),
        "sync": {"total_ios": 0, "lat_ns": _NO_LATENCY},
        "job_runtime": runtime,
        "total_err": retries + failed,
    }


def _direction(size: int, count: int, runtime: int) -> Document:
    rate = size * 1000 // runtime if runtime else 0
    return {
        "io_bytes": size,
        "io_kbytes": size // 1024,
        "bw_bytes": rate,
        "bw": rate // 1024,
        "iops": count * 1000 / runtime if runtime else 0.0,
        "runtime": runtime,
        "total_ios": count,
        "short_ios": 0,
        "drop_ios": 0,
        "slat_ns": _NO_LATENCY,
        "clat_ns": _NO_LATENCY,
        "lat_ns": _NO_LATENCY,
    } | _NO_RATES
