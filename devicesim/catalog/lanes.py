"""Shipping lanes: which one serves a region."""

from __future__ import annotations

from functools import cache

from devicesim.catalog.figure import Entry
from devicesim.catalog.store import entries, entry, names, says
from devicesim.errors import unknown


@cache
def regions() -> tuple[str, ...]:
    """Name the AWS regions that have the Snow job API, in alphabetical order.

    >>> len(regions()), regions()[0]
    (27, 'af-south-1')
    """
    return tuple(sorted(region for lane in entries("lane") for region in lane.listing("regions")))


@cache
def lane_for(region: str) -> Entry:
    """Give the lane on which devices travel in a region.

    >>> lane_for("us-west-2").name
    'lane.US'
    >>> lane_for("us-west-3")
    Traceback (most recent call last):
    devicesim.errors.UnknownNameError: unknown region 'us-west-3'; did you mean 'us-west-2'?
    """
    # The lane's file is the only one to be read: to look through all of them takes as long as a small simulation.
    for name in names("lane"):
        if says(name, region) and region in entry(name).listing("regions"):
            return entry(name)
    raise unknown("region", region, regions())
