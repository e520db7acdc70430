"""Tags of agents, locations, tasks and executions."""

from __future__ import annotations

from typing import Any

from devicesim.datasync_api.account import Account, Members
from devicesim.datasync_api.operations import operation

NOTHING = "no such resource in this Region"


@operation(
    "TagResource", InvalidRequestException=f"{NOTHING}, or more than 50 tags", InternalException="never"
)
def tag_resource(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Add tags, over those of the same keys."""
    account.known(members["ResourceArn"], region)
    account.tag(members["ResourceArn"], members["Tags"])
    return {}


@operation("UntagResource", InvalidRequestException=NOTHING, InternalException="never")
def untag_resource(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Take tags away."""
    account.known(members["ResourceArn"], region)
    tags = account.tags.get(members["ResourceArn"], {})
    for key in members["Keys"]:
        tags.pop(key, None)
    return {}


@operation(
    "ListTagsForResource",
    reads=True,
    InvalidRequestException=f"{NOTHING}; the token was altered, or is another operation's",
    InternalException="never",
)
def list_tags_for_resource(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List tags."""
    account.known(members["ResourceArn"], region)
    tags = account.tags.get(members["ResourceArn"], {})
    entries = [{"Key": key} | ({"Value": value} if value else {}) for key, value in tags.items()]
    return account.page("ListTagsForResource", entries, members, region)
