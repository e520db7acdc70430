"""Faults of what a device stores on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devicesim.scenario.faults.grammar import DeviceFault, Lasting, Time
from devicesim.scenario.quantities import Fraction, Size


class SlowDisk(DeviceFault):
    """The disk reads and writes at a part of its speed for a while, as one does that retries bad sectors."""

    kind: Literal["slow-disk"] = Field(description="What goes wrong.", examples=["slow-disk"])
    factor: Annotated[
        Fraction, Field(description="What is left of the disk's speed; 0 % stands still.", examples=["10 %"])
    ]
    duration: Lasting


class FullDisk(DeviceFault):
    """Something else takes room on the disk; files that no longer fit are refused, unless it goes in time."""

    kind: Literal["full-disk"] = Field(description="What goes wrong.", examples=["full-disk"])
    taken: Annotated[
        Size, Field(description="How much room it takes, at most all there is.", examples=["7 TB"])
    ]
    duration: Annotated[
        Time | None, Field(description="How long until it is gone; for good if not given.", examples=["2 h"])
    ] = None


class SmrCliff(DeviceFault):
    """The cache of a shingled drive is full, and it writes at its sustained rate until it has cleaned up."""

    kind: Literal["smr-cliff"] = Field(description="What goes wrong.", examples=["smr-cliff"])
    duration: Lasting


DiskFault = SlowDisk | FullDisk | SmrCliff
"""What befalls the disk."""
