"""Work that comes in requests: how long each takes, when they come, and what each moves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator

from devicesim import units
from devicesim.scenario.data import FileSize
from devicesim.scenario.quantities import Quantity, refusal, shown
from devicesim.scenario.table import Table

Span = Annotated[float, Quantity(units.DURATION, above="0 s", most="3650 d")]
"""A duration that is not nothing."""

Period = Annotated[float, Quantity(units.DURATION, least="10 s", most="3650 d")]
"""How often something comes again; each time is an event of the run."""


Interval = Annotated[float, Quantity(units.DURATION, least="1 ms", most="3650 d")]
"""From one request to the next."""

Repeated = TypeVar("Repeated", "Surge", "Burst")


class FixedTime(Table):
    """Every time alike."""

    distribution: Literal["fixed"] = Field(description="The kind of distribution.")
    value: Span = Field(description="The time.", examples=["300 ms"])


class ExponentialTime(Table):
    """Times without memory: many short, a few long."""

    distribution: Literal["exponential"] = Field(description="The kind of distribution.")
    mean: Span = Field(description="Mean time.", examples=["300 ms"])


class LognormalTime(Table):
    """Times whose logarithm is normal."""

    distribution: Literal["lognormal"] = Field(description="The kind of distribution.")
    median: Span = Field(description="Half the times are shorter.", examples=["300 ms"])
    sigma: float = Field(
        description="Standard deviation of ln(time).", examples=[0.5], gt=0, le=3, strict=True
    )


def _fixed(value: Any) -> Any:
    if isinstance(value, str):
        return {"distribution": "fixed", "value": value}
    if not isinstance(value, (dict, Table)):
        raise refusal(
            f"must be a duration such as '300 ms' or a table with a distribution, got {shown(value)}"
        )
    return value


TimeKinds = Annotated[FixedTime | ExponentialTime | LognormalTime, Field(discriminator="distribution")]
Times = Annotated[TimeKinds, BeforeValidator(_fixed, json_schema_input_type=StrictStr | TimeKinds)]
"""A distribution of times; a text such as ``"300 ms"`` is one that is always the same."""


class Surge(Table):
    """Times in which requests come more often."""

    every: Period = Field(description="From the begin of one surge to the next.", examples=["10 min"])
    length: Span = Field(description="How long each lasts.", examples=["1 min"])
    times: float = Field(
        description="How many times as often requests come meanwhile.", examples=[10.0], gt=0, le=1e6
    )

    @model_validator(mode="after")
    def _in_order(self) -> Surge:
        return _within(self)


class Burst(Table):
    """Times in which an instance takes more, or less; what is not given stays as it is."""

    every: Period = Field(description="From the begin of one burst to the next.", examples=["10 min"])
    length: Span = Field(description="How long each lasts.", examples=["1 min"])
    cpu: Annotated[float, Quantity(units.FRACTION, most="100 %")] | None = Field(
        default=None, description="Share of its vCPUs kept busy meanwhile.", examples=["100 %"]
    )
    disk: Annotated[float, Quantity(units.RATE)] | None = Field(
        default=None, description="Read and written meanwhile.", examples=["50 MB/s"]
    )
    network: Annotated[float, Quantity(units.RATE)] | None = Field(
        default=None, description="Sent and received meanwhile.", examples=["100 Mbit/s"]
    )

    @model_validator(mode="after")
    def _in_order(self) -> Burst:
        return _within(self)


def _within(table: Repeated) -> Repeated:
    if not table.length < table.every:
        raise refusal(
            f"length must be less than every, got {units.format_duration(table.length)} "
            f"and {units.format_duration(table.every)}"
        )
    return table


class Requests(Table):
    """Requests that an instance serves first come, first served, as long as it runs."""

    arrivals: Literal["poisson", "periodic"] = Field(
        default="poisson", description="How they come: at random, or by the clock.", examples=["poisson"]
    )
    every: Interval | None = Field(
        default=None, description="Mean time from one to the next; this or trace.", examples=["2 s"]
    )
    trace: StrictStr | None = Field(
        default=None,
        description="A CSV file with the column time, and work if each has its own; relative to the scenario file.",
        examples=["requests.csv"],
        min_length=1,
    )
    work: Times = Field(
        description="Processor time of each: a duration, or a distribution of durations.",
        examples=["300 ms"],
    )
    concurrency: StrictInt = Field(
        default=1, description="How many it works on at a time, each on a vCPU.", examples=[1], ge=1, le=1024
    )
    surge: Surge | None = Field(default=None, description="Times in which more come.")
    reads: FileSize = Field(
        default=0.0, description="What each reads from the device's disk.", examples=["2 MB"]
    )
    writes: FileSize = Field(default=0.0, description="What each writes to it.", examples=["20 kB"])
    sends: FileSize = Field(default=0.0, description="What each sends and receives.", examples=["2 MB"])

    @model_validator(mode="after")
    def _come_from_somewhere(self) -> Requests:
        if (self.every is None) == (self.trace is None):
            got = "neither" if self.every is None else "both"
            raise refusal(
                f"must have either every or trace, got {got}", 'every = "2 s"' if got == "neither" else ""
            )
        if self.trace is not None and self.surge is not None:
            raise refusal("must not have surge beside trace: the trace tells when requests come")
        return self
