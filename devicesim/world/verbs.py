"""The log of a World: its verbs, and what its neighbours said in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HEAR = "hear"
"""Under which the log holds what a neighbour said: it moves nothing, see :mod:`devicesim.device.testimony`."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One entry of the log: when it was applied [s], which verb, and its arguments."""

    at: float
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
