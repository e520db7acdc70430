"""The scenario as frozen models; what the file calls ``[[client]]`` is ``scenario.clients`` here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)

from devicesim import catalog
from devicesim.errors import unknown
from devicesim.jobs import JobState, JobType, ShippingOption
from devicesim.scenario.client import Client
from devicesim.scenario.data import MOST_FILES, BucketArn, Dataset
from devicesim.scenario.goals import Goal
from devicesim.scenario.listing import Files
from devicesim.scenario.quantities import Duration, Size, refusal, shown
from devicesim.scenario.rare import rare
from devicesim.scenario.site import Site
from devicesim.scenario.table import Table

if TYPE_CHECKING:
    from devicesim.scenario.rooms import (
        Cluster,
        Fault,
        Fleet,
        Function,
        Hybrid,
        Image,
        Instance,
        Option,
        Sweep,
        Task,
    )
    from devicesim.scenario.trace import Trace
else:  # pydantic reads annotations at once; what few scenarios have waits for one that has it
    Cluster, Fault, Fleet, Function, Hybrid = map(rare, ("Cluster", "Fault", "Fleet", "Function", "Hybrid"))
    Image, Instance, Option, Sweep, Task = map(rare, ("Image", "Instance", "Option", "Sweep", "Task"))

_YEARS = (2000, 2100)
_DATE_HINT = "write it as 2026-06-01T08:00:00-07:00"

Assumptions = Annotated[
    Mapping[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "array", "object"]},
            "examples": [{"SNC1_HDD.disk.outer_rate": "180 MB/s"}],
        }
    ),
]


def _known_device(value: object) -> object:
    known = catalog.names("device")
    if isinstance(value, str) and value not in known:
        why, _, hint = str(unknown("SnowballType", value, known)).partition("; ")
        raise refusal(why, hint if "did you mean" in hint else f"known: {', '.join(known)}")
    return value


def _devices(schema: dict[str, Any]) -> None:
    schema["enum"] = list(catalog.names("device"))


def _capacities(schema: dict[str, Any]) -> None:
    schema["enum"] = [*catalog.all_capacities(), catalog.NO_PREFERENCE]


def _start(value: object) -> object:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise refusal(f"must be a date and time that exist, got {shown(value)}", _DATE_HINT) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise refusal(f"must be a date and time, got {shown(value)}", _DATE_HINT)
    if not _YEARS[0] <= value.year < _YEARS[1]:
        raise refusal(f"must be in the years {_YEARS[0]} to {_YEARS[1] - 1}, got {value.year}")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Notify(Table):
    """Whom AWS tells when the job changes state."""

    topic: StrictStr = Field(
        description="ARN of the SNS topic.",
        examples=["arn:aws:sns:us-west-2:123456789012:snow"],
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$",
    )
    states: tuple[JobState, ...] = Field(
        default=(),
        description="The states to tell of; all of them if the list is empty.",
        examples=[["WithCustomer", "Complete"]],
    )


class Holds(Table):
    """What an earlier copy left on the device; it is imported with the rest."""

    files: StrictInt = Field(description="How many files.", examples=[3_100], ge=1, le=MOST_FILES)
    size: Size = Field(description="Their bytes together.", examples=["7.6 TB"])


class Job(Table):
    """The order placed with AWS, and what the customer does at either end."""

    type: JobType = Field(
        default=JobType.IMPORT,
        description="IMPORT brings data to S3, EXPORT brings it from there; LOCAL_USE keeps what is on the "
        "device there until it is erased.",
        examples=["IMPORT"],
    )
    device: Annotated[StrictStr, BeforeValidator(_known_device)] = Field(
        default=catalog.FIRST,
        description="SnowballType of the device.",
        examples=["SNC1_HDD"],
        json_schema_extra=_devices,
    )
    capacity: StrictStr = Field(
        default=catalog.NO_PREFERENCE,
        description="SnowballCapacity, for a type that has several.",
        examples=["T50"],
        json_schema_extra=_capacities,
    )
    shipping: ShippingOption | None = Field(
        default=None,
        description="Shipping option both ways; the slowest of the lane if not given.",
        examples=["SECOND_DAY"],
    )
    wifi: StrictBool | None = Field(
        default=None,
        description="Order the device with Wi-Fi enabled; if not given, when a client uses Wi-Fi.",
        examples=[True],
    )
    ordered: StrictBool = Field(
        default=True, description="Whether a device is ordered at all; not where all data goes online."
    )
    description: StrictStr = Field(
        default="", description="The job's name in the console.", examples=["June trail cameras"]
    )
    buckets: tuple[BucketArn, ...] = Field(
        default=(),
        description="Buckets of an IMPORT beside those of the data sets: with them alone, and nobody who copies, "
        "the data comes through the doors of 'devicesim serve', or is the catalog's customer's.",
        examples=[["arn:aws:s3:::trail-cams"]],
    )
    notify: Notify | None = Field(default=None, description="Notifications.")
    unpack: Duration | None = Field(
        default=None,
        description="From delivery to the device being powered on; the catalog's customer if not given.",
        examples=["2 h"],
    )
    keep: Duration = Field(
        default=0.0,
        description="How much longer the customer keeps the device after its work is done.",
        examples=["3 d"],
    )
    hand_over: Duration | None = Field(
        default=None,
        description="From powering off to the courier having it; the catalog's customer if not given.",
        examples=["4 h"],
    )
    verify: Literal["none", "sizes", "content"] | None = Field(
        default=None,
        description="What the clients of an EXPORT do once they have read everything: look up each file again "
        "('sizes', if not given), read it all a second time ('content'), or nothing.",
        examples=["sizes"],
    )
    holds: Holds | None = Field(
        default=None,
        description="What is on the device when the clients begin, from an earlier copy to the first bucket.",
    )
    nfs_cpu: Literal["dedicated", "shared"] = Field(
        default="dedicated",
        description="'dedicated': the NFS service has a CPU of its own; 'shared': it competes with "
        "the instances.",
        examples=["dedicated"],
    )


@dataclass(frozen=True)
class Source:
    """Where a scenario came from; takes no part in comparing scenarios.

    Attributes:
        file: as the user named it, empty if it was no file.
        directory: what relative paths in it are relative to.
        overrides: the ``--set`` texts, as given.
        faults: the ``--faults`` text by which a schedule was laid into it, empty if none was.
        notes: what was understood in a way worth telling.
        listings: the files of every manifest and directory, as found when the scenario was read.
        traces: what instances' files tell, by kind (``load`` or ``arrivals``) and name, likewise.
        measured: figures of the profile for the device that is ordered, likewise.
        by_default: whether the customer is the catalog's, since nobody said who copies what.
    """

    file: str = field(default="", compare=False)
    directory: Path = field(default=Path(), compare=False)
    overrides: tuple[str, ...] = field(default=(), compare=False)
    faults: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    listings: Mapping[str, Files] = field(default_factory=dict, compare=False)
    traces: Mapping[tuple[str, str], Trace] = field(default_factory=dict, compare=False)
    measured: Mapping[str, catalog.Figure] = field(default_factory=dict, compare=False)
    by_default: bool = field(default=False, compare=False)


class Scenario(Table):
    """A Snow job told from order to S3: where, what, by whom, on which device."""

    name: StrictStr = Field(
        description="Title of the story.", examples=["Trail cameras, ridge camp"], min_length=1
    )
    start: Annotated[datetime, BeforeValidator(_start, json_schema_input_type=datetime)] = Field(
        description="When the job is ordered; without an offset it is read as UTC.",
        examples=["2026-06-01T08:00:00-07:00"],
    )
    seed: StrictInt = Field(default=0, description="Seed of all that is random.", examples=[7], ge=0)
    overflow: Literal["refuse", "run"] = Field(
        default="refuse",
        description="More data than the device holds: 'refuse' is an error before the run, 'run' lets "
        "the device fill up.",
        examples=["refuse"],
    )
    site: Site = Field(description="Where the device works.")
    datasets: tuple[Dataset, ...] = Field(default=(), alias="dataset", description="What is copied.")
    clients: tuple[Client, ...] = Field(default=(), alias="client", description="Who copies it.")
    job: Job = Field(
        default=Job(ordered=False),
        description="The order placed with AWS; may be left out where all data goes online.",
    )
    cluster: Cluster | None = Field(default=None, description="Several devices that work as one store.")
    fleet: Fleet | None = Field(default=None, description="Many devices in rotation.")
    images: tuple[Image, ...] = Field(
        default=(), alias="image", description="Machine images that the job puts on the device."
    )
    instances: tuple[Instance, ...] = Field(
        default=(), alias="instance", description="Compute beside the copy."
    )
    functions: tuple[Function, ...] = Field(
        default=(), alias="function", description="What runs on the device when an object arrives."
    )
    tasks: tuple[Task, ...] = Field(
        default=(), alias="task", description="DataSync tasks: what goes over the wire."
    )
    hybrid: Hybrid | None = Field(
        default=None, description="How data is parted between the wire and the parcel."
    )
    faults: tuple[Fault, ...] = Field(
        default=(), alias="fault", description="What goes wrong on purpose, and when."
    )
    goals: tuple[Goal, ...] = Field(default=(), alias="goal", description="What the run is judged by.")
    options: tuple[Option, ...] = Field(
        default=(), alias="option", description="Other ways, which 'devicesim plan' compares with this one."
    )
    sweeps: tuple[Sweep, ...] = Field(
        default=(), alias="sweep", description="What 'devicesim sweep' varies; several are a grid."
    )
    profile: StrictStr | None = Field(
        default=None,
        description="A file of measured figures that 'devicesim calibrate' wrote, in place of the catalog's.",
        examples=["lab.toml"],
    )
    assume: Assumptions = Field(
        default={},
        description='Catalog figures replaced for this run, as "SNC1_HDD.disk.outer_rate" = "180 MB/s".',
    )
    _source: Source = PrivateAttr(default_factory=Source)

    @property
    def sends_online(self) -> bool:
        """Whether anything goes over the wire."""
        online = any(dataset.route == "online" for dataset in self.datasets)
        return bool(self.tasks or self.hybrid is not None or online)

    @property
    def source(self) -> Source:
        """Where the scenario came from."""
        return self._source

    def from_source(self, source: Source) -> Scenario:
        """The same scenario with a note of where it came from."""
        scenario = self.model_copy()
        scenario._source = source
        return scenario

    def to_dict(self) -> dict[str, Any]:
        """The scenario as a document of the file's shape: defaults filled in, quantities as text in SI."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that differ when anything in :meth:`to_dict` does."""
        document = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(document.encode()).hexdigest()[:16]
