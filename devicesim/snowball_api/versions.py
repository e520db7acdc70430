"""Versions of the services that a job can put on a device."""

from __future__ import annotations

from typing import Any

from devicesim.snowball_api.account import Account, Members
from devicesim.snowball_api.operations import operation

VERSIONS = {"KUBERNETES": ("1.22", "1.23", "1.24"), "EKS_ANYWHERE": ("0.9.0", "0.11.4", "0.14.1")}
"""*Assumed*: the service publishes no list."""


@operation(
    "ListServiceVersions",
    reads=True,
    InvalidNextTokenException="the token was altered, or is another operation's",
    InvalidResourceException="never: an unknown service is no value of the enumeration",
)
def list_service_versions(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the versions of a service."""
    versions = [{"Version": version} for version in VERSIONS[members["ServiceName"]]]
    page = account.page("ListServiceVersions", versions, members, region)
    return {
        **page,
        "ServiceName": members["ServiceName"],
        "DependentServices": members.get("DependentServices"),
    }
