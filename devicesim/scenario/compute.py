"""Compute on the device: machine images, instances, functions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator

from devicesim import catalog
from devicesim.scenario.data import BucketArn, FileSize
from devicesim.scenario.quantities import Duration, Fraction, Name, Rate, Size, refusal
from devicesim.scenario.table import Table
from devicesim.scenario.work import Burst, Requests, Span, Times

Weight = Annotated[float, Field(gt=0, le=1000)]


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


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
    burst: Burst | None = Field(
        default=None, description="Times in which it takes more, beginning when it runs."
    )
    trace: StrictStr | None = Field(
        default=None,
        description="A CSV file of time, cpu, disk, network, instead of these three; relative to the scenario file.",
        examples=["load.csv"],
        min_length=1,
    )
    requests: Requests | None = Field(
        default=None, description="Requests it serves besides; cpu is then 0 % if not given."
    )
    image: Name | None = Field(
        default=None, description="The [[image]] it starts from.", examples=["detector"]
    )
    volume: Size | None = Field(
        default=None,
        description="Its backing store; as large as the image if not given.",
        examples=["20 GB"],
    )
    weight: Weight = Field(
        default=1.0, description="Its weight where processors are short; 1 is usual.", examples=[1.0]
    )

    @model_validator(mode="before")
    @classmethod
    def _idle_but_for(cls, table: Any) -> Any:
        if isinstance(table, dict) and (table.get("requests") or table.get("trace")):
            return {"cpu": "0 %"} | table
        return table

    @model_validator(mode="after")
    def _one_profile(self) -> Instance:
        if self.trace is not None and (self.cpu or self.disk or self.network or self.burst):
            raise refusal("must not have cpu, disk, network or burst beside trace: the trace tells")
        return self


class Image(Table):
    """A machine image that the job puts on the device (``Ec2AmiResource``)."""

    name: Name = Field(description="How instances refer to it.", examples=["detector"])
    ami: StrictStr = Field(
        description="AmiId: the image in the account, from which AWS makes the one on the device.",
        examples=["ami-0123456789abcdef0"],
        pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$",
    )
    size: Size = Field(description="How much it takes on the device.", examples=["8 GB"])
    snowball_ami: StrictStr | None = Field(
        default=None,
        description="SnowballAmiId: its name on the device; made when the job is created if not given.",
        examples=["s.ami-0123456789abcdef0"],
        pattern=r"^s\.ami-([0-9a-f]{8}|[0-9a-f]{17})$",
    )
    boot: Span | None = Field(
        default=None,
        description="From start to running of an instance of it; the catalog's if not given.",
        examples=["2 min"],
    )


class Function(Table):
    """A Lambda function that runs when an object is put into a bucket on the device (``LambdaResource``)."""

    name: Name = Field(description="How reports call it.", examples=["thumbnail"])
    arn: StrictStr | None = Field(
        default=None,
        description="LambdaArn: the published function.",
        examples=["arn:aws:lambda:us-west-2:123456789012:function:thumbnail:1"],
        pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?$",
    )
    triggers: Annotated[
        tuple[BucketArn, ...],
        BeforeValidator(_names, json_schema_input_type=StrictStr | tuple[BucketArn, ...]),
    ] = Field(
        description="EventTriggers: ARNs of the buckets; it runs for every object put into one of them.",
        examples=["arn:aws:s3:::trail-cams"],
        min_length=1,
    )
    work: Times = Field(
        description="Processor time of a run: a duration, or a distribution of durations.",
        examples=["300 ms"],
    )
    per_mb: Duration = Field(
        default=0.0, description="Further processor time for each MB of the object.", examples=["20 ms"]
    )
    reads: Fraction = Field(
        default=1.0, description="Share of the object that it reads from the disk.", examples=["100 %"]
    )
    writes: FileSize = Field(default=0.0, description="What it writes to the disk.", examples=["20 kB"])
    sends: FileSize = Field(default=0.0, description="What it sends over the network.", examples=["2 kB"])
    memory: Size = Field(
        default=128e6, description="Memory of each run at the same time as others.", examples=["128 MB"]
    )
    concurrency: StrictInt | None = Field(
        default=None,
        description="How many may run at the same time; as many as the processors allow if not given.",
        examples=[2],
        ge=1,
        le=1024,
    )
    cold_start: Duration | None = Field(
        default=None,
        description="Further time in a new runtime; the catalog's if not given.",
        examples=["150 ms"],
    )
    failure: Fraction = Field(default=0.0, description="Chance that a try fails.", examples=["0.1 %"])
    retries: StrictInt | None = Field(
        default=None,
        description="Further tries of a failed run; the catalog's if not given.",
        examples=[2],
        ge=0,
        le=100,
    )
    timeout: Span | None = Field(
        default=None,
        description="Longest run; what takes longer fails. The catalog's if not given.",
        examples=["1 min"],
    )
    weight: Weight = Field(
        default=1.0, description="Its weight where processors or the disk are short.", examples=[1.0]
    )
