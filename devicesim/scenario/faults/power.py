"""Faults of what feeds a device, and of the air around it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devicesim import units
from devicesim.scenario.faults.grammar import DeviceFault, Lasting, Nodes, Time
from devicesim.scenario.quantities import Quantity, Temperature

Dark = Annotated[
    Time, Field(description="How long until power is back and somebody unlocks it.", examples=["6 h"])
]


class Blackout(DeviceFault):
    """The site of a device has no mains power for a while; the device then starts again, locked."""

    kind: Literal["blackout"] = Field(description="What goes wrong.", examples=["blackout"])
    duration: Dark


class PowerCut(DeviceFault):
    """The plug of a device is pulled, or nodes of a cluster lose power together; when power is back they
    start, locked.
    """

    kind: Literal["power-cut"] = Field(description="What goes wrong.", examples=["power-cut"])
    nodes: Annotated[
        Nodes | None,
        Field(description="Which nodes of a cluster; none of a device that stands alone.", examples=[[2, 4]]),
    ] = None
    duration: Dark


class BatteryDead(DeviceFault):
    """The battery dies at once, whatever charge it had; a spare or a recharge brings the device back."""

    kind: Literal["battery-dead"] = Field(description="What goes wrong.", examples=["battery-dead"])


class BrownOut(DeviceFault):
    """The supply gives less for a while; a device that draws more goes off at once, and waits for it to recover."""

    kind: Literal["brown-out"] = Field(description="What goes wrong.", examples=["brown-out"])
    supply: Annotated[
        float,
        Quantity(units.POWER),
        Field(description="What the supply still gives.", examples=["12 W"]),
    ]
    duration: Lasting


class Overheating(DeviceFault):
    """The room is so hot for a while; the processor slows and the disk stops as the case warms."""

    kind: Literal["overheating"] = Field(description="What goes wrong.", examples=["overheating"])
    ambient: Annotated[
        Temperature, Field(description="Temperature of the air around the device.", examples=["48 °C"])
    ]
    duration: Lasting


PowerFault = Blackout | PowerCut | BatteryDead | BrownOut | Overheating
"""What befalls the supply and the room."""
