"""The job API over a World: requests in, answers out; one account, one clock.

>>> from devicesim import World
>>> api = Snowball(World(seed=7))
>>> street = {"Name": "Ana Ruiz", "Street1": "410 Terry Ave N", "City": "Seattle", "Country": "US"}
>>> address = api.call("CreateAddress", {"Address": street | {"PostalCode": "98109", "PhoneNumber": "425-555-5555"}})
>>> resources = {"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]}
>>> order = {"JobType": "IMPORT", "SnowballType": "SNC1_HDD", "ShippingOption": "SECOND_DAY", "Resources": resources}
>>> job = api.call("CreateJob", order | address)["JobId"]
>>> api.world.until("WithCustomer", job) > 0
True
>>> api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobState"]
'WithCustomer'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devicesim.protocol import wire
from devicesim.protocol.errors import meant, unknown_operation
from devicesim.protocol.validation import check
from devicesim.protocol.wire import Answer, Request
from devicesim.snowball_api import (  # noqa: F401  (each enters its operations into the table)
    addresses,
    clusters,
    handover,
    images,
    jobs,
    labels,
    pricing,
    versions,
)
from devicesim.snowball_api.account import ACCOUNT, Account, served
from devicesim.snowball_api.model import interface
from devicesim.snowball_api.operations import TABLE
from devicesim.world import World

ACTOR = "snowball"
"""Under which the API's verbs stand in a World's log."""


class Snowball:
    """The API of one account.

    Args:
        world: where the jobs live; the API's calls are verbs of it, and its reads move nothing.
        era: ``today``, or ``2020`` for the interface and rules of June 2020.
        account: the account's number.
        limit: devices at a time; AWS's default is told and not enforced where none is given.

    Attributes:
        account: what it holds.
    """

    def __init__(
        self, world: World, era: str = "today", account: str = ACCOUNT, limit: int | None = None
    ) -> None:
        self.world, self.model = world, interface(era)
        self.account = Account(world, self.model, account, limit)
        world.attach(ACTOR, self._apply)

    def handle(self, request: Request) -> Answer:
        """Answer a request of the wire; nothing that a client sends raises."""
        return wire.respond(request, self.model, self.call)

    def call(self, operation: str, members: Mapping[str, Any], region: str | None = None) -> dict[str, Any]:
        """Answer a call.

        Args:
            operation: as ``CreateJob``.
            members: of the request.
            region: where it is made; the World's own if not given.

        Raises:
            ApiError: the answer is an error; nothing has changed.
        """
        if operation not in self.model.operations or operation not in TABLE:
            raise unknown_operation(f"There is no operation {operation!r} in the API of {self.model.era}.")
        if spoiled := self.world.called(ACTOR, operation):
            raise meant(spoiled, operation)
        check(members, self.model.operations[operation].input)
        home = region or self.world.region
        served(home)
        if TABLE[operation].reads:
            self.account.adopt()
            return TABLE[operation].rule(self.account, members, home)
        what = {"operation": operation, "members": members, "region": home}
        result: dict[str, Any] = self.world.act(ACTOR, what)
        return result

    def _apply(self, what: Mapping[str, Any]) -> dict[str, Any]:
        self.account.adopt()
        return TABLE[what["operation"]].rule(self.account, what["members"], what["region"])
