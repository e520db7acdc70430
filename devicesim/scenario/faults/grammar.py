"""What every ``[[fault]]`` has: its kind, when it begins, and how long it lasts where it does."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StrictInt

from devicesim import units
from devicesim.scenario.quantities import Duration, refusal, shown, text
from devicesim.scenario.table import Table

Since = Literal["ready", "formed", "ordered"]
"""From when ``at`` counts: the device first being ready, the cluster first serving, or the order."""

SINCE: dict[Since, str] = {
    "ready": "the device first being ready to work",
    "formed": "the cluster first being ready to work",
    "ordered": "the order",
}
"""The same in words."""

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
Lasting = Annotated[Time, Field(description="How long until it is over.", examples=["10 min"])]


class FaultTable(Table):
    """Something that goes wrong on purpose; each kind is a model of its own, told apart by ``kind``.

    Attributes:
        since: from when ``at`` counts. In words: :data:`SINCE`.
    """

    since: ClassVar[Since] = "ready"
    at: Duration = Field(
        description="When, counted from the device, or the cluster, first being ready to work.",
        examples=["12 d"],
    )

    @classmethod
    def name(cls) -> str:
        """Its kind, as a scenario writes it."""
        kind: str = cls.model_fields["kind"].annotation.__args__[0]  # type: ignore[union-attr]
        return kind


class DeviceFault(FaultTable):
    """What befalls one device at its customer's; of a fleet that of one job, or each when it is ready."""

    part: Annotated[
        StrictInt, Field(description="Which part's device of an EXPORT it befalls.", examples=[2], ge=1)
    ] = 1
    number: Annotated[
        StrictInt | None,
        Field(
            description="Which job's device of a fleet it befalls, in their order; every one's if not told.",
            examples=[2],
            ge=1,
        ),
    ] = None
