"""Many devices in rotation."""

from __future__ import annotations

from pydantic import Field, StrictInt

from devicesim.scenario.table import Table


class Fleet(Table):
    """How many devices go out, how often, and where to."""

    devices: StrictInt = Field(description="Devices in rotation at a time.", examples=[6], ge=1, le=1000)
