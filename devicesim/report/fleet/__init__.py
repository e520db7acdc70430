"""What became of a fleet: when all of the data is in S3, what every job was, and what held them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.report.fleet.account import Account
    from devicesim.report.fleet.whole import answer

# Each is imported when a run of a fleet is told of: most runs are of one device.
_HOMES = {"Account": "account", "answer": "whole"}

__all__ = ["Account", "answer"]

__getattr__, __dir__ = deferred(__name__, _HOMES)
