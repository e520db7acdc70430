"""What goes wrong on purpose, and when: one model for each kind of fault, told apart by ``kind``.

A new kind is a model here with its ``kind``, named in :data:`Fault`; whoever lives through it picks its own kinds
from ``scenario.faults``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from devicesim import units
from devicesim.scenario.quantities import Duration, refusal, shown, text
from devicesim.scenario.table import Table

Nodes = Annotated[
    tuple[Annotated[StrictInt, Field(ge=1)], ...],
    Field(description="Which nodes of the cluster, counted from 1.", examples=[[2, 4]], min_length=1),
]
LEAST = 1.0
"""The shortest that a fault lasts [s]: what is shorter than the clock tells would never be over."""


def _lasts(duration: float) -> float:
    if duration < LEAST:
        raise refusal(
            f"must be at least {text(LEAST, units.DURATION)}, got {shown(text(duration, units.DURATION))}",
            'leave the fault out, or say how long it lasts, such as "6 h"',
        )
    return duration


Time = Annotated[Duration, AfterValidator(_lasts)]
Lasting = Annotated[
    Time, Field(description="How long until it is over; nodes then start again.", examples=["6 h"])
]


class _Fault(Table):
    at: Duration = Field(
        description="When, counted from the device, or the cluster, first being ready to work.",
        examples=["12 d"],
    )


class NodeLost(_Fault):
    """Nodes of a cluster fail for good, with all that is on them; they never join again."""

    kind: Literal["node-lost"] = Field(description="What goes wrong.", examples=["node-lost"])
    nodes: Nodes


class NodeDown(_Fault):
    """Nodes of a cluster hang or lose the network for a while; they are restarted, nothing on them is lost."""

    kind: Literal["node-down"] = Field(description="What goes wrong.", examples=["node-down"])
    nodes: Nodes
    duration: Lasting


class PowerCut(_Fault):
    """Nodes of a cluster lose power together; when it is back they start, locked as after any power loss."""

    kind: Literal["power-cut"] = Field(description="What goes wrong.", examples=["power-cut"])
    nodes: Nodes
    duration: Lasting


class Blackout(_Fault):
    """The site of a single device has no mains power for a while; the device then starts again, locked."""

    kind: Literal["blackout"] = Field(description="What goes wrong.", examples=["blackout"])
    duration: Annotated[
        Time, Field(description="How long until power is back and somebody unlocks it.", examples=["6 h"])
    ]
    part: Annotated[
        StrictInt, Field(description="Which part's device of an EXPORT it befalls.", examples=[2], ge=1)
    ] = 1


NodeFault = NodeLost | NodeDown | PowerCut
"""What befalls nodes of a cluster."""

Fault = Annotated[NodeLost | NodeDown | PowerCut | Blackout, Field(discriminator="kind")]
"""Something that the scenario lets go wrong."""
