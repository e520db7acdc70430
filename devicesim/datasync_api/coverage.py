"""The operations of DataSync that are answered here, as a table from the code: by what, and what is refused.

>>> print(*table().splitlines()[:3], sep="\\n")
| operation | answered by | InvalidRequestException |
|---|---|---|
| CancelTaskExecution | the model | no such execution in this Region, or it is over |
"""

from __future__ import annotations

from devicesim.datasync_api import service  # noqa: F401  (enters every operation into the table)
from devicesim.datasync_api.errors import REFUSED
from devicesim.datasync_api.operations import TABLE

KEPT = ("Tag", "Untag", "ListTags", "ListLocations", "DescribeLocation")
"""Beginnings of operations that only keep and tell what they were given."""


def table() -> str:
    """All operations as a Markdown table, in alphabetical order."""
    rows = (
        f"| {name} | {'what was given' if name.startswith(KEPT) else 'the model'} | {entry.triggers[REFUSED]} |"
        for name, entry in sorted(TABLE.items())
    )
    return "\n".join(("| operation | answered by | InvalidRequestException |", "|---|---|---|", *rows)) + "\n"
