"""The road over the wire: the line to the internet, the tasks that use it, and what goes by which road."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from devicesim import units
from devicesim.scenario.quantities import Duration, Fraction, Name, Quantity, Rate, refusal
from devicesim.scenario.table import Table
from devicesim.scenario.week import DAY, WEEKDAYS, Clock, Days, Weekday, clock_text

Line = Annotated[float, Quantity(units.RATE, least="1 kbit/s", most="400 Gbit/s")]
Span = Annotated[float, Quantity(units.DURATION, above="0 s", most="3650 d")]
Throttle = Annotated[float, Quantity(units.RATE, least="1 B/s")]
Share = Annotated[float, Quantity(units.FRACTION, above="0 %", most="100 %")]

DEVICE, SITE = "device", "site"
MOST_LOSS = 0.01
"""Beyond it packets go missing together and acknowledgements with them: the law of a connection's rate, which has
one loss halve one window, no longer holds."""


def _loss(value: float) -> float:
    if value > MOST_LOSS:
        raise refusal(
            f"must be at most 1 %, got {100 * value:.3g} %: the law of a TCP connection's rate does not hold "
            "for a line that loses more",
            'write loss = "1 %" at most, or let the line be dead at times: [site.wan.outages]',
        )
    return value


Loss = Annotated[float, Quantity(units.FRACTION), AfterValidator(_loss)]


class WanWindow(Table):
    """A stretch of the week, in local time, in which the line gives a rate of its own."""

    days: Days = Field(
        default=WEEKDAYS,
        description="The days on which it begins; every day if not given.",
        examples=["Mon-Fri"],
    )
    begin: Clock = Field(description="When it begins.", examples=["22:00"])
    end: Clock = Field(
        description="When it ends; a time before 'begin' is on the next day, 24:00 is midnight.",
        examples=["06:00"],
    )
    rate: Rate | None = Field(
        default=None,
        description="What the line gives in it, as its own 'up' is given.",
        examples=["80 Mbit/s"],
    )
    share: Fraction | None = Field(
        default=None,
        description="Instead of rate: the share of 'up'; all of it if neither is given.",
        examples=["50 %"],
    )

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.rate is not None and self.share is not None:
            raise refusal("must have rate or share, got both")
        if self.begin == self.end or self.begin == DAY:
            raise refusal(
                f"must have a length, got {clock_text(self.begin)} to {clock_text(self.end)}",
                'a whole day is begin = "00:00", end = "24:00"',
            )
        return self

    def stretches(self) -> Iterator[tuple[float, float]]:
        """Begin and end of each, in seconds since Monday 00:00; the last may end in the next week.

        >>> night = WanWindow(days="Sun", begin="22:00", end="06:00")
        >>> list(night.stretches())
        [(597600.0, 626400.0)]
        """
        lasting = self.end - self.begin if self.end > self.begin else DAY - self.begin + self.end
        for day in self.days:
            begin = WEEKDAYS.index(day) * DAY + self.begin
            yield begin, begin + lasting


class Outages(Table):
    """Times at which the line is dead, drawn at random."""

    every: Span = Field(description="Mean time from the end of one to the next.", examples=["3 d"])
    lasting: Span = Field(description="Mean length of one.", examples=["20 min"])


class Wan(Table):
    """The site's line to the internet."""

    up: Line = Field(description="Line rate towards AWS.", examples=["100 Mbit/s"])
    down: Line | None = Field(
        default=None,
        description="Line rate from AWS, over which listings come; as 'up' if not given.",
        examples=["100 Mbit/s"],
    )
    efficiency: Share | None = Field(
        default=None,
        description="Share of the line that a transfer gets; the catalog's if not given.",
        examples=["80 %"],
    )
    rtt: Span | None = Field(
        default=None,
        description="Round-trip time to the Region; the catalog's if not given.",
        examples=["40 ms"],
    )
    loss: Loss | None = Field(
        default=None,
        description="Share of packets lost, at most 1 %; the catalog's if not given.",
        examples=["0.003 %"],
    )
    windows: tuple[WanWindow, ...] = Field(
        default=(), alias="window", description="When the line may be used, and with how much of it."
    )
    otherwise: Fraction | None = Field(
        default=None,
        description="Share of 'up' outside all windows; nothing if there are windows.",
        examples=["20 %"],
    )
    outages: Outages | None = Field(default=None, description="Random outages; none if not given.")

    @property
    def outside(self) -> float:
        """Rate outside all windows [bytes/s]."""
        default = 0.0 if self.windows else 1.0
        return self.up * (default if self.otherwise is None else self.otherwise)

    def rate(self, window: WanWindow) -> float:
        """Rate within a window [bytes/s]."""
        if window.rate is not None:
            return window.rate
        return self.up * (1.0 if window.share is None else window.share)


class Schedule(Table):
    """When a task runs by itself."""

    every: Literal["hour", "day", "week"] = Field(description="How often.", examples=["day"])
    at: Clock = Field(
        default=0.0,
        description="At what time of day; with every = 'hour' only its minutes count.",
        examples=["22:00"],
    )
    on: Weekday = Field(default="Mon", description="On which day, with every = 'week'.", examples=["Sat"])


