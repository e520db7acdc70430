"""What became of a fleet: when all of the data is in S3, what every job was, and what held them up."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devicesim.report.fleet.account import Account
    from devicesim.report.fleet.whole import answer

# Each is imported when a run of a fleet is told of: most runs are of one device.
_HOMES = {"Account": "account", "answer": "whole"}

__all__ = ["Account", "answer"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'devicesim.report.fleet' has no attribute {name!r}")
    return getattr(importlib.import_module(f"devicesim.report.fleet.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
