"""What goes wrong on purpose, and when."""

from __future__ import annotations

from pydantic import Field, StrictStr

from devicesim.scenario.quantities import Duration
from devicesim.scenario.table import Table


class Fault(Table):
    """Something that the scenario lets go wrong."""

    kind: StrictStr = Field(description="What goes wrong.", examples=["node-lost"])
    at: Duration = Field(description="When, counted from the start.", examples=["12 d"])
