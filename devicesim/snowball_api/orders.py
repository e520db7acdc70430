"""What may be ordered together: the rules of CreateJob and UpdateJob, none of which the model can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devicesim import catalog
from devicesim.catalog import Figures
from devicesim.jobs import JobType
from devicesim.snowball_api.account import Account, Members, served, together
from devicesim.snowball_api.addresses import country_of
from devicesim.snowball_api.errors import ApiError, combination, missing
from devicesim.snowball_api.images import IMAGES
from devicesim.snowball_api.pricing import ends

NEEDED = {
    "today": ("JobType", "AddressId", "ShippingOption"),
    "2020": ("JobType", "Resources", "AddressId", "RoleARN", "ShippingOption"),
}
"""Members without which no device can be sent; the model requires none of CreateJob's, so this is *assumed*."""

_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?"
)
_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")


def checked(
    account: Account, members: Members, region: str, *, told: Members | None = None
) -> dict[str, Any]:
    """The members of an order with its defaults, or a refusal.

    Args:
        account: where what it names must be.
        members: of the order.
        region: where it is made.
        told: the members before a change; what a scenario's own job never had need not be given now.

    Raises:
        ApiError: something it names is not there, or its members do not go together.
    """
    order = {name: value for name, value in members.items() if value is not None}
    for name in NEEDED[account.era]:
        if name not in order and (told is None or name in told):
            raise combination(f"{name} must be given.")
    order["SnowballType"] = kind = _device(order)
    entry = catalog.entry(kind)
    for problem in (
        *_of_device(order, entry, region),
        *_of_resources(order, region, account.world.figures),
        *_of_way(account, order, region),
        *_of_options(account, order, kind, region),
    ):
        raise combination(problem)
    _agreement(account, order, kind, region)
    _key(account, order)
    _role(account, order)
    for image in _images(order):
        if image["AmiId"] not in {known["AmiId"] for known in IMAGES}:
            raise ApiError(
                "Ec2RequestFailedException",
                f"Your user lacks the necessary Amazon EC2 permissions to perform the attempted action: image "
                f"{image['AmiId']} is none of those that ListCompatibleImages gives.",
            )
    return order


def verb(order: Members, region: str) -> dict[str, Any]:
    """The order as the World's verb takes it."""
    configured = order.get("DeviceConfiguration", {}).get("SnowconeDeviceConfiguration", {})
    return {
        "type": order["JobType"],
        "device": order["SnowballType"],
        "capacity": order.get("SnowballCapacityPreference", catalog.NO_PREFERENCE),
        "shipping": order["ShippingOption"],
        "wifi": bool(configured.get("WirelessConnection", {}).get("IsWifiEnabled", False)),
        "description": order.get("Description", ""),
        "forwarded": "ForwardingAddressId" in order,
        "role": order.get("RoleARN", ""),
        "region": region,
        "buckets": list(buckets(order)),
        **({"key_ranges": key_ranges(order)} if order["JobType"] == JobType.EXPORT else {}),
        **({"functions": asked} if (asked := functions(order)) else {}),
    }


def functions(order: Members) -> list[list[Any]]:
    """ARN of each function that something triggers, with the ARNs of the buckets that do."""
    found: list[list[Any]] = []
    for each in order.get("Resources", {}).get("LambdaResources", ()):
        triggers = [trigger["EventResourceARN"] for trigger in each.get("EventTriggers", ())]
        if triggers:
            found.append([each["LambdaArn"], list(dict.fromkeys(triggers))])
    return found


def key_ranges(order: Members) -> list[list[str]]:
    """First and last marker of each bucket that is listed; empty where there is none."""
    return [key_range(resource) for resource in order["Resources"]["S3Resources"]]


def key_range(resource: Members) -> list[str]:
    """First and last marker of a listed bucket; empty where there is none."""
    marks = resource.get("KeyRange") or {}
    return [marks.get("BeginMarker", ""), marks.get("EndMarker", "")]


def buckets(order: Members) -> Iterator[str]:
    """Names of the buckets of an order."""
    for resource in order.get("Resources", {}).get("S3Resources", ()):
        if found := _BUCKET.fullmatch(resource.get("BucketArn", "")):
            yield found[1]


