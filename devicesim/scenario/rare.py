"""Fields whose tables few scenarios have: imported, and what validates them built, when a value comes."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from devicesim.scenario import rooms


def rare(name: str) -> Any:
    """Stands in an annotation for a table of :mod:`devicesim.scenario.rooms`.

    >>> adapter = TypeAdapter(dict[str, rare("Image")])
    >>> adapter.validate_python({"a": {"name": "detector", "ami": "ami-01234567", "size": "8 GB"}})["a"].size
    8000000000.0
    >>> adapter.json_schema()["additionalProperties"]
    {'$ref': '#/$defs/Image'}
    """
    return Annotated[Any, Rare(name)]


class Rare:
    """An annotation: validate, write and describe as a table does, but look it up only where there is need.

    Args:
        name: of the table in :mod:`devicesim.scenario.rooms`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def table(self) -> Any:
        """The model, or the union of models, that it stands for."""
        return getattr(rooms, self._name)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.table)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Call the table's adapter, which makes errors and their places the table's own."""
        written = core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True)
        return core_schema.no_info_plain_validator_function(self._read, serialization=written)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the table, by reference where it is a model: what stands within another schema is."""
        return handler(core_schema.definitions_schema(self._adapter.core_schema, []))

    def _read(self, value: Any) -> Any:
        return self._adapter.validate_python(value)

    def _write(self, value: Any, info: core_schema.SerializationInfo) -> Any:
        return self._adapter.dump_python(
            value,
            mode="json" if info.mode == "json" else "python",
            by_alias=info.by_alias,
            exclude_none=info.exclude_none,
            exclude_unset=info.exclude_unset,
            exclude_defaults=info.exclude_defaults,
        )
