"""What is copied: data sets by the distribution of their sizes, by name, by list, or as they lie there."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from devicesim import catalog, units
from devicesim.errors import unknown
from devicesim.scenario.batch import Batch
from devicesim.scenario.quantities import Duration, Name, Quantity, Size, refusal, shown
from devicesim.scenario.table import Table

_ARN = re.compile(r"arn:aws[a-z-]*:s3:::([^/]*)(/.*)?", re.DOTALL)
_BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
MOST_FILES = 1_000_000_000
"""Beyond this a story is a slip of the keyboard, whatever the device holds."""

_SOURCES = ("size", "model", "manifest", "directory")

FileSize = Annotated[float, Quantity(units.SIZE)]
"""A size that may be 0 bytes."""


def _bucket_flaw(name: str) -> str:
    rules = (
        (not 3 <= len(name) <= 63, f"has 3 to 63 characters, not {len(name)}"),
        (bool(re.search(r"[^a-z0-9.-]", name)), "has lower-case letters, digits, dots and hyphens only"),
        (not re.fullmatch(r"[a-z0-9](.*[a-z0-9])?", name), "begins and ends with a letter or digit"),
        (".." in name, "has no two dots in a row"),
        (bool(re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name)), "is not an IP address"),
        (name.startswith(_BAD_STARTS), f"does not begin with {' or '.join(_BAD_STARTS)}"),
        (name.endswith(_BAD_ENDS), f"does not end with {' or '.join(_BAD_ENDS)}"),
    )
    return next((rule for broken, rule in rules if broken), "")


def _bucket_arn(arn: str) -> str:
    match = _ARN.fullmatch(arn)
    if match is None:
        hint = "" if _bucket_flaw(arn) else f'write "arn:aws:s3:::{arn}"'
        raise refusal(
            f"must be the ARN of a bucket such as 'arn:aws:s3:::trail-cams', got {shown(arn)}", hint
        )
    if match[2]:
        hint = f'write "{arn.removesuffix(match[2])}"'
        raise refusal(f"must be the ARN of a bucket without a key, got {shown(arn)}", hint)
    if flaw := _bucket_flaw(match[1]):
        raise refusal(f"must name a bucket that S3 allows, got {shown(match[1])}: a bucket name {flaw}")
    return arn


BucketArn = Annotated[
    StrictStr,
    AfterValidator(_bucket_arn),
    WithJsonSchema({"type": "string", "pattern": r"^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"}),
]
"""The ARN of a bucket that S3 allows."""


def _workload(name: str) -> str:
    known = catalog.names("workload")
    if name not in known:
        why, _, hint = str(unknown("workload", name, known)).partition("; ")
        raise refusal(why, hint)
    return name


class _Bounded(Table):
    """A distribution with optional bounds; what is drawn outside is drawn again."""

    minimum: FileSize | None = Field(default=None, description="No file is smaller.", examples=["1 kB"])
    maximum: Size | None = Field(default=None, description="No file is larger.", examples=["1 TB"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.minimum or 0.0, math.inf if self.maximum is None else self.maximum
        if not low < high:
            low_text, high_text = units.format_size(low), units.format_size(high)
            raise refusal(f"minimum must be less than maximum, got {low_text} and {high_text}")
        middle = getattr(self, "median", getattr(self, "mean", None))
        if middle is not None and not low <= middle <= high:
            raise refusal(f"must have its middle within its bounds, got {units.format_size(middle)}")
        return self


class Lognormal(_Bounded):
    """Sizes whose logarithm is normal: many small files, a few large."""

    distribution: Literal["lognormal"] = Field(description="The kind of distribution.")
    median: Size = Field(description="Half the files are smaller.", examples=["4 MB"])
    sigma: float = Field(
        description="Standard deviation of ln(size): 0.8 is moderate, 2.5 is a file server.",
        examples=[0.8],
        gt=0,
        le=5,
        strict=True,
    )


class Normal(_Bounded):
    """Sizes around a mean; what falls below zero is drawn again."""

    distribution: Literal["normal"] = Field(description="The kind of distribution.")
    mean: Size = Field(description="Mean size.", examples=["450 MB"])
    deviation: Size = Field(description="Standard deviation.", examples=["135 MB"])


class Pareto(_Bounded):
    """A heavy tail above a smallest size, cut at a largest: without a cut it may have no mean."""

    distribution: Literal["pareto"] = Field(description="The kind of distribution.")
    minimum: Size = Field(description="Smallest size.", examples=["512 MiB"])
    exponent: float = Field(
        description="Tail exponent; smaller is heavier.", examples=[0.91], gt=0, le=20, strict=True
    )
    maximum: Size = Field(description="Largest size.", examples=["1 TB"])


class Uniform(_Bounded):
    """Sizes spread evenly between two bounds."""

    distribution: Literal["uniform"] = Field(description="The kind of distribution.")
    minimum: FileSize = Field(description="Smallest size.", examples=["1 MB"])
    maximum: Size = Field(description="Largest size.", examples=["9 MB"])


class Fixed(Table):
    """All files alike."""

    distribution: Literal["fixed"] = Field(description="The kind of distribution.")
    value: FileSize = Field(description="Size of every file.", examples=["64 kB"])


Distribution = Annotated[Lognormal | Normal | Pareto | Uniform | Fixed, Field(discriminator="distribution")]


def _one_source(schema: dict[str, Any]) -> None:
    """The JSON Schema form of 'exactly one source of files'."""
    schema["oneOf"] = [
        {
            "required": [*needed],
            "properties": {key: False for key in (*_SOURCES, "files", "total") if key not in needed},
        }
        for needed in (
            ("size", "files"),
            ("size", "total"),
            ("model", "files"),
            ("model", "total"),
            ("manifest",),
            ("directory",),
        )
    ]


def _known_workloads(schema: dict[str, Any]) -> None:
    schema["enum"] = list(catalog.names("workload"))


MARKER_BYTES = 1024
"""Longest key of S3 [bytes of UTF-8]."""


def _marker(text: str) -> str:
    if len(text.encode(errors="surrogatepass")) > MARKER_BYTES:
        raise refusal(f"must have at most {MARKER_BYTES:,} bytes in UTF-8, as keys have, got {shown(text)}")
    return text


Marker = Annotated[StrictStr, AfterValidator(_marker)]


class KeyRange(Table):
    """Which objects of a bucket an export takes, in the order of their keys' UTF-8 bytes."""

    begin: Marker = Field(
        default="", description="The first key; from the bucket's first if not given.", examples=["2024/"]
    )
    end: Marker = Field(
        default="",
        description="The last key, and all keys that begin with it; to the bucket's last if not given.",
        examples=["2024/06"],
    )