def with_images(account: Account, order: Members, job_id: str) -> dict[str, Any]:
    """The order with the identity that each image gets on the device."""
    members = dict(order)
    if images := list(_images(order)):
        draw = account.world.draw(f"snowball/images/{job_id}")
        named = [{**image, "SnowballAmiId": f"s.ami-{draw.bytes(9).hex()[:17]}"} for image in images]
        members["Resources"] = {**order["Resources"], "Ec2AmiResources": named}
    return members


def _images(order: Members) -> list[Mapping[str, Any]]:
    return list(order.get("Resources", {}).get("Ec2AmiResources", ()))


def _device(order: Members) -> str:
    """The device type; where none is named, the first that has the capacity (*assumed*)."""
    kind = order.get("SnowballType")
    known = catalog.names("device")
    if kind is None:
        wanted = order.get("SnowballCapacityPreference", catalog.NO_PREFERENCE)
        kind = next((name for name in known if wanted in catalog.capacities(name)), "STANDARD")
    if kind not in known:
        raise combination(f"SnowballType must be one of {', '.join(known)}, got {kind or 'none'}.")
    return str(kind)


def _of_device(order: Members, entry: catalog.Entry, region: str) -> Iterator[str]:
    kinds = entry.listing("job_types")
    if order["JobType"] not in kinds:
        yield f"{entry.name} does {' and '.join(kinds)} jobs, got {order['JobType']}."
    wanted = order.get("SnowballCapacityPreference", catalog.NO_PREFERENCE)
    capacities = catalog.capacities(entry.name)
    if wanted not in (catalog.NO_PREFERENCE, *capacities):
        yield f"SnowballCapacityPreference of {entry.name} must be {' or '.join(capacities)}, got {wanted}."
    elif not catalog.offered(entry.name, region, wanted):
        yield f"{entry.name} of capacity {wanted} is not offered in {region}."
    if "DeviceConfiguration" in order and not entry.name.startswith("SNC1_"):
        yield f"DeviceConfiguration is for Snowcone devices, got SnowballType {entry.name}."


def _of_functions(order: Members, named: Sequence[Members], region: str, figures: Figures) -> Iterator[str]:
    kind = order["SnowballType"]
    cores = f"{kind}.functions.vcpus"
    if named and not (catalog.has(cores) and figures.si(cores)):
        yield f"{kind} does not run Lambda functions; Snowball Edge devices do."
        return
    for each in named:
        arn = each.get("LambdaArn", "")
        if not _FUNCTION.fullmatch(arn):
            like = f"arn:aws:lambda:{region}:123456789012:function:f"
            yield f"LambdaArn must name a function, as {like}, got {arn or 'none'}."
        elif arn.split(":")[3] != region:
            yield f"LambdaArn must name a function of {region}, got one of {arn.split(':')[3]}."


def _of_resources(order: Members, region: str, figures: Figures) -> Iterator[str]:
    resources = order.get("Resources", {})
    listed = resources.get("S3Resources", ())
    for resource in listed:
        arn = resource.get("BucketArn", "")
        begin, end = key_range(resource)
        if begin and end and end.encode() < begin.encode() and not begin.startswith(end):
            yield f"BeginMarker must not come after EndMarker, got {begin!r} and {end!r}."
        if not _BUCKET.fullmatch(arn):
            yield f"BucketArn must name an S3 bucket, as arn:aws:s3:::my-bucket, got {arn or 'none'}."
    if order["JobType"] in (JobType.IMPORT, JobType.EXPORT) and not listed:
        yield f"Resources.S3Resources must name a bucket for a job of type {order['JobType']}."
    yield from _of_functions(order, resources.get("LambdaResources", ()), region, figures)
    arns = {resource.get("BucketArn") for resource in listed}
    for function in resources.get("LambdaResources", ()):
        for trigger in function.get("EventTriggers", ()):
            if trigger.get("EventResourceARN") not in arns:
                yield (
                    "EventResourceARN must be the BucketArn of one of the job's S3Resources, got "
                    f"{trigger.get('EventResourceARN', 'none')}."
                )


