"""Shipping lanes: which one serves a region."""

from __future__ import annotations

from functools import cache

from devicesim.catalog.figure import Entry
from devicesim.catalog.store import entries, entry
from devicesim.errors import unknown


@cache
def _lane_names() -> dict[str, str]:
    served = {region: lane.name for lane in entries("lane") for region in lane.listing("regions")}
    return dict(sorted(served.items()))


def regions() -> tuple[str, ...]:
    """Name the AWS regions that have the Snow job API, in alphabetical order.

    >>> len(regions()), regions()[0]
    (27, 'af-south-1')
    """
    return tuple(_lane_names())


def lane_for(region: str) -> Entry:
    """Give the lane on which devices travel in a region.

    >>> lane_for("us-west-2").name
    'lane.US'
    >>> lane_for("us-west-3")
    Traceback (most recent call last):
    devicesim.errors.UnknownNameError: unknown region 'us-west-3'; did you mean 'us-west-2'?
    """
    if region not in _lane_names():
        raise unknown("region", region, regions())
    return entry(_lane_names()[region])
