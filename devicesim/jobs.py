"""Job life as data: the API's states, types and options, the documented order, and what is allowed when.

Names are the API's own (Snowball API 2016-06-30 as changed on 2020-06-17, botocore's model of that week).
The orders are those of the developer guide's job status pages and, for exports, of the 2018 user guide. An export
is a master job, which has no device, and its parts, which have one each and wait for one another.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

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

MASTER: tuple[JobState, ...] = (
    JobState.NEW,
    JobState.LISTING,
    JobState.PENDING,
    JobState.IN_PROGRESS,
    JobState.COMPLETE,
)
"""The order of an export's master: no guide shows all of it; listing comes first, and parts end the job together."""

_WAITING = (JobState.NEW, JobState.PENDING, JobState.PREPARING_APPLIANCE)
"""How a part of an export begins that waits for the one before it."""


class ClusterState(StrEnum):
    """``ClusterState`` of the API."""

    AWAITING_QUORUM = "AwaitingQuorum"
    PENDING = "Pending"
    IN_USE = "InUse"
    COMPLETE = "Complete"
    CANCELLED = "Cancelled"


CLUSTER_MOVES: dict[ClusterState, frozenset[ClusterState]] = {
    # Not enough node jobs yet; nothing is prepared.
    ClusterState.AWAITING_QUORUM: frozenset({ClusterState.PENDING, ClusterState.CANCELLED}),
    # AWS prepares the nodes; InUse as soon as the first is at the customer's.
    ClusterState.PENDING: frozenset({ClusterState.IN_USE}),
    # Complete when every node is back.
    ClusterState.IN_USE: frozenset({ClusterState.COMPLETE}),
    ClusterState.COMPLETE: frozenset(),
    ClusterState.CANCELLED: frozenset(),
}
"""From which state a cluster may go to which."""

CLUSTER_ALLOWED: dict[str, frozenset[ClusterState]] = {
    "UpdateCluster": frozenset({ClusterState.AWAITING_QUORUM}),
    "CancelCluster": frozenset({ClusterState.AWAITING_QUORUM}),
}
"""In which states of a cluster a call is allowed."""

ALLOWED: dict[str, frozenset[JobState]] = {
    "UpdateJob": frozenset({JobState.NEW}),
    "CancelJob": frozenset({JobState.NEW, JobState.LISTING, JobState.PENDING}),
    "GetJobManifest": frozenset({JobState.WITH_CUSTOMER}),
    "GetJobUnlockCode": frozenset({JobState.WITH_CUSTOMER}),
}
"""In which states a call is allowed; calls not named here are allowed in every state."""


GIVEN_UP = frozenset({(JobType.IMPORT, JobState.WITH_AWS)})
"""Where AWS itself may cancel: an import whose buckets it cannot reach for too long."""


def is_legal(kind: JobType, old: JobState, new: JobState, *, master: bool = False) -> bool:
    """Tell whether a job may move from one state to another; ``master`` is the one of an export.

    >>> is_legal(JobType.IMPORT, JobState.WITH_AWS, JobState.IN_PROGRESS)
    True
    >>> is_legal(JobType.IMPORT, JobState.WITH_CUSTOMER, JobState.COMPLETE)
    False
    >>> is_legal(JobType.EXPORT, JobState.NEW, JobState.LISTING, master=True)
    True
    """
    orders = (MASTER,) if master else (ORDER[kind], *((_WAITING,) if kind is JobType.EXPORT else ()))
    if new is JobState.CANCELLED:
        if (kind, old) in GIVEN_UP and not master:
            return True
        return old in ALLOWED["CancelJob"] and any(old in order for order in orders)
    return any((old, new) in pairwise(order) for order in orders)


def state_named(name: str) -> JobState:
    """Return the state of that API name, or raise with a near one."""
    try:
        return JobState(name)
    except ValueError:
        raise unknown("job state", name, JobState) from None
