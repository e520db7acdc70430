"""DataSync over a World: requests in, answers out; one account, one clock.

>>> from devicesim import World
>>> api = DataSyncApi(World(seed=7))
>>> agent = api.call("CreateAgent", {"ActivationKey": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"})["AgentArn"]
>>> nas = {"ServerHostname": "nas.example", "Subdirectory": "/photos", "OnPremConfig": {"AgentArns": [agent]}}
>>> role = {"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/sync"}
>>> source = api.call("CreateLocationNfs", nas)["LocationArn"]
>>> bucket = api.call("CreateLocationS3", {"S3BucketArn": "arn:aws:s3:::trail-cams", "S3Config": role})
>>> ends = {"SourceLocationArn": source, "DestinationLocationArn": bucket["LocationArn"]}
>>> execution = api.call("StartTaskExecution", api.call("CreateTask", ends))
>>> api.call("DescribeTaskExecution", execution)["Status"]
'LAUNCHING'
>>> _ = api.world.run()
>>> api.call("DescribeTaskExecution", execution)["Status"]
'SUCCESS'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devicesim import catalog
from devicesim.datasync_api import (  # noqa: F401  (each enters its operations into the table)
    agents,
    executions,
    locations,
    tags,
    tasks,
)
from devicesim.datasync_api.account import NUMBER, Account
from devicesim.datasync_api.adoption import adopt
from devicesim.datasync_api.errors import refused
from devicesim.datasync_api.model import interface
from devicesim.datasync_api.operations import TABLE
from devicesim.errors import DevicesimError, VerbError
from devicesim.protocol import wire
from devicesim.protocol.errors import ApiError, meant, unknown_operation
from devicesim.protocol.validation import check
from devicesim.protocol.wire import Answer, Request
from devicesim.world import World

ACTOR = "datasync"
"""Under which the API's verbs stand in a World's log."""


class DataSyncApi:
    """The API of one account.

    Args:
        world: where agents and executions are; the API's calls are verbs of it, and its reads move nothing.
        account: the account's number.

    Attributes:
        account: what it holds.
    """

    def __init__(self, world: World, account: str = NUMBER) -> None:
        self.world, self.model = world, interface()
        self.account = Account(world, self.model, account)
        world.attach(ACTOR, self._apply)

    def handle(self, request: Request) -> Answer:
        """Answer a request of the wire; nothing that a client sends raises."""
        return wire.respond(request, self.model, self.call)

    def call(self, operation: str, members: Mapping[str, Any], region: str | None = None) -> dict[str, Any]:
        """Answer a call.

        Args:
            operation: as ``CreateTask``.
            members: of the request.
            region: where it is made; the World's own if not given.

        Raises:
            ApiError: the answer is an error; nothing has changed.
        """
        if operation not in TABLE:
            raise unknown_operation(f"There is no operation {operation!r} of DataSync here.")
        if spoiled := self.world.called(ACTOR, operation):
            raise meant(spoiled, operation)
        try:
            check(members, self.model.operations[operation].input)
        except ApiError as error:
            raise refused(str(error)) from None  # the service has one exception for all of it
        home = region or self.world.region
        _served(home)
        given = {name: value for name, value in members.items() if value is not None}
        if TABLE[operation].reads:
            adopt(self.account)
            return TABLE[operation].rule(self.account, given, home)
        what = {"operation": operation, "members": given, "region": home}
        try:
            result: dict[str, Any] = self.world.act(ACTOR, what)
        except VerbError as error:
            raise refused(f"{error}.") from None
        return result

    def _apply(self, what: Mapping[str, Any]) -> dict[str, Any]:
        adopt(self.account)
        return TABLE[what["operation"]].rule(self.account, what["members"], what["region"])


def _served(region: str) -> None:
    """Refuse a Region in which no Snow device ever was."""
    try:
        catalog.lane_for(region)
    except DevicesimError:
        raise ApiError(
            "UnrecognizedClientException", f"DataSync is not offered in Region {region!r}."
        ) from None