class Limit(Table):
    """A change of a task's bandwidth limit while it runs."""

    after: Duration = Field(
        description="When it is asked for, counted from the run's start.", examples=["2 d"]
    )
    bytes_per_second: Throttle | None = Field(
        default=None, description="The new limit; none if not given.", examples=["5 MB/s"]
    )


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Task(Table):
    """A DataSync task: data sets that an agent sends to S3 over the line."""

    name: Name = Field(description="How reports call it.", examples=["nightly"])
    datasets: Annotated[
        tuple[StrictStr, ...], BeforeValidator(_names, json_schema_input_type=str | tuple[str, ...])
    ] = Field(
        alias="dataset",
        description="The data set it sends, or a list of them.",
        examples=["photos"],
        min_length=1,
    )
    source: Literal["device", "site"] = Field(
        default="site",
        description="'device': an agent on the Snow device sends what clients copied there; 'site': an agent on "
        "premises sends it from where it lies.",
        examples=["device"],
    )
    verify: Literal["POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"] = Field(
        default="POINT_IN_TIME_CONSISTENT",
        description="VerifyMode: everything is read again at the end, or what was sent, or nothing.",
        examples=["ONLY_FILES_TRANSFERRED"],
    )
    overwrite: Literal["ALWAYS", "NEVER"] = Field(
        default="ALWAYS",
        description="OverwriteMode: with NEVER a file that changed stays in S3 as it was first sent.",
        examples=["ALWAYS"],
    )
    transfer: Literal["CHANGED", "ALL"] = Field(
        default="CHANGED",
        description="TransferMode: what is missing or has changed, or everything each time.",
        examples=["CHANGED"],
    )
    bytes_per_second: Throttle | None = Field(
        default=None, description="Bandwidth limit; none if not given.", examples=["10 MB/s"]
    )
    limits: tuple[Limit, ...] = Field(
        default=(), alias="limit", description="Later changes of the bandwidth limit, in order."
    )
    connections: StrictInt | None = Field(
        default=None,
        description="Parallel TCP connections; the catalog's if not given.",
        examples=[16],
        ge=1,
        le=256,
    )
    nfs: Literal["AUTOMATIC", "NFS3", "NFS4_0", "NFS4_1"] = Field(
        default="AUTOMATIC", description="NFS version of the source; AUTOMATIC is 4.1.", examples=["NFS3"]
    )
    start_after: Duration = Field(
        default=0.0,
        description="When it may first run: from the order with source = 'site', from the device's NFS service "
        "being there with 'device'.",
        examples=["12 h"],
    )
    schedule: Schedule | None = Field(
        default=None,
        description="When it runs by itself; at once, and again where files are missing, if not given.",
    )
    runs: StrictInt = Field(
        default=1, description="How many executions at least.", examples=[10], ge=1, le=10_000
    )
    changed: Fraction = Field(
        default=0.0, description="Share of the files that change between two executions.", examples=["5 %"]
    )
    new: Fraction = Field(
        default=0.0,
        description="New files between two executions, as a share of the first.",
        examples=["2 %"],
    )
    split: StrictBool = Field(
        default=False,
        description="Make as many tasks of it as the limit of files a task asks for.",
        examples=[True],
    )
    afterwards: Literal["remove", "keep"] = Field(
        default="remove",
        description="What becomes of files on the device that are in S3: 'keep' lets AWS import them once more.",
        examples=["remove"],
    )

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        times = [limit.after for limit in self.limits]
        if times != sorted(set(times)):
            raise refusal("limit must be in the order of after, each later than the one before")
        if (self.changed or self.new) and self.runs == 1:
            raise refusal("changed and new must go with runs of 2 or more, got 1", "runs = 10")
        return self


class Hybrid(Table):
    """How data is parted between the wire and the parcel, decided from expected times before the run."""

    deadline: Span | None = Field(
        default=None,
        description="As much online as is safely there by then, counted from the start; the rest is shipped.",
        examples=["14 d"],
    )
    share: Fraction | None = Field(
        default=None,
        description="Instead of deadline: the share of the bytes that goes online. With neither, both roads are to "
        "end at the same time.",
        examples=["30 %"],
    )
    safety: Fraction = Field(
        default=0.2, description="Part of the time to the deadline that is kept free.", examples=["20 %"]
    )
    whole: StrictBool = Field(
        default=False, description="Keep every data set together on one road.", examples=[True]
    )
    verify: Literal["POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"] = Field(
        default="ONLY_FILES_TRANSFERRED", description="VerifyMode of the task.", examples=["NONE"]
    )
    bytes_per_second: Throttle | None = Field(
        default=None, description="Bandwidth limit of the task; none if not given.", examples=["10 MB/s"]
    )

    @model_validator(mode="before")
    @classmethod
    def _one_rule(cls, table: Any) -> Any:
        if isinstance(table, dict) and "deadline" in table and "share" in table:
            raise refusal("must have deadline or share, got both")
        return table
