"""A service's interface as data: operations and shapes, read from the form in which AWS publishes its models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any


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
        era: which of several editions it is.
        target: prefix of the header ``X-Amz-Target``, and the service's name in CBOR paths.
        signing: the service's name in the scope of a signature.
        message: the member in which its errors carry their text.
        operations: by name.
        errors: the modelled exceptions by name, with their members.
        pages: for each operation that pages, the member that holds the list.
    """

    era: str
    target: str
    signing: str
    message: str
    operations: Mapping[str, Operation]
    errors: Mapping[str, Shape]
    pages: Mapping[str, str]


def read_interface(document: Mapping[str, Any], paginators: Mapping[str, Any], era: str) -> Interface:
    """Make an interface of a service model and its paginators.

    Args:
        document: as ``service-2.json`` has it. paginators: likewise.
        era: which edition it is called.
    """
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
    errors = {name: shape(name) for name, told in shapes.items() if told.get("exception")}
    spoken = {member for error in errors.values() for member in error.members if member.lower() == "message"}
    pages = {name: page["result_key"] for name, page in paginators["pagination"].items()}
    metadata = document["metadata"]
    signing = metadata.get("signingName", metadata["endpointPrefix"])
    return Interface(era, metadata["targetPrefix"], signing, min(spoken), operations, errors, pages)


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
