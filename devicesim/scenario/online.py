"""The road over the wire: the line to the internet and the tasks that use it."""

from __future__ import annotations

from pydantic import Field

from devicesim.scenario.quantities import Name, Rate
from devicesim.scenario.table import Table


class Wan(Table):
    """The site's line to the internet."""

    up: Rate = Field(description="Rate towards AWS.", examples=["100 Mbit/s"])


class Task(Table):
    """A DataSync task."""

    name: Name = Field(description="How reports call it.", examples=["nightly"])


class Hybrid(Table):
    """How data is parted between the wire and the parcel."""
