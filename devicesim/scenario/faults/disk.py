"""Faults of what a device stores on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devicesim.scenario.faults.grammar import DeviceFault, Lasting
from devicesim.scenario.quantities import Fraction


class SlowDisk(DeviceFault):
    """The disk reads and writes at a part of its speed for a while, as one does that retries bad sectors."""

    kind: Literal["slow-disk"] = Field(description="What goes wrong.", examples=["slow-disk"])
    factor: Annotated[
        Fraction, Field(description="What is left of the disk's speed; 0 % stands still.", examples=["10 %"])
    ]
    duration: Lasting


DiskFault = SlowDisk
"""What befalls the disk."""
