"""Jobs: created, changed and cancelled while New; described and listed."""

from __future__ import annotations

from typing import Any

from devicesim.errors import BoundError, VerbError
from devicesim.jobs import ALLOWED, JobState
from devicesim.snowball_api import clusters, metadata, orders
from devicesim.snowball_api.account import Account, Asked, Members, together
from devicesim.snowball_api.errors import combination, invalid_state
from devicesim.snowball_api.operations import operation

UPDATABLE = (
    "RoleARN",
    "Notification",
    "Resources",
    "OnDeviceServiceConfiguration",
    "AddressId",
    "ShippingOption",
    "Description",
    "SnowballCapacityPreference",
    "ForwardingAddressId",
    "PickupDetails",
)

CHANGED = ("shipping", "description", "forwarded", "role", "capacity", "buckets")
"""What an update changes of the World's job."""


@operation(
    "CreateJob",
    InvalidResourceException="the address, cluster or long-term pricing named is not there",
    KMSRequestFailedException="a key service is attached and refuses the key",
    InvalidInputCombinationException="a member is missing (assumed), or members do not go together",
    ClusterLimitExceededException="the cluster has all its nodes",
    Ec2RequestFailedException="an image that ListCompatibleImages does not have",
)
def create_job(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Order a device: for a job of its own, or for a cluster."""
    if members.get("ClusterId") is not None:
        return clusters.create_node(account, members, region)
    order = orders.checked(account, members, region)
    account.admit()
    try:
        job_id = account.world.create_job(**orders.verb(order, region))
    except (BoundError, VerbError) as error:
        raise combination(f"{error}.") from None  # an export of nothing, or of what cannot be listed
    account.jobs[job_id] = Asked(orders.with_images(account, order, job_id), region)
    if agreement := account.pricing.get(order.get("LongTermPricingId", "")):
        agreement.jobs.append(job_id)
    account.tell(job_id)
    return {"JobId": job_id}


@operation(
    "UpdateJob",
    InvalidResourceException="no such job or address",
    InvalidJobStateException="the job is not New",
    KMSRequestFailedException="never: the key is no member of UpdateJob",
    InvalidInputCombinationException="the changed members do not go together",
    ClusterLimitExceededException="never: the cluster is no member of UpdateJob",
    Ec2RequestFailedException="an image that ListCompatibleImages does not have",
)
def update_job(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change what was ordered, while the job is New."""
    job_id = members["JobId"]
    asked = account.asked(job_id, region)
    _require_state(account, "UpdateJob", job_id)
    changed = asked.members | {name: members[name] for name in UPDATABLE if members.get(name) is not None}
    order = orders.checked(account, changed, asked.region, told=asked.members)
    verb = orders.verb(order, asked.region)
    changes = {name: verb[name] for name in CHANGED}
    before = orders.functions(asked.members)
    if before != verb.get("functions", []):
        changes["functions"] = verb.get("functions", [])
    if "key_ranges" in verb and members.get("Resources") is not None:
        changes["key_ranges"] = verb["key_ranges"]
    try:
        account.world.update_job(job_id, **changes)
    except (BoundError, VerbError) as error:
        raise combination(f"{error}.") from None  # as of create_job
    asked.members = orders.with_images(account, order, job_id)
    return {}


@operation(
    "CancelJob",
    InvalidResourceException="no such job",
    InvalidJobStateException="the job is past New (an export: its device is being prepared)",
    KMSRequestFailedException="never: no grant of a key has to be taken back here",
)
def cancel_job(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Cancel a job that is New."""
    account.asked(members["JobId"], region)
    _require_state(account, "CancelJob", members["JobId"])
    account.world.cancel_job(members["JobId"])
    return {}


@operation("DescribeJob", reads=True, InvalidResourceException="no such job in this group of Regions")
def describe_job(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Tell everything about a job."""
    asked = account.asked(members["JobId"], region)
    told = {"JobMetadata": metadata.of_job(account, members["JobId"], asked)}
    parts = account.world.job(members["JobId"]).parts
    if not parts:
        return told
    return told | {
        "SubJobMetadata": [metadata.of_job(account, part.id, account.jobs[part.id]) for part in parts]
    }


@operation(
    "ListJobs", reads=True, InvalidNextTokenException="the token was altered, or is another operation's"
)
def list_jobs(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the jobs of the Region, or of all Regions of the United States, in the order of their creation."""
    seen = [
        metadata.entry(account, job_id, account.jobs[job_id])
        for job_id in account.world.jobs
        if together(account.jobs[job_id].region, region)
    ]
    return account.page("ListJobs", seen, members, region)


@operation("GetSnowballUsage", reads=True)
def get_snowball_usage(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Tell how many devices the account may have, and how many it has."""
    default = int(account.world.figures.si("snowball_api.device_limit"))
    limit = account.enforced
    return {"SnowballLimit": default if limit is None else limit, "SnowballsInUse": account.out}


def _require_state(account: Account, call: str, job_id: str) -> None:
    state = account.state(job_id)
    if state not in ALLOWED[call]:
        raise invalid_state(f"job {job_id}", state, str(JobState.NEW))
