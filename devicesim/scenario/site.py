"""Where the device works: the address, the power, the air."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from devicesim import catalog, units
from devicesim.errors import UnknownNameError
from devicesim.scenario.quantities import Duration, Energy, Length, Quantity, Temperature, refusal, shown
from devicesim.scenario.rare import rare
from devicesim.scenario.table import Table

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Wan
else:
    Wan = rare("Wan")

_PO_BOX = re.compile(
    r"\b(p\s*\.?\s*o\s*\.?|post(al)?(\s+office)?|g\s*\.?\s*p\s*\.?\s*o\s*\.?)\s*box\b"
    r"|\bp\.?\s?o\.?\s?b\.?\s*#?\d|\b(locked|private)\s+bag\b|\bpostfach\b|\bbo[iî]te\s+postale\b"
    r"|\bapartado\s+(de\s+correos|postal)\b|\bcasella\s+postale\b|\bcaixa\s+postal\b|\bpostbus\b",
    re.IGNORECASE,
)
_STANDARDS = {"n": (2.4e9, 5e9), "ac": (5e9,), "a": (5e9,), "g": (2.4e9,), "b": (2.4e9,)}
_WIDEST = {"n": 40e6, "ac": 80e6, "a": 20e6, "g": 20e6, "b": 20e6}
_MOST_STREAMS = {"n": 4, "ac": 8, "a": 1, "g": 1, "b": 1}


def _deliverable(line: str) -> str:
    if _PO_BOX.search(line):
        raise refusal(
            "must be a place a courier can go to: Snow devices are not shipped to PO boxes, "
            f"got {shown(line)}",
            "give a street address",
        )
    return line


def _served(region: str) -> str:
    try:
        catalog.lane_for(region)
    except UnknownNameError as error:
        why, _, hint = str(error).partition("; ")
        raise refusal(why, hint) from None
    return region


def _known_regions(schema: dict[str, Any]) -> None:
    schema["enum"] = list(catalog.regions())


def _lines(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Line = Annotated[StrictStr, AfterValidator(_deliverable)]


class Address(Table):
    """Where the device is shipped; a street address, as couriers need it."""

    name: Line = Field(default="", description="Who receives the device.", examples=["Ana Ruiz"])
    company: Line = Field(default="", description="The company at the address.", examples=["Ridge Ecology"])
    street: Annotated[
        tuple[Line, ...], BeforeValidator(_lines, json_schema_input_type=Line | tuple[Line, ...])
    ] = Field(
        description="Street and house number, in one text or a list of up to three lines; no PO box.",
        examples=["410 Terry Avenue North"],
        min_length=1,
        max_length=3,
    )
    city: Line = Field(description="The town.", examples=["Seattle"])
    state: Line = Field(default="", description="State or province.", examples=["WA"])
    postal_code: StrictStr = Field(default="", description="Postal code, as text.", examples=["98109"])
    country: StrictStr = Field(
        description="ISO 3166 code of the country, two letters.", examples=["US"], pattern=r"^[A-Z]{2}$"
    )
    phone: StrictStr = Field(
        default="", description="Telephone number for the courier.", examples=["425-555-5555"]
    )


Region = Annotated[StrictStr, AfterValidator(_served), Field(json_schema_extra=_known_regions)]
"""An AWS Region to which devices are shipped."""


class Power(Table):
    """What the device runs on."""

    source: Literal["mains", "battery"] = Field(
        default="mains", description="Where the power comes from.", examples=["battery"]
    )
    capacity: Energy | None = Field(
        default=None,
        description="Energy of one battery; the catalog's figure if not given.",
        examples=["71 Wh"],
    )
    spares: StrictInt = Field(
        default=0, description="Charged batteries at hand besides the first.", examples=[8], ge=0, le=100_000
    )
    swap: Duration = Field(
        default=600.0,
        description="Time from a battery's end to the device being powered again by a spare.",
        examples=["10 min"],
    )
    recharge: Duration | None = Field(
        default=None,
        description="Time to charge a battery when no spare is left; without it the copy ends there.",
        examples=["3 h"],
    )
    when_low: Literal["shutdown", "abrupt"] = Field(
        default="shutdown",
        description="'shutdown' powers the device off cleanly at the low level; 'abrupt' lets the battery "
        "die under it.",
        examples=["shutdown"],
    )

    @model_validator(mode="after")
    def _only_batteries_are_swapped(self) -> Self:
        fields = type(self).model_fields.items()
        extra = [name for name, field in fields if name != "source" and getattr(self, name) != field.default]
        if self.source == "mains" and extra:
            raise refusal(
                f"{', '.join(extra)} must go with source = 'battery', got 'mains'", 'source = "battery"'
            )
        return self


class Wifi(Table):
    """The wireless network between clients and device."""

    band: Annotated[float, Quantity(units.FREQUENCY, choices=("2.4 GHz", "5 GHz"))] = Field(
        description="Frequency band.", examples=["5 GHz"]
    )
    width: Annotated[float, Quantity(units.FREQUENCY, choices=("20 MHz", "40 MHz", "80 MHz"))] = Field(
        description="Channel width; 80 MHz exists in the 5 GHz band.", examples=["80 MHz"]
    )
    distance: Length = Field(description="From the clients to the device.", examples=["15 m"])
    stations: StrictInt = Field(
        default=1,
        description="Stations that contend for the channel, the clients among them.",
        examples=[3],
        ge=1,
        le=200,
    )
    standard: Literal["n", "ac", "a", "g", "b"] | None = Field(
        default=None,
        description="802.11 generation; the catalog's for the device if not given.",
        examples=["ac"],
    )
    spatial_streams: StrictInt | None = Field(
        default=None,
        description="Spatial streams both ends use; the catalog's if not given.",
        examples=[2],
        ge=1,
        le=8,
    )
    environment: Literal["open", "office", "nlos"] = Field(
        default="open",
        description="'open': line of sight; 'office': partitions between; 'nlos': walls between.",
        examples=["open"],
    )
    mobile: StrictBool = Field(
        default=False, description="Whether people or clients move about.", examples=[False]
    )
    outages: StrictBool = Field(
        default=False, description="Whether interference interrupts the link now and then.", examples=[True]
    )

    @model_validator(mode="after")
    def _radio_exists(self) -> Self:
        band = "5 GHz" if self.band > 3e9 else "2.4 GHz"
        if self.width > 40e6 and self.band < 3e9:
            raise refusal("width must be at most 40 MHz in the 2.4 GHz band, got 80 MHz", 'width = "20 MHz"')
        if self.standard is None:
            return self
        if self.band not in _STANDARDS[self.standard]:
            raise refusal(f"standard must be one that works in the {band} band, got {self.standard!r}")
        if self.width > _WIDEST[self.standard]:
            most = f"{_WIDEST[self.standard] / 1e6:.0f} MHz"
            raise refusal(
                f"width must be at most {most} for 802.11{self.standard}, got {self.width / 1e6:.0f} MHz"
            )
        if (self.spatial_streams or 1) > _MOST_STREAMS[self.standard]:
            raise refusal(
                f"spatial_streams must be at most {_MOST_STREAMS[self.standard]} for "
                f"802.11{self.standard}, got {self.spatial_streams}"
            )
        return self


class Site(Table):
    """The customer's site."""

    region: Region = Field(
        description="AWS Region of the job; it decides the shipping lane and the prices.",
        examples=["us-west-2"],
    )
    address: Address | None = Field(
        default=None, description="Where the device is shipped; a town in the Region if not given."
    )
    ambient: Temperature | None = Field(
        default=None,
        description="Air temperature around the device; the catalog's if not given.",
        examples=["21 °C"],
    )
    power: Power = Field(default=Power(), description="What the device runs on; mains if not given.")
    wifi: Wifi | None = Field(
        default=None, description="The wireless network; needed by clients with link = 'wifi'."
    )
    rtt: Duration | None = Field(
        default=None,
        description="Round-trip time of the site's wired network; the catalog's if not given.",
        examples=["0.4 ms"],
    )
    wan: Wan | None = Field(
        default=None, description="The line to the internet; needed by tasks that send data online."
    )
