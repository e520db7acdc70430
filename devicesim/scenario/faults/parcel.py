"""Faults of the parcel and of AWS's stock: what befalls a device between AWS and its customer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from devicesim.scenario.faults.grammar import FaultTable, Lasting, Since, Time
from devicesim.scenario.quantities import Duration

FromOrder = Annotated[
    Duration, Field(description="From when on, counted from the beginning of the story.", examples=["12 d"])
]


class DeliveryFault(FaultTable):
    """What befalls one device's delivery, the first time that it can from ``at`` on."""

    since: ClassVar[Since] = "ordered"
    at: FromOrder = 0.0
    number: Annotated[
        StrictInt,
        Field(
            description="Which device's: of a cluster's nodes, a fleet's jobs or an export's parts, in their order.",
            examples=[2],
            ge=1,
        ),
    ] = 1


class ParcelFault(DeliveryFault):
    """What befalls a parcel on one of its ways."""

    leg: Annotated[
        Literal["outbound", "return"],
        Field(description="On the way to the customer, or back to AWS.", examples=["return"]),
    ] = "return"


class ParcelLost(ParcelFault):
    """The carrier loses the parcel."""

    kind: Literal["parcel-lost"] = Field(description="What goes wrong.", examples=["parcel-lost"])


class ParcelDamaged(ParcelFault):
    """The parcel arrives so damaged that the device cannot be read."""

    kind: Literal["parcel-damaged"] = Field(description="What goes wrong.", examples=["parcel-damaged"])


class CustomsHold(ParcelFault):
    """Customs, or whoever inspects parcels, keep it for a while."""

    kind: Literal["customs-hold"] = Field(description="What goes wrong.", examples=["customs-hold"])
    duration: Lasting


class WrongLabel(ParcelFault):
    """The label is wrong: the parcel comes to another address and goes on from there, or back to its sender."""

    kind: Literal["wrong-label"] = Field(description="What goes wrong.", examples=["wrong-label"])
    goes: Annotated[
        Literal["elsewhere", "back"],
        Field(
            description="To another address, or back to its sender, who sends it again.", examples=["back"]
        ),
    ] = "elsewhere"


class StockOut(DeliveryFault):
    """AWS has no device in stock, and the order waits; as long as such waits last, if not told."""

    kind: Literal["stock-out"] = Field(description="What goes wrong.", examples=["stock-out"])
    duration: Annotated[Time | None, Field(description="How long until there is one.", examples=["14 d"])] = (
        None
    )


CarrierFault = ParcelLost | ParcelDamaged | CustomsHold | WrongLabel | StockOut
"""What befalls a delivery."""
