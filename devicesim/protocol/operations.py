"""A service's table of operations: which function answers each, whether it only reads, what triggers its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Rule = Callable[[Any, Mapping[str, Any], str], dict[str, Any]]
"""The account, the request's members and the Region in, the result's members out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as it is answered here.

    Attributes:
        rule: what answers it.
        reads: whether it changes nothing, and so is no verb of the World.
        triggers: for each modelled exception, what leads to it.
    """

    rule: Rule
    reads: bool
    triggers: Mapping[str, str] = field(default_factory=dict)


class Table(dict[str, Entry]):
    """Every operation that a service answers, by name."""

    def operation(self, name: str, *, reads: bool = False, **triggers: str) -> Callable[[Rule], Rule]:
        """Enter a function into the table as the answer to an operation."""

        def enter(rule: Rule) -> Rule:
            self[name] = Entry(rule, reads, triggers)
            return rule

        return enter
