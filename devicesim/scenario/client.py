"""Who copies onto the device, over what, and through which of its interfaces."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from devicesim import units
from devicesim.scenario.quantities import Duration, Name, Quantity, refusal, shown
from devicesim.scenario.table import Table

LineRate = Annotated[float, Quantity(units.RATE, least="1 Mbit/s", most="400 Gbit/s")]
BlockSize = Annotated[float, Quantity(units.SIZE, least="1 KiB", most="1 MiB")]
PartSize = Annotated[float, Quantity(units.SIZE, least="1 MB", most="5 GiB")]
Interface = Literal["nfs", "s3", "file", "snowball"]

INTERFACES: dict[str, str] = {
    "nfs": "NFS service",
    "s3": "S3 adapter",
    "file": "file interface",
    "snowball": "Snowball client",
}
"""What people call the interfaces."""


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _version(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise refusal(f"must be one of '3', '4.0', '4.1', got {value}", f'write it in quotes: "{value}"')
    return value


class Nfs(Table):
    """How a client mounts the device and when a write counts as safe."""

    version: Annotated[Literal["3", "4.0", "4.1"], BeforeValidator(_version)] = Field(
        default="4.1", description="NFS version.", examples=["4.1"]
    )
    wsize: BlockSize = Field(
        default=float(128 * 1024),
        description="Largest write of one request; AWS's mount recipes use 128 KiB.",
        examples=["128 KiB"],
    )
    durability: Literal["async", "commit", "sync"] = Field(
        default="async",
        description="'async' answers from memory; 'commit' waits for the disk at each file's end; "
        "'sync' at its creation too.",
        examples=["async"],
    )
    window: StrictInt | None = Field(
        default=None,
        description="Write requests a stream keeps in flight; from the version's slots if not given.",
        examples=[16],
        ge=1,
        le=4096,
    )


class S3(Table):
    """How a client writes to the device's S3 adapter; what is left out is as the AWS CLI does it."""

    part: PartSize | None = Field(
        default=None,
        description="Size of a part; what is larger goes as a multipart upload.",
        examples=["64 MiB"],
    )
    requests: StrictInt | None = Field(
        default=None,
        description="Requests that each stream keeps in flight; if not given the streams share the AWS CLI's ten.",
        examples=[10],
        ge=1,
        le=1000,
    )


_NODE = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": ["spread"]}]}


def _node(value: object) -> object:
    number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not number and value != "spread":
        raise refusal(f"must be the number of a node or 'spread', got {shown(value)}")
    return value


def _host(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise refusal(
            f"must be an address or a network of addresses, got {shown(value)}",
            "such as 192.168.1.20 or 192.168.1.0/28",
        ) from None
    return value


class Client(Table):
    """A computer that copies data sets onto the device, or that real clients stand for at its doors."""

    name: Name = Field(description="How messages and reports call it.", examples=["laptop"])
    dataset: Annotated[
        tuple[StrictStr, ...], BeforeValidator(_names, json_schema_input_type=str | tuple[str, ...])
    ] = Field(
        default=(),
        description="The name of the data set it copies, or a list of names in copying order; "
        "clients that name the same one take its files in turn. Left out where there is no data set: then the data "
        "is what comes through the doors.",
        examples=["photos"],
    )
    link: Literal["wifi", "ethernet"] = Field(description="How it reaches the device.", examples=["wifi"])
    rate: LineRate | None = Field(
        default=None,
        description="Line rate of its network port, with link = 'ethernet'; '1 Gbit/s' if not given.",
        examples=["1 Gbit/s"],
    )
    streams: StrictInt = Field(
        default=1, description="Files it copies at the same time; cp copies one.", examples=[4], ge=1, le=1024
    )
    interface: Interface | None = Field(
        default=None,
        description="What it writes to: 'nfs', the NFS service; 's3', the S3 adapter or endpoint; 'file', the "
        "file interface of 2020; 'snowball', by the Snowball client of the first device. The first that the "
        "device has if not given, 's3' on a cluster.",
        examples=["s3"],
    )
    nfs: Nfs = Field(default=Nfs(), description="Mount options, for 'nfs' and 'file'.")
    s3: S3 = Field(default=S3(), description="Parts and requests, for 's3'.")
    start_after: Duration = Field(
        default=0.0, description="When it begins, counted from the device being ready.", examples=["2 h"]
    )
    node: Annotated[int | str, BeforeValidator(_node), WithJsonSchema(_NODE)] | None = Field(
        default=None,
        description="The node of a cluster through which it writes, or 'spread' over all; the clients take "
        "nodes in turn if not given.",
        examples=[1],
    )

    address: Annotated[StrictStr, AfterValidator(_host)] | None = Field(
        default=None,
        description="The address, or network of addresses, from which it comes to the doors of 'devicesim serve'; "
        "127.0.0.1 is the first client, 127.0.0.2 the second, and so on, unless an address says otherwise.",
        examples=["192.168.1.20"],
    )

    @model_validator(mode="before")
    @classmethod
    def _default_rate(cls, table: Any) -> Any:
        if isinstance(table, dict) and table.get("link") == "ethernet":
            return {"rate": "1 Gbit/s"} | table
        return table

    @model_validator(mode="after")
    def _rate_is_of_a_cable(self) -> Client:
        if self.link == "wifi" and self.rate is not None:
            raise refusal(
                "rate must go with link = 'ethernet', got 'wifi'", "[site.wifi] says how fast the air is"
            )
        return self
