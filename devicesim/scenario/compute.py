"""Compute on the device: machine images, instances, functions."""

from __future__ import annotations

from typing import Any

from pydantic import Field, StrictInt, StrictStr

from devicesim import catalog
from devicesim.scenario.quantities import Duration, Fraction, Name, Rate
from devicesim.scenario.table import Table


def _types(schema: dict[str, Any]) -> None:
    schema["enum"] = list(catalog.all_instance_types())


class Instance(Table):
    """Compute instances that run on the device beside the copy."""

    name: Name = Field(description="How reports call it.", examples=["detector"])
    type: StrictStr = Field(
        description="Instance type, one that the device has.",
        examples=["snc1.small"],
        json_schema_extra=_types,
    )
    count: StrictInt = Field(default=1, description="How many of them.", examples=[1], ge=1, le=100)
    start: Duration = Field(
        default=0.0, description="When they start, counted from unlocking.", examples=["0 h"]
    )
    duration: Duration | None = Field(
        default=None, description="How long they run; until power-off if not given.", examples=["6 h"]
    )
    cpu: Fraction = Field(
        default=1.0, description="Share of its vCPUs that each keeps busy.", examples=["80 %"]
    )
    disk: Rate = Field(
        default=0.0, description="What each reads and writes on the device's disk.", examples=["5 MB/s"]
    )
    network: Rate = Field(default=0.0, description="What each sends and receives.", examples=["20 Mbit/s"])


class Image(Table):
    """A machine image that the job puts on the device (``Ec2AmiResource``)."""

    name: Name = Field(description="How instances refer to it.", examples=["detector"])


class Function(Table):
    """A Lambda function that runs when an object is put into a bucket on the device (``LambdaResource``)."""

    name: Name = Field(description="How reports call it.", examples=["thumbnail"])