def _of_way(account: Account, order: Members, region: str) -> Iterator[str]:
    lane = served(region)
    options, countries = lane.listing("options"), lane.listing("countries")
    if order["ShippingOption"] not in options:
        yield f"ShippingOption must be {' or '.join(options)} in {region}, got {order['ShippingOption']}."
    if "AddressId" not in order:
        return  # a scenario's own job goes to the scenario's site
    address = account.address(order["AddressId"], region)
    if country_of(address) not in countries:
        yield f"A device of {region} is shipped inside {', '.join(countries)}, got {address['Country']}."
    if country_of(address) == "IN" and "GSTIN" not in order.get("TaxDocuments", {}).get("IND", {}):
        yield "TaxDocuments.IND.GSTIN must be given for an address in India."
    if "ForwardingAddressId" in order:
        yield from _of_forwarding(account.address(order["ForwardingAddressId"], region), address, region)


def _of_forwarding(onward: Members, address: Members, region: str) -> Iterator[str]:
    lane, regions = served(region), catalog.entry("snowball_api").listing("forwarding")
    if region not in regions:
        yield f"ForwardingAddressId is supported in {', '.join(regions)} only, got {region}."
    elif not address.get("IsRestricted"):
        yield "ForwardingAddressId is supported only with a primary address that has IsRestricted set."
    elif country_of(onward) not in lane.listing("countries"):
        countries = ", ".join(lane.listing("countries"))
        yield f"A device of {region} is forwarded inside {countries}, got {onward['Country']}."


def _of_options(account: Account, order: Members, kind: str, region: str) -> Iterator[str]:
    if "ImpactLevel" in order and not region.startswith("us-gov-"):
        yield f"ImpactLevel is for the GovCloud Regions, got {region}."
    pickup = account.addresses.get(order.get("AddressId", ""), ({}, ""))[0].get("Type") == "CUST_PICKUP"
    if pickup and "PickupDetails" not in order:
        yield "PickupDetails must be given for an address of type CUST_PICKUP."
    if not pickup and "PickupDetails" in order:
        yield "PickupDetails go with an address of type CUST_PICKUP."


def _agreement(account: Account, order: Members, kind: str, region: str) -> None:
    one = order.get("LongTermPricingId")
    for name in (*([one] if one else []), *order.get("LongTermPricingIds", ())):
        agreement = account.pricing.get(name)
        if agreement is None or not together(agreement.region, region):
            raise missing("LONG_TERM_PRICING", name)
        if ends(account, agreement) <= account.now:
            raise combination(f"LongTermPricingId {name} has expired.")
        agreed = agreement.members["SnowballType"]
        if agreed != kind:
            raise combination(f"LongTermPricingId {name} is for {agreed}, got SnowballType {kind}.")


def _role(account: Account, order: Members) -> None:
    if "RoleARN" in order and (bar := account.world.account.barred("role-revoked")):
        raise ApiError(
            "InvalidResourceException",
            f"The specified resource can't be found: {bar.why}.",
            ResourceType="ROLE",
        )
    roles, objects = account.world.neighbours.roles, account.world.neighbours.objects
    if roles is None or "RoleARN" not in order:
        return
    named = list(buckets(order))
    why = roles.refusal(order["RoleARN"], named, write=order["JobType"] == JobType.IMPORT)
    if why:
        raise ApiError(
            "InvalidResourceException", f"The specified resource can't be found: {why}.", ResourceType="ROLE"
        )
    for bucket in named:
        if objects is not None and not objects.has_bucket(bucket):
            raise missing("BUCKET", bucket)


def _key(account: Account, order: Members) -> None:
    keys = account.world.neighbours.keys
    if "KmsKeyARN" not in order:
        return
    bar = account.world.account.barred("key-revoked")
    if why := bar.why if bar else keys.refusal(order["KmsKeyARN"]) if keys is not None else "":
        raise ApiError(
            "KMSRequestFailedException",
            f"The provided AWS Key Management Interface key lacks the permissions to perform the request: {why}.",
        )
