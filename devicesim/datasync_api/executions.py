"""Executions of tasks: started, watched, throttled, cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from devicesim.datasync_api import records
from devicesim.datasync_api.account import Account, Members, Task, of
from devicesim.datasync_api.errors import missing, refused
from devicesim.datasync_api.operations import operation
from devicesim.datasync_api.options import complete, modelled, patterns
from devicesim.datasync_api.tasks import NO_TASK
from devicesim.device.online import Execution

NO_EXECUTION = "no such execution in this Region"


@operation(
    "StartTaskExecution",
    InvalidRequestException=f"{NO_TASK}; it runs already; its agent is offline, or busy where TaskQueueing is "
    "DISABLED; a manifest, which is not modelled; options that do not go together",
    InternalException="never",
)
def start_task_execution(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Start a task."""
    task = account.task(members["TaskArn"], region)
    sending = account.sending(task)
    if members.get("ManifestConfig") is not None:
        raise refused("ManifestConfig is not modelled.", "NotModelled")
    mode = task.members.get("TaskMode", "BASIC")
    options = complete(task.members.get("Options", {}) | members.get("OverrideOptions", {}), mode)
    if (current := sending.current) is not None:
        raise refused(
            f"Task {task.arn} has an execution under way: {records.arn(account, current, region)}.",
            "TaskRunning",
        )
    if not sending.agent.online:
        raise refused(f"Task {task.arn} is UNAVAILABLE: its agent is OFFLINE.", "AgentOffline")
    if sending.agent.busy and options["TaskQueueing"] == "DISABLED":
        raise refused(f"The agent of task {task.arn} is busy, and TaskQueueing is DISABLED.", "AgentBusy")
    filters = {
        world: patterns(members[name])
        for name, world in (("Includes", "include"), ("Excludes", "exclude"))
        if name in members
    }
    if filters and task.id not in account.world.datasync.tasks:
        raise refused("The task is the scenario's, and takes no filters.", "NotModelled")
    made = account.world.start_execution(task.id, **filters, **modelled(options))
    kept = {
        name: value for name, value in members.items() if name not in {"TaskArn", "Tags", "OverrideOptions"}
    }
    account.executions[made] = kept | {"Options": options}
    arn = records.arn(account, account.world.datasync.execution(made)[1], region)
    account.tag(arn, members.get("Tags", ()))
    return {"TaskExecutionArn": arn}


@operation(
    "DescribeTaskExecution", reads=True, InvalidRequestException=NO_EXECUTION, InternalException="never"
)
def describe_task_execution(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Describe an execution."""
    task, execution = _execution(account, members["TaskExecutionArn"], region)
    mode = task.members.get("TaskMode", "BASIC")
    asked = account.executions.get(execution.id) or {
        "Options": complete(task.members.get("Options", {}), mode)
    }
    limit = -1 if execution.limit == float("inf") else round(execution.limit)
    told = records.describe(account, execution, members["TaskExecutionArn"], mode)
    kept = {
        name: asked.get(name, task.members.get(name)) for name in ("Includes", "Excludes", "TaskReportConfig")
    }
    return told | kept | {"Options": asked["Options"] | {"BytesPerSecond": limit}}


def _execution(account: Account, arn: str, region: str) -> tuple[Task, Execution]:
    """An execution of a Region with its task."""
    name, _, own = arn.partition("/execution/")
    if name in account.tasks and name.split(":")[3] == region:
        task = account.tasks[name]
        for execution in _kept(account, account.sending(task).executions):
            if execution.id == f"{task.id}/{own}":
                return task, execution
    raise missing("Task execution", arn)


def _kept(account: Account, executions: Iterable[Execution]) -> list[Execution]:
    """Executions that AWS still tells of."""
    history = account.world.figures.si("datasync.history")
    since = account.world.now - history
    return [each for each in executions if each.ended is None or each.ended >= since]


@operation(
    "ListTaskExecutions",
    reads=True,
    InvalidRequestException=f"{NO_TASK}; the token was altered, or is another operation's",
    InternalException="never",
)
def list_task_executions(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the executions of a task, or of all tasks of the Region."""
    named = members.get("TaskArn")
    tasks = of(account.tasks, region) if named is None else [account.task(named, region)]
    found = [
        (task, execution) for task in tasks for execution in _kept(account, account.sending(task).executions)
    ]
    entries = [
        {
            "TaskExecutionArn": records.arn(account, execution, region),
            "Status": records.status(execution),
            "TaskMode": task.members.get("TaskMode", "BASIC"),
        }
        for task, execution in sorted(found, key=lambda pair: pair[1].queued)
    ]
    return account.page("ListTaskExecutions", entries, members, region)


@operation(
    "UpdateTaskExecution",
    InvalidRequestException=f"{NO_EXECUTION}; it is over; an option other than BytesPerSecond, or a limit of no bytes",
    InternalException="never",
)
def update_task_execution(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change the bandwidth limit of an execution; it holds within a minute."""
    _, execution = _under_way(account, members["TaskExecutionArn"], region)
    options = members["Options"]
    if set(options) != {"BytesPerSecond"}:
        raise refused("Only BytesPerSecond can be changed of an execution.")
    limit = options["BytesPerSecond"]
    if limit == 0:
        raise refused("BytesPerSecond must be at least 1, or -1 for no limit, got 0.")
    account.world.throttle_execution(execution.id, None if limit < 0 else float(limit))
    return {}


@operation(
    "CancelTaskExecution",
    InvalidRequestException=f"{NO_EXECUTION}, or it is over",
    InternalException="never",
)
def cancel_task_execution(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Cancel an execution; what it has sent whole stays in S3."""
    _, execution = _under_way(account, members["TaskExecutionArn"], region)
    account.world.cancel_execution(execution.id)
    return {}


def _under_way(account: Account, arn: str, region: str) -> tuple[Task, Execution]:
    task, execution = _execution(account, arn, region)
    if execution.over or execution.cancelled:
        raise refused(f"Task execution {arn} is {records.status(execution)}.", "ExecutionOver")
    return task, execution
