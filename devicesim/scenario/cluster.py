"""A cluster of Edge devices that work as one store."""

from __future__ import annotations

from pydantic import Field, StrictInt

from devicesim.scenario.table import Table


class Cluster(Table):
    """Several devices of one type that keep their data together."""

    nodes: StrictInt = Field(default=5, description="How many devices.", examples=[5], ge=1, le=16)
