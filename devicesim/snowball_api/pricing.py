"""Long-term pricing: an agreement for a device type, for a month, a year or three."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from devicesim.jobs import JobState
from devicesim.snowball_api.account import Account, Members, Pricing, together
from devicesim.snowball_api.errors import combination, missing
from devicesim.snowball_api.operations import operation

MONTHS = {"OneMonth": 1, "OneYear": 12, "ThreeYear": 36}


@operation("CreateLongTermPricing", InvalidResourceException="never: it names no resource")
def create_long_term_pricing(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Agree on long-term pricing from now on."""
    name = account.identity("LTPID", len(account.pricing))
    start = account.now
    end = _later(start, MONTHS[members["LongTermPricingType"]])
    account.pricing[name] = Pricing(dict(members), region, start, end)
    return {"LongTermPricingId": name}


@operation(
    "ListLongTermPricing",
    reads=True,
    InvalidResourceException="never: a list has no one resource to miss",
    InvalidNextTokenException="the token was altered, or is another operation's",
)
def list_long_term_pricing(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the agreements in the order of their making."""
    seen = [
        _entry(account, name, agreement)
        for name, agreement in account.pricing.items()
        if together(agreement.region, region)
    ]
    return account.page("ListLongTermPricing", seen, members, region)


@operation("UpdateLongTermPricing", InvalidResourceException="no such agreement, or no such replacement job")
def update_long_term_pricing(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Renew an agreement by itself or not, or name the job that replaces its device."""
    name = members["LongTermPricingId"]
    agreement = account.pricing.get(name)
    if agreement is None or not together(agreement.region, region):
        raise missing("LONG_TERM_PRICING", name)
    if replacement := members.get("ReplacementJob"):
        asked = account.asked(replacement, region)
        if asked.members["SnowballType"] != agreement.members["SnowballType"]:
            raise combination(
                f"ReplacementJob must be of type {agreement.members['SnowballType']}, got "
                f"{asked.members['SnowballType']}."
            )
    agreement.members |= {
        key: members[key]
        for key in ("ReplacementJob", "IsLongTermPricingAutoRenew")
        if members.get(key) is not None
    }
    return {}


def ends(account: Account, agreement: Pricing) -> datetime:
    """When an agreement ends, or would if it were not renewed then: one that renews itself never has."""
    end = agreement.end
    while agreement.members.get("IsLongTermPricingAutoRenew") and end <= account.now:
        end = _later(end, MONTHS[agreement.members["LongTermPricingType"]])
    return end


def _entry(account: Account, name: str, agreement: Pricing) -> dict[str, Any]:
    over = {JobState.COMPLETE, JobState.CANCELLED}
    active = [job for job in agreement.jobs if account.state(job) not in over]
    end = ends(account, agreement)
    return {
        "LongTermPricingId": name,
        "LongTermPricingStartDate": agreement.start,
        "LongTermPricingEndDate": end,
        "LongTermPricingType": agreement.members["LongTermPricingType"],
        "CurrentActiveJob": active[-1] if active else None,
        "ReplacementJob": agreement.members.get("ReplacementJob"),
        "IsLongTermPricingAutoRenew": bool(agreement.members.get("IsLongTermPricingAutoRenew")),
        "LongTermPricingStatus": "Active" if account.now < end else "Expired",
        "SnowballType": agreement.members["SnowballType"],
        "JobIds": list(agreement.jobs),
    }


def _later(start: datetime, months: int) -> datetime:
    """The same day so many months on; the month's last where it has no such day."""
    year, month = divmod(start.month - 1 + months, 12)
    for day in (start.day, 30, 29, 28):
        try:
            return start.replace(year=start.year + year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
