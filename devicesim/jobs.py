"""Job life as data: the API's states, types and options, the documented order, and what is allowed when.

Names are the API's own (Snowball API 2016-06-30 as changed on 2020-06-17, botocore's model of that week).
The orders are those of the developer guide's job status pages and, for exports, of the 2018 user guide.
"""

from __future__ import annotations

from enum import StrEnum

from devicesim.errors import unknown


class JobState(StrEnum):
    """``JobState`` of the API."""

    NEW = "New"
    PREPARING_APPLIANCE = "PreparingAppliance"
    PREPARING_SHIPMENT = "PreparingShipment"
    IN_TRANSIT_TO_CUSTOMER = "InTransitToCustomer"
    WITH_CUSTOMER = "WithCustomer"
    IN_TRANSIT_TO_AWS = "InTransitToAWS"
    WITH_AWS_SORTING_FACILITY = "WithAWSSortingFacility"
    WITH_AWS = "WithAWS"
    IN_PROGRESS = "InProgress"
    COMPLETE = "Complete"
    CANCELLED = "Cancelled"
    LISTING = "Listing"
    PENDING = "Pending"


class JobType(StrEnum):
    """``JobType`` of the API."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"
    LOCAL_USE = "LOCAL_USE"


class ShippingOption(StrEnum):
    """``ShippingOption`` of the API."""

    SECOND_DAY = "SECOND_DAY"
    NEXT_DAY = "NEXT_DAY"
    EXPRESS = "EXPRESS"
    STANDARD = "STANDARD"


_OUT = (
    JobState.NEW,
    JobState.PREPARING_APPLIANCE,
    JobState.PREPARING_SHIPMENT,
    JobState.IN_TRANSIT_TO_CUSTOMER,
    JobState.WITH_CUSTOMER,
)
_BACK = (JobState.IN_TRANSIT_TO_AWS, JobState.WITH_AWS_SORTING_FACILITY, JobState.WITH_AWS)

ORDER: dict[JobType, tuple[JobState, ...]] = {
    JobType.IMPORT: (*_OUT, *_BACK, JobState.IN_PROGRESS, JobState.COMPLETE),
    JobType.LOCAL_USE: (*_OUT, *_BACK, JobState.COMPLETE),
    # A part of an export: S3 is copied to the device before it is shipped.
    JobType.EXPORT: (
        JobState.NEW,
        JobState.PREPARING_APPLIANCE,
        JobState.IN_PROGRESS,
        *_OUT[2:],
        *_BACK,
        JobState.COMPLETE,
    ),
}

ALLOWED: dict[str, frozenset[JobState]] = {
    "UpdateJob": frozenset({JobState.NEW}),
    "CancelJob": frozenset({JobState.NEW}),
    "GetJobManifest": frozenset({JobState.WITH_CUSTOMER}),
    "GetJobUnlockCode": frozenset({JobState.WITH_CUSTOMER}),
}
"""In which states a call is allowed; calls not named here are allowed in every state."""


def is_legal(kind: JobType, old: JobState, new: JobState) -> bool:
    """Tell whether a job may move from one state to another.

    >>> is_legal(JobType.IMPORT, JobState.WITH_AWS, JobState.IN_PROGRESS)
    True
    >>> is_legal(JobType.IMPORT, JobState.WITH_CUSTOMER, JobState.COMPLETE)
    False
    """
    if new is JobState.CANCELLED:
        return old is JobState.NEW
    order = ORDER[kind]
    return old in order[:-1] and order[order.index(old) + 1] is new


def state_named(name: str) -> JobState:
    """Return the state of that API name, or raise with a near one."""
    try:
        return JobState(name)
    except ValueError:
        raise unknown("job state", name, JobState) from None
