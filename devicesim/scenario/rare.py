"""Fields that few scenarios have: what validates them is built when a value comes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Rare:
    """An annotation: validate, write and describe as the type says, but build for it only where there is need.

    >>> from typing import Annotated
    >>> adapter = TypeAdapter(dict[str, Annotated[tuple[int, ...], Rare()]])
    >>> adapter.validate_python({"a": ["1", 2]})
    {'a': (1, 2)}
    >>> adapter.json_schema()["additionalProperties"]
    {'items': {'type': 'integer'}, 'type': 'array'}
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Call the type's adapter, which makes errors and their places the type's own."""
        built = _Built(source)
        written = core_schema.plain_serializer_function_ser_schema(built.write, info_arg=True)
        return core_schema.no_info_plain_validator_function(
            built.read, serialization=written, metadata={"pydantic_js_functions": [built.describe]}
        )


class _Built:
    def __init__(self, source: Any) -> None:
        self._source = source

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._source)

    def read(self, value: Any) -> Any:
        return self._adapter.validate_python(value)

    def write(self, value: Any, info: core_schema.SerializationInfo) -> Any:
        return self._adapter.dump_python(
            value,
            mode="json" if info.mode == "json" else "python",
            by_alias=info.by_alias,
            exclude_none=info.exclude_none,
            exclude_unset=info.exclude_unset,
            exclude_defaults=info.exclude_defaults,
        )

    def describe(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self._adapter.core_schema)
