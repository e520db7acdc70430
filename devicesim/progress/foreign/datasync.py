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
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Counts:
    """What an execution counts, in files and bytes.

    Attributes:
        estimated_files, estimated_bytes: what is to be sent, known once both sides have been compared.
        files, written: what arrived. sent: bytes sent for it, again ones included.
        listed: files found at the source. skipped: those that need not be sent. verified: those read again.
        lost, rejected: failed transfers, failed verifications.
    """

    estimated_files: int = 0
    estimated_bytes: int = 0
    files: int = 0
    written: int = 0
    sent: int = 0
    listed: int = 0
    skipped: int = 0
    verified: int = 0
    lost: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """How the steps of an execution went: their statuses, and how long they took [s]."""

    prepare: str
    transfer: str
    verify: str
    preparing: float
    transferring: float
    verifying: float
    total: float


def record(
    arn: str, mode: str, status: str, counts: Counts, steps: Steps, started: float, launched: float | None
) -> Answer:
    """The members of an answer that every execution has while it runs.

    Args:
        arn: of the execution. mode: ``BASIC`` or ``ENHANCED``. status: of the whole.
        counts, steps: how far it is.
        started, launched: when it was asked for, and when its turn came [s since 1970]; None while it waits.
    """
    head = {"TaskExecutionArn": arn, "TaskMode": mode, "Status": status}
    times = {} if launched is None else {"LaunchTime": launched}
    counted = {
        "EstimatedFilesToTransfer": counts.estimated_files,
        "EstimatedBytesToTransfer": counts.estimated_bytes,
        "FilesTransferred": counts.files,
        "BytesWritten": counts.written,
        "BytesTransferred": counts.sent,
        "BytesCompressed": counts.sent,
        "FilesDeleted": 0,
        "FilesSkipped": counts.skipped,
        "FilesVerified": counts.verified,
    }
    failed = {"Prepare": 0, "Transfer": counts.lost, "Verify": counts.rejected, "Delete": 0}
    enhanced = {
        "FilesListed": {"AtSource": counts.listed},
        "FilesPrepared": counts.estimated_files,
        "FilesFailed": failed,
    }
    answer = head | times | {"StartTime": started} | counted | (enhanced if mode == "ENHANCED" else {})
    return answer | {"Result": _result(steps, mode)}


def _result(steps: Steps, mode: str) -> Answer:
    """How the steps went so far; an ENHANCED task takes them all at once and has no durations [ms]."""
    basic = mode == "BASIC"
    return {
        "PrepareDuration": round(1000 * steps.preparing) if basic else 0,
        "PrepareStatus": steps.prepare,
        "TotalDuration": round(1000 * steps.total),
        "TransferDuration": round(1000 * steps.transferring) if basic else 0,
        "TransferStatus": steps.transfer,
        "VerifyDuration": round(1000 * steps.verifying) if basic else 0,
        "VerifyStatus": steps.verify,
    }


def answers(chunk: Chunk, region: str = "us-east-1", mode: str = "ENHANCED") -> Iterator[Answer]:
    """What DescribeTaskExecution answers at the samples of a chunk."""
    require(mode in MODES, "mode", f"one of {', '.join(MODES)}", mode)
    epoch = chunk.epoch if chunk.epoch.tzinfo else chunk.epoch.replace(tzinfo=UTC)
    begin = epoch.timestamp()
    arn = execution_arn(chunk, region)
    for place, row in enumerate(chunk.rows, start=1):
        seconds, written, arrived, total_bytes, total_objects, sent, _, failed = row.item()
        over = chunk.ended and place == len(chunk)
        there = chunk.leg == ONLINE and 0 < total_objects == arrived
        status = _status(chunk, seconds, bool(total_objects or sent or arrived), over, there)
        rejected = max(failed - max(total_objects - arrived, 0), 0)
        counts = Counts(
            total_objects,
            total_bytes,
            arrived,
            written,
            sent,
            listed=total_objects,
            verified=arrived - rejected if over else 0,
            lost=failed - rejected,
            rejected=rejected,
        )
        start = begin + chunk.start
        told = record(arn, mode, status, counts, _steps(chunk, seconds, status), start, start)
        yield told | ({"EndTime": begin + seconds} if over else {})


def _status(chunk: Chunk, seconds: float, moving: bool, over: bool, there: bool) -> str:
    if over:
        return "SUCCESS" if chunk.complete else "ERROR"
    if there:
        return "VERIFYING"
    if seconds <= chunk.start:
        return "LAUNCHING"
    return "TRANSFERRING" if moving or seconds >= chunk.listed else "PREPARING"


def _steps(chunk: Chunk, seconds: float, status: str) -> Steps:
    """The steps as far as samples tell of them."""
    prepared = min(max(chunk.listed, chunk.start), seconds)
    last = status if status in {"SUCCESS", "ERROR"} else "PENDING"
    return Steps(
        "PENDING" if status in {"LAUNCHING", "PREPARING"} else "SUCCESS",
        "SUCCESS" if status == "VERIFYING" else last,
        last,
        prepared - chunk.start,
        seconds - prepared,
        0.0,
        seconds - chunk.start,
    )
