"""Return shipping labels: asked for while the device is with the customer, ready after a while, good for a time."""

from __future__ import annotations

from typing import Any

from devicesim.jobs import JobState
from devicesim.snowball_api import presigned
from devicesim.snowball_api.account import Account, Asked, Label, Members, served
from devicesim.snowball_api.errors import ApiError, combination, invalid_state
from devicesim.snowball_api.operations import operation


@operation(
    "CreateReturnShippingLabel",
    InvalidResourceException="no such job",
    InvalidJobStateException="the job is not WithCustomer",
    InvalidInputCombinationException="a shipping option that the Region does not have",
    ConflictException="the last label is still being made",
    ReturnShippingLabelAlreadyExistsException="a label is there and has not expired",
)
def create_return_shipping_label(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Ask for a label."""
    job_id = members["JobId"]
    asked = account.asked(job_id, region)
    state = account.state(job_id)
    if state is not JobState.WITH_CUSTOMER:
        raise invalid_state(f"job {job_id}", state, str(JobState.WITH_CUSTOMER))
    options = served(asked.region).listing("options")
    option = members.get("ShippingOption") or asked.members["ShippingOption"]
    if option not in options:
        raise combination(f"ShippingOption must be {' or '.join(options)} in {asked.region}, got {option}.")
    match _status(account, asked):
        case "InProgress":
            raise ApiError(
                "ConflictException",
                "You get this exception when you call CreateReturnShippingLabel more than once when other requests "
                "are not completed.",
                ConflictResource=job_id,
            )
        case "Succeeded":
            raise ApiError(
                "ReturnShippingLabelAlreadyExistsException",
                f"Job {job_id} has a return shipping label, good until {_end(account, asked):%Y-%m-%d %H:%M %Z}.",
            )
    asked.label = Label(account.world.now, option)
    return {"Status": _status(account, asked)}


@operation(
    "DescribeReturnShippingLabel",
    reads=True,
    InvalidResourceException="no such job, or it has no label",
    InvalidJobStateException="the job has not reached its customer",
    ConflictException="never: a read conflicts with nothing",
)
def describe_return_shipping_label(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Tell how far the label is."""
    job_id = members["JobId"]
    asked = account.asked(job_id, region)
    job = account.world.job(job_id)
    if not any(state is JobState.WITH_CUSTOMER for _, state in job.history):
        raise invalid_state(f"job {job_id}", job.state, f"{JobState.WITH_CUSTOMER} or later")
    if asked.label is None:
        raise ApiError(
            "InvalidResourceException",
            f"The specified resource can't be found: job {job_id} has no return shipping label.",
            ResourceType="RETURN_SHIPPING_LABEL",
        )
    status = _status(account, asked)
    told: dict[str, Any] = {"Status": status}
    if status == "Succeeded":
        told |= {
            "ExpirationDate": _end(account, asked),
            "ReturnShippingLabelURI": presigned.url(account, job_id, "return-label.pdf"),
        }
    return told


def _status(account: Account, asked: Asked) -> str:
    """How far a label is now; nothing where there is none, or it has expired."""
    if asked.label is None or account.now >= _end(account, asked):
        return ""
    making = account.world.figures.si("snowball_api.label.making")
    return "InProgress" if account.world.now < asked.label.at + making else "Succeeded"


def _end(account: Account, asked: Asked) -> Any:
    assert asked.label is not None
    return account.time(asked.label.at + account.world.figures.si("snowball_api.label.lifetime"))
