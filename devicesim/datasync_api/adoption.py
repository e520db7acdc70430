"""A scenario's own tasks as the API tells them: with an agent, locations and ARNs like all others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from devicesim.datasync_api.account import Account, Agent, Location, Task
from devicesim.device.online.sending import Sending
from devicesim.scenario import Schedule
from devicesim.scenario.week import WEEKDAYS

SERVER = "fileserver.site"
"""Host name of the site's file server, where a scenario names none."""

DEVICE = "192.168.1.99"
"""Address at which a device exports its files, likewise; AWS's guide has one such."""

ROLE = "DataSync"
"""Name of the role that lets DataSync write to the scenario's buckets."""


def adopt(account: Account) -> None:
    """Take up what the scenario has and the API did not make."""
    world = account.world
    world.datasync.adopt()
    region, known = world.region, {task.id for task in account.tasks.values()} | account.deleted
    for sending in world.datasync.sendings:
        if sending.id not in known and sending.id not in world.datasync.tasks:
            _task(account, sending, region)


def _task(account: Account, sending: Sending, region: str) -> None:
    files, device = sending.source.batches[0].files, sending.task.source == "device"
    bucket = files.bucket.rpartition(":")[2]
    agent = _agent(account, sending, region)
    nfs: dict[str, Any] = {
        "Subdirectory": f"/buckets/{bucket}/{files.name}/" if device else f"/{files.name}/",
        "ServerHostname": DEVICE if device else SERVER,
        "OnPremConfig": {"AgentArns": [agent.arn]},
        "MountOptions": {"Version": sending.task.nfs},
    }
    role = f"arn:aws:iam::{account.number}:role/{ROLE}"
    s3: dict[str, Any] = {"S3BucketArn": files.bucket, "S3Config": {"BucketAccessRoleArn": role}}
    limit, schedule = sending.task.bytes_per_second, sending.task.schedule
    timed = (
        {} if schedule is None else {"Schedule": {"ScheduleExpression": cron(schedule, account.world.epoch)}}
    )
    arn = account.arn(region, f"task/{sending.id}")
    account.tasks[arn] = Task(
        arn,
        sending.id,
        {
            "Name": sending.name,
            "SourceLocationArn": _location(account, "NFS", nfs, region),
            "DestinationLocationArn": _location(account, "S3", s3, region),
            "Options": {
                "VerifyMode": sending.task.verify,
                "OverwriteMode": sending.task.overwrite,
                "TransferMode": sending.task.transfer,
                "BytesPerSecond": -1 if limit is None else round(limit),
            },
            **timed,
        },
        0.0,
    )


def cron(schedule: Schedule, start: datetime) -> str:
    """A scenario's schedule, which is in the site's time, as DataSync writes one, in UTC.

    >>> from zoneinfo import ZoneInfo
    >>> west = datetime(2026, 6, 1, tzinfo=ZoneInfo("America/Los_Angeles"))
    >>> cron(Schedule(every="day", at="22:00"), west), cron(Schedule(every="week", on="Sun", at="22:30"), west)
    ('cron(0 5 * * ? *)', 'cron(30 5 ? * MON *)')
    """
    offset = start.utcoffset()
    minutes = int(schedule.at - (offset.total_seconds() if offset is not None else 0.0)) // 60
    day, rest = divmod(minutes, 24 * 60)
    hour, minute = divmod(rest, 60)
    match schedule.every:
        case "hour":
            return f"cron({minute} * * * ? *)"
        case "day":
            return f"cron({minute} {hour} * * ? *)"
        case _:
            on = WEEKDAYS[(WEEKDAYS.index(schedule.on) + day) % len(WEEKDAYS)]
            return f"cron({minute} {hour} ? * {on.upper()} *)"


def _agent(account: Account, sending: Sending, region: str) -> Agent:
    for agent in account.agents.values():
        if account.station(agent).agent is sending.agent:
            return agent
    stations = account.world.datasync.stations
    key = next(key for key, station in stations.items() if station.agent is sending.agent)
    arn = account.arn(region, f"agent/{account.identity('agent')}")
    account.agents[arn] = Agent(arn, key, {"ActivationKey": key, "AgentName": sending.agent.name}, 0.0)
    return account.agents[arn]


def _location(account: Account, kind: str, members: dict[str, object], region: str) -> str:
    for location in account.locations.values():
        if location.kind == kind and location.members == members:
            return location.arn
    arn = account.arn(region, f"location/{account.identity('loc')}")
    account.locations[arn] = Location(arn, kind, members, 0.0)
    return arn
