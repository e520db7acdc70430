"""Addresses: checked when they are made, seen by all Regions of the United States together."""

from __future__ import annotations

import re
from typing import Any

from devicesim.snowball_api.account import Account, Members, served, together
from devicesim.snowball_api.errors import ApiError
from devicesim.snowball_api.operations import operation

NEEDED = ("Name", "Street1", "City", "Country", "PostalCode", "PhoneNumber")
"""What a courier needs; the model requires none of it, so that this list is *assumed*."""

IGNORED = ("PrefectureOrDistrict", "Landmark")
"""Members that the service documents as no longer used."""

COUNTRIES = {"USA": "US", "UK": "GB"}
"""Names of countries that AWS's own examples use beside the ISO code."""

_PO_BOX = re.compile(r"\b(p\.?\s*o\.?|post(al)?(\s+office)?)\s*box\b", re.IGNORECASE)


@operation(
    "CreateAddress",
    InvalidAddressException=f"one of {', '.join(NEEDED)} is missing (assumed), or it is a PO box",
    UnsupportedAddressException="the country is none that the Region ships to",
)
def create_address(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Check and keep an address."""
    address = {name: value for name, value in members["Address"].items() if name not in IGNORED}
    lacking = [name for name in NEEDED if not str(address.get(name, "")).strip()]
    if lacking:
        raise ApiError(
            "InvalidAddressException",
            f"The address provided was invalid: {', '.join(lacking)} must be given. Check the address with your "
            "region's carrier, and try again.",
        )
    for line in ("Street1", "Street2", "Street3"):
        if _PO_BOX.search(address.get(line, "")):
            raise ApiError(
                "InvalidAddressException",
                f"The address provided was invalid: {line} is a PO box, and devices are not shipped to those.",
            )
    countries = served(region).listing("countries")
    if country_of(address) not in countries:
        raise ApiError(
            "UnsupportedAddressException",
            f"The address is either outside the serviceable area for your region, or an error occurred: {region} "
            f"ships to {', '.join(countries)}, got {address['Country']}.",
        )
    address_id = account.identity("ADID", len(account.addresses))
    # An identity in the request is not the caller's to choose.
    account.addresses[address_id] = ({**address, "AddressId": address_id}, region)
    return {"AddressId": address_id}


def country_of(address: Members) -> str:
    """The ISO code of an address's country.

    >>> country_of({"Country": "USA"}), country_of({"Country": "de"})
    ('US', 'DE')
    """
    name = str(address["Country"]).strip().upper()
    return COUNTRIES.get(name, name)


@operation("DescribeAddress", reads=True, InvalidResourceException="no such address in this group of Regions")
def describe_address(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give one address."""
    return {"Address": account.address(members["AddressId"], region)}


@operation(
    "DescribeAddresses",
    reads=True,
    InvalidResourceException="never: the model names it, and a list has no one resource to miss",
    InvalidNextTokenException="the token was altered, or is another operation's or account's",
)
def describe_addresses(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give the addresses in the order of their creation."""
    seen = [address for address, home in account.addresses.values() if together(home, region)]
    return account.page("DescribeAddresses", seen, members, region)


@operation("ListPickupLocations", reads=True, InvalidResourceException="never, likewise")
def list_pickup_locations(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give the addresses where a customer picks a device up, those of type CUST_PICKUP."""
    seen = [
        address
        for address, home in account.addresses.values()
        if together(home, region) and address.get("Type") == "CUST_PICKUP"
    ]
    return account.page("ListPickupLocations", seen, members, region)
