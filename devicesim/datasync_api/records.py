"""An execution of the World as DescribeTaskExecution tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from devicesim.datasync_api.account import Account
from devicesim.device.online import Execution
from devicesim.progress.foreign.datasync import Counts, Steps, record

STEPS = ("PREPARING", "TRANSFERRING", "VERIFYING")

CODES = (
    ("cancelled", "ExecutionCancelled"),
    ("there is no bucket", "BucketNotFound"),
    ("there is no directory", "SourceNotFound"),
    ("more than", "TooManyFiles"),
    ("nothing moved", "NoProgress"),
    ("the line was down", "AgentOffline"),
    ("the window closed", "AgentOffline"),
    ("the device was off", "AgentOffline"),
    ("the device locked", "AgentOffline"),
)
"""What an execution ended by, by how the World says it, as an error code. All are *assumed*: AWS publishes none."""

FAILED = "FilesFailed"
"""The code of an execution some of whose files did not arrive."""


def arn(account: Account, execution: Execution, region: str) -> str:
    """The ARN of an execution."""
    task, _, name = execution.id.partition("/")
    return account.arn(region, f"task/{task}/execution/{name}")


def error(execution: Execution) -> dict[str, str]:
    """``ErrorCode`` and ``ErrorDetail`` of an execution that ended with an error."""
    if execution.status != "ERROR":
        return {}
    code = next((code for start, code in CODES if execution.why.startswith(start)), FAILED)
    return {"ErrorCode": code, "ErrorDetail": f"{execution.why[:1].upper()}{execution.why[1:]}."}


def status(execution: Execution) -> str:
    """Its status; one that was cancelled and has not stopped yet is CANCELLING."""
    return "CANCELLING" if execution.cancelled and not execution.over else execution.status


def describe(account: Account, execution: Execution, arn: str, mode: str) -> dict[str, Any]:
    """The members of an execution's answer that come from the model.

    Args:
        execution: of the World. arn: its own.
        mode: ``BASIC`` or ``ENHANCED``.
    """
    epoch = account.world.epoch.timestamp()
    launched = next((at for at, status in execution.history if status != "QUEUED"), None)
    told = record(
        arn,
        mode,
        status(execution),
        _counts(account, execution),
        _steps(account, execution, launched),
        epoch + execution.queued,
        None if launched is None else epoch + launched,
    )
    told["Result"] |= error(execution)
    if execution.ended is not None:
        told["EndTime"] = epoch + execution.ended
    return told | {
        name: datetime.fromtimestamp(told[name], UTC)
        for name in ("StartTime", "LaunchTime", "EndTime")
        if name in told
    }


def _counts(account: Account, execution: Execution) -> Counts:
    size = count = sent = 0
    if execution.leg is not None:
        size, count, sent = (int(each[0]) for each in execution.leg.sample(np.array([account.world.now])))
    settled = execution.over or execution.status == "VERIFYING"
    return Counts(
        execution.estimated_files,
        execution.estimated_bytes,
        execution.files if settled else count,
        execution.bytes if settled else size,
        sent,
        listed=execution.listed,
        skipped=execution.skipped,
        verified=execution.verified,
        lost=execution.failed,
    )


def _steps(account: Account, execution: Execution, launched: float | None) -> Steps:
    now = account.world.now
    lasted = execution.phases(now)
    entered = [name for name in STEPS if any(status == name for _, status in execution.history)]
    statuses = dict.fromkeys(STEPS, "PENDING")
    for name in entered[:-1]:
        statuses[name] = "SUCCESS"
    if execution.status == "SUCCESS":
        statuses = dict.fromkeys(STEPS, "SUCCESS")
    elif execution.status == "ERROR" and entered:
        statuses[entered[-1]] = "SUCCESS" if execution.failed and entered[-1] == "VERIFYING" else "ERROR"
        if execution.failed:
            statuses["TRANSFERRING"] = "ERROR"
    end = now if execution.ended is None else execution.ended
    prepare, transfer, verify = (statuses[name] for name in STEPS)
    preparing, transferring, verifying = (lasted.get(name, 0.0) for name in STEPS)
    total = 0.0 if launched is None else end - launched
    return Steps(prepare, transfer, verify, preparing, transferring, verifying, total)
