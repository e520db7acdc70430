"""What a customer needs to open a device: manifest, unlock code, updates; and what they say of the parcel."""

from __future__ import annotations

from typing import Any

from devicesim.jobs import ALLOWED, JobState
from devicesim.snowball_api import presigned
from devicesim.snowball_api.account import Account, Members
from devicesim.snowball_api.errors import ApiError, invalid_state
from devicesim.snowball_api.operations import operation

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
DAY = 86400.0
UPDATES = 2 * 86400
"""Seconds for which the address of a software update is good, by the model of GetSoftwareUpdates."""


@operation(
    "GetJobManifest",
    reads=True,
    InvalidResourceException="no such job",
    InvalidJobStateException="the job is not WithCustomer (2020: was not yet), or the manifest has expired",
)
def get_job_manifest(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give the address of the manifest file."""
    _require_open(account, "GetJobManifest", members["JobId"], region)
    return {"ManifestURI": presigned.url(account, members["JobId"], "manifest.bin")}


@operation(
    "GetJobUnlockCode",
    reads=True,
    InvalidResourceException="no such job",
    InvalidJobStateException="as GetJobManifest",
)
def get_job_unlock_code(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give the unlock code: 29 characters, five groups of five."""
    _require_open(account, "GetJobUnlockCode", members["JobId"], region)
    picks = account.world.draw(f"snowball/unlock/{members['JobId']}").integers(0, len(ALPHABET), 25)
    code = "".join(ALPHABET[pick] for pick in picks)
    return {"UnlockCode": "-".join(code[start : start + 5] for start in range(0, 25, 5))}


@operation(
    "GetSoftwareUpdates",
    reads=True,
    InvalidResourceException="no such job",
    InvalidJobStateException="the job is not WithCustomer (assumed)",
)
def get_software_updates(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Give the address of the device's software update."""
    _require_open(account, "GetJobManifest", members["JobId"], region)
    return {"UpdatesURI": presigned.url(account, members["JobId"], "update.zip", UPDATES)}


def _require_open(account: Account, call: str, job_id: str, region: str) -> None:
    """Refuse unless the job is with the customer; in 2020 it was enough that it had been."""
    account.asked(job_id, region)
    job = account.world.job(job_id)
    reached = any(state is JobState.WITH_CUSTOMER for _, state in job.history)
    allowed = reached if account.era == "2020" else job.state in ALLOWED[call]
    if not allowed:
        raise invalid_state(f"job {job_id}", job.state, str(JobState.WITH_CUSTOMER))
    lifetime = account.world.figures.si(f"snowball_api.{account.era}.manifest_lifetime")
    if account.world.now - job.created > lifetime:
        days = lifetime / DAY
        raise ApiError(
            "InvalidJobStateException",
            f"The manifest and unlock code of job {job_id} expired {days:.0f} days after the job was created.",
        )


@operation(
    "UpdateJobShipmentState",
    InvalidResourceException="no such job",
    InvalidJobStateException="RECEIVED before the device is with the customer, RETURNED before it is on its way",
)
def update_job_shipment_state(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Take the customer's word that a device was received or returned."""
    job_id, said = members["JobId"], members["ShipmentState"]
    asked = account.asked(job_id, region)
    needed = JobState.WITH_CUSTOMER if said == "RECEIVED" else JobState.IN_TRANSIT_TO_AWS
    job = account.world.job(job_id)
    if not any(state is needed for _, state in job.history):
        raise invalid_state(f"job {job_id}", job.state, f"{needed} or later")
    asked.shipment = said
    return {}
