"""Faults of what feeds a device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devicesim.scenario.faults.grammar import DeviceFault, Nodes, Time

Dark = Annotated[
    Time, Field(description="How long until power is back and somebody unlocks it.", examples=["6 h"])
]


class Blackout(DeviceFault):
    """The site of a single device has no mains power for a while; the device then starts again, locked."""

    kind: Literal["blackout"] = Field(description="What goes wrong.", examples=["blackout"])
    duration: Dark


class PowerCut(DeviceFault):
    """The plug of a single device is pulled, or nodes of a cluster lose power together; when power is back they
    start, locked.
    """

    kind: Literal["power-cut"] = Field(description="What goes wrong.", examples=["power-cut"])
    nodes: Annotated[
        Nodes | None,
        Field(description="Which nodes of a cluster; none of a device that stands alone.", examples=[[2, 4]]),
    ] = None
    duration: Dark


PowerFault = Blackout | PowerCut
"""What befalls the supply."""