def _ranges(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


class Dataset(Table):
    """Files bound for one bucket, or of it; exactly one of ``size``, ``model``, ``manifest`` and ``directory``."""

    model_config = ConfigDict(json_schema_extra=_one_source)

    name: Name = Field(description="How clients refer to it.", examples=["photos"])
    bucket: BucketArn = Field(
        description="ARN of the S3 bucket it goes to.", examples=["arn:aws:s3:::trail-cams"]
    )
    files: StrictInt | None = Field(
        default=None,
        description="How many files, with size or model.",
        examples=[200_000],
        ge=1,
        le=MOST_FILES,
    )
    total: Size | None = Field(
        default=None,
        description="How much data, instead of files: about that many bytes are drawn.",
        examples=["2 TB"],
    )
    size: Distribution | None = Field(default=None, description="How the file sizes are distributed.")
    model: Annotated[StrictStr, AfterValidator(_workload)] | None = Field(
        default=None,
        description="A workload of the catalog ('devicesim catalog list').",
        examples=["camera_iot"],
        json_schema_extra=_known_workloads,
    )
    manifest: StrictStr | None = Field(
        default=None,
        description="A CSV or JSON Lines file of path,size; relative to the scenario file.",
        examples=["files.csv"],
        min_length=1,
    )
    directory: StrictStr | None = Field(
        default=None,
        description="A directory whose regular files are taken as they are; relative to the scenario file.",
        examples=["/data"],
        min_length=1,
    )

    batch: Batch | None = Field(
        default=None,
        description="Pack its files into archives before they are copied, as AWS advises of small ones.",
    )
    route: Literal["ship", "online"] | None = Field(
        default=None,
        description="By which road it goes: 'ship' on the device, 'online' over the line; if not given, online where "
        "a task names it or [hybrid] says so.",
        examples=["online"],
    )
    key_range: Annotated[
        tuple[KeyRange, ...],
        BeforeValidator(_ranges, json_schema_input_type=KeyRange | tuple[KeyRange, ...]),
    ] = Field(
        default=(),
        description="Which keys of the bucket an EXPORT takes, one range or a list of them; all if not given.",
        examples=[{"begin": "2024/", "end": "2024/06"}],
    )
    storage_class: Literal["STANDARD", "GLACIER", "DEEP_ARCHIVE"] | None = Field(
        default=None,
        description="Where S3 keeps what is to be exported; what lies in Glacier has to be restored first.",
        examples=["GLACIER"],
    )
    restore: Duration | None = Field(
        default=None,
        description="How long restoring from Glacier takes once AWS asks for it; without it nobody restores.",
        examples=["12 h"],
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [source for source in _SOURCES if getattr(self, source) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            raise refusal(
                f"must have exactly one of {', '.join(_SOURCES)}, got {got}",
                "" if given else 'size = { distribution = "lognormal", median = "4 MB", sigma = 0.8 }',
            )
        counts = [count for count in ("files", "total") if getattr(self, count) is not None]
        if given[0] in ("size", "model") and len(counts) != 1:
            got = " and ".join(counts) or "neither"
            raise refusal(f"must have either files or total beside {given[0]}, got {got}")
        if given[0] in ("manifest", "directory") and counts:
            raise refusal(f"must not have {' and '.join(counts)} beside {given[0]}: the {given[0]} tells")
        return self
