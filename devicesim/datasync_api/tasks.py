"""Tasks: from an NFS location to an S3 location, with options and filters."""

from __future__ import annotations

from typing import Any

from devicesim.datasync_api import records
from devicesim.datasync_api.account import Account, Members, Task, of
from devicesim.datasync_api.errors import in_use, refused
from devicesim.datasync_api.filters import passes
from devicesim.datasync_api.locations import nfs_version
from devicesim.datasync_api.operations import operation
from devicesim.datasync_api.options import complete, modelled, patterns
from devicesim.device.online.timetable import Timetable
from devicesim.errors import BoundError

NO_TASK = "no such task in this Region"
KEPT = ("CloudWatchLogGroupArn", "TaskReportConfig", "Excludes", "Includes")
"""Members that are told as they were given."""


@operation(
    "CreateTask",
    InvalidRequestException="no such locations; another way than from NFS to S3, or a manifest, which are not "
    "modelled; options that do not go together; a schedule that cannot be read, or is more than hourly",
    InternalException="never",
)
def create_task(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Create a task."""
    source = account.location(members["SourceLocationArn"], region)
    destination = account.location(members["DestinationLocationArn"], region)
    if (source.kind, destination.kind) != ("NFS", "S3"):
        way = f"{source.kind} to {destination.kind}"
        raise refused(f"Only tasks from NFS to S3 are modelled, got {way}.", "NotModelled")
    _modelled(members)
    options = complete(members.get("Options", {}), members.get("TaskMode", "BASIC"))
    schedule = _expression(members, account)
    made = account.world.create_task(
        account.agent(source.agents[0], region).key,
        source.members["Subdirectory"],
        destination.bucket,
        prefix=destination.members.get("Subdirectory", ""),
        include=patterns(members.get("Includes")),
        exclude=patterns(members.get("Excludes")),
        name=members.get("Name") or "task",
        schedule=schedule,
        nfs=nfs_version(source.members.get("MountOptions", {}).get("Version", "AUTOMATIC")),
        **modelled(options),
    )
    arn = account.arn(region, f"task/{made}")
    account.tag(arn, members.get("Tags", ()))
    kept = {name: value for name, value in members.items() if name != "Tags"}
    account.tasks[arn] = Task(arn, made, kept, account.world.now)
    return {"TaskArn": arn}


def _modelled(members: Members) -> None:
    if members.get("ManifestConfig") is not None:
        raise refused("ManifestConfig is not modelled.", "NotModelled")


def _expression(members: Members, account: Account) -> str:
    """The schedule of a task as the World takes it; empty for none, or for one that is disabled."""
    schedule = members.get("Schedule", {})
    text = str(schedule.get("ScheduleExpression", ""))
    try:
        if text:
            Timetable(text, account.time(account.world.now))
    except BoundError as error:
        raise refused(f"{error}.", "InvalidSchedule") from None
    return text if schedule.get("Status", "ENABLED") == "ENABLED" else ""


@operation("DescribeTask", reads=True, InvalidRequestException=NO_TASK, InternalException="never")
def describe_task(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Describe a task."""
    task = account.task(members["TaskArn"], region)
    executions = account.sending(task).executions
    last = executions[-1] if executions else None
    return _entry(account, task) | {
        "CurrentTaskExecutionArn": None if last is None else records.arn(account, last, region),
        "SourceLocationArn": task.members["SourceLocationArn"],
        "DestinationLocationArn": task.members["DestinationLocationArn"],
        "Options": complete(task.members.get("Options", {}), _mode(task)),
        "CreationTime": account.time(task.created),
        **({} if last is None else records.error(last)),
        **{name: task.members[name] for name in KEPT if name in task.members},
        **_schedule(task),
    }


def _schedule(task: Task) -> dict[str, Any]:
    told = task.members.get("Schedule", {})
    if not told.get("ScheduleExpression"):
        return {}
    status = told.get("Status", "ENABLED")
    details = {"DisabledBy": "USER"} if status == "DISABLED" else {}
    return {"Schedule": {"Status": status, **told}, "ScheduleDetails": details}


def _entry(account: Account, task: Task) -> dict[str, Any]:
    return {
        "TaskArn": task.arn,
        "Status": _status(account, task),
        "Name": task.members.get("Name"),
        "TaskMode": _mode(task),
    }


def _mode(task: Task) -> str:
    return str(task.members.get("TaskMode", "BASIC"))


def _status(account: Account, task: Task) -> str:
    sending = account.sending(task)
    if (current := sending.current) is not None:
        return "QUEUED" if current.status == "QUEUED" else "RUNNING"
    return "AVAILABLE" if sending.agent.online else "UNAVAILABLE"


@operation(
    "ListTasks",
    reads=True,
    InvalidRequestException="the token was altered, or is another operation's; a filter that does not fit its name",
    InternalException="never",
)
def list_tasks(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the tasks of a Region."""
    entries = [
        _entry(account, task)
        for task in of(account.tasks, region)
        if passes(
            members.get("Filters", ()),
            {
                "LocationId": [
                    task.members[name].rpartition("/")[2]
                    for name in ("SourceLocationArn", "DestinationLocationArn")
                ],
                "CreationTime": [account.time(task.created)],
            },
        )
    ]
    return account.page("ListTasks", entries, members, region)


@operation(
    "UpdateTask",
    InvalidRequestException=f"{NO_TASK}; a manifest, which is not modelled; options that do not go together; a "
    "schedule that cannot be read, or is more than hourly; filters or a schedule for a task of the scenario",
    InternalException="never",
)
def update_task(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change a task, for executions to come."""
    task = account.task(members["TaskArn"], region)
    _modelled(members)
    given = {name: value for name, value in members.items() if name != "TaskArn"}
    if "Options" in given:
        given["Options"] = task.members.get("Options", {}) | given["Options"]
    changed = task.members | given
    options = complete(changed.get("Options", {}), _mode(task))
    filters = {
        world: patterns(given[name])
        for name, world in (("Includes", "include"), ("Excludes", "exclude"))
        if name in given
    }
    if (filters or "Schedule" in given) and task.id not in account.world.datasync.tasks:
        raise refused("The task is the scenario's, and takes no filters or schedule.", "NotModelled")
    account.world.update_task(
        task.id,
        schedule=_expression(given, account) if "Schedule" in given else None,
        **filters,
        **(modelled(options) if "Options" in given else {}),
    )
    task.members = changed
    return {}


@operation(
    "DeleteTask",
    InvalidRequestException=f"{NO_TASK}, or an execution of it is under way (assumed)",
    InternalException="never",
)
def delete_task(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Delete a task."""
    task = account.task(members["TaskArn"], region)
    if (current := account.sending(task).current) is not None:
        raise in_use("Task", task.arn, f"execution {records.arn(account, current, region)}")
    account.world.delete_task(task.id)
    del account.tasks[task.arn]
    account.deleted.add(task.id)
    for arn in [arn for arn in account.tags if arn.startswith(task.arn)]:
        del account.tags[arn]
    return {}
