"""Variants of a scenario: options that a plan compares, and the grid of a sweep.

Either says what is different from the story as written, by the dotted paths that ``--set`` takes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr, WithJsonSchema, model_validator

from devicesim.scenario import ready
from devicesim.scenario.places import dotted
from devicesim.scenario.quantities import refusal
from devicesim.scenario.table import Table

MOST_CELLS = 100_000
"""Beyond this a grid is a slip of the keyboard."""

Changes = Annotated[
    Mapping[str, Any],
    WithJsonSchema({"type": "object", "examples": [{"job.device": "EDGE_S"}]}),
]


def _ready_made(use: str) -> str:
    try:
        ready.parts(use)
    except ready.Unfit as unfit:
        raise refusal(unfit.why, unfit.hint) from None
    return use


class Option(Table):
    """Another way to do it: what is different from the scenario as written."""

    name: StrictStr = Field(
        description="How the table calls it.", examples=["One Snowball Edge"], min_length=1, max_length=60
    )
    use: Annotated[StrictStr, AfterValidator(_ready_made)] | None = Field(
        default=None,
        description="A ready-made option to start from: "
        + "; ".join(f"{each.example} ({each.meaning})" for each in ready.MADE.values())
        + ".",
        examples=["snowcones:3"],
    )
    without: tuple[StrictStr, ...] = Field(
        default=(), description="Tables and values that it does not have.", examples=[["fleet"]]
    )
    changes: Changes = Field(
        default={},
        alias="set",
        description="Values that it has instead, by path as for --set.",
        examples=[{"job.device": "EDGE_S"}],
    )

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if not (self.use or self.without or self.changes):
            raise refusal("must differ from the scenario in something", 'such as set."job.device" = "EDGE_S"')
        return self


def _paths(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Sweep(Table):
    """One axis of a grid: a path and its values, or several paths that go through their values together."""

    paths: Annotated[
        tuple[StrictStr, ...], BeforeValidator(_paths, json_schema_input_type=str | tuple[str, ...])
    ] = Field(
        alias="path",
        description="What is varied, by path as for --set; of a list of paths, each value is a list as long.",
        examples=["site.wan.up"],
        min_length=1,
    )
    values: tuple[Any, ...] = Field(
        description="The values it takes.", examples=[["50 Mbit/s", "200 Mbit/s", "1 Gbit/s"]], min_length=1
    )

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        many = len(self.paths)
        for value in self.values if many > 1 else ():
            if not isinstance(value, list | tuple) or len(value) != many:
                raise refusal(
                    f"must have a list of {many} values for each of its {many} paths, got {value!r}"
                )
        return self

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The values of its paths, one row after the other.

        >>> list(Sweep(path=["job.device", "client[0].streams"], values=[["EDGE_S", 8], ["SNC1_HDD", 4]]).rows())
        [('EDGE_S', 8), ('SNC1_HDD', 4)]
        """
        return ((value,) if len(self.paths) == 1 else tuple(value) for value in self.values)


def cells(sweeps: tuple[Sweep, ...]) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    """Every cell of the grid, the last sweep's values changing fastest: the position in each sweep, and values by path.

    >>> grid = Sweep(path="a.b", values=[1, 2]), Sweep(path="c", values=["x"])
    >>> list(cells(grid))
    [((0, 0), {'a.b': 1, 'c': 'x'}), ((1, 0), {'a.b': 2, 'c': 'x'})]
    """
    for rows in itertools.product(*(enumerate(sweep.rows()) for sweep in sweeps)):
        values = {
            path: value
            for sweep, (_, row) in zip(sweeps, rows, strict=True)
            for path, value in zip(sweep.paths, row, strict=True)
        }
        yield tuple(index for index, _ in rows), values


def leaves(
    table: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """What an option sets: the keys on the way to each value, the path they say, and the value.

    TOML makes nested tables of unquoted dots; a quoted path may have a table as its value.

    >>> list(leaves({"job": {"device": "EDGE_S"}, "client[0].streams": 8}))
    [(('job', 'device'), 'job.device', 'EDGE_S'), (('client[0].streams',), 'client[0].streams', 8)]
    """
    for key, value in table.items():
        keys = (*above, key)
        quoted = not key.replace("_", "").replace("-", "").isalnum()
        if isinstance(value, dict) and value and not quoted:
            yield from leaves(value, keys)
        else:
            yield keys, ".".join(k if "." in k or "[" in k else dotted((k,)) for k in keys), value
