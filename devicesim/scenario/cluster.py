"""A cluster of Edge devices that work as one store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from devicesim import units
from devicesim.catalog import Figures
from devicesim.physics import erasure
from devicesim.scenario.quantities import Duration, Quantity
from devicesim.scenario.table import Table

PortRate = Annotated[float, Quantity(units.RATE, least="1 Gbit/s", most="400 Gbit/s")]


class Cluster(Table):
    """Several devices of one type that keep their data together."""

    nodes: StrictInt = Field(
        default=5,
        description="How many devices: 5 to 10 in 2020 (the job API of then takes five), 3 to 16 today.",
        examples=[5],
        json_schema_extra={"minimum": 3, "maximum": 16},
    )
    era: Literal["2020", "today"] = Field(
        default="2020",
        description="Whose rules hold: '2020' is the storage of EDGE clusters (one node missing is read and "
        "write, two read only, three offline), 'today' the S3-compatible storage of 2023.",
        examples=["2020"],
    )
    acknowledge: Literal["all", "quorum"] = Field(
        default="all",
        description="When a write counts as safe: 'all' fragments stored that go to reachable nodes, or as "
        "many of them as the write quorum needs nodes.",
        examples=["all"],
    )
    port: PortRate | None = Field(
        default=None,
        description="Line rate at which each node is cabled; its fastest port if not given.",
        examples=["10 Gbit/s"],
    )
    replace: StrictBool = Field(
        default=True, description="Order a new node when one is lost for good.", examples=[True]
    )
    notice: Duration | None = Field(
        default=None,
        description="From the loss of a node to the order of its replacement; the catalog's if not given.",
        examples=["4 h"],
    )


def overhead(figures: Figures, era: str, nodes: int) -> int:
    """How many nodes' shares hold no data; in 2020 parity is paid for in the share."""
    if era == "2020":
        return 0
    least = int(figures.si("cluster.today.nodes.least"))
    return int(figures.si_values("cluster.today.overhead")[nodes - least])


def cluster_capacity(figures: Figures, device: str, era: str, nodes: int) -> float:
    """What fits a cluster of one type of device [bytes].

    >>> cluster_capacity(Figures(), "EDGE", "2020", 5)
    225000000000000.0
    """
    share = figures.si(f"cluster.{era}.share.{device}")
    return erasure.usable_capacity(nodes, share, overhead(figures, era, nodes))
