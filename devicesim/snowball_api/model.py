"""The interface of Amazon Import/Export Snowball as data: operations and shapes, of today and of June 2020.

The data is the service's published model, shipped with this package, so that nothing here depends on which
version of an AWS library is installed, or on whether that still knows the service.

>>> interface("2020").operations["CreateCluster"].input.required
('JobType', 'Resources', 'AddressId', 'RoleARN', 'ShippingOption')
>>> len(interface("2020").operations), len(interface().operations)
(19, 27)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from devicesim.errors import unknown

ERAS = ("today", "2020")
"""``today``: the model of 2026; ``2020``: that of the change that brought SNC1_HDD, 17 June 2020."""

_FOLDER = "snowball/2016-06-30"


@dataclass(frozen=True, slots=True)
class Shape:
    """One type of the interface.

    Attributes:
        kind: ``structure``, ``list``, ``string``, ``integer``, ``long``, ``double``, ``boolean`` or ``timestamp``.
        members: of a structure, the shapes of its members by their names, in the model's order.
        required: of a structure, the members that must be there.
        member: of a list, the shape of its items.
        least, most: bounds of a number, or of a string's length.
        pattern: what a string must match from its start to its end.
        choices: of an enumeration, what it may be.
    """

    name: str
    kind: str
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    member: Shape | None = None
    least: float | None = None
    most: float | None = None
    pattern: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what goes in, what comes out, and which exceptions it may answer with."""

    name: str
    input: Shape
    output: Shape
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """The whole interface.

    Attributes:
        target: prefix of the header ``X-Amz-Target``, and the service's name in CBOR paths.
        operations: by name.
        errors: the modelled exceptions by name, with their members.
        pages: for each operation that pages, the member that holds the list.
    """

    era: str
    target: str
    operations: Mapping[str, Operation]
    errors: Mapping[str, Shape]
    pages: Mapping[str, str]


@cache
def interface(era: str = "today") -> Interface:
    """Read the interface of an era.

    Raises:
        UnknownNameError: neither ``today`` nor ``2020``.
    """
    if era not in ERAS:
        raise unknown("API era", era, ERAS)
    document = _read(era, "service-2.json")
    shapes: Mapping[str, Mapping[str, Any]] = document["shapes"]

    @cache
    def shape(name: str) -> Shape:
        return _shape(name, shapes[name], shape)

    nothing = Shape("Nothing", "structure")
    operations = {
        name: Operation(
            name,
            shape(told["input"]["shape"]) if "input" in told else nothing,
            shape(told["output"]["shape"]) if "output" in told else nothing,
            tuple(error["shape"] for error in told.get("errors", ())),
        )
        for name, told in document["operations"].items()
    }
    pages = {name: page["result_key"] for name, page in _read(era, "paginators-1.json")["pagination"].items()}
    return Interface(
        era,
        document["metadata"]["targetPrefix"],
        operations,
        {name: shape(name) for name, told in shapes.items() if told.get("exception")},
        pages,
    )


def _read(era: str, name: str) -> Any:
    return json.loads((resources.files(__package__) / "data" / era / _FOLDER / name).read_bytes())


def _shape(name: str, told: Mapping[str, Any], find: Any) -> Shape:
    return Shape(
        name,
        told["type"],
        {member: find(inner["shape"]) for member, inner in told.get("members", {}).items()},
        tuple(told.get("required", ())),
        find(told["member"]["shape"]) if "member" in told else None,
        told.get("min"),
        told.get("max"),
        told.get("pattern", ""),
        tuple(told.get("enum", ())),
    )
