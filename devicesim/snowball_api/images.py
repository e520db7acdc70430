"""Machine images that a job may put on a device."""

from __future__ import annotations

from typing import Any

from devicesim.snowball_api.account import Account, Members
from devicesim.snowball_api.operations import operation

IMAGES = (
    {"AmiId": "ami-0123456789abcdef0", "Name": "Amazon Linux 2"},
    {"AmiId": "ami-0123456789abcdef1", "Name": "Ubuntu 20.04"},
    {"AmiId": "ami-0123456789abcdef2", "Name": "DataSync agent"},
)
"""What the account has of images a device can run; *assumed*: identities differ in every account."""


@operation(
    "ListCompatibleImages",
    reads=True,
    InvalidNextTokenException="the token was altered, or is another operation's",
    Ec2RequestFailedException="never: no EC2 permission is modelled",
)
def list_compatible_images(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the images that a device can run."""
    return account.page("ListCompatibleImages", IMAGES, members, region)
