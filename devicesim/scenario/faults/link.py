"""Faults of the way between clients and device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from devicesim.scenario.faults.grammar import DeviceFault, Lasting
from devicesim.scenario.quantities import Name

Which = Annotated[
    Name | None,
    Field(description="Which client's; every client's on such a link if not given.", examples=["laptop"]),
]


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


LinkFault = WifiOutage | CablePulled
"""What befalls a link."""
