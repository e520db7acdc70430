"""Filters of ListLocations and ListTasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from devicesim.datasync_api.errors import refused

_ANY: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, other: bool(one == other),
    "In": lambda one, other: bool(one == other),
    "LessThan": lambda one, other: bool(one < other),
    "LessThanOrEqual": lambda one, other: bool(one <= other),
    "GreaterThan": lambda one, other: bool(one > other),
    "GreaterThanOrEqual": lambda one, other: bool(one >= other),
    "Contains": lambda one, other: other in one,
    "BeginsWith": lambda one, other: bool(one.startswith(other)),
}
"""Operators that let an entry through where they hold for one of the values."""

_NONE = {"NotEquals": "Equals", "NotContains": "Contains"}
"""Operators that let it through where another holds for none of them."""

_TEXT = {"Contains", "NotContains", "BeginsWith"}
_ORDER = {"LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual"}


def passes(filters: Sequence[Mapping[str, Any]], values: Mapping[str, Sequence[Any]]) -> bool:
    """Whether an entry goes through all filters.

    Args:
        filters: of the request. values: of the entry, by the filters' names.

    >>> only = {"Name": "LocationUri", "Operator": "BeginsWith", "Values": ["s3://"]}
    >>> passes([only], {"LocationUri": ["s3://trail-cams/"]}), passes([only], {"LocationUri": ["nfs://nas/"]})
    (True, False)
    """
    return all(_passes(each, values[each["Name"]]) for each in filters)


def _passes(told: Mapping[str, Any], own: Sequence[Any]) -> bool:
    name, operator = told["Name"], told["Operator"]
    timed = name == "CreationTime"
    if (operator in _TEXT and timed) or (operator in _ORDER and not timed):
        raise refused(f"The operator {operator} does not go with {name}.")
    asked = [_time(value) if timed else value for value in told["Values"]]
    holds = _ANY[_NONE.get(operator, operator)]
    found = any(holds(one, other) for one in own for other in asked)
    return found != (operator in _NONE)


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise refused(f"CreationTime must be a time as 2026-06-01T08:00:00Z, got {text}.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
