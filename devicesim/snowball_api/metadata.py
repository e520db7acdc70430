"""A job as DescribeJob and ListJobs tell it: what was asked, and what the World has made of it."""

from __future__ import annotations

from typing import Any

from devicesim import catalog
from devicesim.jobs import JobState, JobType
from devicesim.progress import ParcelMoved
from devicesim.snowball_api import presigned
from devicesim.snowball_api.account import Account, Asked

ECHOED = (
    "Resources",
    "Description",
    "KmsKeyARN",
    "RoleARN",
    "AddressId",
    "Notification",
    "ClusterId",
    "ForwardingAddressId",
    "TaxDocuments",
    "DeviceConfiguration",
    "RemoteManagement",
    "LongTermPricingId",
    "OnDeviceServiceConfiguration",
    "ImpactLevel",
    "PickupDetails",
)
"""Members of a job's metadata that are what its customer gave."""

PARCEL = {
    "collected": "InTransit",
    "late": "Delayed",
    "delivered": "Delivered",
    "held": "HeldByCustoms",
    "released": "InTransit",
    "misrouted": "Misrouted",
    "returned": "ReturnedToSender",
    "lost": "Lost",
    "damaged": "Damaged",
}
FORWARDING = "Forwarding"
"""The same once a parcel is at the address that it is forwarded from, or on its way from there (*assumed*)."""
"""Status of a shipment by what happened last; the texts are *assumed*, the model has a plain string."""

_SHIPMENTS = {
    "outbound": "OutboundShipment",
    "forwarding": "OutboundShipment",
    "return": "InboundShipment",
}
"""To AWS the outbound shipment goes to the customer, and the inbound one comes back."""

_LOGGED = {
    JobType.IMPORT: {JobState.COMPLETE},
    JobType.EXPORT: {
        JobState.IN_TRANSIT_TO_CUSTOMER,
        JobState.WITH_CUSTOMER,
        JobState.IN_TRANSIT_TO_AWS,
        JobState.WITH_AWS_SORTING_FACILITY,
        JobState.WITH_AWS,
        JobState.COMPLETE,
    },
    JobType.LOCAL_USE: set(),
}
"""States in which a job has logs: an import at its end, an export once the device is on its way."""


def of_job(account: Account, job_id: str, asked: Asked) -> dict[str, Any]:
    """JobMetadata."""
    job = account.world.job(job_id)
    told = {name: asked.members[name] for name in ECHOED if name in asked.members}
    told |= {
        "JobId": job_id,
        "JobState": job.state.value,
        "JobType": job.order.type.value,
        "SnowballType": job.order.device,
        "SnowballCapacityPreference": capacity(job.order.device, job.order.capacity, asked.region),
        "CreationDate": account.time(job.created),
        "ShippingDetails": shipping(account, job_id, asked),
    }
    if job.state is JobState.IN_PROGRESS:
        told["DataTransferProgress"] = progress(account, job_id)
    if job.state in _LOGGED[job.order.type]:
        told["JobLogInfo"] = {
            "JobCompletionReportURI": presigned.url(account, job_id, "completion-report.pdf"),
            "JobSuccessLogURI": presigned.url(account, job_id, "success.csv"),
            "JobFailureLogURI": presigned.url(account, job_id, "failure.csv"),
        }
    return told


def capacity(device: str, asked: str, region: str) -> str:
    """The capacity of the device that comes: where none is preferred, the type's usual one that the Region has.

    >>> capacity("STANDARD", "NoPreference", "us-west-2"), capacity("STANDARD", "T50", "us-west-2")
    ('T80', 'T50')
    """
    if asked != catalog.NO_PREFERENCE:
        return asked
    known = catalog.capacities(device)
    return next((name for name in known if catalog.offered(device, region, name)), known[0])


def entry(account: Account, job_id: str, asked: Asked) -> dict[str, Any]:
    """JobListEntry."""
    job = account.world.job(job_id)
    return {
        "JobId": job_id,
        "JobState": job.state.value,
        "IsMaster": job.master,
        "JobType": job.order.type.value,
        "SnowballType": job.order.device,
        "CreationDate": account.time(job.created),
        "Description": asked.members.get("Description"),
    }


def shipping(account: Account, job_id: str, asked: Asked) -> dict[str, Any]:
    """ShippingDetails; of each shipment the last move stands."""
    told: dict[str, Any] = {"ShippingOption": asked.members["ShippingOption"]}
    for move in {_SHIPMENTS[move.direction]: move for move in account.parcels(job_id)}.values():
        number = account.tracking(job_id, move.direction, move.carrier)
        told[_SHIPMENTS[move.direction]] = {
            "Status": _status(account, job_id, move),
            "TrackingNumber": number,
        }
    return told


def _status(account: Account, job_id: str, move: ParcelMoved) -> str:
    """What a shipment's status is after a move; a leg that is forwarded has another number, and ends no shipment."""
    arrived = move.direction == "outbound" and move.what in {"delivered", "damaged"}
    forwarded = arrived and account.world.job(job_id).order.forwarded
    going = move.direction == "forwarding" and move.what == "collected"
    return FORWARDING if forwarded or going else PARCEL[move.what]


def progress(account: Account, job_id: str) -> dict[str, int]:
    """DataTransferProgress; totals are 0 until everything is listed."""
    world = account.world
    leg = world.stream.leg("import", job_id) or world.stream.leg("export", job_id)
    if leg is None:
        return dict.fromkeys(("BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects"), 0)
    size, count = leg.at(world.now)
    listed = world.now >= leg.listed
    return {
        "BytesTransferred": int(size[0]),
        "ObjectsTransferred": int(count[0]),
        "TotalBytes": leg.total_bytes if listed else 0,
        "TotalObjects": leg.total_objects if listed else 0,
    }
