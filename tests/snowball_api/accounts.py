"""An account to ask things of, whose every answer is held to the model's output shape."""

from __future__ import annotations

import pytest

from devicesim.protocol.validation import check
from devicesim.snowball_api import ApiError, Snowball
from devicesim.world import World

ADDRESS = {
    "Name": "Ana Ruiz",
    "Company": "Ridge Ecology",
    "Street1": "410 Terry Avenue North",
    "City": "Seattle",
    "StateOrProvince": "WA",
    "PostalCode": "98109",
    "Country": "US",
    "PhoneNumber": "425-555-5555",
}
BUCKET = "arn:aws:s3:::trail-cams"
ORDER = {
    "JobType": "IMPORT",
    "SnowballType": "SNC1_HDD",
    "ShippingOption": "SECOND_DAY",
    "Resources": {"S3Resources": [{"BucketArn": BUCKET}]},
    "RoleARN": "arn:aws:iam::123456789012:role/snow",
}
NOWHERE = "00000000-0000-0000-0000-000000000000"


class Held(Snowball):
    """A Snowball that checks what it answers."""

    def call(self, operation, members, region=None):
        result = super().call(operation, members, region)
        check(result, self.model.operations[operation].output)
        return result


def account(era="today", **world):
    return Held(World(seed=world.pop("seed", 7), **world), era)


def address(api, region=None, **changes):
    return api.call("CreateAddress", {"Address": ADDRESS | changes}, region)["AddressId"]


def order(api, region=None, **changes):
    """Order a job; members set to None are left out."""
    members = {"AddressId": changes.pop("AddressId", None) or address(api, region)} | ORDER | changes
    return api.call("CreateJob", {k: v for k, v in members.items() if v is not None}, region)["JobId"]


def refused(code, *words):
    """Expect an error of that code whose message has the words."""
    return pytest.raises(ApiError, match="(?s)" + ".*".join(words), check=lambda error: error.code == code)
