"""Faults of the way between clients and device."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from devicesim import units
from devicesim.scenario.faults.grammar import DeviceFault, Lasting, Time
from devicesim.scenario.quantities import Name, refusal, text

Which = Annotated[
    Name | None,
    Field(description="Which client's; every client's on such a link if not given.", examples=["laptop"]),
]


class WifiRoam(DeviceFault):
    """A client roams from one access point to another, once or several times; in between it hears nothing."""

    kind: Literal["wifi-roam"] = Field(description="What goes wrong.", examples=["wifi-roam"])
    client: Which = None
    hops: Annotated[StrictInt, Field(description="How often.", examples=[3], ge=1, le=10_000)] = 1
    every: Annotated[Time, Field(description="From one hop to the next.", examples=["20 s"])] = 20.0
    gap: Annotated[
        Time | None,
        Field(description="How long each takes; the catalog's wifi.roam.gap if not given.", examples=["2 s"]),
    ] = None

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if self.gap is not None and self.gap > self.every:
            raise refusal(
                f"'gap' must be at most 'every', got {text(self.gap, units.DURATION)}",
                f'a hop begins every {text(self.every, units.DURATION)}: write a longer "every"',
            )
        return self


class WifiOutage(DeviceFault):
    """The air carries nothing for a while: the access point restarts, or something drowns it."""

    kind: Literal["wifi-outage"] = Field(description="What goes wrong.", examples=["wifi-outage"])
    client: Which = None
    duration: Lasting


class CablePulled(DeviceFault):
    """A cable is pulled and put back after a while."""

    kind: Literal["cable-pulled"] = Field(description="What goes wrong.", examples=["cable-pulled"])
    client: Which = None
    duration: Lasting


LinkFault = WifiRoam | WifiOutage | CablePulled
"""What befalls a link."""
