"""Quantities as pydantic fields: text with a unit in the file, an SI float in the model.

>>> from pydantic import TypeAdapter
>>> TypeAdapter(Length).validate_python("15 m")
15.0
>>> TypeAdapter(Duration).dump_python(5400.0, mode="json")
'5400 s'
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StrictStr, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from devicesim import units
from devicesim.errors import UnitError
from devicesim.units import Dimension

_SI = {
    units.SIZE.name: "B", units.RATE.name: "B/s", units.DURATION.name: "s", units.ENERGY.name: "J",
    units.POWER.name: "W", units.LENGTH.name: "m", units.FREQUENCY.name: "Hz", units.MASS.name: "kg",
    units.TEMPERATURE.name: "°C", units.FRACTION.name: "%", units.LEVEL.name: "dB", units.MONEY.name: "USD",
}  # fmt: skip
DIMENSION = "dimension"
"""Marks a quantity in the schema until its default is written as text."""

_NUMBER = r"\d[\d_]*(\.\d[\d_]*)?([eE][+-]?\d+)?"


def refusal(why: str, hint: str = "", unit: bool = False) -> PydanticCustomError:
    """The error a validator raises: the reason in plain words, and what to write instead.

    ``unit`` says that a unit is missing; the hint is then the field's example.
    """
    return PydanticCustomError("scenario", "{why}", {"why": why, "hint": hint, "unit": unit})


def shown(value: object) -> str:
    """A value as the user wrote it in the file, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value[:57] + "...") if len(value) > 60 else repr(value)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    return str(value)


def text(value: float, dimension: Dimension) -> str:
    """Write a quantity in its SI unit so that reading it gives the same float again.

    >>> text(255600.0, units.ENERGY), text(0.07, units.FRACTION)
    ('255600 J', '7 %')
    """
    if dimension is units.FRACTION:
        near = value * 100
        factor = dimension.factors["%"]
        tries = (round(near, 12), near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf))
        value = next((percent for percent in tries if percent * factor == value), near)
    number = str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return f"{number} {_SI[dimension.name]}"


# By identity, since a dimension holds a table and annotations are hashed.
@dataclass(frozen=True, eq=False)
class Quantity:
    """A field's dimension and bounds, for use in ``Annotated[float, Quantity(...)]``.

    Attributes:
        dimension: what the text must be.
        least, above, most: bounds as text: at least, more than, at most.
        choices: the only values allowed, as text.
    """

    dimension: Dimension
    least: str = ""
    above: str = ""
    most: str = ""
    choices: tuple[str, ...] = ()

    def read(self, value: object) -> float:
        """Turn the text into SI, or refuse it in plain words."""
        if not isinstance(value, str):
            raise self._not_text(value)
        try:
            number = units.parse(value, self.dimension)
        except UnitError as error:
            bare = re.fullmatch(rf"\s*[+-]?{_NUMBER}\s*", value) is not None
            raise refusal(str(error), unit=bare) from None
        self._within(number, value)
        return number

    def _within(self, number: float, value: str) -> None:
        if self.choices and number not in (self._si(choice) for choice in self.choices):
            raise refusal(f"must be one of {', '.join(map(shown, self.choices))}, got {shown(value)}")
        for ok, bound in (
            (not self.above or number > self._si(self.above), f"more than {self.above}"),
            (not self.least or number >= self._si(self.least), f"at least {self.least}"),
            (not self.most or number <= self._si(self.most), f"at most {self.most}"),
        ):
            if not ok:
                raise refusal(f"must be {bound}, got {shown(value)}")

    def write(self, number: float) -> str:
        """Turn SI into canonical text."""
        for choice in self.choices:
            if self._si(choice) == number:
                return choice
        return text(number, self.dimension)

    @property
    def example(self) -> str:
        """A value of this kind for messages and the schema."""
        return self.choices[0] if self.choices else self.dimension.example

    def _si(self, bound: str) -> float:
        return units.parse(bound, self.dimension)

    def _not_text(self, value: object) -> PydanticCustomError:
        kind = f"{self.dimension.article} {self.dimension.name} such as {shown(self.example)}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return refusal(f"expected {kind}, got {shown(value)}: a unit is missing", unit=True)
        return refusal(f"expected {kind}, got {shown(value)}")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(self.write, when_used="json"),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        if self.choices:
            return {"type": "string", "enum": list(self.choices), DIMENSION: self.dimension.name}
        names = "|".join(
            re.escape(unit) for unit in sorted(self.dimension.factors, key=lambda u: (-len(u), u))
        )
        sign = "[+-]?" if self.dimension.signed else r"\+?"
        one = rf"\s*{sign}{_NUMBER}\s*({names})"
        many = "+" if self.dimension is units.DURATION else ""
        return {
            "type": "string",
            "pattern": rf"^({one}){many}\s*$",
            "examples": [self.example],
            DIMENSION: self.dimension.name,
        }


Size = Annotated[float, Quantity(units.SIZE, above="0 B", most="1000 PB")]
Rate = Annotated[float, Quantity(units.RATE)]
Duration = Annotated[float, Quantity(units.DURATION, most="3650 d")]
Energy = Annotated[float, Quantity(units.ENERGY, above="0 J", most="1000 kWh")]
Length = Annotated[float, Quantity(units.LENGTH, above="0 m", most="10 km")]
Temperature = Annotated[float, Quantity(units.TEMPERATURE, least="-60 °C", most="80 °C")]
Fraction = Annotated[float, Quantity(units.FRACTION, most="100 %")]


def _name(value: str) -> str:
    if not value.strip() or len(value) > 100 or re.search(r"[\x00-\x1f/]", value):
        raise refusal(f"must be a name of 1 to 100 characters without '/' or line breaks, got {shown(value)}")
    return value


Name = Annotated[
    StrictStr,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": r"^[^\x00-\x1f/]{1,100}$"}),
]
"""How one table of the scenario refers to another."""
