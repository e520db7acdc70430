"""Options of tasks and executions: their defaults, what goes together, and what the model makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devicesim.datasync_api.errors import refused

DEFAULTS: Mapping[str, Any] = {
    "OverwriteMode": "ALWAYS",
    "Atime": "BEST_EFFORT",
    "Mtime": "PRESERVE",
    "Uid": "INT_VALUE",
    "Gid": "INT_VALUE",
    "PreserveDeletedFiles": "PRESERVE",
    "PreserveDevices": "NONE",
    "PosixPermissions": "PRESERVE",
    "BytesPerSecond": -1,
    "TaskQueueing": "ENABLED",
    "LogLevel": "OFF",
    "TransferMode": "CHANGED",
    "SecurityDescriptorCopyFlags": "NONE",
    "ObjectTags": "PRESERVE",
}
"""What AWS takes where nothing is said; the default of VerifyMode depends on the task's mode."""


def complete(options: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Options with their defaults, for a mode of task.

    Raises:
        ApiError: two of them do not go together, or a limit of no bytes.
    """
    verify = "ONLY_FILES_TRANSFERRED" if mode == "ENHANCED" else "POINT_IN_TIME_CONSISTENT"
    whole = {"VerifyMode": verify, **DEFAULTS, **options}
    if mode == "BASIC" and (whole["Atime"] == "BEST_EFFORT") != (whole["Mtime"] == "PRESERVE"):
        raise refused(
            "Atime BEST_EFFORT goes with Mtime PRESERVE, and NONE with NONE; got "
            f"{whole['Atime']} and {whole['Mtime']}."
        )
    if whole["BytesPerSecond"] == 0:
        raise refused("BytesPerSecond must be at least 1, or -1 for no limit, got 0.")
    if whole["TransferMode"] == "ALL" and whole["PreserveDeletedFiles"] == "REMOVE":
        raise refused("PreserveDeletedFiles REMOVE does not go with TransferMode ALL.")
    if mode == "ENHANCED" and whole["VerifyMode"] == "POINT_IN_TIME_CONSISTENT":
        raise refused("VerifyMode POINT_IN_TIME_CONSISTENT does not go with TaskMode ENHANCED.")
    return whole


def modelled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Complete options under the names of a World's task.

    >>> modelled({"VerifyMode": "NONE", "OverwriteMode": "NEVER", "TransferMode": "ALL", "BytesPerSecond": -1})
    {'verify': 'NONE', 'overwrite': 'NEVER', 'transfer': 'ALL', 'bytes_per_second': None}
    """
    limit = options["BytesPerSecond"]
    return {
        "verify": options["VerifyMode"],
        "overwrite": options["OverwriteMode"],
        "transfer": options["TransferMode"],
        "bytes_per_second": None if limit < 0 else float(limit),
    }


def patterns(rules: Any) -> str:
    """A list of filter rules as patterns of names; at most one rule is in it, empty for none."""
    return "|".join(rule.get("Value", "") for rule in rules or ())
