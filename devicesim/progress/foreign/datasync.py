"""Legs as AWS DataSync's ``DescribeTaskExecution`` answers, one answer a line, as its JSON protocol has them.

*What is what.* Each leg is an execution with an ARN of its own; one of the road over the line is named by its own id.
It is LAUNCHING at its start, PREPARING until its totals are known or something moves, TRANSFERRING until its end, then
SUCCESS or ERROR. Only the road over the line verifies when all has arrived, and is VERIFYING then. ``FilesVerified``
counts when all is over. ``BytesWritten`` are the bytes that arrived, ``BytesTransferred`` those that were sent, again
ones included; nothing is compressed.

Objects that were given up are failed transfers as far as objects are missing, else failed verifications. As AWS has
it, a BASIC task tells how long its steps took [ms], and an ENHANCED one what was listed, prepared and failed.

*Sources.* AWS DataSync API reference: DescribeTaskExecution, TaskExecutionResultDetail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any, BinaryIO

import orjson

from devicesim.errors import require
from devicesim.progress.chunks import Chunk

MODES = ("ENHANCED", "BASIC")
ACCOUNT = "111122223333"
"""The account of AWS's examples."""

ONLINE = "online"
"""The leg of files sent over the line; its job is ``task-.../exec-...``."""

Answer = dict[str, Any]


def write_datasync(
    chunks: Iterable[Chunk], out: BinaryIO, region: str = "us-east-1", mode: str = "ENHANCED"
) -> int:
    """Write samples as answers; returns how many."""
    count = 0
    for chunk in chunks:
        lines = [
            orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE) for answer in answers(chunk, region, mode)
        ]
        out.write(b"".join(lines))
        count += len(lines)
    return count


def execution_arn(chunk: Chunk, region: str = "us-east-1") -> str:
    """An ARN of the form that AWS's have, always the same for a job and leg."""
    if chunk.leg == ONLINE:
        task, _, execution = chunk.job.partition("/")
        return f"arn:aws:datasync:{region}:{ACCOUNT}:task/{task}/execution/{execution}"
    task, execution = (hashlib.sha256(text.encode()).hexdigest()[:17] for text in (chunk.job, chunk.leg))
    return f"arn:aws:datasync:{region}:{ACCOUNT}:task/task-{task}/execution/exec-{execution}"


def answers(chunk: Chunk, region: str = "us-east-1", mode: str = "ENHANCED") -> Iterator[Answer]:
    """What DescribeTaskExecution answers at the samples of a chunk."""
    require(mode in MODES, "mode", f"one of {', '.join(MODES)}", mode)
    epoch = chunk.epoch if chunk.epoch.tzinfo else chunk.epoch.replace(tzinfo=UTC)
    begin = epoch.timestamp()
    head = {"TaskExecutionArn": execution_arn(chunk, region), "TaskMode": mode}
    started = {"LaunchTime": begin + chunk.start, "StartTime": begin + chunk.start}
    for place, row in enumerate(chunk.rows, start=1):
        seconds, written, arrived, total_bytes, total_objects, sent, _, failed = row.item()
        over = chunk.ended and place == len(chunk)
        there = chunk.leg == ONLINE and 0 < total_objects == arrived
        status = _status(chunk, seconds, bool(total_objects or sent or arrived), over, there)
        rejected = max(failed - max(total_objects - arrived, 0), 0)
        listed = {
            "FilesListed": {"AtSource": total_objects},
            "FilesPrepared": total_objects,
            "FilesFailed": {"Prepare": 0, "Transfer": failed - rejected, "Verify": rejected, "Delete": 0},
        }
        ended = {"EndTime": begin + seconds} if over else {}
        yield (
            head
            | {"Status": status}
            | started
            | {
                "EstimatedFilesToTransfer": total_objects,
                "EstimatedBytesToTransfer": total_bytes,
                "FilesTransferred": arrived,
                "BytesWritten": written,
                "BytesTransferred": sent,
                "BytesCompressed": sent,
                "FilesDeleted": 0,
                "FilesSkipped": 0,
                "FilesVerified": arrived - rejected if over else 0,
            }
            | (listed if mode == "ENHANCED" else {})
            | {"Result": _result(chunk, seconds, status, mode)}
            | ended
        )


def _status(chunk: Chunk, seconds: float, moving: bool, over: bool, there: bool) -> str:
    if over:
        return "SUCCESS" if chunk.complete else "ERROR"
    if there:
        return "VERIFYING"
    if seconds <= chunk.start:
        return "LAUNCHING"
    return "TRANSFERRING" if moving or seconds >= chunk.listed else "PREPARING"


def _result(chunk: Chunk, seconds: float, status: str, mode: str) -> Answer:
    """How the steps went so far; an ENHANCED task takes them all at once and has no durations [ms]."""
    prepared = min(max(chunk.listed, chunk.start), seconds)
    preparing, transferring = (
        (round(1000 * (prepared - chunk.start)), round(1000 * (seconds - prepared)))
        if mode == "BASIC"
        else (0, 0)
    )
    last = status if status in {"SUCCESS", "ERROR"} else "PENDING"
    moved = "SUCCESS" if status == "VERIFYING" else last
    first = "PENDING" if status in {"LAUNCHING", "PREPARING"} else "SUCCESS"
    return {
        "PrepareDuration": preparing,
        "PrepareStatus": first,
        "TotalDuration": round(1000 * (seconds - chunk.start)),
        "TransferDuration": transferring,
        "TransferStatus": moved,
        "VerifyDuration": 0,
        "VerifyStatus": last,
    }
