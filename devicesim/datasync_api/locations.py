"""Locations: an NFS export that an agent reads, and a bucket that objects go to.

What an NFS location names is at its agent's place: an agent on a device reads the device's own export,
``/buckets/NAME`` below whatever host name it is mounted by, and one on premises the site's file server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devicesim.datasync_api.account import Account, Location, Members, Task, of
from devicesim.datasync_api.errors import in_use, refused
from devicesim.datasync_api.filters import passes
from devicesim.datasync_api.operations import operation

NO_LOCATION = "no such location of that type in this Region"
PRINCIPAL = "datasync.amazonaws.com"


@operation(
    "CreateLocationNfs",
    InvalidRequestException="no such agent in this Region, or the members break the model",
    InternalException="never",
)
def create_location_nfs(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Create a location on an NFS server."""
    for arn in members["OnPremConfig"]["AgentArns"]:
        account.agent(arn, region)
    return {"LocationArn": _enter(account, "NFS", members, region)}


@operation(
    "CreateLocationS3",
    InvalidRequestException="objects are attached and there is no such bucket; roles are attached and the role does "
    "not do; an access point, or agents (S3 on Outposts), which are not modelled",
    InternalException="never",
)
def create_location_s3(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Create a location in a bucket."""
    bucket = members["S3BucketArn"]
    if ":accesspoint" in bucket or members.get("AgentArns"):
        raise refused("Access points and S3 on Outposts are not modelled: name a bucket.", "NotModelled")
    _reachable(account, bucket.rpartition(":")[2], members["S3Config"])
    return {"LocationArn": _enter(account, "S3", members, region)}


def _enter(account: Account, kind: str, members: Members, region: str) -> str:
    arn = account.arn(region, f"location/{account.identity('loc')}")
    account.tag(arn, members.get("Tags", ()))
    kept = {name: value for name, value in members.items() if name != "Tags"}
    account.locations[arn] = Location(arn, kind, kept, account.world.now)
    return arn


def _reachable(account: Account, bucket: str, config: Members) -> None:
    """Refuse a bucket that DataSync would not get at, where a neighbour knows."""
    around, role = account.world.neighbours, config["BucketAccessRoleArn"]
    if around.objects is not None and not around.objects.has_bucket(bucket):
        raise refused(f"DataSync location access test failed: there is no bucket {bucket}.", "BucketNotFound")
    if around.roles is not None and (
        why := around.roles.refusal(role, [bucket], write=True, service=PRINCIPAL)
    ):
        raise refused(f"Unable to assume role: {why}.", "RoleNotAssumable")


@operation("DescribeLocationNfs", reads=True, InvalidRequestException=NO_LOCATION, InternalException="never")
def describe_location_nfs(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Describe a location on an NFS server."""
    location = account.location(members["LocationArn"], region, "NFS")
    return _told(account, location) | {
        "OnPremConfig": location.members["OnPremConfig"],
        "MountOptions": {"Version": "AUTOMATIC"} | location.members.get("MountOptions", {}),
    }


@operation("DescribeLocationS3", reads=True, InvalidRequestException=NO_LOCATION, InternalException="never")
def describe_location_s3(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Describe a location in a bucket."""
    location = account.location(members["LocationArn"], region, "S3")
    return _told(account, location) | {
        "S3Config": location.members["S3Config"],
        "S3StorageClass": location.members.get("S3StorageClass", "STANDARD"),
    }


def _told(account: Account, location: Location) -> dict[str, Any]:
    return {
        "LocationArn": location.arn,
        "LocationUri": location.uri,
        "CreationTime": account.time(location.created),
    }


@operation(
    "UpdateLocationNfs",
    InvalidRequestException=f"{NO_LOCATION}, no such agent, or the scenario's own location",
    InternalException="never",
)
def update_location_nfs(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change a location on an NFS server, for executions to come."""
    location = account.location(members["LocationArn"], region, "NFS")
    for arn in members.get("OnPremConfig", {}).get("AgentArns", ()):
        account.agent(arn, region)
    changed = location.members | {name: value for name, value in members.items() if name != "LocationArn"}
    agent = account.agent(changed["OnPremConfig"]["AgentArns"][0], region).key
    version = changed.get("MountOptions", {}).get("Version", "AUTOMATIC")
    for task in _own(account, location):
        account.world.update_task(
            task.id, agent=agent, path=changed["Subdirectory"], nfs=nfs_version(version)
        )
    location.members = changed
    return {}


@operation(
    "UpdateLocationS3",
    InvalidRequestException=f"{NO_LOCATION}, the scenario's own location, or as CreateLocationS3",
    InternalException="never",
)
def update_location_s3(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change a location in a bucket, for executions to come."""
    location = account.location(members["LocationArn"], region, "S3")
    changed = location.members | {name: value for name, value in members.items() if name != "LocationArn"}
    _reachable(account, location.bucket, changed["S3Config"])
    for task in _own(account, location):
        account.world.update_task(task.id, prefix=changed.get("Subdirectory", ""))
    location.members = changed
    return {}


def nfs_version(version: str) -> str:
    """A version as the model of the source knows it: 4.2 moves files as 4.1 does."""
    return "NFS4_1" if version == "NFS4_2" else version


def _own(account: Account, location: Location) -> list[Task]:
    """The tasks that use a location, none of them the scenario's."""
    users = list(_users(account, location))
    if any(task.id not in account.world.datasync.tasks for task in users):
        raise refused("The location is of the scenario's own task, and stays as it is.", "NotModelled")
    return users


def _users(account: Account, location: Location) -> Iterator[Task]:
    for task in account.tasks.values():
        if location.arn in {task.members["SourceLocationArn"], task.members["DestinationLocationArn"]}:
            yield task


@operation(
    "ListLocations",
    reads=True,
    InvalidRequestException="the token was altered, or is another operation's; a filter that does not fit its name",
    InternalException="never",
)
def list_locations(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the locations of a Region."""
    entries = [
        {"LocationArn": location.arn, "LocationUri": location.uri}
        for location in of(account.locations, region)
        if passes(
            members.get("Filters", ()),
            {
                "LocationUri": [location.uri],
                "LocationType": [location.kind],
                "CreationTime": [account.time(location.created)],
            },
        )
    ]
    return account.page("ListLocations", entries, members, region)


@operation(
    "DeleteLocation",
    InvalidRequestException="no such location in this Region, or a task uses it (assumed)",
    InternalException="never",
)
def delete_location(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Delete a location."""
    location = account.location(members["LocationArn"], region)
    if (user := next(_users(account, location), None)) is not None:
        raise in_use("Location", location.arn, f"task {user.arn}")
    del account.locations[location.arn]
    account.tags.pop(location.arn, None)
    return {}
